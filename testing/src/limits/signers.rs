//! Signers, which are compared with each other when a policy is set up.

use super::text::{entries, escaped, key, list, one_rule, pem, pub_key, workflow};
use super::{Limit, Maker};

const SIGNERS: usize = 256;

const CERTIFICATE: &str = include_str!("../../../tests/fixtures/certificates/signer.pem");
const INTERMEDIATE: &str = include_str!("../../../tests/fixtures/certificates/intermediate.pem");
const RSA: &str = include_str!("../../../tests/fixtures/keys/rsa3072.pem");

pub(super) const MAKERS: &[Maker] = &[
    || Limit::settings("signers/keys", one_rule(&list(SIGNERS, |at| pub_key(&key(at))))),
    || lists("signers/lists-of-keys", 50, |at| pub_key(&key(at))),
    || {
        lists("signers/sixteen-keys", 3, |at| {
            pub_key(&(0..16).map(|of| key(16 * at + of)).collect::<String>())
        })
    },
    || lists("signers/rsa", 1, |_| pub_key(RSA)).refused("one signature can satisfy both"),
    || lists("signers/workflows", 100, workflow),
    || {
        lists("signers/identities", 90, |at| {
            issuer(&format!(r#"{{"equal":"{}{at:03}@acme.com"}}"#, "x".repeat(20)))
        })
    },
    || {
        lists("signers/prefixes", 70, |at| {
            issuer(&format!(r#"{{"urlPrefix":"https://example.com/{}{at:03}/"}}"#, "x".repeat(30)))
        })
    },
    || {
        lists("signers/patterns", 4, |at| {
            pattern(&format!(
                "https://example.com/acme/*/.github/workflows/release-{at:03}.yml@refs/tags/v*"
            ))
        })
    },
    || {
        lists("signers/pattern-ends", 4, |at| {
            pattern(&format!("https://example.com/acme/**/release.yml@refs/tags/v{at:03}"))
        })
    },
    || {
        lists("signers/longest-patterns", 30, |at| {
            pattern(&format!("https://example.com/{}{at:03}", "*/".repeat(110)))
        })
    },
    || {
        lists("signers/starred-patterns", 30, |at| {
            pattern(&format!("https://example.com/{}{at:03}", "**a".repeat(77)))
        })
    },
    || {
        lists("signers/too-alike-patterns", 4, |at| {
            pattern(&format!(
                "https://example.com/{}/{at:03}/{}@v",
                "*a".repeat(50),
                "*b".repeat(50)
            ))
        })
        .refused("whether they are distinct")
    },
    || Limit::settings("signers/certificates", certificates(1, CERTIFICATE)),
    || Limit::settings("signers/long-chain", certificates(10, INTERMEDIATE)),
    || Limit::settings("signers/longest-chain", certificates(10, &padded(INTERMEDIATE, 16 * 1024))),
    || {
        let settings = certificates(10, &padded(INTERMEDIATE, 100_000));
        Limit::settings("signers/too-long-chain", settings).refused("longer than")
    },
    // as many as etcd takes: each is a question to the host
    || {
        Limit::settings(
            "signers/lists-of-certificates",
            entries("certificates", 9, |_| entry_of_certificates(1, INTERMEDIATE)),
        )
    },
];

fn lists(name: &'static str, count: usize, signer: impl Fn(usize) -> String) -> Limit {
    let signers = list(SIGNERS, signer);
    Limit::settings(
        name,
        entries("rules", count, |_| {
            format!(r#"{{"images":["**"],"anyOf":{{"signatures":{signers}}}}}"#)
        }),
    )
}

fn issuer(subject: &str) -> String {
    format!(r#"{{"kind":"genericIssuer","issuer":"https://issuer","subject":{subject}}}"#)
}

fn pattern(text: &str) -> String {
    issuer(&format!(r#"{{"pattern":"{text}"}}"#))
}

fn certificates(links: usize, link: &str) -> String {
    entries("certificates", 1, |_| entry_of_certificates(links, link))
}

/// Certificates that differ at their end alone, and their chain.
fn entry_of_certificates(links: usize, link: &str) -> String {
    let der = ::pem::parse(CERTIFICATE).unwrap().into_contents();
    let certificate = |at: usize| {
        let mut der = der.clone();
        // In the key's point, which nobody looks at here.
        let point = der.windows(3).position(|bytes| bytes == [0x42, 0x00, 0x04]).unwrap();
        der[point + 3..point + 11].copy_from_slice(&(at as u64).to_be_bytes());
        format!("\"{}\"", escaped(&pem("CERTIFICATE", &der)))
    };
    let link = escaped(link);
    format!(
        r#"{{"images":["**"],"certificates":{},"certificateChain":{}}}"#,
        list(SIGNERS, certificate),
        list(links, |_| format!("\"{link}\""))
    )
}

fn padded(text: &str, bytes: usize) -> String {
    "\n".repeat(bytes - text.len()) + text
}
