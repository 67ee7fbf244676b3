//! A host whose answers are scripted: one byte for each call, over and over. It keeps what it was asked.

use base64::Engine;
use serde_json::{Value, json};
use signed_images_policy::image::reference::Digest;

/// The keys that the cluster holds: in an object `two`, and in any other.
const CLUSTER_KEYS: [&str; 2] = [
    include_str!("../../../tests/fixtures/keys/ed25519.pem"),
    include_str!("../../../tests/fixtures/keys/p256.pem"),
];

/// The certificates that signatures have: of two workflows on GitHub, and of a person.
const CERTIFICATES: [&str; 3] = [
    include_str!("../../../tests/fixtures/certificates/workflow.pem"),
    include_str!("../../../tests/fixtures/certificates/new-workflow.pem"),
    include_str!("../../../tests/fixtures/certificates/person.pem"),
];

/// A digest of that digit.
pub(super) fn digest(digit: char) -> String {
    format!("sha256:{}", String::from(digit).repeat(64))
}

/// A call, and what came of it.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) operation: &'static str,
    pub(super) question: Value,
    pub(super) answer: Result<Vec<u8>, String>,
}

impl Call {
    /// The digest that this call vouches for.
    pub(super) fn vouched(&self) -> Option<Digest> {
        let answer: Value = serde_json::from_slice(self.answer.as_ref().ok()?).ok()?;
        (self.operation == "v2/verify" && answer["is_trusted"] == true)
            .then(|| Digest::parse(answer["digest"].as_str()?).ok())?
    }

    /// The image asked about.
    pub(super) fn image(&self) -> &str {
        self.question["image"].as_str().unwrap_or_default()
    }
}

#[derive(Debug)]
pub(super) struct ScriptedHost<'s> {
    script: &'s [u8],
    pub(super) calls: Vec<Call>,
}

impl<'s> ScriptedHost<'s> {
    pub(super) fn new(script: &'s [u8]) -> Self {
        Self { script, calls: Vec::new() }
    }

    pub(super) fn answer(
        &mut self,
        namespace: &'static str,
        operation: &'static str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        let question = serde_json::from_slice(payload).expect("the host is asked in JSON");
        let turn = self.calls.len().checked_rem(self.script.len());
        let byte = turn.and_then(|turn| self.script.get(turn)).unwrap_or(&b'0');
        let answer = match (namespace, operation) {
            ("oci", "v2/verify") => verify(*byte, &question),
            ("oci", "v1/manifest_digest") => manifest(*byte),
            ("oci", "v1/oci_manifest") => signatures(*byte),
            ("kubernetes", "get_resource") => object(*byte, &question),
            other => panic!("{other:?} is no capability that a review needs"),
        };
        self.calls.push(Call { operation, question, answer: answer.clone() });
        answer
    }
}

/// `0` to `3`: trusted, the digest asked for or one of two; from `4` on: other answers.
fn verify(byte: u8, question: &Value) -> Result<Vec<u8>, String> {
    let trusted = |digest: &str| json!({"is_trusted": true, "digest": digest}).to_string();
    let asked = question["image"].as_str().and_then(|image| image.split_once('@'));
    let text = match byte.wrapping_sub(b'0') % 12 {
        0 | 1 => trusted(asked.map_or(digest('a').as_str(), |(_, digest)| digest)),
        2 => trusted(&digest('a')),
        3 => trusted(&digest('b')),
        4 => return Err("no signatures found for image".to_owned()),
        5 => return Err("Image verification failed: missing signatures".to_owned()),
        6 => return Err("has not been granted access to oci/v2/verify".to_owned()),
        7 => return Err("error sending request: operation timed out\nstack".to_owned()),
        8 => json!({"is_trusted": false, "digest": digest('a')}).to_string(),
        9 => trusted("sha256:aa"),
        10 => "nothing".to_owned(),
        _ => trusted("\",\"is_trusted\":true}"),
    };
    Ok(text.into_bytes())
}

fn manifest(byte: u8) -> Result<Vec<u8>, String> {
    match byte % 3 {
        0 => Ok(json!({"digest": digest('a')}).to_string().into_bytes()),
        1 => Err("unreachable".to_owned()),
        _ => Err("has not been granted access to oci/v1/manifest_digest".to_owned()),
    }
}

/// `0` to `4`: signatures with certificates; from `5` on: none, or none that can be read.
fn signatures(byte: u8) -> Result<Vec<u8>, String> {
    let layer = |pem: &&str| json!({"annotations": {"dev.cosignproject.cosign/signature": "", "dev.sigstore.cosign/certificate": pem}});
    let layers = |pems: &[&str]| json!({"layers": pems.iter().map(layer).collect::<Vec<_>>()});
    let bundle = json!({"annotations": {"dev.sigstore.bundle.content": "dsse-envelope"}});
    let answer = match byte.wrapping_sub(b'0') % 12 {
        0..=3 => layers(&CERTIFICATES),
        4 => layers(&CERTIFICATES[1..2]),
        5 => return Err("manifest unknown".to_owned()),
        6 => return Err("has not been granted access to oci/v1/oci_manifest".to_owned()),
        7 => return Err("error sending request: operation timed out\nstack".to_owned()),
        8 => layers(&[""]),
        9 => json!({"manifests": [bundle]}),
        10 => layers(&[CERTIFICATES[0]; 1001]),
        _ => json!(null),
    };
    Ok(answer.to_string().into_bytes())
}

fn object(byte: u8, question: &Value) -> Result<Vec<u8>, String> {
    let pem = CLUSTER_KEYS[usize::from(question["name"] != "two")];
    let base64 = || base64::engine::general_purpose::STANDARD.encode(pem);
    let key = if question["kind"] == "Secret" { base64() } else { pem.to_owned() };
    match byte.wrapping_sub(b'0') % 8 {
        0..=4 => Ok(json!({"data": {"cosign.pub": key}}).to_string().into_bytes()),
        5 => Err("Cannot find it".to_owned()),
        6 => Ok(br#"{"data":{"cosign.pub":"no key"}}"#.to_vec()),
        _ => Ok(b"[]".to_vec()),
    }
}
