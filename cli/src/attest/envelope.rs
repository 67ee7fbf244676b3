//! A signed statement as `cosign attest` stores it: an envelope of [DSSE](https://github.com/secure-systems-lab/dsse),
//! alone, or in a bundle of Sigstore's.
//!
//! - Who verifies it? `sigstore`, the crate that the host verifies images with. An envelope alone is verified for a key;
//!   for an identity a bundle, which holds the certificate and the log's entry.
//! - Is the time in the log's entry believed? When the log has signed it (`SignedEntryTimestamp`). `sigstore` 0.15
//!   compares it with the certificate and does not verify it, so that is done here by its own keys.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;
use serde_json::{Value, json};
use sigstore::bundle::Bundle;
use sigstore::bundle::verify::policy::Identity;
use sigstore::bundle::verify::{ArtifactDigest, Verifier};
use sigstore::cosign::bundle::SignedArtifactBundle;
use sigstore::crypto::{CosignVerificationKey, Signature};
use sigstore::errors::SigstoreError;
use sigstore::rekor::apis::configuration::Configuration;
use sigstore::trust::TrustRoot;
use sigstore::trust::sigstore::SigstoreTrustRoot;

/// What a statement's envelope says of its payload.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<EnvelopeSignature>,
    /// The bundle that it stood in, if there is one.
    #[serde(skip)]
    bundle: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct EnvelopeSignature {
    sig: String,
}

/// Why a statement is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvelopeError {
    #[error("it is not an envelope with an in-toto Statement")]
    Malformed,
    #[error("it is signed, but not by this key")]
    Key,
    #[error("the key cannot be read: {0}")]
    BadKey(SigstoreError),
    #[error(
        "it is not a Sigstore bundle, and only in a bundle can a certificate be verified: get its predicate with \
         `cosign verify-attestation`, and pass it with --predicate"
    )]
    NoBundle,
    #[error(
        "the trust root contains no certificate transparency log, so no certificate can be trusted"
    )]
    NoCertificateLog,
    #[error("{0}")]
    Identity(String),
    #[error("its log entry is not signed by a trusted log: {0}")]
    Time(String),
}

impl Envelope {
    /// Reads an envelope, or a bundle with one.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let json: Value =
            serde_json::from_slice(bytes).map_err(|_error| EnvelopeError::Malformed)?;
        let (envelope, bundle) = match json.get("dsseEnvelope") {
            Some(envelope) => (envelope.clone(), Some(json)),
            None => (json, None),
        };
        let envelope: Self =
            serde_json::from_value(envelope).map_err(|_error| EnvelopeError::Malformed)?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::Malformed);
        }
        Ok(Self { bundle, ..envelope })
    }

    /// The statement, as it was signed.
    pub(super) fn payload(&self) -> Result<Vec<u8>, EnvelopeError> {
        STANDARD.decode(&self.payload).map_err(|_error| EnvelopeError::Malformed)
    }

    /// Whether the holder of the key signed it.
    pub(super) fn verify_key(&self, pem: &str) -> Result<(), EnvelopeError> {
        let key = CosignVerificationKey::try_from_pem(pem.as_bytes());
        let key = key.map_err(EnvelopeError::BadKey)?;
        let signed = self.signed()?;
        let is_by = |signature: &EnvelopeSignature| {
            let signature = Signature::Base64Encoded(signature.sig.as_bytes());
            key.verify_signature(signature, &signed).is_ok()
        };
        if self.signatures.iter().any(is_by) { Ok(()) } else { Err(EnvelopeError::Key) }
    }

    /// Whether this identity signed it, of the image with that digest.
    pub(super) async fn verify_identity(
        &self,
        issuer: &str,
        subject: &str,
        image: &str,
        root: &SigstoreTrustRoot,
    ) -> Result<(), EnvelopeError> {
        let bundle = self.bundle.as_ref().ok_or(EnvelopeError::NoBundle)?;
        if !root.ctfe_keys().is_ok_and(|keys| !keys.is_empty()) {
            return Err(EnvelopeError::NoCertificateLog);
        }
        check_time(bundle, root)?;
        let bundle: Bundle =
            serde_json::from_value(bundle.clone()).map_err(|_error| EnvelopeError::Malformed)?;
        let told = |error: &dyn std::error::Error| EnvelopeError::Identity(with_causes(error));
        let verifier = Verifier::new(Configuration::default(), Borrowed(root));
        let verifier = verifier.map_err(|error| told(&error))?;
        let image = digest_of(image).ok_or(EnvelopeError::Malformed)?;
        let identity = Identity::new(subject, issuer);
        let result = verifier.verify_digest_with(image, bundle, &identity, true).await;
        result.map_err(|error| told(&error))
    }

    /// DSSE's "pre-authentication encoding": what is signed.
    fn signed(&self) -> Result<Vec<u8>, EnvelopeError> {
        let payload = self.payload()?;
        let kind = &self.payload_type;
        let mut signed = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
        signed.extend(payload);
        Ok(signed)
    }
}

