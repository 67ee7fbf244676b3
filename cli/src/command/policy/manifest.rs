//! The manifest that `policy` prints: what was given, with what it lacks, changed by the options.
//!
//! - What is kept of a manifest that was given? All that its writer wrote: its kind, name, labels and annotations, and
//!   every field of `spec`.
//! - What is not? What the API server writes into a stored object, and a module that is another policy's.

use anyhow::anyhow;
use yaml_serde::{Mapping, Value};

use super::selector::Requirement;

const NAMESPACED: &str = "AdmissionPolicy";

/// The time-outs of the webhook, and of the evaluation by the policy server.
const WEBHOOK: &str = "timeoutSeconds";
const EVALUATION: &str = "timeoutEvalSeconds";

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
pub(super) struct Manifest {
    kind: String,
    metadata: Mapping,
    spec: Mapping,
}

impl Manifest {
    /// Of a whole document.
    pub(super) fn new(mut document: Mapping) -> Self {
        let mut part = |key: &str| match document.shift_remove(key) {
            Some(Value::Mapping(part)) => part,
            _ => Mapping::new(),
        };
        let (metadata, spec) = (part("metadata"), part("spec"));
        let kind = document.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { kind, metadata, spec }
    }

    /// Keeps what this manifest says.
    pub(super) fn keep(&mut self, given: &Value) {
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
            self.set(EVALUATION, webhook.saturating_sub(1).max(1));
        }
    }

    /// Takes this module instead of another policy's, which is returned. A copy of the module keeps its name.
    pub(super) fn take_module(&mut self, module: &str) -> Option<String> {
        let found = self.spec.get("module").and_then(Value::as_str).unwrap_or_default().to_owned();
        if name_of(&found) == name_of(module) || found.starts_with("file:") {
            return None;
        }
        self.set("module", module);
        Some(found)
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.spec.insert(Value::from(key), value.into());
    }

    pub(super) fn set_metadata(&mut self, key: &str, value: &str) {
        self.metadata.insert(Value::from(key), Value::from(value));
    }

    /// Makes it a policy of this namespace.
    pub(super) fn put_into(&mut self, namespace: &str) {
        NAMESPACED.clone_into(&mut self.kind);
        self.set_metadata("namespace", namespace);
    }

    pub(super) fn is_namespaced(&self) -> bool {
        self.kind == NAMESPACED
    }

    /// Adds these to what namespaces must be.
    pub(super) fn select_namespaces(&mut self, asked: &[Requirement]) {
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
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        if !self.is_namespaced() {
            return Ok(());
        }
        let read = self.spec.get("contextAwareResources").and_then(Value::as_sequence);
        let kind = read.and_then(|read| read.first()?.get("kind")?.as_str());
        if let Some(kind) = kind {
            return Err(anyhow!(
                "the settings read keys from a {kind}, which only a ClusterAdmissionPolicy may do: write the keys \
                 into the settings, or remove --namespaced"
            ));
        }
        for key in OF_CLUSTER {
            self.spec.shift_remove(key);
        }
        Ok(())
    }

    pub(super) fn document(mut self) -> Mapping {
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

/// The last part of where a module is, without its tag and digest.
fn name_of(module: &str) -> &str {
    let name = module.rsplit('/').next().unwrap_or_default();
    name.split(['@', ':']).next().unwrap_or_default()
}
