//! The manifest of a policy: what an administrator applies to a cluster.
//!
//! - Which kind? `ClusterAdmissionPolicy`, or `AdmissionPolicy` for one namespace
//!   (<https://docs.kubewarden.io/admission-controller/1.37/en/reference/CRDs.html>).
//! - What does it say of the module? What `metadata.yml` says, as it stands there: rules, whether it mutates,
//!   where it is published. The version is this package's own, which is the module's.
//! - Which objects may the policy read? The kinds that its settings take keys from, and no others.
//! - Where is the module? Without a scheme, for which Kubewarden takes `registry://`: the form in Rancher finds no
//!   module that is written with one.
//! - How long may it take? As long as a policy server lets it: a cold verification takes seconds.
//! - Who changes one? [`Manifest`] is one field by field, which [`Options`] change.

mod document;
mod options;
mod selector;

pub(crate) use self::document::Replaced;
pub use self::document::{Manifest, OptionsError};
pub use self::options::{FailurePolicy, Options};
pub use self::selector::{NAME_LABEL, Requirement, parse as parse_selector};

use std::fmt;

use serde::{Deserialize, Serialize};
use yaml_serde::{Mapping, Value};

use crate::yaml::{self, Comments};

const METADATA: &str = include_str!("../../metadata.yml");

/// What a manifest says of the module.
#[derive(Deserialize)]
struct Metadata {
    rules: Vec<Rule>,
    mutating: bool,
    annotations: Annotations,
}

#[derive(Deserialize)]
struct Annotations {
    /// The module's repository in a registry, without a tag.
    #[serde(rename = "io.kubewarden.policy.ociUrl")]
    oci_url: String,
}

/// The time-outs of the webhook, and of the evaluation by the policy server.
const WEBHOOK: &str = "timeoutSeconds";
const EVALUATION: &str = "timeoutEvalSeconds";

/// The most that a webhook may take.
pub(crate) const TIMEOUT_SECONDS: u64 = 30;
/// The least that Kubewarden takes for either.
const MIN_TIMEOUT_SECONDS: u64 = 2;
/// What an evaluation has less than its webhook, so that the policy server can still answer.
const MARGIN_SECONDS: u64 = 5;

/// How long an evaluation may take, when its webhook may take so long.
pub(crate) fn evaluation_within(webhook: u64) -> u64 {
    webhook.saturating_sub(MARGIN_SECONDS).max(MIN_TIMEOUT_SECONDS)
}

/// The manifest of a policy.
///
/// ```
/// use signed_images_convert::manifest::{Policy, Scope};
///
/// let settings = "{publicKeys: [{images: [ghcr.io/acme/**], keys: [k8s://trust/release]}]}";
/// let settings = yaml_serde::from_str(settings).unwrap();
/// let manifest = Policy::new("signed-images", Scope::Cluster(None), settings).unwrap().document();
/// assert_eq!(manifest["kind"], "ClusterAdmissionPolicy");
/// // The key is in a Secret, and the policy may read what its manifest lists.
/// assert_eq!(manifest["spec"]["contextAwareResources"][0]["kind"], "Secret");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name in the cluster.
    pub name: String,
    /// What it is about.
    pub scope: Scope,
    /// Where its module is.
    pub module: String,
    /// What becomes of what it rejects.
    pub mode: Mode,
    /// Whether the module may change objects.
    pub mutating: bool,
    /// Which requests it reviews.
    pub rules: Vec<Rule>,
    /// How the API server asks about them.
    pub webhook: Webhook,
    /// What it is set to.
    pub settings: Mapping,
    /// Comments, by their path in the manifest: `spec.settings.rules[0]`.
    pub comments: Comments,
}

/// Which requests the API server sends to a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// `""` is the core group.
    pub api_groups: Vec<String>,
    /// `v1`, …
    pub api_versions: Vec<String>,
    /// `pods`, `pods/ephemeralcontainers`, …
    pub resources: Vec<String>,
    /// `CREATE`, …
    pub operations: Vec<String>,
}

