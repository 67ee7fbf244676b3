//! Patterns of images, in both languages.

use crate::generate::choices::Choices;
use crate::generate::json::Json;

/// One of `images` of a rule.
pub(super) fn selecting(choices: &mut Choices) -> Json {
    match choices.below(5) {
        _ if choices.chance(1, 500) => wrong(choices),
        0..=2 => "**".into(),
        _ => sparing(choices),
    }
}

/// One of `exempt` or `exclude`, which must not be every image.
pub(super) fn sparing(choices: &mut Choices) -> Json {
    if choices.chance(1, 500) {
        return wrong(choices);
    }
    choices
        .one(&[
            "ghcr.io/**",
            "ghcr.io/acme/*",
            "ghcr.io/acme/**",
            "ghcr.io/acme/app",
            "ghcr.io/acme/app:1",
            "ghcr.io/acme/app:1*",
            "ghcr.io/acme/app:?",
            "ghcr.io/acme/app@sha256:a*",
            "ghcr.io/acme/app:1@sha256:b*",
            "ghcr.io/acme/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "g*r.io/acme/**",
            "GHCR.io:443/acme/w?b",
            "*/acme/app",
            "*/**:latest",
            "**/app",
            "**/tool:*",
            "nginx",
            "nginx:1",
            "docker.io/library/*",
            "docker.io/**",
            "index.docker.io/nginx",
            "acme/**",
            "acme/app:v1.*",
            "localhost:5000/**",
            "localhost/**:1.2",
            "*.acme.com:8443/**",
            "**:latest",
            "**@sha256:*",
        ])
        .into()
}

/// One of `signatures`.
pub(super) fn classic(choices: &mut Choices) -> Json {
    if choices.chance(1, 500) {
        return "".into();
    }
    choices
        .one(&[
            "*",
            "**",
            "ghcr.io/*",
            "GHCR.IO/acme/*",
            "ghcr.io/acme/app:?",
            "ghcr.io/acme/app:1*",
            "*acme/app*",
            "nginx*",
            "nginx:1",
            "docker.io/library/nginx",
            "index.docker.io/*",
            "registry-1.docker.io:443/acme/*",
            "*:1",
            "*:latest",
            "*-rc_1",
            "ghcr.io:443/acme/*",
            "ghcr.io:443/*/app:1.2",
            "*@sha256:a*",
            "*:1@sha256:*",
            "localhost:5000/*",
            "acme/???",
            "my.org/*",
        ])
        .into()
}

/// A pattern that is refused.
fn wrong(choices: &mut Choices) -> Json {
    let long = "a".repeat(choices.within(1023..=1025));
    match choices.below(4) {
        0 => long.into(),
        1 => Json::raw("1"),
        _ => choices
            .one(&[
                "**",
                "*",
                "",
                "registry.acme.com",
                "localhost",
                "ghcr.io/acme**",
                "ghcr.io/Acme/app",
                "ghcr.io/acme/app:",
                "ghcr.io//app",
                "[::1]/app",
                "acme/app@",
                "acme/app@sha256:xyz*",
                "acme/app@sha999:a*",
                "acme/app:-1*",
                "gh**.io/acme/app",
                "Foo/bar",
                "a b",
            ])
            .into(),
    }
}
