//! What a rule asks besides signatures: `image`, `attestations`; and the list `vulnerabilityScans`.

use super::{credentials, rules};
use crate::generate::choices::Choices;
use crate::generate::fixtures::ACME;
use crate::generate::json::Json;
use std::time::Duration;

/// Adds what is asked of the image and of reports about it.
pub(super) fn ask(rule: &mut Json, choices: &mut Choices) {
    if choices.chance(1, 12) {
        rule.set("image", Json::raw(choices.one(&IMAGES)));
    }
    if choices.chance(1, 8) {
        let entry = &mut |choices: &mut Choices| Json::raw(choices.one(&ENTRIES));
        rule.set("attestations", choices.several(1..=2, entry));
    }
}

/// An entry of `vulnerabilityScans`.
pub(super) fn scan(choices: &mut Choices, _now: Duration) -> Json {
    let mut entry = Json::map();
    rules::about(&mut entry, choices);
    if choices.chance(1, 2) {
        entry.set("keys", credentials::keys(choices));
    } else {
        entry.set("issuer", ACME);
        entry.set("subject", "ci@acme.io");
    }
    for (key, values) in SCANS {
        if choices.chance(1, 2) || key == "maxAge" {
            entry.set(key, Json::raw(choices.one(values)));
        }
    }
    entry
}

const SCANS: [(&str, &[&str]); 3] = [
    ("maxAge", &[r#""7d""#, r#""unlimited""#]),
    ("refuse", &[r#"["CRITICAL"]"#, r#"["HIGH","CRITICAL"]"#]),
    ("fixedOnly", &["true", "false"]),
];

const IMAGES: [&str; 3] = [
    r#"{"maxAge":"90d"}"#,
    r#"{"labels":{"org.opencontainers.image.source":"https://github.com/acme/*"}}"#,
    r#"{"maxAge":"12h","platforms":["linux/amd64"],"enforcement":"warn"}"#,
];

const ENTRIES: [&str; 8] = [
    r#"{"type":"vuln","maxAge":"7d","vulnerabilities":{"refuse":["CRITICAL"],"fixedOnly":true,"except":["CVE-2024-1",{"id":"CVE-2024-2","until":"2030-12-31","reason":"not reachable"}],"always":["CVE-2021-44228"]}}"#,
    r#"{"type":"vuln","name":"trivy","maxAge":"unlimited","repository":"r.example/reports"}"#,
    r#"{"type":"slsaprovenance1","builder":["https://github.com/actions/runner/github-hosted"],"source":["https://github.com/acme/*"]}"#,
    r#"{"type":"cyclonedx","packages":{"refuse":["log4j-core@<2.17.1"]},"licenses":{"refuse":["AGPL-*"]}}"#,
    r#"{"type":"spdx","licenses":{"only":["MIT"]},"enforcement":"warn"}"#,
    r#"{"type":"https://acme.io/review/v1","maxAge":"2w","timeAt":"/at","fields":[{"at":"/approvers/*/team","contains":"security"},{"at":"/a","equals":1},{"at":"/b","in":["x",true]},{"at":"/c","pattern":"v*"}]}"#,
    r#"{"type":"https://acme.io/review/v1","platforms":["linux/arm64"],"fields":[{"at":"/a","atMost":1},{"at":"/a","atLeast":0},{"at":"/d","absent":true}]}"#,
    r#"{"type":"custom"}"#,
];
