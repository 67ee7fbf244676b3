//! Images as they are written: few, so that they meet, in many spellings.

use super::choices::Choices;

/// Registries as references write them, Docker Hub's names and other spellings of one among them.
pub const REGISTRIES: [&str; 12] = [
    "",
    "",
    "ghcr.io/",
    "ghcr.io/",
    "ghcr.io/",
    "GHCR.io:443/",
    "docker.io/",
    "index.docker.io/",
    "registry-1.docker.io/",
    "localhost:5000/",
    "localhost/",
    "registry.acme.com:8443/",
];

/// Repositories.
pub const REPOSITORIES: [&str; 9] = [
    "acme/app",
    "acme/app",
    "acme/app",
    "acme/web",
    "acme/team/tool",
    "nginx",
    "library/nginx",
    "other/app",
    "my.org/tool",
];

/// Tags as references write them.
pub const TAGS: [&str; 8] = [":1", ":1", ":1.2", ":2", ":latest", "", "", ":v1.2.3-rc_1"];

/// A digest of that digit.
#[must_use]
pub fn digest(digit: char) -> String {
    format!("sha256:{}", String::from(digit).repeat(64))
}

/// An image, which has no digest, without its tag.
pub(super) fn without_tag(image: &str) -> &str {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// What follows an image's name when it is given by a digest, or what should not.
fn pin(choices: &mut Choices) -> String {
    match choices.below(120) {
        0..=83 => String::new(),
        84..=108 => format!("@{}", digest('a')),
        109..=116 => format!("@{}", digest('b')),
        117 | 118 => format!("@sha512:{}", "c".repeat(128)),
        _ => choices.one(&["@", "@sha256:aa", "@sha256:", "@md5:00"]).to_owned(),
    }
}

/// An image as it may be written.
pub fn image(choices: &mut Choices) -> String {
    if choices.chance(1, 100) {
        return odd_image(choices);
    }
    let (registry, repository) = (choices.one(&REGISTRIES), choices.one(&REPOSITORIES));
    let tag = choices.one(&TAGS);
    format!("{registry}{repository}{tag}{}", pin(choices))
}

/// What looks like an image and is none, or is one that is seldom seen.
fn odd_image(choices: &mut Choices) -> String {
    let long = choices.within(100..=260);
    match choices.below(6) {
        0 => format!("ghcr.io/{}/app:1", "x".repeat(long)),
        1 => format!("ghcr.io/acme/app:{}", "1".repeat(long)),
        2 => "a".repeat(64),
        3 => digest('a'),
        _ => choices
            .one(&[
                "",
                " nginx",
                "nginx ",
                "Foo/bar",
                "foo:443/bar",
                "Nginx",
                "ghcr.io/Acme/app",
                "ghcr.io//app",
                "ghcr.io/acme/",
                "[::1]:5000/app",
                "ghcr.io:0443/acme/app",
                "https://ghcr.io/acme/app",
                "ghcr.io/acme/app:",
                "ghcr.io/acme/app:-1",
                "ghcr.io/acme/app\n:1",
                "ghcr.io/acme/äpp:1",
                "a..b/c",
                "acme/a--b__c.d",
                "busybox",
                "acme.com:5000",
                "xn--n3h.com/myimage",
                "127.0.0.1:5000/acme/app:1",
            ])
            .to_owned(),
    }
}