/// What `sigstore` takes by value, lent.
struct Borrowed<'a>(&'a SigstoreTrustRoot);

impl TrustRoot for Borrowed<'_> {
    fn fulcio_certs(&self) -> sigstore::errors::Result<Vec<CertificateDer<'_>>> {
        self.0.fulcio_certs()
    }

    fn rekor_keys(&self) -> sigstore::errors::Result<BTreeMap<String, &[u8]>> {
        self.0.rekor_keys()
    }

    fn ctfe_keys(&self) -> sigstore::errors::Result<BTreeMap<String, &[u8]>> {
        self.0.ctfe_keys()
    }
}

/// Whether a log that is trusted has signed the entry of the bundle, and with it its time.
fn check_time(bundle: &Value, root: &SigstoreTrustRoot) -> Result<(), EnvelopeError> {
    let failed = |error: SigstoreError| EnvelopeError::Time(error.to_string());
    let keys = root.rekor_keys().map_err(failed)?;
    let keys: BTreeMap<String, CosignVerificationKey> = keys
        .into_iter()
        .filter_map(|(id, der)| Some((id, CosignVerificationKey::try_from_der(der).ok()?)))
        .collect();
    let entry = as_rekor_bundle(bundle).ok_or(EnvelopeError::Malformed)?;
    SignedArtifactBundle::new_verified(&entry.to_string(), &keys).map(drop).map_err(failed)
}

/// The one entry of the log in a bundle, as cosign 2 writes it.
fn as_rekor_bundle(bundle: &Value) -> Option<Value> {
    let entries = bundle.pointer("/verificationMaterial/tlogEntries")?.as_array()?;
    let [entry] = entries.as_slice() else { return None };
    let number = |key: &str| entry.get(key)?.as_str()?.parse::<i64>().ok();
    let id = STANDARD.decode(entry.pointer("/logId/keyId")?.as_str()?).ok()?;
    let hex = id.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let promise = entry.pointer("/inclusionPromise/signedEntryTimestamp")?;
    Some(json!({
        "base64Signature": "",
        "cert": "",
        "rekorBundle": {
            "SignedEntryTimestamp": promise,
            "Payload": {
                "body": entry.get("canonicalizedBody")?,
                "integratedTime": number("integratedTime")?,
                "logIndex": number("logIndex")?,
                "logID": hex,
            },
        },
    }))
}

