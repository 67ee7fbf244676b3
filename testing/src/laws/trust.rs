//! Settings made of meaningful parts.

use arbitrary::{Result, Unstructured};
use serde_json::{Value, json};

const KEYS: [&str; 4] = [
    include_str!("../../../tests/fixtures/keys/p256.pem"),
    include_str!("../../../tests/fixtures/keys/p256-compressed.pem"),
    include_str!("../../../tests/fixtures/keys/ed25519.pem"),
    include_str!("../../../tests/fixtures/keys/p384.pem"),
];
const CERTIFICATES: [&str; 3] = [
    include_str!("../../../tests/fixtures/certificates/signer.pem"),
    include_str!("../../../tests/fixtures/certificates/signer-second.pem"),
    include_str!("../../../tests/fixtures/certificates/expired.pem"),
];
const PATTERNS: [&str; 14] = [
    "**",
    "ghcr.io/**",
    "ghcr.io/acme/*",
    "ghcr.io/acme/app",
    "ghcr.io/acme/app:1",
    "ghcr.io/acme/app:1*",
    "ghcr.io/acme/app@sha256:a*",
    "*/acme/app",
    "nginx",
    "nginx:1",
    "docker.io/library/*",
    "acme/**",
    "localhost:5000/**",
    "**:latest",
];

/// Issuers, and patterns of subjects: two that one subject can match, and others.
const IDENTITIES: [(&str, &str); 5] = [
    (GITHUB, "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*"),
    (GITHUB, "https://github.com/acme/app/**"),
    (GITHUB, "https://github.com/acme/*/v1.2"),
    (GITHUB, "https://github.com/acme/web/**@refs/tags/*"),
    ("https://accounts.acme.com", "*@acme.com"),
];
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Settings of rules and entries that some of the images of a scene match.
pub(super) fn settings(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut settings = json!({
        "unmatchedImages": u.choose(&["accept", "warn", "reject"])?,
        "unchangedImages": u.choose(&["skip", "skip", "verify"])?,
        "modifyImagesWithDigest": u.ratio(7, 8)?,
        "pinWorkloadTemplates": u.ratio(3, 4)?,
        "extraWorkloads": [{"apiGroup": "acme.com", "kind": "Widget", "podSpecs": ["/spec/pod"], "images": ["/spec/pod/images/*/image"]}],
    });
    if u.ratio(1, 4)? {
        settings["exempt"] = json!([u.choose(&PATTERNS[1..])?]);
    }
    settings["rules"] =
        (0..u.int_in_range(0..=2)?).map(|_| rule(u)).collect::<Result<Vec<_>>>()?.into();
    settings["signatures"] =
        (0..u.int_in_range(0..=1)?).map(|_| entry(u)).collect::<Result<Vec<_>>>()?.into();
    Ok(settings)
}

fn rule(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut rule = json!({"images": [u.choose(&PATTERNS)?]});
    if u.ratio(1, 4)? {
        rule["exclude"] = json!([u.choose(&PATTERNS[1..])?]);
    }
    if u.ratio(1, 5)? {
        rule["enforcement"] = json!("warn");
    }
    let all_of = u.ratio(2, 3)?;
    if all_of {
        rule["allOf"] = signers(u)?.into();
    }
    if !all_of || u.ratio(1, 4)? {
        let signers = signers(u)?;
        rule["anyOf"] =
            json!({"minimumMatches": u.int_in_range(1..=signers.len())?, "signatures": signers});
    }
    Ok(rule)
}

fn signers(u: &mut Unstructured<'_>) -> Result<Vec<Value>> {
    (0..u.int_in_range(1..=3)?).map(|_| signer(u)).collect()
}

fn signer(u: &mut Unstructured<'_>) -> Result<Value> {
    let object = json!({"namespace": "trust", "name": u.choose(&["one", "two"])?});
    let mut signer = match u.int_in_range(0..=10)? {
        0 | 1 => json!({"kind": "pubKey", "key": u.choose(&KEYS)?}),
        2 => json!({"kind": "pubKey", "key": format!("{}{}", u.choose(&KEYS)?, u.choose(&KEYS)?)}),
        3 => json!({"kind": "pubKey", "keyFrom": {"configMap": object}}),
        4 => json!({"kind": "pubKey", "key": "k8s://trust/one"}),
        5 => {
            json!({"kind": "genericIssuer", "issuer": "https://acme.com", "subject": {"equal": u.choose(&["ann", "bob"])?}})
        }
        6 => {
            json!({"kind": "genericIssuer", "issuer": "https://acme.com", "subject": {"urlPrefix": u.choose(&["https://acme.com/a", "https://acme.com/a/"])?}})
        }
        7 | 8 => {
            let (issuer, pattern) = u.choose(&IDENTITIES)?;
            json!({"kind": "genericIssuer", "issuer": issuer, "subject": {"pattern": pattern}})
        }
        9 => json!({"kind": "githubAction", "owner": "acme", "repo": u.choose(&["", "app"])?}),
        _ => {
            json!({"kind": "certificate", "certificate": u.choose(&CERTIFICATES)?, "requireRekorBundle": u.arbitrary::<bool>()?})
        }
    };
    if u.ratio(1, 4)? {
        signer["annotations"] = json!({"env": u.choose(&["prod", "test"])?});
    }
    Ok(signer)
}

fn entry(u: &mut Unstructured<'_>) -> Result<Value> {
    let pair = json!({"issuer": "https://acme.com", "subject": "ann"});
    let mut entry = match u.int_in_range(0..=4)? {
        0 => json!({"pubKeys": [u.choose(&KEYS)?, u.choose(&KEYS)?]}),
        1 => json!({"keyless": [pair, {"issuer": "https://acme.com", "subject": "bob"}]}),
        2 => {
            json!({"keylessPrefix": [{"issuer": "https://acme.com", "url_prefix": "https://acme.com/a"}]})
        }
        3 => json!({"githubActions": {"owner": "acme"}}),
        _ => json!({"certificates": [u.choose(&CERTIFICATES)?]}),
    };
    entry["image"] = json!(u.choose(&["*", "ghcr.io/*", "nginx*", "*:1", "ghcr.io/acme/app:?"])?);
    if u.ratio(1, 4)? {
        entry["annotations"] = json!({"env": "prod"});
    }
    Ok(entry)
}
