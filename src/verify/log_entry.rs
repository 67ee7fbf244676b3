//! Whether the certificates and log entries of a `.sig` manifest were made for the signatures that they stand beside.
//!
//! *Why is that asked?* Both are public, and true of whoever made them, wherever they stand. They prove an identity only of
//! the signature that they were made for: the log's entry names the payload, the signature and the certificate.
//!
//! *Is that trusted?* No. Whoever may push writes it. It refuses, and never admits; the host is asked as well.
//!
//! Sources: <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md> (annotations),
//! <https://github.com/sigstore/rekor/blob/main/pkg/types/hashedrekord/v0.0.1/hashedrekord_v0_0_1_schema.json> (entries;
//! `rekord`, its forerunner, has the same fields here).

use crate::json::{PickError, elements, member, pick, string};
use crate::keys::certificate_identity::MAX_CERTIFICATE;
use crate::verify::signature_manifest::{CERTIFICATE, SIGNATURE};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use serde_json::value::RawValue;
use std::borrow::Cow;

const ENTRY: &str = "dev.sigstore.cosign/bundle";

/// The longest entry, in bytes. One holds a signature and a certificate in base64, twice over.
const MAX_ENTRY: usize = 8 * MAX_CERTIFICATE;

/// Whether each certificate that stands beside a log entry was made for its layer. A layer without both names nobody to the
/// host. What has no layers is no manifest of signatures: nothing of it is known.
pub(crate) fn are_their_own(manifest: &RawValue) -> bool {
    let Some(layers) = member(manifest, "layers").and_then(elements) else { return false };
    layers.into_iter().all(|layer| match certified(layer) {
        Ok(Some(certified)) => certified.is_own().unwrap_or(false),
        Ok(None) | Err(PickError::NotAnObject) => true,
        Err(PickError::Twice(_)) => false,
    })
}

/// A layer with a certificate and a log entry.
struct Certified<'r> {
    digest: Option<&'r RawValue>,
    signature: Option<&'r RawValue>,
    certificate: Cow<'r, str>,
    entry: Cow<'r, str>,
}

fn certified(layer: &RawValue) -> Result<Option<Certified<'_>>, PickError> {
    let [digest, Some(annotations)] = pick(layer, ["digest", "annotations"])? else {
        return Ok(None);
    };
    let [signature, certificate, entry] = pick(annotations, [SIGNATURE, CERTIFICATE, ENTRY])?;
    let (certificate, entry) = (certificate.and_then(string), entry.and_then(string));
    Ok(certificate.zip(entry).map(|(certificate, entry)| Certified {
        digest,
        signature,
        certificate,
        entry,
    }))
}

impl Certified<'_> {
    /// None where it cannot be told.
    fn is_own(&self) -> Option<bool> {
        let logged = logged(&self.entry)?;
        let digest = string(self.digest?)?;
        Some(
            digest.strip_prefix("sha256:") == Some(&logged.payload)
                && string(self.signature?)? == logged.signature
                && STANDARD.decode(logged.key).ok()?.trim_ascii()
                    == self.certificate.trim().as_bytes(),
        )
    }
}

fn logged(entry: &str) -> Option<LoggedSignature> {
    if entry.len() > MAX_ENTRY {
        return None;
    }
    let payload = member(raw(entry)?, "Payload")?;
    LoggedSignature::read(&string(member(payload, "body")?)?)
}

/// The signature that an entry of the log is about.
#[derive(Debug)]
pub struct LoggedSignature {
    /// The SHA-256 of what was signed, in hexadecimal digits.
    pub payload: String,
    /// The signature, in base64.
    pub signature: String,
    /// The key or the certificate that made it: its PEM in base64.
    key: String,
}