/// How the API server asks a policy; of what is missing, Kubernetes has a default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Webhook {
    /// What becomes of a request when no policy server answers.
    pub failure_policy: Option<FailurePolicy>,
    /// How many seconds it may take; without a number, as long as Kubernetes lets it.
    pub timeout: Option<u64>,
    /// The labels of the objects that it is asked about.
    pub object_selector: Option<Mapping>,
    /// Expressions of CEL which a request must satisfy.
    pub match_conditions: Option<Value>,
}

/// What becomes of what a policy rejects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// It is kept out.
    #[default]
    Protect,
    /// It is let in, and reported.
    Monitor,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Protect => "protect",
            Self::Monitor => "monitor",
        }
    }
}

/// Where a policy applies.
#[derive(Debug, Clone, PartialEq)]
pub enum Scope {
    /// In every namespace that the selector selects; without one, in all of them.
    Cluster(Option<Mapping>),
    /// In this one.
    Namespace(String),
}

impl Policy {
    /// A policy of this version's module, with the rules of its metadata.
    ///
    /// # Errors
    /// When the metadata that this package was built with is not a policy's.
    pub fn new(name: &str, scope: Scope, settings: Mapping) -> Result<Self, yaml_serde::Error> {
        let metadata: Metadata = yaml_serde::from_str(METADATA)?;
        let pins = settings.get("modifyImagesWithDigest") != Some(&Value::Bool(false));
        Ok(Self {
            name: name.to_owned(),
            scope,
            module: format!("{}:v{}", metadata.annotations.oci_url, env!("CARGO_PKG_VERSION")),
            mode: Mode::default(),
            mutating: metadata.mutating && pins,
            rules: metadata.rules,
            webhook: Webhook::default(),
            settings,
            comments: Comments::default(),
        })
    }

    /// The kinds of objects that the settings take keys from.
    #[must_use]
    pub fn key_objects(&self) -> Vec<&'static str> {
        let entries =
            |key| self.settings.get(key).and_then(Value::as_sequence).into_iter().flatten();
        let keys = entries("publicKeys")
            .filter_map(|entry| entry.get("keys").and_then(Value::as_sequence))
            .flatten()
            .filter_map(Value::as_str);
        let signers: Vec<&Value> = entries("rules")
            .flat_map(|rule| {
                [rule.get("allOf"), rule.get("anyOf").and_then(|of| of.get("signatures"))]
            })
            .flatten()
            .filter_map(Value::as_sequence)
            .flatten()
            .collect();
        let in_secret = signers
            .iter()
            .filter_map(|signer| signer.get("key").and_then(Value::as_str))
            .chain(keys)
            .any(|key| key.starts_with("k8s://"));
        let reads = |kind: &str, key: &str| {
            signers
                .iter()
                .filter_map(|signer| signer.get("keyFrom"))
                .any(|from| from.get(key).is_some_and(Value::is_mapping))
                || kind == "Secret" && in_secret
        };
        [("ConfigMap", "configMap"), ("Secret", "secret")]
            .into_iter()
            .filter(|(kind, key)| reads(kind, key))
            .map(|(kind, _)| kind)
            .collect()
    }

    /// The manifest, without its comments.
    #[must_use]
    pub fn document(&self) -> Mapping {
        let mut metadata = Mapping::from_iter([field("name", self.name.as_str())]);
        let webhook = &self.webhook;
        let timeout = webhook.timeout.unwrap_or(TIMEOUT_SECONDS).max(MIN_TIMEOUT_SECONDS);
        let mut spec = Mapping::from_iter([
            field("module", self.module.as_str()),
            field("mode", self.mode.name()),
            field("mutating", self.mutating),
        ]);
        spec.extend(webhook.failure_policy.map(|policy| field("failurePolicy", policy.name())));
        spec.extend([
            field(WEBHOOK, timeout),
            field(EVALUATION, evaluation_within(timeout)),
            field("rules", yaml_serde::to_value(&self.rules).unwrap_or_default()),
        ]);
        if let Scope::Cluster(Some(selector)) = &self.scope {
            spec.extend([field("namespaceSelector", Value::Mapping(selector.clone()))]);
        }
        let objects = webhook.object_selector.clone();
        spec.extend(objects.map(|selector| field("objectSelector", Value::Mapping(selector))));
        spec.extend(webhook.match_conditions.clone().map(|all| field("matchConditions", all)));
        let kind = match &self.scope {
            Scope::Cluster(_) => {
                let objects = self.key_objects().into_iter().map(object).collect::<Vec<_>>();
                if !objects.is_empty() {
                    spec.extend([field("contextAwareResources", Value::Sequence(objects))]);
                }
                "ClusterAdmissionPolicy"
            }
            Scope::Namespace(namespace) => {
                metadata.extend([field("namespace", namespace.as_str())]);
                "AdmissionPolicy"
            }
        };
        spec.extend([field("settings", Value::Mapping(self.settings.clone()))]);
        Mapping::from_iter([
            field("apiVersion", "policies.kubewarden.io/v1"),
            field("kind", kind),
            field("metadata", Value::Mapping(metadata)),
            field("spec", Value::Mapping(spec)),
        ])
    }
}

