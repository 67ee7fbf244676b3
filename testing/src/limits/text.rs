//! Texts that limits are made of: images, objects, settings, keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Display;

/// What the host vouches for.
pub const DIGEST: &str = "sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1";

/// As much as an API server takes of an object, and the policy of settings.
pub(super) const THREE_MIB: usize = 3 * 1024 * 1024;

pub(super) const IMAGES: usize = 1_000;
pub(super) const RULES: usize = 1_000;

/// A list of JSON.
pub(super) fn list<T: Display>(count: usize, element: impl Fn(usize) -> T) -> String {
    let mut text = String::from("[");
    for index in 0..count {
        text.push_str(if index > 0 { "," } else { "" });
        text.push_str(&element(index).to_string());
    }
    text + "]"
}

/// A list of as many elements as so many bytes hold.
pub(super) fn list_of_bytes(bytes: usize, element: &str) -> String {
    list(bytes / (element.len() + 1), |_| element)
}

/// A Pod with these images.
pub(super) fn pod(count: usize, image: impl Fn(usize) -> String) -> String {
    named_pod(count, |index| format!("c{index}"), image)
}

pub(super) fn named_pod(
    count: usize,
    name: impl Fn(usize) -> String,
    image: impl Fn(usize) -> String,
) -> String {
    let container = |index| format!(r#"{{"name":"{}","image":"{}"}}"#, name(index), image(index));
    format!(r#"{{"spec":{{"containers":{}}}}}"#, list(count, container))
}

pub(super) fn create(object: &str, settings: &str) -> String {
    request("Pod", "CREATE", object, "null", settings)
}

pub(super) fn request(
    kind: &str,
    operation: &str,
    object: &str,
    old: &str,
    settings: &str,
) -> String {
    format!(
        r#"{{"request":{{"kind":{{"group":"","version":"v1","kind":"{kind}"}},"operation":"{operation}","object":{object},"oldObject":{old}}},"settings":{settings}}}"#
    )
}

/// Settings with one list, of so many entries.
pub(super) fn entries<T: Display>(key: &str, count: usize, entry: impl Fn(usize) -> T) -> String {
    format!(r#"{{"{key}":{}}}"#, list(count, entry))
}

/// A rule with one pattern and one key.
pub(super) fn rule(pattern: &str) -> String {
    format!(r#"{{"images":["{pattern}"],"allOf":[{}]}}"#, workflow(0))
}

/// An entry of `signatures` with one pattern.
pub(super) fn entry(pattern: &str) -> String {
    format!(r#"{{"image":"{pattern}","githubActions":{{"owner":"acme"}}}}"#)
}

/// Settings of one rule about every image, with these signers.
pub(super) fn one_rule(signers: &str) -> String {
    format!(r#"{{"rules":[{{"images":["**"],"allOf":{signers}}}]}}"#)
}

pub(super) fn workflow(index: usize) -> String {
    format!(r#"{{"kind":"githubAction","owner":"acme-{index}"}}"#)
}

pub(super) fn pub_key(pem: &str) -> String {
    format!(r#"{{"kind":"pubKey","key":"{}"}}"#, escaped(pem))
}

/// As it stands in a JSON string.
pub(super) fn escaped(pem: &str) -> String {
    pem.replace('\n', "\\n")
}

/// The head of a `SubjectPublicKeyInfo` of P-256 (RFC 5480), up to the point's coordinates.
const P256_HEAD: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// Keys that differ at the end of their first coordinate alone. Nobody has them: their points are made up.
pub(super) fn key(index: usize) -> String {
    let mut der = [&P256_HEAD[..], &[7; 24]].concat();
    der.extend((index as u64).to_be_bytes());
    der.extend([7; 32]);
    pem("PUBLIC KEY", &der)
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