impl LoggedSignature {
    /// Reads the body of an entry, which is in base64; none when it is of another kind, or hashed otherwise.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let body = String::from_utf8(STANDARD.decode(body).ok()?).ok()?;
        let [data, signature] = pick(member(raw(&body)?, "spec")?, ["data", "signature"]).ok()?;
        let [algorithm, hash] = pick(member(data?, "hash")?, ["algorithm", "value"]).ok()?;
        let [content, key] = pick(signature?, ["content", "publicKey"]).ok()?;
        if string(algorithm?)? != "sha256" {
            return None;
        }
        let owned = |value: &RawValue| string(value).map(Cow::into_owned);
        Some(Self {
            payload: owned(hash?)?,
            signature: owned(content?)?,
            key: owned(member(key?, "content")?)?,
        })
    }
}

fn raw(text: &str) -> Option<&RawValue> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const PERSON: &str = include_str!("../../tests/fixtures/certificates/person.pem");
    const WORKFLOW: &str = include_str!("../../tests/fixtures/certificates/workflow.pem");

    fn entry(hash: &str, signature: &str, certificate: &str) -> String {
        let body = json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": hash}},
            "signature": {"content": signature, "publicKey": {"content": STANDARD.encode(certificate)}},
        }});
        json!({"SignedEntryTimestamp": "", "Payload": {"body": STANDARD.encode(body.to_string())}})
            .to_string()
    }

    fn layer(certificate: &str, entry: impl Into<Value>) -> Value {
        json!({"digest": "sha256:aa", "annotations": {
            SIGNATURE: "c2ln", CERTIFICATE: certificate, ENTRY: entry.into(),
        }})
    }

    fn read(layers: &Value) -> bool {
        let text = json!({"layers": layers}).to_string();
        are_their_own(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn an_entry_names_payload_signature_and_certificate() {
        let own = layer(PERSON, entry("aa", "c2ln", PERSON));
        let padded = |length: usize| {
            let entry = entry("aa", "c2ln", PERSON);
            " ".repeat(length - entry.len()) + &entry
        };
        let rows = [
            (own.clone(), true),
            (layer(PERSON.trim(), entry("aa", "c2ln", PERSON)), true),
            (layer(PERSON, entry("bb", "c2ln", PERSON)), false),
            (layer(PERSON, entry("aa", "b3Ro", PERSON)), false),
            (layer(PERSON, entry("aa", "c2ln", WORKFLOW)), false),
            (layer(WORKFLOW, entry("aa", "c2ln", PERSON)), false),
            (layer(PERSON, "{}"), false),
            (layer(PERSON, "no JSON"), false),
            (layer(PERSON, r#"{"Payload": 1}"#), false),
            (layer(PERSON, padded(MAX_ENTRY)), true),
            (layer(PERSON, padded(MAX_ENTRY + 1)), false),
            // no entry, or no certificate: the host finds nobody there
            (json!("no layer"), true),
            (layer(PERSON, json!({"Payload": 1})), true),
            (
                json!({"digest": "sha256:aa", "annotations": {SIGNATURE: "c2ln", CERTIFICATE: PERSON}}),
                true,
            ),
            (json!({"digest": "sha256:aa", "annotations": {SIGNATURE: "c2ln", ENTRY: "{}"}}), true),
            (json!({"digest": "sha256:aa"}), true),
        ];
        for (layer, expected) in rows {
            assert_eq!(read(&json!([layer])), expected, "{layer}");
            assert_eq!(read(&json!([own, layer])), expected, "{layer}, second");
        }
        assert!(read(&json!([])));
        assert!(!read(&json!({})) && !are_their_own(raw(r#"{"manifests": []}"#).unwrap()));
    }

    #[test]
    fn a_key_that_stands_twice_is_not_read() {
        let own = layer(PERSON, entry("aa", "c2ln", PERSON)).to_string();
        let twice = own.replacen("\"digest\"", "\"digest\":\"sha256:bb\",\"digest\"", 1);
        let text = format!("{{\"layers\":[{twice}]}}");
        assert!(!are_their_own(serde_json::from_str(&text).unwrap()));
    }
}
