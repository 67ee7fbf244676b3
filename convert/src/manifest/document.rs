//! A manifest field by field: what was given, with what it lacks, changed by the options.
//!
//! - What is kept of a manifest that was given? All that its writer wrote: its kind, name, labels and annotations, and
//!   every field of `spec`.
//! - What is not? What the API server writes into a stored object, and a module that is another policy's.
//! - What do options change? The field that they name. Namespaces are selected beside those that are selected already:
//!   a namespace must be in both.

use yaml_serde::{Mapping, Value};

use super::options::Options;
use super::selector::Requirement;
use super::{EVALUATION, MIN_TIMEOUT_SECONDS, WEBHOOK};

const NAMESPACED: &str = "AdmissionPolicy";

/// What the API server or `kubectl apply` writes into `metadata`.
const STORED: [&str; 7] = [
    "creationTimestamp",
    "deletionTimestamp",
    "finalizers",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
];
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What only a `ClusterAdmissionPolicy` has (<https://docs.kubewarden.io/admission-controller/1.37/en/reference/CRDs.html>).
const OF_CLUSTER: [&str; 3] =
    ["allowInsideAdmissionControllerNamespace", "contextAwareResources", "namespaceSelector"];

/// The order in which `spec` is written, from what decides most. Fields that are not here stand before the last.
const ORDER: [&str; 14] = [
    "policyServer",
    "module",
    "mode",
    "mutating",
    "backgroundAudit",
    "failurePolicy",
    WEBHOOK,
    EVALUATION,
    "rules",
    "namespaceSelector",
    "objectSelector",
    "matchConditions",
    "contextAwareResources",
    "settings",
];

/// The manifest of a policy.
#[derive(Debug)]
pub struct Manifest {
    kind: String,
    metadata: Mapping,
    spec: Mapping,
}

/// Why options cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// A policy of one namespace selects none.
    #[error(
        "an AdmissionPolicy is only for its own namespace: remove --namespace-selector and --exclude-namespace"
    )]
    OneNamespace,
    /// A policy of one namespace reads nothing of the cluster.
    #[error(
        "the settings read keys from a {0}, which only a ClusterAdmissionPolicy may do: write the keys into the \
         settings, or remove --namespaced"
    )]
    Reads(String),
}

/// What an option has put in the place of something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// A field: its path, its value now and before.
    Field(String, String, String),
    /// All namespaces but one.
    OtherNamespaces,
    /// The namespaces that a selector leaves out.
    LeftOut,
}

impl Manifest {
    /// Of a whole document.
    #[must_use]
    pub fn new(mut document: Mapping) -> Self {
        let mut part = |key: &str| match document.shift_remove(key) {
            Some(Value::Mapping(part)) => part,
            _ => Mapping::new(),
        };
        let (metadata, spec) = (part("metadata"), part("spec"));
        let kind = document.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { kind, metadata, spec }
    }

    /// Keeps what this manifest says.
    pub fn keep(&mut self, given: &Value) {
        let part = |key: &str| given.get(key).and_then(Value::as_mapping).into_iter().flatten();
        for (key, value) in part("metadata") {
            if !key.as_str().is_some_and(|key| STORED.contains(&key)) {
                self.metadata.insert(key.clone(), value.clone());
            }
        }
        if let Some(Value::Mapping(annotations)) = self.metadata.get_mut("annotations") {
            annotations.shift_remove(LAST_APPLIED);
        }
        for (key, value) in part("spec").filter(|(_, value)| !value.is_null()) {
            self.spec.insert(key.clone(), value.clone());
        }
        if given.get("kind").and_then(Value::as_str) == Some(NAMESPACED) {
            NAMESPACED.clone_into(&mut self.kind);
        }
        if given.get("spec").and_then(|spec| spec.get(EVALUATION)).is_none() {
            self.end_evaluation_before_the_webhook();
        }
    }

    /// Kubewarden refuses an evaluation that may take longer than its webhook.
    fn end_evaluation_before_the_webhook(&mut self) {
        let seconds = |key| self.spec.get(key).and_then(Value::as_u64);
        if let (Some(webhook), Some(evaluation)) = (seconds(WEBHOOK), seconds(EVALUATION))
            && evaluation >= webhook
        {
            self.set(EVALUATION, webhook.saturating_sub(1).max(MIN_TIMEOUT_SECONDS));
        }
    }

    /// Takes this module instead of another policy's, which is returned. A copy of the module keeps its name.
    pub fn take_module(&mut self, module: &str) -> Option<String> {
        let found = self.spec.get("module").and_then(Value::as_str).unwrap_or_default().to_owned();
        if name_of(&found) == name_of(module) || found.starts_with("file:") {
            return None;
        }
        self.set("module", module);
        Some(found)
    }

