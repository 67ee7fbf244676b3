//! Settings of a bench: one entry or rule that the images match, and rules before it that they do not.
//!
//! - What do the others look like? Those of many teams: each has its repository, on one of a few registries,
//!   and its key.
//! - Whose keys are they? Nobody's: their points are made up. The policy reads keys, and only a host that
//!   verifies would notice.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const REGISTRIES: [&str; 4] = ["ghcr.io", "quay.io", "registry.example.com", "docker.io"];

/// The head of a `SubjectPublicKeyInfo` of P-256 (RFC 5480), up to the point's coordinates.
const P256_HEAD: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const COORDINATES: usize = 64;

/// `signatures`, with one entry.
pub(super) fn legacy(pattern: &str) -> String {
    format!(r#"{{"signatures":[{{"image":"{pattern}","pubKeys":["{}"]}}]}}"#, key(0))
}

/// So many rules, of which the last has this pattern.
pub(super) fn rules(count: usize, pattern: &str) -> String {
    let last = count.saturating_sub(1);
    let rules: Vec<String> = REGISTRIES
        .iter()
        .cycle()
        .take(last)
        .enumerate()
        .map(|(index, registry)| {
            rule(index, &format!("{registry}/team-{:02}/service-{index:04}/**", index % 40))
        })
        .chain([rule(last, pattern)])
        .collect();
    format!(r#"{{"rules":[{}]}}"#, rules.join(","))
}

fn rule(index: usize, pattern: &str) -> String {
    format!(
        r#"{{"name":"service-{index:04}","images":["{pattern}"],"allOf":[{{"kind":"pubKey","owner":"team {:02}","key":"{}"}}]}}"#,
        index % 40,
        key(index),
    )
}

/// PEM, as it stands in a JSON string.
fn key(index: usize) -> String {
    let der: Vec<u8> = P256_HEAD.into_iter().chain(noise(index).take(COORDINATES)).collect();
    let text = STANDARD.encode(der);
    let (first, second) = text.split_at_checked(64).unwrap_or((&text, ""));
    format!(r"-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
}

/// Bytes that look random, the same on every machine: xorshift64* (Vigna, 2016).
fn noise(seed: usize) -> impl Iterator<Item = u8> {
    let mut state = (seed as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    std::iter::repeat_with(move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let [byte, ..] = state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes();
        byte
    })
}
