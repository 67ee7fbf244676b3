//! Cases that are too large for a file.

use super::Case;
use std::path::Path;

pub(crate) fn generated(fixtures: &Path) -> Vec<Case> {
    [("thirty containers of one image", thirty_of_one())]
        .into_iter()
        .map(|(name, yaml)| Case::parse(&format!("generated: {name}"), &yaml, fixtures).unwrap())
        .collect()
}

const SETTINGS: &str = r#"
settings: {signatures: [{image: "ghcr.io/acme/*", pubKeys: ["${keys/p256}"]}]}
"#;

fn thirty_of_one() -> String {
    let containers: Vec<String> =
        (0..30).map(|index| format!("{{name: c{index}, image: \"ghcr.io/acme/app:1\"}}")).collect();
    let patch: Vec<String> = (0..30)
        .map(|index| {
            format!("/spec/containers/{index}/image: \"ghcr.io/acme/app:1@${{digest:a}}\"")
        })
        .collect();
    format!(
        r#"
about: an image is verified once, however many containers use it
{SETTINGS}
request: {{kind: Pod, object: {{spec: {{containers: [{}]}}}}}}
host:
  - call: oci/v2/verify
    request: {{image: "ghcr.io/acme/app:1"}}
    answer: {{is_trusted: true, digest: "${{digest:a}}"}}
expect:
  accepted: true
  patch: {{{}}}
"#,
        containers.join(", "),
        patch.join(", "),
    )
}