/// The YAML text, with its comments.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&yaml::write(&self.document(), &self.comments))
    }
}

fn object(kind: &str) -> Value {
    Value::Mapping(Mapping::from_iter([field("apiVersion", "v1"), field("kind", kind)]))
}

fn field(key: &str, value: impl Into<Value>) -> (Value, Value) {
    (Value::from(key), value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(settings: &str, scope: Scope) -> Policy {
        Policy::new("signed", scope, yaml_serde::from_str(settings).unwrap()).unwrap()
    }

    #[test]
    fn a_policy_of_the_cluster() {
        let mut policy = policy("rules: [{name: a}]", Scope::Cluster(None));
        policy.comments.add("spec.settings.rules[0].name", "why");
        let text = policy.to_string();
        let document: Value = yaml_serde::from_str(&text).unwrap();
        let metadata: Value = yaml_serde::from_str(METADATA).unwrap();
        assert_eq!(document["kind"], "ClusterAdmissionPolicy");
        assert_eq!(document["spec"]["rules"], metadata["rules"]);
        assert_eq!(document["spec"]["mutating"], metadata["mutating"]);
        assert!(document["spec"].get("contextAwareResources").is_none());
        let version = metadata["annotations"]["io.kubewarden.policy.version"].as_str().unwrap();
        let expected = format!("ghcr.io/signed-images/policies/signed-images-policy:v{version}");
        assert_eq!(document["spec"]["module"], expected.as_str());
        assert!(text.ends_with("    rules:\n      -\n        # why\n        name: a\n"), "{text}");
    }

    #[test]
    fn a_policy_of_one_namespace() {
        let policy = policy("rules: []", Scope::Namespace("shop".to_owned()));
        let document: Value = yaml_serde::from_str(&policy.to_string()).unwrap();
        assert_eq!(document["kind"], "AdmissionPolicy");
        assert_eq!(document["metadata"]["namespace"], "shop");
    }

    #[test]
    fn the_policy_may_read_what_its_keys_are_in() {
        let rows: [(&str, &[&str]); 7] = [
            ("rules: [{allOf: [{key: PEM}]}]", &[]),
            ("rules: [{allOf: [{keyFrom: {configMap: {}, secret: ''}}]}]", &["ConfigMap"]),
            ("rules: [{allOf: [{key: k8s://a/b}]}]", &["Secret"]),
            ("publicKeys: [{keys: [PEM, k8s://a/b]}]", &["Secret"]),
            ("publicKeys: [{keys: [PEM]}, {}]", &[]),
            ("rules: [{anyOf: {signatures: [{keyFrom: {configMap: {}}}]}}]", &["ConfigMap"]),
            (
                "rules: [{allOf: [{keyFrom: {secret: {}}}, {keyFrom: {configMap: {}}}]}]",
                &["ConfigMap", "Secret"],
            ),
        ];
        for (settings, expected) in rows {
            let policy = policy(settings, Scope::Cluster(None));
            assert_eq!(policy.key_objects(), expected, "{settings}");
            let document: Value = yaml_serde::from_str(&policy.to_string()).unwrap();
            let listed = document["spec"].get("contextAwareResources");
            let listed = listed.and_then(Value::as_sequence).map_or(0, Vec::len);
            assert_eq!(listed, expected.len());
        }
    }

    #[test]
    fn a_policy_that_pins_nothing_changes_nothing() {
        let settings = "{modifyImagesWithDigest: false, rules: []}";
        assert!(!policy(settings, Scope::Cluster(None)).mutating);
    }
}
