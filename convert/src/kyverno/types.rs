//! `ClusterPolicy` and `Policy`, as far as they are read.
//!
//! Source: `api/kyverno/v1` of kyverno/kyverno.

use std::collections::BTreeMap;

use serde::Deserialize;
use yaml_serde::Value;

/// Places that say nothing of what is verified.
pub(super) const HARMLESS: [&str; 19] = [
    "spec.background",
    "spec.emitWarning",
    "spec.schemaValidation",
    "spec.mutateExistingOnPolicyUpdate",
    "spec.generateExistingOnPolicyUpdate",
    "spec.generateExisting",
    "spec.useServerSideApply",
    "spec.rules[].reportProperties",
    "spec.rules[].skipBackgroundRequests",
    "spec.rules[].context[].apiCall",
    "spec.rules[].context[].imageRegistry",
    "spec.rules[].context[].variable",
    "spec.rules[].context[].globalReference",
    "spec.rules[].imageExtractors.*.name",
    "spec.rules[].imageExtractors.*.key",
    "spec.rules[].verifyImages[].useCache",
    // An image that a rule is about must be verified at once, not some time later.
    "spec.rules[].verifyImages[].required",
    "spec.rules[].verifyImages[].attestations[].conditions[].any[].message",
    "spec.rules[].verifyImages[].attestations[].conditions[].all[].message",
];

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) spec: Option<Spec>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
    pub(super) apply_rules: Option<String>,
    pub(super) failure_policy: Option<String>,
    pub(super) validation_failure_action: Option<String>,
    #[serde(default)]
    pub(super) validation_failure_action_overrides: Vec<Override>,
    pub(super) admission: Option<bool>,
    pub(super) webhook_timeout_seconds: Option<u64>,
    pub(super) webhook_configuration: Option<WebhookConfiguration>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookConfiguration {
    pub(super) match_conditions: Option<Value>,
    pub(super) failure_policy: Option<String>,
    pub(super) timeout_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Override {
    pub(super) action: Option<String>,
    pub(super) namespaces: Option<Value>,
    pub(super) namespace_selector: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) context: Vec<ContextEntry>,
    pub(super) r#match: Option<Block>,
    pub(super) exclude: Option<Block>,
    pub(super) image_extractors: Option<BTreeMap<String, Vec<Extractor>>>,
    pub(super) preconditions: Option<Value>,
    pub(super) cel_preconditions: Option<Value>,
    pub(super) mutate: Option<Value>,
    pub(super) validate: Option<Value>,
    pub(super) generate: Option<Value>,
    #[serde(default)]
    pub(super) verify_images: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContextEntry {
    pub(super) name: Option<String>,
    pub(super) config_map: Option<ConfigMap>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ConfigMap {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extractor {
    pub(super) path: Option<String>,
    pub(super) value: Option<String>,
    pub(super) jmes_path: Option<String>,
}

/// `match` or `exclude`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Block {
    #[serde(default)]
    pub(super) any: Vec<Filter>,
    #[serde(default)]
    pub(super) all: Vec<Filter>,
    pub(super) resources: Option<Resources>,
    pub(super) subjects: Option<Value>,
    pub(super) roles: Option<Value>,
    pub(super) cluster_roles: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter {
    pub(super) resources: Option<Resources>,
    pub(super) subjects: Option<Value>,
    pub(super) roles: Option<Value>,
    pub(super) cluster_roles: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Resources {
    pub(super) kinds: Vec<String>,
    pub(super) name: Option<Value>,
    pub(super) names: Option<Value>,
    pub(super) namespaces: Vec<String>,
    pub(super) annotations: Option<Value>,
    pub(super) selector: Option<Value>,
    pub(super) namespace_selector: Option<Selector>,
    pub(super) operations: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Selector {
    #[serde(default)]
    pub(super) match_labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) match_expressions: Vec<Expression>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Expression {
    pub(super) key: String,
    pub(super) operator: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
}

/// An entry of `verifyImages`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) failure_action: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) image: Option<String>,
    #[serde(default)]
    pub(super) image_references: Vec<String>,
    #[serde(default)]
    pub(super) skip_image_references: Vec<String>,
    pub(super) key: Option<String>,
    pub(super) roots: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) additional_extensions: Option<Value>,
    #[serde(default)]
    pub(super) attestors: Vec<AttestorSet>,
    #[serde(default)]
    pub(super) attestations: Vec<Attestation>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) repository: Option<String>,
    #[serde(rename = "cosignOCI11")]
    pub(super) cosign_oci11: Option<bool>,
    pub(super) mutate_digest: Option<bool>,
    pub(super) verify_digest: Option<bool>,
    pub(super) validate: Option<Value>,
    pub(super) image_registry_credentials: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AttestorSet {
    pub(super) count: Option<usize>,
    #[serde(default)]
    pub(super) entries: Vec<Attestor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "they are called so there")]
pub(super) struct Attestor {
    pub(super) keys: Option<Keys>,
    pub(super) certificates: Option<Certificates>,
    pub(super) keyless: Option<Keyless>,
    pub(super) attestor: Option<Box<AttestorSet>>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) repository: Option<String>,
    pub(super) signature_algorithm: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "they are called so there")]
pub(super) struct Keys {
    pub(super) public_keys: Option<String>,
    pub(super) signature_algorithm: Option<String>,
    pub(super) kms: Option<String>,
    pub(super) secret: Option<Secret>,
    pub(super) rekor: Option<Rekor>,
    pub(super) ctlog: Option<CtLog>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) namespace: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Certificates {
    pub(super) cert: Option<String>,
    pub(super) cert_chain: Option<String>,
    pub(super) rekor: Option<Rekor>,
    pub(super) ctlog: Option<CtLog>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Keyless {
    pub(super) rekor: Option<Rekor>,
    pub(super) ctlog: Option<CtLog>,
    pub(super) issuer: Option<String>,
    pub(super) issuer_reg_exp: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) subject_reg_exp: Option<String>,
    pub(super) roots: Option<String>,
    pub(super) additional_extensions: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rekor {
    pub(super) url: Option<String>,
    pub(super) pubkey: Option<String>,
    pub(super) ignore_tlog: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CtLog {
    #[serde(rename = "ignoreSCT")]
    pub(super) ignore_sct: Option<bool>,
    pub(super) pubkey: Option<String>,
    #[serde(rename = "tsaCertChain")]
    pub(super) tsa_cert_chain: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attestation {
    pub(super) r#type: Option<String>,
    pub(super) predicate_type: Option<String>,
    #[serde(default)]
    pub(super) attestors: Vec<AttestorSet>,
    /// What other conditions of the rule call what was pulled.
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) conditions: Vec<Conditions>,
}

/// All of `all` must hold, and one of `any`.
#[derive(Debug, Deserialize)]
pub(super) struct Conditions {
    #[serde(default)]
    pub(super) any: Vec<Condition>,
    #[serde(default)]
    pub(super) all: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Condition {
    pub(super) key: Option<Value>,
    pub(super) operator: Option<String>,
    pub(super) value: Option<Value>,
}