    /// Puts in what the options say.
    ///
    /// # Errors
    /// When a policy of one namespace is to select several, or to read what only one of the cluster may.
    pub fn change(&mut self, options: &Options) -> Result<(), OptionsError> {
        self.replace(options).map(drop)
    }

    /// The same, and what stood in the place of what was put in.
    pub(crate) fn replace(&mut self, options: &Options) -> Result<Vec<Replaced>, OptionsError> {
        let mut replaced = Vec::new();
        if let Some(name) = &options.name {
            self.set_metadata("name", name);
        }
        replaced.extend(options.namespace.as_deref().and_then(|name| self.put_into(name)));
        let fields = [
            ("mode", options.mode.map(|mode| Value::from(mode.name()))),
            ("module", options.module.as_deref().map(Value::from)),
            ("policyServer", options.policy_server.as_deref().map(Value::from)),
            ("failurePolicy", options.failure_policy.map(|policy| Value::from(policy.name()))),
            ("backgroundAudit", options.background_audit.map(Value::from)),
        ];
        for (key, value) in fields {
            let Some(value) = value else { continue };
            let before = self.spec.get(key).filter(|before| **before != value);
            if let Some(before) = before.filter(|_| key != "module") {
                let path = format!("spec.{key}");
                replaced.push(Replaced::Field(path, shown(&value), shown(before)));
            }
            self.set(key, value);
        }
        if !options.namespaces.is_empty() {
            if self.is_namespaced() {
                return Err(OptionsError::OneNamespace);
            }
            self.select_namespaces(&options.namespaces);
            replaced.push(Replaced::LeftOut);
        }
        self.check()?;
        Ok(replaced)
    }

    fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.spec.insert(Value::from(key), value.into());
    }

    fn set_metadata(&mut self, key: &str, value: &str) {
        self.metadata.insert(Value::from(key), Value::from(value));
    }

    /// Makes it a policy of this namespace.
    fn put_into(&mut self, namespace: &str) -> Option<Replaced> {
        let before = self.metadata.get("namespace").and_then(Value::as_str);
        let replaced = match before.filter(|_| self.is_namespaced()) {
            None => Some(Replaced::OtherNamespaces),
            Some(before) if before == namespace => None,
            Some(before) => {
                let path = "metadata.namespace".to_owned();
                Some(Replaced::Field(path, namespace.to_owned(), before.to_owned()))
            }
        };
        NAMESPACED.clone_into(&mut self.kind);
        self.set_metadata("namespace", namespace);
        replaced
    }

    fn is_namespaced(&self) -> bool {
        self.kind == NAMESPACED
    }

    /// Adds these to what namespaces must be.
    fn select_namespaces(&mut self, asked: &[Requirement]) {
        let mut selector = match self.spec.shift_remove("namespaceSelector") {
            Some(Value::Mapping(selector)) => selector,
            _ => Mapping::new(),
        };
        let mut expressions = match selector.shift_remove("matchExpressions") {
            Some(Value::Sequence(expressions)) => expressions,
            _ => Vec::new(),
        };
        expressions.extend(asked.iter().map(Requirement::expression));
        selector.insert(Value::from("matchExpressions"), Value::Sequence(expressions));
        self.set("namespaceSelector", selector);
    }

    /// A policy of one namespace reads no object of the cluster.
    fn check(&mut self) -> Result<(), OptionsError> {
        if !self.is_namespaced() {
            return Ok(());
        }
        let read = self.spec.get("contextAwareResources").and_then(Value::as_sequence);
        let kind = read.and_then(|read| read.first()?.get("kind")?.as_str());
        if let Some(kind) = kind {
            return Err(OptionsError::Reads(kind.to_owned()));
        }
        for key in OF_CLUSTER {
            self.spec.shift_remove(key);
        }
        Ok(())
    }

    /// The document, with the fields of `spec` in their usual order.
    #[must_use]
    pub fn document(mut self) -> Mapping {
        let (last, before) = ORDER.split_last().unwrap_or((&"", &[]));
        let settings = self.spec.shift_remove_entry(last);
        let mut spec = Mapping::new();
        for key in before {
            spec.extend(self.spec.shift_remove_entry(key));
        }
        spec.extend(self.spec);
        spec.extend(settings);
        Mapping::from_iter([
            (Value::from("apiVersion"), Value::from("policies.kubewarden.io/v1")),
            (Value::from("kind"), Value::from(self.kind)),
            (Value::from("metadata"), Value::Mapping(self.metadata)),
            (Value::from("spec"), Value::Mapping(spec)),
        ])
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// The last part of where a module is, without its tag and digest.
fn name_of(module: &str) -> &str {
    let name = module.rsplit('/').next().unwrap_or_default();
    name.split(['@', ':']).next().unwrap_or_default()
}
