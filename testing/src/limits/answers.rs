//! Answers of the host, which repeat what a registry or a cluster holds: whoever may push, or write there, writes them.

use super::text::{create, escaped, key, list, list_of_bytes, one_rule, pem, pod, pub_key};
use super::{Answers, Limit, Maker};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;

/// As much as is read of an answer.
const FIVE_MIB: usize = 5 * 1024 * 1024 - 200;
/// Far more than any registry takes of a manifest.
const THIRTY_TWO_MB: usize = 32_000_000;

const GITHUB: &str = "https://token.actions.githubusercontent.com";

pub(super) const MAKERS: &[Maker] = &[
    || signed("manifest/layers", 1, layers(1_000, |at| certificate(at, 20))),
    || signed("manifest/longest-subjects", 1, layers(1_000, |at| certificate(at, 900))),
    || {
        let padded = |at| "\n".repeat(7_500) + &certificate(at, 20);
        signed("manifest/longest-certificates", 1, layers(230, padded))
    },
    || {
        let padded = |at| "\n".repeat(7_500) + &certificate(at, 20);
        warned("manifest/a-thousand", layers(10, padded)).refused("more calls to the policy server")
    },
    || {
        let layers = of("layers", &list_of_bytes(90_000, "{}"));
        warned("manifest/a-thousand-wide", layers).refused("more calls to the policy server")
    },
    || warned("manifest/a-thousand-long", of("x", &format!("\"{}\"", "x".repeat(15_000)))),
    || signed("manifest/subjects-and-patterns", 256, layers(1_000, |at| certificate(at, 900))),
    || logged("manifest/log-entries", 1, logged_layers(950, 900)),
    || logged("manifest/a-thousand-log-entries", 1_000, logged_layers(4, 20)),
    || signed("manifest/wide", 1, of("layers", &list_of_bytes(2_900_000, "{}"))),
    || signed("manifest/beside", 1, of("x", &list_of_bytes(3_700_000, "0"))),
    || signed("manifest/32-mb", 1, of("x", &format!("\"{}\"", "x".repeat(THIRTY_TWO_MB)))),
    || index("index/wide", of("manifests", &list_of_bytes(FIVE_MIB, "{}"))),
    || verify("verify/wide", Ok(of("x", &list_of_bytes(3_700_000, "0")))),
    || verify("verify/words", Err("x".repeat(THIRTY_TWO_MB))),
    || verify("verify/missing", Err("missing signatures".to_owned() + &"x".repeat(THIRTY_TWO_MB))),
    || {
        let key = format!("\"{}\"", "A".repeat(FIVE_MIB));
        cluster("cluster/longest", of("data", &of("cosign.pub", &key)))
    },
    || {
        let entries = vec![r#""a":"b""#; 330_000].join(",");
        cluster("cluster/entries", of("data", &format!("{{{entries}}}")))
    },
];

fn of(key: &str, value: &str) -> String {
    format!(r#"{{"{key}":{value}}}"#)
}

/// An image whose signatures this manifest lists, for as many patterns.
fn signed(name: &'static str, count: usize, manifest: String) -> Limit {
    let limit = Limit::request(name, one_image(&patterns(count, "reject")));
    limit.answered(Answers { manifest: Ok(manifest), ..Answers::default() }).refused("")
}

/// As many images as may be, each with that manifest. A rule that only warns has all of them looked at.
fn warned(name: &'static str, manifest: String) -> Limit {
    let pod = pod(1_000, |at| format!("ghcr.io/acme/app:{at}"));
    let limit = Limit::request(name, create(&pod, &patterns(1, "warn")));
    limit.answered(Answers { manifest: Ok(manifest), ..Answers::default() })
}

/// So many images that somebody by name has signed, with this manifest, as the host says.
fn logged(name: &'static str, count: usize, manifest: String) -> Limit {
    let pod = pod(count, |at| format!("ghcr.io/acme/app:{at}"));
    let signer = format!(
        r#"[{{"kind":"genericIssuer","issuer":"{GITHUB}","subject":{{"equal":"https://github.com/acme/a"}}}}]"#
    );
    let limit = Limit::request(name, create(&pod, &one_rule(&signer)));
    limit.answered(Answers { manifest: Ok(manifest), ..Answers::default() })
}

/// Signatures with the log's entries about them (`src/verify/log_entry.rs`).
fn logged_layers(count: usize, length: usize) -> String {
    let layer = |at| {
        let certificate = certificate(at, length);
        let body = format!(
            r#"{{"kind":"hashedrekord","spec":{{"data":{{"hash":{{"algorithm":"sha256","value":"aa"}}}},"signature":{{"content":"c2ln","publicKey":{{"content":"{}"}}}}}}}}"#,
            STANDARD.encode(&certificate)
        );
        let entry = format!(r#"{{"Payload":{{"body":"{}"}}}}"#, STANDARD.encode(body));
        format!(
            r#"{{"digest":"sha256:aa","annotations":{{"dev.cosignproject.cosign/signature":"c2ln","dev.sigstore.cosign/certificate":"{}","dev.sigstore.cosign/bundle":{}}}}}"#,
            escaped(&certificate),
            serde_json::Value::from(entry)
        )
    };
    format!(r#"{{"layers":{}}}"#, list(count, layer))
}

/// A rule with so many patterns.
fn patterns(count: usize, enforcement: &str) -> String {
    let signer = |at: usize| {
        let pattern = match count {
            1 => "**a*b*".to_owned(),
            _ => format!("**{}b{at:03}*", "a*".repeat(10)),
        };
        format!(
            r#"{{"kind":"genericIssuer","issuer":"{GITHUB}","subject":{{"pattern":"https://github.com/acme/{pattern}"}}}}"#
        )
    };
    let signers = list(count, signer);
    format!(
        r#"{{"rules":[{{"images":["**"],"enforcement":"{enforcement}","anyOf":{{"signatures":{signers}}}}}]}}"#
    )
}

fn one_image(settings: &str) -> String {
    create(&pod(1, |_| "ghcr.io/acme/app:1".to_owned()), settings)
}

fn layers(count: usize, certificate: impl Fn(usize) -> String) -> String {
    let layer = |at| {
        let pem = escaped(&certificate(at));
        format!(
            r#"{{"annotations":{{"dev.cosignproject.cosign/signature":"","dev.sigstore.cosign/certificate":"{pem}"}}}}"#
        )
    };
    format!(r#"{{"layers":{}}}"#, list(count, layer))
}

/// A certificate as far as it is read here: its alternative name and its issuer.
fn certificate(index: usize, length: usize) -> String {
    let subject = format!("https://github.com/acme/{}{index:04}", "a".repeat(length));
    let name = der(0x30, &der(0x86, subject.as_bytes()));
    let alternative_names = [der(6, &[0x55, 0x1d, 0x11]), der(4, &name)].concat();
    let issuer_oid = [0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1, 1];
    let issuer = [der(6, &issuer_oid), der(4, GITHUB.as_bytes())].concat();
    let extensions = [der(0x30, &alternative_names), der(0x30, &issuer)].concat();
    let tbs = der(0x30, &der(0xa3, &der(0x30, &extensions)));
    pem("CERTIFICATE", &der(0x30, &tbs))
}

fn der(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
    let length = match length {
        [0, short @ 0..0x80] => vec![short],
        [0, long] => vec![0x81, long],
        long => [&[0x82], &long[..]].concat(),
    };
    [&[tag], &length[..], contents].concat()
}

fn keys(count: usize) -> String {
    one_rule(&list(count, |at| pub_key(&key(at))))
}

fn index(name: &'static str, index: String) -> Limit {
    let verify = Err("no signatures found".to_owned());
    Limit::request(name, one_image(&keys(1)))
        .answered(Answers { verify, manifest: Ok(index), ..Answers::default() })
        .refused("not signed")
}

fn verify(name: &'static str, answer: Result<String, String>) -> Limit {
    let limit = Limit::request(name, one_image(&keys(256)));
    limit.answered(Answers { verify: answer, ..Answers::default() }).refused("")
}

fn cluster(name: &'static str, resource: String) -> Limit {
    let key = r#"[{"kind":"pubKey","key":"k8s://trust/key"}]"#;
    let limit = Limit::request(name, one_image(&one_rule(key)));
    limit.answered(Answers { resource, ..Answers::default() }).refused("cannot be used")
}
