//! `ClusterImagePolicy`, as far as it is read.
//!
//! Source: `pkg/apis/policy/v1beta1/clusterimagepolicy_types.go` of sigstore/policy-controller.

use serde::Deserialize;
use yaml_serde::Value;

/// Places that say nothing of what is verified.
pub(super) const HARMLESS: [&str; 4] = [
    // Names are for policies on what was verified, which are told as lost.
    "spec.authorities[].name",
    "spec.authorities[].attestations[].name",
    "spec.authorities[].static.message",
    "spec.authorities[].source[].signaturePullSecrets",
];

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) spec: Option<Spec>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Spec {
    #[serde(default)]
    pub(super) images: Vec<Image>,
    #[serde(default)]
    pub(super) authorities: Vec<Authority>,
    pub(super) policy: Option<Value>,
    pub(super) mode: Option<String>,
    pub(super) r#match: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Image {
    pub(super) glob: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authority {
    pub(super) key: Option<Key>,
    pub(super) keyless: Option<Keyless>,
    pub(super) r#static: Option<Static>,
    #[serde(default)]
    pub(super) source: Vec<SignatureSource>,
    pub(super) ctlog: Option<Log>,
    #[serde(default)]
    pub(super) attestations: Vec<Attestation>,
    pub(super) rfc3161timestamp: Option<Value>,
    pub(super) signature_format: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    pub(super) data: Option<String>,
    pub(super) secret_ref: Option<SecretRef>,
    pub(super) kms: Option<String>,
    pub(super) hash_algorithm: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SecretRef {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Keyless {
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) identities: Vec<Identity>,
    #[serde(rename = "ca-cert")]
    pub(super) ca_cert: Option<Value>,
    pub(super) trust_root_ref: Option<String>,
    #[serde(rename = "insecureIgnoreSCT")]
    pub(super) insecure_ignore_sct: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    pub(super) issuer: Option<String>,
    pub(super) issuer_reg_exp: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) subject_reg_exp: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Static {
    pub(super) action: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureSource {
    pub(super) oci: Option<String>,
    pub(super) tag_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    pub(super) url: Option<String>,
    pub(super) trust_root_ref: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attestation {
    pub(super) predicate_type: Option<String>,
    pub(super) policy: Option<Policy>,
}

/// What the statement must satisfy. A policy that is kept elsewhere is not read.
#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    pub(super) r#type: Option<String>,
    pub(super) data: Option<String>,
}
