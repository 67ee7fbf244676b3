//! A question that the policy asks its host, as a value.
//!
//! - How does it arrive? As a waPC call: a namespace, an operation and JSON.
//! - How is it recorded? As YAML tagged with its variant, under the names that `kwctl` uses; that is why the
//!   variants and their fields are called as they are.
//! - Which questions are there? Those that this policy may ask. Another operation gets the host's own text
//!   for what it does not know.

use std::collections::{BTreeMap, BTreeSet};

use kubewarden_policy_sdk::host_capabilities::SigstoreVerificationInputV2 as Verification;
use kubewarden_policy_sdk::host_capabilities::crypto_v1::CertificateVerificationRequest;
use kubewarden_policy_sdk::host_capabilities::verification::{KeylessInfo, KeylessPrefixInfo};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What must have been said when an image was signed.
pub type Annotations = Option<BTreeMap<String, String>>;

/// One question.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the SDK's requests")]
pub enum Question {
    /// The digest of an image.
    OciManifestDigest { image: String },
    /// The manifest of an image.
    OciManifest { image: String },
    /// The manifest and the configuration of an image.
    OciManifestAndConfig { image: String },
    /// Whether every key signed the image.
    SigstorePubKeyVerify { image: String, pub_keys: Vec<String>, annotations: Annotations },
    /// Whether every identity signed the image.
    SigstoreKeylessVerify { image: String, keyless: Vec<KeylessInfo>, annotations: Annotations },
    /// Whether, for every prefix, an identity under it signed the image.
    SigstoreKeylessPrefixVerify {
        image: String,
        keyless_prefix: Vec<KeylessPrefixInfo>,
        annotations: Annotations,
    },
    /// Whether a GitHub workflow of this owner signed the image.
    SigstoreGithubActionsVerify {
        image: String,
        owner: String,
        repo: Option<String>,
        annotations: Annotations,
    },
    /// Whether the key of this certificate signed the image.
    SigstoreCertificateVerify {
        image: String,
        certificate: Vec<u8>,
        certificate_chain: Option<Vec<Vec<u8>>>,
        require_rekor_bundle: bool,
        annotations: Annotations,
    },
    /// One Kubernetes object.
    KubernetesGetResource(ResourceQuestion),
    /// Whether a certificate is trusted.
    CryptoIsCertificateTrusted { request: CertificateVerificationRequest },
}

/// Which Kubernetes object is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceQuestion {
    /// `v1`, `apps/v1`, …
    pub api_version: String,
    /// `ConfigMap`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; none for cluster-wide kinds.
    pub namespace: Option<String>,
    /// Whether the host must ask the API server afresh.
    pub disable_cache: bool,
    /// The fields to answer. This host always answers all of them.
    #[serde(default)]
    pub field_masks: Option<BTreeSet<String>>,
}

impl Question {
    /// Reads a waPC call.
    ///
    /// # Errors
    /// The host's text for a call that it does not know, or whose payload it does not understand.
    pub fn read(namespace: &str, operation: &str, payload: &[u8]) -> Result<Self, String> {
        let image = || json::<String>(payload);
        match (namespace, operation) {
            ("oci", "v2/verify") => json::<Verification>(payload).map(Self::from),
            ("oci", "v1/manifest_digest") => image().map(|image| Self::OciManifestDigest { image }),
            ("oci", "v1/oci_manifest") => image().map(|image| Self::OciManifest { image }),
            ("oci", "v1/oci_manifest_config") => {
                image().map(|image| Self::OciManifestAndConfig { image })
            }
            ("crypto", "v1/is_certificate_trusted") => {
                json(payload).map(|request| Self::CryptoIsCertificateTrusted { request })
            }
            ("kubernetes", "get_resource") => json(payload).map(Self::KubernetesGetResource),
            ("oci" | "crypto" | "kubernetes" | "tracing", _) => {
                Err(format!("unknown operation: {operation}"))
            }
            _ => Err(format!("unknown namespace: {namespace}")),
        }
    }
}

fn json<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

impl From<Verification> for Question {
    fn from(verification: Verification) -> Self {
        match verification {
            Verification::SigstorePubKeyVerify { image, pub_keys, annotations } => {
                Self::SigstorePubKeyVerify { image, pub_keys, annotations }
            }
            Verification::SigstoreKeylessVerify { image, keyless, annotations } => {
                Self::SigstoreKeylessVerify { image, keyless, annotations }
            }
            Verification::SigstoreKeylessPrefixVerify { image, keyless_prefix, annotations } => {
                Self::SigstoreKeylessPrefixVerify { image, keyless_prefix, annotations }
            }
            Verification::SigstoreGithubActionsVerify { image, owner, repo, annotations } => {
                Self::SigstoreGithubActionsVerify { image, owner, repo, annotations }
            }
            Verification::SigstoreCertificateVerify {
                image,
                certificate,
                certificate_chain,
                require_rekor_bundle,
                annotations,
            } => Self::SigstoreCertificateVerify {
                image,
                certificate,
                certificate_chain,
                require_rekor_bundle,
                annotations,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_become_questions() {
        let rows = [
            ("oci", "v1/manifest_digest", r#""nginx""#, "!OciManifestDigest\nimage: nginx\n"),
            (
                "oci",
                "v2/verify",
                r#"{"type":"SigstorePubKeyVerify","image":"nginx","pub_keys":["k"],"annotations":null}"#,
                "!SigstorePubKeyVerify\nimage: nginx\npub_keys:\n- k\nannotations: null\n",
            ),
            (
                "kubernetes",
                "get_resource",
                r#"{"api_version":"v1","kind":"Secret","name":"n","namespace":"ns","disable_cache":true}"#,
                "!KubernetesGetResource\napi_version: v1\nkind: Secret\nname: n\nnamespace: ns\ndisable_cache: true\nfield_masks: null\n",
            ),
        ];
        for (namespace, operation, payload, expected) in rows {
            let question = Question::read(namespace, operation, payload.as_bytes()).unwrap();
            let yaml = yaml_serde::to_string(&question).unwrap();
            assert_eq!(yaml, expected);
            assert_eq!(yaml_serde::from_str::<Question>(&yaml).unwrap(), question);
        }
    }

    #[test]
    fn what_is_unknown_gets_the_hosts_text() {
        let rows = [
            ("oci", "v9/verify", "", "unknown operation: v9/verify"),
            ("disk", "read", "", "unknown namespace: disk"),
            ("oci", "v1/manifest_digest", "{", "invalid type: map, expected a string"),
            ("oci", "v2/verify", r#"{"type":"Other"}"#, "unknown variant `Other`"),
        ];
        for (namespace, operation, payload, expected) in rows {
            let message = Question::read(namespace, operation, payload.as_bytes()).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
