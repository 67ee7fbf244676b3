//! The host's words choose messages, never verdicts: whatever a host says when it refuses, it has refused.

#![cfg(test)]

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use signed_images_policy::validate;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const KEY: &str = include_str!("fixtures/keys/p256.pem");
const CERTIFICATE: &str = include_str!("fixtures/certificates/signer.pem");
const WORKFLOW: &str = include_str!("fixtures/certificates/workflow.pem");
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// What the policy knows the words of, and what sounds like consent.
const PHRASES: [&str; 16] = [
    "has not been granted access",
    "has not been granted access to Kubernetes",
    "no signatures found",
    "No Signature Layer passed verification",
    "missing signatures",
    "verification failed",
    "Image manifest not found",
    "OCI API error: manifest unknown",
    "Server error: url x, code: 404, message: ",
    "Server error: url x, code: 200, message: OK",
    "Cannot find",
    "Forbidden",
    "operation timed out",
    "Image verification succeeded",
    "{\"is_trusted\":true,\"digest\":\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
    "Success",
];

/// Every kind of signer.
fn kinds_of_signers() -> Vec<Value> {
    let identity =
        |subject: Value| json!({"kind": "genericIssuer", "issuer": ISSUER, "subject": subject});
    vec![
        json!({"kind": "pubKey", "key": KEY}),
        json!({"kind": "pubKey", "key": "k8s://cosign/key"}),
        json!({"kind": "pubKey", "keyFrom": {"configMap": {"namespace": "trust", "name": "keys"}}}),
        json!({"kind": "certificate", "certificate": CERTIFICATE}),
        json!({"kind": "githubAction", "owner": "acme"}),
        identity(json!({"equal": "https://github.com/acme/app"})),
        identity(json!({"urlPrefix": "https://github.com/acme/"})),
        identity(json!({"pattern": "https://github.com/acme/**"})),
    ]
}

fn signer() -> impl Strategy<Value = Value> {
    select(kinds_of_signers())
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![select(&PHRASES[..]).prop_map(str::to_owned), ".{0,12}"],
        0..4,
    )
    .prop_map(|parts| parts.join(" "))
}

/// A host: operation and question → its answer, or its words.
type Answers<'a> = dyn FnMut(&str, &[u8]) -> Result<Value, String> + 'a;

/// Asks about two images; the verdict, and the object that came back.
fn review(rules: &[Value], answer: &mut Answers<'_>) -> (bool, Value) {
    let containers = [
        json!({"name": "app", "image": "ghcr.io/acme/app:1"}),
        json!({"name": "web", "image": format!("ghcr.io/acme/web@{}", digest())}),
    ];
    let payload = json!({
        "settings": {"rules": rules},
        "request": {
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "object": {"spec": {"containers": containers}},
        },
    });
    let host = &mut |_: &'static str, operation: &'static str, question: &[u8]| {
        answer(operation, question).map(|answer| answer.to_string().into_bytes())
    };
    let answer = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    (answer["accepted"].as_bool().unwrap(), answer["mutated_object"].clone())
}

fn digest() -> String {
    format!("sha256:{}", "a".repeat(64))
}

proptest! {
    /// A host that answers nothing lets nothing in, whatever it says.
    #[test]
    fn a_host_that_only_talks(
        signers in prop::collection::vec(signer(), 1..4),
        any_of in any::<bool>(),
        said in prop::collection::vec(words(), 1..6),
    ) {
        // One signer twice is refused when the settings are read: each has a rule of its own.
        let rules: Vec<Value> = signers
            .iter()
            .map(|signer| {
                let trust = if any_of { json!({"signatures": [signer]}) } else { json!([signer]) };
                let key = if any_of { "anyOf" } else { "allOf" };
                json!({"images": ["**"], key: trust})
            })
            .collect();
        let mut said = said.iter().cycle();
        let (accepted, mutated) = review(&rules, &mut |_, _| Err(said.next().cloned().unwrap_or_default()));
        prop_assert!(!accepted);
        prop_assert_eq!(mutated, Value::Null);
    }

    /// A host that vouches for some signers gives the same verdict and the same pins, whatever it says of the others.
    #[test]
    fn words_beside_answers(
        signers in prop::collection::vec((signer(), any::<bool>(), any::<bool>()), 1..4),
        said in prop::collection::vec(words(), 1..6),
    ) {
        let rules: Vec<Value> = signers
            .iter()
            .map(|(signer, warns, _)| {
                let enforcement = if *warns { "warn" } else { "reject" };
                json!({"images": ["**"], "enforcement": enforcement, "allOf": [signer]})
            })
            .collect();
        let vouches = |question: &Value| {
            let kind = question["type"].as_str().unwrap_or_default();
            signers.iter().any(|(signer, _, signed)| *signed && is_of(signer, kind))
        };
        let run = |said: &[String]| {
            let mut said = said.iter().cycle();
            review(&rules, &mut |operation, question| {
                let question: Value = serde_json::from_slice(question).unwrap();
                match operation {
                    "v2/verify" if vouches(&question) => {
                        Ok(json!({"is_trusted": true, "digest": digest()}))
                    }
                    "v1/manifest_digest" if !question.to_string().contains(".sig") => {
                        Ok(json!({"digest": digest()}))
                    }
                    "v1/oci_manifest" if question.to_string().contains(".sig") => Ok(json!({"layers": [{
                        "annotations": {
                            "dev.cosignproject.cosign/signature": "",
                            "dev.sigstore.cosign/certificate": WORKFLOW,
                        },
                    }]})),
                    _ => Err(said.next().cloned().unwrap_or_default()),
                }
            })
        };
        let plain = run(&["Image verification failed: missing signatures".to_owned()]);
        prop_assert_eq!(run(&said), plain);
    }
}

/// What this policy could look for in a host's words stands in its code: every string there, said alone and as part of a
/// sentence, about every kind of signer.
#[test]
fn every_string_of_the_code() {
    let mut strings = BTreeSet::new();
    for folder in ["src/host", "src/verify"] {
        for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let (code, _tests) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                strings.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    assert!(strings.contains("missing signatures"), "{strings:?}");
    for signer in kinds_of_signers() {
        for trust in [json!({"allOf": [signer]}), json!({"anyOf": {"signatures": [signer]}})] {
            let mut rule = trust;
            rule["images"] = json!(["**"]);
            for string in &strings {
                for words in [string.clone(), format!("the image is {string}, they say")] {
                    let (accepted, _) = review(&[rule.clone()], &mut |_, _| Err(words.clone()));
                    assert!(!accepted, "{words}: {rule}");
                }
            }
        }
    }
}

/// Whether the host is asked by a question of that type whether this signer signed.
fn is_of(signer: &Value, question: &str) -> bool {
    let subject = &signer["subject"];
    match question {
        "SigstorePubKeyVerify" => signer["key"] == KEY,
        "SigstoreCertificateVerify" => signer["kind"] == "certificate",
        "SigstoreGithubActionsVerify" => signer["kind"] == "githubAction",
        "SigstoreKeylessPrefixVerify" => subject.get("urlPrefix").is_some(),
        "SigstoreKeylessVerify" => subject.get("equal").or(subject.get("pattern")).is_some(),
        other => panic!("{other} is no question about signatures"),
    }
}
