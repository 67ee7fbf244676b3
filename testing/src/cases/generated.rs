//! Cases that are too large for a file, and whose host or answer is as large.

use super::Case;
use std::fmt::Write as _;
use std::path::Path;

pub(super) fn generated(fixtures: &Path) -> Vec<Case> {
    let case = |name: &str, yaml: &str| {
        Case::parse(&format!("generated: {name}"), yaml, fixtures).unwrap()
    };
    vec![
        case("thirty containers of one image", &thirty_of_one()),
        case("thirty images that are not signed", &thirty_unsigned()),
        case("ten megabytes", &pinned("an object of ten megabytes is pinned and comes back"))
            .with_object(ten_megabytes()),
    ]
}

const SETTINGS: &str =
    "settings: {signatures: [{image: \"ghcr.io/acme/*\", pubKeys: [\"${keys/p256}\"]}]}";
const VERIFIED: &str = "
  - call: oci/v2/verify
    request: {image: \"ghcr.io/acme/app:1\"}
    answer: {is_trusted: true, digest: \"${digest:a}\"}";

fn containers(images: impl Iterator<Item = String>) -> String {
    let containers: Vec<String> = images
        .enumerate()
        .map(|(index, image)| format!(r#"{{"name": "c{index}", "image": "{image}"}}"#))
        .collect();
    format!(r#"{{"spec": {{"containers": [{}]}}}}"#, containers.join(", "))
}

fn thirty_of_one() -> String {
    let object = containers((0..30).map(|_| "ghcr.io/acme/app:1".to_owned()));
    let mut patch = String::new();
    for index in 0..30 {
        let _ =
            write!(patch, "\n    /spec/containers/{index}/image: ghcr.io/acme/app:1@${{digest:a}}");
    }
    format!(
        "about: an image is verified once, however many containers use it
{SETTINGS}
request: {{kind: Pod, object: {object}}}
host:{VERIFIED}
expect:
  accepted: true
  patch:{patch}
"
    )
}

fn thirty_unsigned() -> String {
    let image = |index| format!("ghcr.io/acme/{}/app{index}:1", "x".repeat(150));
    let mut host = String::new();
    for index in 0..8 {
        let _ = write!(
            host,
            "
  - {{call: oci/v2/verify, request: {{image: \"{0}\"}}, error: no signatures found for image}}
  - {{call: oci/v1/manifest_digest, exactly: \"{0}\", answer: {{digest: \"${{digest:a}}\"}}}}",
            image(index)
        );
    }
    format!(
        "about: of thirty images that are not signed eight are looked at, and the rest is counted
{SETTINGS}
request: {{kind: Pod, object: {}}}
host:{host}
expect:
  accepted: false
  message:
    - \"image `{}` (`spec.containers[0]`, container `c0`): signatures[0]: not signed\\nimage `\"
    - \"… and 22 images were not checked, after 8 rejected ones\"
    - \"hint: \"
",
        containers((0..30).map(image)),
        image(0),
    )
}

/// One image is verified and pinned, in an object that is still to be given.
fn pinned(about: &str) -> String {
    format!(
        "about: {about}
{SETTINGS}
request: {{kind: Pod}}
host:{VERIFIED}
expect:
  accepted: true
  patch: {{/spec/containers/0/image: \"ghcr.io/acme/app:1@${{digest:a}}\"}}
"
    )
}

fn ten_megabytes() -> String {
    let entries: Vec<String> =
        (0..10_000).map(|index| format!(r#""key{index}":"{}""#, "é\\\"x".repeat(200))).collect();
    let object = format!(
        r#"{{"metadata":{{"annotations":{{{}}}}},"spec":{{"containers":[{{"image":"ghcr.io/acme/app:1"}}]}}}}"#,
        entries.join(",")
    );
    assert!(object.len() > 10_000_000, "{}", object.len());
    object
}
