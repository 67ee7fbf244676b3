//! A certificate authority and a transparency log, as Fulcio and Rekor are, made on the spot.
//!
//! - What does a certificate say? Its issuer and its GitHub repository are in
//!   [Fulcio's extensions](https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md).
//! - What does the log say? That a signature was made a minute ago, under the log's own signature.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use signed_images::demo::{Key, Signature};
use signed_images::host::Trust;

const ISSUER_OID: &[u64] = &[1, 3, 6, 1, 4, 1, 57264, 1, 1];
const REPOSITORY_OID: &[u64] = &[1, 3, 6, 1, 4, 1, 57264, 1, 5];
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const LOG_ID: &str = "6c6f67"; // `log`

/// Who signs.
pub(crate) struct Identity<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) repository: Option<&'a str>,
}

/// An authority with its log.
pub(crate) struct Authority {
    root: Certificate,
    issuer: Issuer<'static, KeyPair>,
    log: Key,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = params.self_signed(&key).unwrap();
        Self { root, issuer: Issuer::new(params, key), log: Key::generate().unwrap() }
    }

    /// Its certificate, as PEM.
    pub(crate) fn root(&self) -> String {
        self.root.pem()
    }

    /// What `--sigstore-trust-config` reads.
    pub(crate) fn trust(&self) -> Trust {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), self.trust_config()).unwrap();
        Trust::read(file.path()).unwrap()
    }

    fn trust_config(&self) -> String {
        let log_key = pem_contents(self.log.public());
        let since = json!({"start": "2020-01-01T00:00:00Z"});
        json!({
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [{
                    "baseUrl": "https://log.local",
                    "hashAlgorithm": "SHA2_256",
                    "publicKey": {
                        "rawBytes": log_key,
                        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                        "validFor": since,
                    },
                    "logId": {"keyId": STANDARD.encode("log")},
                }],
                "certificateAuthorities": [{
                    "subject": {"organization": "test", "commonName": "test"},
                    "uri": "https://authority.local",
                    "certChain": {"certificates": [{"rawBytes": STANDARD.encode(self.root.der())}]},
                    "validFor": since,
                }],
            },
        })
        .to_string()
    }

    /// Signs an image as `identity`, and gives the signature with its certificate.
    pub(crate) fn sign(
        &self,
        image: &str,
        digest: &str,
        identity: &Identity<'_>,
    ) -> (Signature, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = identity.params().signed_by(&key, &self.issuer).unwrap().pem();
        let signer = Key::parse(&key.serialize_pem()).unwrap();
        let mut signature = signer.sign(image, digest).unwrap();
        let annotations = [
            ("dev.sigstore.cosign/certificate".to_owned(), certificate.clone()),
            ("dev.sigstore.cosign/bundle".to_owned(), self.entry(&signature, &certificate)),
        ];
        signature.annotations.extend(annotations);
        (signature, certificate)
    }

    /// A log entry about a signature; the log's own covers it as canonical JSON (RFC 8785).
    fn entry(&self, signature: &Signature, certificate: &str) -> String {
        let body = json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
            "data": {"hash": {
                "algorithm": "sha256",
                "value": format!("{:x}", Sha256::digest(&signature.payload)),
            }},
            "signature": {
                "content": signature.annotations[SIGNATURE],
                "publicKey": {"content": STANDARD.encode(certificate)},
            },
        }});
        let body = STANDARD.encode(body.to_string());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let time = now - 60;
        let payload = format!(
            r#"{{"body":"{body}","integratedTime":{time},"logID":"{LOG_ID}","logIndex":1}}"#
        );
        let signed = self.log.sign_bytes(payload.as_bytes()).unwrap();
        format!(r#"{{"SignedEntryTimestamp":"{signed}","Payload":{payload}}}"#)
    }
}

impl Identity<'_> {
    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        let subject = self.subject.try_into().unwrap();
        let is_address = !self.subject.contains("://");
        params.subject_alt_names =
            vec![if is_address { SanType::Rfc822Name(subject) } else { SanType::URI(subject) }];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let extension =
            |oid, text: &str| CustomExtension::from_oid_content(oid, text.as_bytes().to_vec());
        params.custom_extensions = vec![extension(ISSUER_OID, self.issuer)];
        params
            .custom_extensions
            .extend(self.repository.map(|repository| extension(REPOSITORY_OID, repository)));
        params
    }
}

fn pem_contents(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}
