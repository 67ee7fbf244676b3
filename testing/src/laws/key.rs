//! Keys and certificates. An input is the text, or the DER in a PEM block of ours: so the readers of both are
//! reached.

use super::text;
use serde_json::{Value, json};
use signed_images_policy::keys::certificate::Certificate;
use signed_images_policy::keys::public_key::PublicKey;
use signed_images_policy::validate_settings;
use std::time::Duration;

pub(super) fn law_of_keys(input: &[u8]) {
    if let Some(text) = text::of(input) {
        let keys = PublicKey::parse_all(text).unwrap_or_default();
        assert!(keys.is_empty() || keys.len() == begins(text), "a block is left out");
        is_what_the_host_reads(text, &keys);
        keys.iter().for_each(has_one_spelling);
    }
    if let Ok(keys) = PublicKey::parse_all(&block("PUBLIC KEY", input)) {
        let [key] = keys.as_slice() else { panic!("{} keys in one block", keys.len()) };
        assert_eq!(key.der(), input);
        has_one_spelling(key);
        is_one_signer(key);
    }
}

/// The host reads with `pem`.
fn is_what_the_host_reads(text: &str, keys: &[PublicKey]) {
    let blocks = pem::parse_many(text).unwrap_or_default();
    let contents: Vec<&[u8]> = blocks.iter().map(pem::Pem::contents).collect();
    let ders: Vec<&[u8]> = keys.iter().map(PublicKey::der).collect();
    assert!(ders.is_empty() || ders == contents, "{text}");
}

/// However its text is laid out, it is the same key.
fn has_one_spelling(key: &PublicKey) {
    let pem = key.to_pem();
    for text in layouts(&pem) {
        assert_eq!(PublicKey::parse_all(&text).as_deref(), Ok([key.clone()].as_slice()), "{text}");
    }
    let twice = PublicKey::parse_all(&format!("{pem}{pem}"));
    assert_eq!(twice, Ok(vec![key.clone(), key.clone()]));
}

/// Two spellings of one key are not two signers.
fn is_one_signer(key: &PublicKey) {
    let pem = key.to_pem();
    assert!(is_valid(&[&pem]), "{pem}");
    for text in layouts(&pem).into_iter().chain(compressed(key)) {
        assert!(!is_valid(&[&pem, &text]), "one key counts twice: {text}");
    }
}

/// The blocks that a string begins.
fn begins(text: &str) -> usize {
    text.matches("-----BEGIN ").count()
}

/// A P-256 key up to its point (RFC 5480): written out, and with one coordinate.
const POINT: [u8; 27] = *b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";
const COMPRESSED: [u8; 26] = *b"\x30\x39\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x22\x00";

/// The same key with its point compressed, if it is such a key (SEC 1 §2.3.3).
fn compressed(key: &PublicKey) -> Option<String> {
    let (x, y) = key.der().strip_prefix(&POINT)?.split_at(32);
    let sign = 2 + (y.last()? & 1);
    Some(block("PUBLIC KEY", &[&COMPRESSED[..], &[sign], x].concat()))
}

fn is_valid(keys: &[&str]) -> bool {
    let signers: Vec<Value> =
        keys.iter().map(|key| json!({"kind": "pubKey", "key": key})).collect();
    let settings = json!({"rules": [{"images": ["**"], "anyOf": {"signatures": signers}}]});
    let host = &mut |_: &'static str, _: &'static str, _: &[u8]| Err("not asked".to_owned());
    let answer = validate_settings(settings.to_string().as_bytes(), host, Duration::ZERO);
    serde_json::from_slice::<Value>(&answer).unwrap()["valid"].as_bool().unwrap()
}

pub(super) fn law_of_certificates(input: &[u8]) {
    let texts = [text::of(input).map(str::to_owned), Some(block("CERTIFICATE", input))];
    for text in texts.into_iter().flatten() {
        let Ok(certificate) = Certificate::parse(&text) else { continue };
        assert_eq!(begins(&text), 1, "a block is left out");
        let pem = certificate.to_pem();
        for text in layouts(&pem) {
            assert_eq!(Certificate::parse(&text).as_ref(), Ok(&certificate), "{text}");
        }
        assert!(Certificate::parse(&format!("{pem}{pem}")).is_err(), "two are not one");
        is_valid_once(&certificate);
        let der = pem::parse(&pem).unwrap().into_contents();
        let key = certificate.public_key();
        assert!(der.windows(key.len()).any(|part| part == key), "a key that is not in it");
    }
}

/// The period of validity is one period, and the time left runs down in it.
fn is_valid_once(certificate: &Certificate) {
    let day = Duration::from_hours(24);
    let mut changes = 0;
    let mut was_valid = false;
    let mut left = Duration::MAX;
    for now in (0..40_000_u32).step_by(500).map(|days| day * days) {
        let is_valid = certificate.check_validity(now).is_ok();
        changes += usize::from(is_valid != was_valid);
        was_valid = is_valid;
        assert!(certificate.remaining(now) <= left);
        left = certificate.remaining(now);
        assert!(!is_valid || certificate.check_validity(now + left).is_ok());
    }
    assert!(changes <= 2, "{certificate:?}");
}

fn block(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der))
}

/// Line ends, line lengths, and what stands around the block.
fn layouts(pem: &str) -> [String; 5] {
    let lines: Vec<&str> = pem.lines().collect();
    let [begin, body @ .., end] = lines.as_slice() else { panic!("no block: {pem}") };
    let body = body.concat();
    let narrow: Vec<&str> =
        body.as_bytes().chunks(20).map(|line| str::from_utf8(line).unwrap()).collect();
    [
        pem.to_owned(),
        pem.replace('\n', "\r\n"),
        format!("{begin}\n{body}\n{end}"),
        format!("{begin}\n{}\n{end}\n", narrow.join("\n")),
        format!("\n  \nof the release team\n{pem}\n# kept in the vault\n"),
    ]
}
