//! Every way in which some of several signers can have signed: who is let in, and whom the host is asked
//! about.

#![cfg(test)]

use base64::Engine;
use serde_json::{Value, json};
use signed_images_policy::validate;
use std::time::Duration;

const NAMES: [&str; 4] = ["ann", "bob", "cid", "dee"];

/// An Ed25519 key (RFC 8410) of its own for each number: twelve bytes of header and the key.
fn key(number: u8) -> String {
    let header = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der: Vec<u8> = header.into_iter().chain([number + 1; 32]).collect();
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

fn signer(number: usize) -> Value {
    json!({"kind": "pubKey", "owner": NAMES[number], "key": key(u8::try_from(number).unwrap())})
}

/// What the policy answered, and whom the host was asked about, in order.
struct Review {
    answer: Value,
    asked: Vec<Vec<&'static str>>,
}

/// Reviews a Pod whose image those have signed whose bits are set.
fn review(trust: &Value, signed: usize) -> Review {
    let mut rule = json!({"name": "it", "images": ["**"]});
    for (key, value) in trust.as_object().unwrap() {
        rule[key] = value.clone();
    }
    let image = "ghcr.io/acme/app:1";
    let payload = json!({
        "settings": {"rules": [rule]},
        "request": {
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "object": {"spec": {"containers": [{"name": "app", "image": image}]}},
        },
    });
    let mut asked = Vec::new();
    let host = &mut |_: &'static str, operation: &'static str, question: &[u8]| {
        assert_eq!(operation, "v2/verify", "one signature is enough to know that there is one");
        let question: Value = serde_json::from_slice(question).unwrap();
        let keys = question["pub_keys"].as_array().unwrap();
        let holders: Vec<usize> = keys
            .iter()
            .map(|pem| (0..4).find(|&number| signer(number)["key"] == *pem).unwrap())
            .collect();
        asked.push(holders.iter().map(|&holder| NAMES[holder]).collect());
        if holders.iter().all(|holder| signed & (1 << holder) != 0) {
            Ok(json!({"is_trusted": true, "digest": digest()}).to_string().into_bytes())
        } else {
            Err("Image verification failed: missing signatures".to_owned())
        }
    };
    let answer = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
    Review { answer: serde_json::from_slice(&answer).unwrap(), asked }
}

fn digest() -> String {
    format!("sha256:{}", "a".repeat(64))
}

fn any_of(minimum: usize, signers: std::ops::Range<usize>) -> Value {
    json!({"minimumMatches": minimum, "signatures": signers.map(signer).collect::<Vec<_>>()})
}

/// Asks one by one, until enough have agreed or too few are left: who is asked, and who of them agrees.
fn expected(minimum: usize, signers: &[usize], signed: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut asked, mut agreed) = (Vec::new(), Vec::new());
    for (index, &signer) in signers.iter().enumerate() {
        if agreed.len() == minimum || agreed.len() + (signers.len() - index) < minimum {
            break;
        }
        asked.push(signer);
        if signed & (1 << signer) != 0 {
            agreed.push(signer);
        }
    }
    (asked, agreed)
}

fn names(signers: &[usize]) -> Vec<&'static str> {
    signers.iter().map(|&signer| NAMES[signer]).collect()
}

#[test]
fn so_many_of_several() {
    for count in 1..=NAMES.len() {
        for minimum in 1..=count {
            for signed in 0..1 << count {
                let what = format!("{minimum} of {count}, signed {signed:04b}");
                let review = review(&json!({"anyOf": any_of(minimum, 0..count)}), signed);
                let signers: Vec<usize> = (0..count).collect();
                let (asked, agreed) = expected(minimum, &signers, signed);

                let enough = signed.count_ones() as usize >= minimum;
                assert_eq!(review.answer["accepted"], enough, "{what}");
                assert_eq!(review.asked.concat(), names(&asked), "{what}");
                assert!(review.asked.iter().all(|question| question.len() == 1), "{what}");
                if enough {
                    let by = format!(
                        "ghcr.io/acme/app:1@{} (it: {})",
                        digest(),
                        names(&agreed).join(", ")
                    );
                    assert_eq!(review.answer["audit_annotations"]["verified"], by, "{what}");
                    assert!(review.answer["mutated_object"].is_object(), "{what}");
                } else {
                    let missing: Vec<usize> =
                        asked.into_iter().filter(|signer| !agreed.contains(signer)).collect();
                    let said = format!(
                        "{} of {minimum} signed, missing {}",
                        agreed.len(),
                        names(&missing).join(", ")
                    );
                    let message = review.answer["message"].as_str().unwrap();
                    assert!(message.ends_with(&said), "{what}: {message}");
                    assert!(review.answer.get("mutated_object").is_none(), "{what}");
                }
            }
        }
    }
}

#[test]
fn all_of_some_and_some_of_others() {
    for signed in 0..1 << NAMES.len() {
        let all_of = [signer(0), signer(1)];
        let review = review(&json!({"allOf": all_of, "anyOf": any_of(1, 2..4)}), signed);
        let all = signed & 0b0011 == 0b0011;
        let mut asked = vec![vec!["ann", "bob"]];
        if all {
            asked.extend(expected(1, &[2, 3], signed).0.iter().map(|&other| vec![NAMES[other]]));
        }
        assert_eq!(review.answer["accepted"], all && signed & 0b1100 != 0, "{signed:04b}");
        assert_eq!(review.asked, asked, "{signed:04b}");
    }
}

/// A signer may have sixteen keys, more than the subjects of one pattern that are asked about.
#[test]
fn every_key_of_a_signer_counts() {
    let keys: String = (0..16).map(key).collect();
    let payload = json!({
        "settings": {"signatures": [{"image": "*", "pubKeys": [keys]}]},
        "request": {
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "object": {"spec": {"containers": [{"name": "app", "image": "ghcr.io/acme/app:1"}]}},
        },
    });
    let host = &mut |_: &'static str, _: &'static str, question: &[u8]| {
        let question: Value = serde_json::from_slice(question).unwrap();
        if question["pub_keys"] == json!([key(15)]) {
            return Ok(json!({"is_trusted": true, "digest": digest()}).to_string().into_bytes());
        }
        Err("Image verification failed: missing signatures".to_owned())
    };
    let answer = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["accepted"], true, "{answer}");
}
