//! Certificates near the end of their validity, which the module's own clock does not reach.

#![cfg(test)]

use serde_json::{Value, json};
use signed_images_policy::{validate, validate_settings};
use std::time::Duration;

const SIGNER: &str = include_str!("fixtures/certificates/signer.pem");
const SECOND: &str = include_str!("fixtures/certificates/signer-second.pem");
const ROOT: &str = include_str!("fixtures/certificates/root.pem");
const EXPIRED: &str = include_str!("fixtures/certificates/expired.pem");
const KEY: &str = include_str!("fixtures/keys/p256.pem");

const DAY: u64 = 24 * 60 * 60;
/// 2020-01-01, when the certificates begin to be valid, and 2119-01-01, when they end.
const BEGIN: u64 = 18_262 * DAY;
const END: u64 = 54_421 * DAY;
/// 2002-01-01, when the one that expired did.
const EXPIRED_END: u64 = 11_688 * DAY;

fn certificate(pem: &str) -> Value {
    json!({"kind": "certificate", "certificate": pem})
}

fn settings(signers: &[Value]) -> Value {
    json!({"rules": [{"images": ["**"], "allOf": signers}]})
}

fn review(settings: &Value, now: u64) -> Value {
    let payload = json!({
        "settings": settings,
        "request": {
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "object": {"spec": {"containers": [
                {"name": "app", "image": "ghcr.io/acme/app:1"},
                {"name": "tool", "image": "ghcr.io/acme/tool:1"},
            ]}},
        },
    });
    let host = &mut |_: &'static str, _: &'static str, _: &[u8]| {
        let digest = format!("sha256:{}", "a".repeat(64));
        Ok(json!({"is_trusted": true, "digest": digest}).to_string().into_bytes())
    };
    let answer =
        validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::from_secs(now));
    serde_json::from_slice(&answer).unwrap()
}

#[test]
fn a_warning_in_the_last_thirty_days() {
    let rows: &[(u64, Option<&str>)] = &[
        (BEGIN, None),
        (END - 30 * DAY, None),
        (END - 30 * DAY + 1, Some("rule 1: certificate 1, or its chain, expires in 29 days")),
        (END - 10 * DAY, Some("rule 1: certificate 1, or its chain, expires in 10 days")),
        (END - 2 * DAY, Some("rule 1: certificate 1, or its chain, expires in 2 days")),
        (END - 2 * DAY + 1, Some("rule 1: certificate 1, or its chain, expires in 1 day")),
        (END - DAY, Some("rule 1: certificate 1, or its chain, expires in 1 day")),
        (END - DAY + 1, Some("rule 1: certificate 1, or its chain, expires in less than a day")),
        (END, Some("rule 1: certificate 1, or its chain, expires in less than a day")),
    ];
    for (now, warning) in rows {
        let answer = review(&settings(&[certificate(SIGNER)]), *now);
        assert_eq!(answer["accepted"], true, "{now}");
        let warnings = warning.map(|warning| json!([warning])).unwrap_or_default();
        assert_eq!(answer.get("warnings").cloned().unwrap_or_default(), warnings, "{now}");
    }
}

#[test]
fn not_before_and_not_after() {
    for (now, said) in [
        (BEGIN - 1, "certificate 1 cannot be used: the certificate is not valid yet"),
        (END + 1, "certificate 1 cannot be used: the certificate expired on 2119-01-01"),
    ] {
        let answer = review(&settings(&[certificate(SIGNER)]), now);
        assert_eq!(answer["accepted"], false, "{now}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn each_certificate_has_its_warning() {
    let both = settings(&[certificate(SIGNER), certificate(SECOND)]);
    let answer = review(&both, END - 5 * DAY);
    let warnings = json!([
        "rule 1: certificate 1, or its chain, expires in 5 days",
        "rule 1: certificate 2, or its chain, expires in 5 days",
    ]);
    assert_eq!(answer["warnings"], warnings);
}

#[test]
fn the_rule_is_named() {
    let signers = [certificate(SIGNER)];
    let any_of =
        json!({"images": ["**"], "anyOf": {"signatures": signers}, "name": "r".repeat(200)});
    let settings = json!({"rules": [{"images": ["**"], "allOf": signers, "name": "ours"}, any_of]});
    let answer = review(&settings, END - 5 * DAY);
    let warnings = json!([
        "ours: certificate 1, or its chain, expires in 5 days",
        format!("{}…: certificate 1, or its chain, expires in 5 days", "r".repeat(29)),
    ]);
    assert_eq!(answer["warnings"], warnings);
}

#[test]
fn a_chain_ends_with_its_first_link_to_end() {
    let mut signer = certificate(EXPIRED);
    signer["certificateChain"] = json!([EXPIRED]);
    let answer = review(&settings(&[signer]), EXPIRED_END - 3 * DAY);
    assert_eq!(
        answer["warnings"],
        json!(["rule 1: certificate 1, or its chain, expires in 3 days"])
    );

    let mut signer = certificate(SIGNER);
    signer["certificateChain"] = json!([EXPIRED, ROOT]);
    let answer = review(&settings(&[signer]), EXPIRED_END + 1);
    assert_eq!(answer["accepted"], false);
}

#[test]
fn a_certificate_that_was_not_used_is_no_matter() {
    let any_of = json!([{"kind": "pubKey", "key": KEY}, certificate(SIGNER)]);
    let settings = json!({"rules": [{"images": ["**"], "anyOf": {"signatures": any_of}}]});
    let answer = review(&settings, END - DAY);
    assert_eq!(answer["accepted"], true);
    assert!(answer.get("warnings").is_none());
}

#[test]
fn settings_at_their_time() {
    for (now, valid) in [(BEGIN - 1, false), (BEGIN, true), (END, true), (END + 1, true)] {
        let payload = settings(&[certificate(SIGNER)]).to_string();
        let host = &mut |_: &'static str, _: &'static str, _: &[u8]| Err("not asked".to_owned());
        let answer = validate_settings(payload.as_bytes(), host, Duration::from_secs(now));
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["valid"], valid, "{now}");
    }
}