fn digest_of(hex: &str) -> Option<ArtifactDigest> {
    let mut bytes = [0; 32];
    let digits: Vec<u8> =
        hex.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect::<Option<_>>()?;
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = pair else { return None };
        *byte = high << 4 | low;
    }
    Some(bytes.into())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut told: Vec<String> = causes.map(ToString::to_string).collect();
    told.dedup();
    told.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Key;

    /// tests/fixtures/SOURCE.md
    const BUNDLE: &str = include_str!("../../../tests/fixtures/bundles/kubewarden-controller.json");
    const ROOT: &str = include_str!("../../../tests/fixtures/bundles/trusted-root.json");
    const IMAGE: &str = "c811d58de79c92f03214e63aa339484e488d694ae8a6283b5f3f17a9faf50172";
    const SUBJECT: &str = "https://github.com/kubewarden/kubewarden-controller/.github/workflows/release.yml@refs/tags/v1.34.0";
    const ISSUER: &str = "https://token.actions.githubusercontent.com";

    fn verify(bundle: &str, issuer: &str, subject: &str, image: &str) -> Result<(), String> {
        let root = SigstoreTrustRoot::from_trusted_root_json_unchecked(ROOT.as_bytes()).unwrap();
        let envelope = Envelope::read(bundle.as_bytes()).map_err(|error| error.to_string())?;
        tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(envelope.verify_identity(issuer, subject, image, &root))
            .map_err(|error| error.to_string())
    }

    fn changed(pointer: &str, change: impl Fn(&str) -> String) -> String {
        let mut bundle: Value = serde_json::from_str(BUNDLE).unwrap();
        let value = bundle.pointer_mut(pointer).unwrap();
        *value = Value::String(change(value.as_str().unwrap()));
        bundle.to_string()
    }

    #[test]
    fn an_identity_is_verified_in_a_bundle() {
        assert_eq!(verify(BUNDLE, ISSUER, SUBJECT, IMAGE), Ok(()));
        let payload = |text: &str| {
            let text = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
            STANDARD.encode(text.replace("cosign/sign/v1", "cosign/sign/v2"))
        };
        let entry = "/verificationMaterial/tlogEntries/0";
        let later = |time: &str| (time.parse::<u64>().unwrap() + 1).to_string();
        let rows = [
            (BUNDLE.to_owned(), ISSUER, "https://github.com/kubewarden", IMAGE, "SubjectAltName"),
            (BUNDLE.to_owned(), "https://accounts.google.com", SUBJECT, IMAGE, "accounts.google"),
            (BUNDLE.to_owned(), ISSUER, SUBJECT, &"a".repeat(64), "subject matches"),
            (
                changed("/dsseEnvelope/payload", payload),
                ISSUER,
                SUBJECT,
                IMAGE,
                "verification failed",
            ),
            (
                changed(&format!("{entry}/integratedTime"), later),
                ISSUER,
                SUBJECT,
                IMAGE,
                "log entry",
            ),
            (
                changed(&format!("{entry}/logId/keyId"), |_| "AAAA".to_owned()),
                ISSUER,
                SUBJECT,
                IMAGE,
                "log entry",
            ),
        ];
        for (bundle, issuer, subject, image, expected) in rows {
            let told = verify(&bundle, issuer, subject, image).unwrap_err();
            assert!(told.contains(expected), "{expected}: {told}");
        }
    }

    #[test]
    fn a_key_is_verified_in_an_envelope() {
        let (key, stranger) = (Key::generate().unwrap(), Key::generate().unwrap());
        let payload = "{}";
        let signed = format!("DSSEv1 {} {PAYLOAD_TYPE} 2 {payload}", PAYLOAD_TYPE.len());
        let signature = key.sign_bytes(signed.as_bytes()).unwrap();
        let envelope = |kind: &str| {
            let signatures = json!([{"keyid": "", "sig": "AAAA"}, {"sig": signature}]);
            json!({"payloadType": kind, "payload": STANDARD.encode(payload), "signatures": signatures})
        };
        let read = Envelope::read(envelope(PAYLOAD_TYPE).to_string().as_bytes()).unwrap();
        assert!(read.verify_key(key.public()).is_ok());
        assert!(matches!(read.verify_key(stranger.public()), Err(EnvelopeError::Key)));
        assert!(
            verify(&envelope(PAYLOAD_TYPE).to_string(), ISSUER, SUBJECT, IMAGE)
                .unwrap_err()
                .contains("not a Sigstore bundle")
        );
        assert!(Envelope::read(envelope("text/plain").to_string().as_bytes()).is_err());
        let other = json!({"payloadType": PAYLOAD_TYPE, "payload": STANDARD.encode("[]"), "signatures": [{"sig": signature}]});
        let other = Envelope::read(other.to_string().as_bytes()).unwrap();
        assert!(other.verify_key(key.public()).is_err());
    }
}
