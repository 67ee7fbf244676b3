//! Of several things that went wrong with one image, the gravest is told, whichever came first; of several
//! that are equally grave, the first.

#![cfg(test)]

use serde_json::{Value, json};
use signed_images_policy::validate;
use std::collections::BTreeMap;
use std::time::Duration;

const FIRST: &str = include_str!("fixtures/keys/p256.pem");
const SECOND: &str = include_str!("fixtures/keys/p256-second.pem");

/// What the host says to a question.
#[derive(Clone, Copy)]
enum Says {
    Error(&'static str),
    /// That it is signed, and has a digest of this character.
    Digest(&'static str),
    /// That there is no Secret with the signer's key.
    NoKey,
}

/// From the least to the gravest: what the host says, and what the message then says.
const MISSES: [(Says, &str); 7] = [
    (Says::Error("no signatures found for image"), "not signed"),
    (Says::Error("Image verification failed: missing signatures"), "by enough of the signers"),
    (Says::Error("No Signature Layer passed verification"), "none is valid"),
    (Says::Error("connection refused"), "could not be checked: connection refused"),
    (Says::NoKey, "cannot be used: there is no Secret"),
    (Says::Digest("b"), "the tag moved while it was verified"),
    (
        Says::Error("policy has not been granted access to oci/v2/verify"),
        "could not be checked, the policy server does not grant a host capability",
    ),
];

fn digest(character: &str) -> String {
    format!("sha256:{}", character.repeat(64))
}

/// The message about an image given by its digest, when the host answers the questions in that order.
fn message(signers: &[Value], says: &[Says]) -> String {
    let payload = json!({
        "settings": {"rules": [{"images": ["**"], "anyOf": {"signatures": signers}}]},
        "request": {
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "object": {"spec": {"containers": [
                {"name": "app", "image": format!("ghcr.io/acme/app@{}", digest("a"))},
            ]}},
        },
    });
    let mut says = says.iter();
    let host = &mut |_: &'static str, operation: &'static str, question: &[u8]| {
        if operation == "v1/manifest_digest" {
            return look_up(question);
        }
        match (operation, says.next()) {
            ("v2/verify", Some(Says::Digest(character))) => {
                let answer = json!({"is_trusted": true, "digest": digest(character)});
                Ok(answer.to_string().into_bytes())
            }
            ("v2/verify", Some(Says::Error(words))) => Err((*words).to_owned()),
            ("get_resource", Some(Says::NoKey)) => Err("Secret not found".to_owned()),
            _ => panic!("{operation} is not what is asked now"),
        }
    };
    let answer = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["accepted"], false);
    answer["message"].as_str().unwrap().to_owned()
}

/// The registry has images, and no signatures.
fn look_up(question: &[u8]) -> Result<Vec<u8>, String> {
    if question.ends_with(b".sig\"") {
        return Err("OCI API error: manifest unknown".to_owned());
    }
    Ok(json!({"digest": digest("a")}).to_string().into_bytes())
}

/// A signer about whom the host is asked; each has a key of its own.
fn signer(says: Says, key: &str) -> Value {
    let key = if matches!(says, Says::NoKey) { "k8s://cosign/imagekey" } else { key };
    json!({"kind": "pubKey", "key": key})
}

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    let pairs =
        (0..MISSES.len()).flat_map(|first| (0..MISSES.len()).map(move |second| (first, second)));
    // Two signers of one key are refused when the policy is set up.
    pairs.filter(|(first, second)| first != second)
}

#[test]
fn the_gravest_of_two_signers() {
    for (first, second) in pairs() {
        let says = [MISSES[first].0, MISSES[second].0];
        let signers = [signer(says[0], FIRST), signer(says[1], SECOND)];
        let (message, (_, told)) = (message(&signers, &says), MISSES[first.max(second)]);
        assert!(message.contains(told), "{first} and {second}: {message}");
    }
}

#[test]
fn the_gravest_of_two_keys_of_one_signer() {
    for (first, second) in pairs() {
        let says = [MISSES[first].0, MISSES[second].0];
        if says.iter().any(|says| matches!(says, Says::NoKey)) {
            continue;
        }
        let signers = [signer(says[0], &format!("{FIRST}{SECOND}"))];
        let (message, (_, told)) = (message(&signers, &says), MISSES[first.max(second)]);
        assert!(message.contains(told), "{first} and {second}: {message}");
    }
}

#[test]
fn the_first_of_what_is_equally_grave() {
    let says = [Says::Error("connection refused"), Says::Error("no route to host")];
    let two = [signer(says[0], FIRST), signer(says[1], SECOND)];
    let one = [signer(says[0], &format!("{FIRST}{SECOND}"))];
    for signers in [two.as_slice(), one.as_slice()] {
        let message = message(signers, &says);
        assert!(message.ends_with("could not be checked: connection refused"), "{message}");
    }
}

/// Up to two questions more for each image that is not signed, while a webhook waits: so not for all of many, and
/// after eight that are refused none is asked about.
#[test]
fn what_is_asked_about_many_unsigned_images() {
    let containers: Vec<Value> = (0..300)
        .map(|number| json!({"name": format!("c{number}"), "image": format!("ghcr.io/acme/app{number}")}))
        .collect();
    let signatures = [signer(MISSES[0].0, FIRST)];
    let payload = json!({
        "settings": {"rules": [{"images": ["**"], "anyOf": {"signatures": signatures}}]},
        "request": {
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "object": {"spec": {"containers": containers}},
        },
    });
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    let host = &mut |_: &'static str, operation: &'static str, question: &[u8]| {
        *asked.entry(operation).or_default() += 1;
        match operation {
            "v1/manifest_digest" => look_up(question),
            _ => Err("no signatures found for image".to_owned()),
        }
    };
    let answer = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let message = answer["message"].as_str().unwrap();
    assert_eq!(message.matches("not signed").count(), 8, "{message}");
    assert!(message.contains("\n… and 292 images were not checked, after 8 rejected ones\n"));
    let expected = [("v1/manifest_digest", 20), ("v2/verify", 8)];
    assert_eq!(asked, BTreeMap::from(expected));
}
