//! `ImageValidatingPolicy`, as far as it is read.
//!
//! Source: `api/policies.kyverno.io/v1beta1` of kyverno/api.

use std::collections::BTreeMap;

use serde::Deserialize;
use yaml_serde::{Mapping, Value};

/// Places that say nothing of what is verified.
pub(super) const HARMLESS: [&str; 12] = [
    "spec.auditAnnotations",
    // Variables are read by expressions; those that are not understood are told, whatever they read.
    "spec.variables",
    "spec.evaluation.background",
    "spec.matchConstraints.matchPolicy",
    "spec.matchConstraints.resourceRules[].apiGroups",
    "spec.matchConstraints.resourceRules[].apiVersions",
    "spec.matchConstraints.resourceRules[].scope",
    "spec.validations[].message",
    "spec.validations[].messageExpression",
    "spec.validations[].reason",
    // The key of a certificate's log matters to the SCT, which is told as unchecked.
    "spec.attestors[].cosign.ctlog.ctLogPubKey",
    // Which objects the policy's controllers make of it; all that hold Pods are reviewed here.
    "spec.autogen",
];

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) spec: Option<Spec>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    #[serde(default)]
    pub(super) attestors: Vec<Attestor>,
    #[serde(default)]
    pub(super) attestations: Vec<Attestation>,
    pub(super) credentials: Option<Value>,
    pub(super) evaluation: Option<Evaluation>,
    pub(super) failure_policy: Option<String>,
    pub(super) images: Option<Value>,
    pub(super) match_conditions: Option<Value>,
    pub(super) match_constraints: Option<Constraints>,
    #[serde(default)]
    pub(super) match_image_references: Vec<ImageReference>,
    #[serde(default)]
    pub(super) validation_actions: Vec<String>,
    pub(super) validation_configurations: Option<Configurations>,
    #[serde(default)]
    pub(super) validations: Vec<Validation>,
    pub(super) webhook_configuration: Option<WebhookConfiguration>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookConfiguration {
    pub(super) match_conditions: Option<Value>,
    pub(super) timeout_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Evaluation {
    pub(super) mode: Option<String>,
    pub(super) admission: Option<Admission>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Admission {
    pub(super) enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Constraints {
    pub(super) namespace_selector: Option<Mapping>,
    pub(super) object_selector: Option<Mapping>,
    pub(super) exclude_resource_rules: Option<Value>,
    #[serde(default)]
    pub(super) resource_rules: Vec<ResourceRule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceRule {
    #[serde(default)]
    pub(super) resources: Vec<String>,
    #[serde(default)]
    pub(super) operations: Vec<String>,
    pub(super) resource_names: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ImageReference {
    pub(super) glob: Option<String>,
    pub(super) expression: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Configurations {
    pub(super) mutate_digest: Option<bool>,
    pub(super) verify_digest: Option<bool>,
    pub(super) required: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Validation {
    pub(super) expression: Option<String>,
}

/// An attestation, by its name: as cosign keeps it, or as Notary does.
#[derive(Debug, Deserialize)]
pub(super) struct Attestation {
    pub(super) name: String,
    pub(super) intoto: Option<InToto>,
    pub(super) referrer: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct InToto {
    pub(super) r#type: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Attestor {
    pub(super) name: Option<String>,
    pub(super) cosign: Option<Cosign>,
    pub(super) notary: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cosign {
    pub(super) key: Option<Key>,
    pub(super) keyless: Option<Keyless>,
    pub(super) certificate: Option<Certificate>,
    pub(super) ctlog: Option<CtLog>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) source: Option<SignatureSource>,
    pub(super) tuf: Option<Value>,
    pub(super) trusted_root: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureSource {
    pub(super) repository: Option<String>,
    pub(super) tag_prefix: Option<String>,
    #[serde(rename = "PullSecrets")]
    pub(super) pull_secrets: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    pub(super) data: Option<String>,
    pub(super) kms: Option<String>,
    pub(super) hash_algorithm: Option<String>,
    pub(super) expression: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Keyless {
    #[serde(default)]
    pub(super) identities: Vec<Identity>,
    pub(super) roots: Option<String>,
    pub(super) additional_extensions: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    pub(super) issuer: Option<String>,
    pub(super) issuer_reg_exp: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) subject_reg_exp: Option<String>,
    pub(super) subject_expression: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Certificate {
    pub(super) cert: Option<Given>,
    pub(super) cert_chain: Option<Given>,
}

/// A text, or an expression for one.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    pub(super) value: Option<String>,
    pub(super) expression: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CtLog {
    pub(super) url: Option<String>,
    pub(super) rekor_pub_key: Option<String>,
    pub(super) tsa_cert_chain: Option<String>,
    pub(super) insecure_ignore_tlog: Option<bool>,
    #[serde(rename = "insecureIgnoreSCT")]
    pub(super) insecure_ignore_sct: Option<bool>,
}
