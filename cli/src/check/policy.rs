//! What the manifest of a policy says besides its settings: which objects it is about, and what becomes of its
//! verdicts.
//!
//! - What is applied? `spec.rules`; the namespace of an `AdmissionPolicy`; `spec.objectSelector`; `spec.mode`;
//!   `spec.mutating`; of `spec.namespaceSelector`, what it says about the names of namespaces.
//! - What is not? What only the cluster can say ([`Manifest::not_applied`]). More is reviewed then, never less.
//! - And an object that names no namespace? It may go into any, and is reviewed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use signed_images_convert::manifest::{NAME_LABEL, Policy, Scope};
use signed_images_policy::request::GroupKind;
use yaml_serde::Mapping;

use super::effect::Effect;
use super::kinds::Kinds;
use super::subject::Object;
use crate::manifest::tree::{Node, Value};

/// Why a manifest is not understood.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: spec.{part} of the policy: {source}", .path.display())]
pub struct ManifestError {
    /// The file.
    pub path: PathBuf,
    /// What of it.
    pub part: &'static str,
    /// What is wrong.
    pub source: yaml_serde::Error,
}

/// A policy's manifest, or nothing but its settings.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// Its name.
    pub name: Option<String>,
    /// The kinds that it is about, when it says so.
    pub kinds: Option<Kinds>,
    /// What becomes of its verdicts.
    pub effect: Effect,
    /// The fields that leave out objects and are not applied.
    pub not_applied: Vec<&'static str>,
    /// The kinds of objects that its settings take keys from, and that it does not let the policy read.
    pub withheld: Vec<&'static str>,
    namespace: Option<String>,
    namespaces: Option<Selector>,
    labels: Option<Selector>,
}

/// Why an object is not reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PassedOver {
    /// No entry of `spec.rules` covers its kind.
    Kind,
    /// The policy is for other namespaces.
    Namespace,
    /// The policy's `objectSelector` excludes it.
    Labels,
    /// kustomize builds other objects from it.
    Kustomization,
}

impl PassedOver {
    /// The reason in words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Kind => "no entry of `spec.rules` covers its kind",
            Self::Namespace => "the policy is for other namespaces",
            Self::Labels => "the policy's objectSelector excludes it",
            Self::Kustomization => {
                "kustomize makes the objects from it: check these, with `kustomize build … | signed-images check -`"
            }
        }
    }
}

/// [`LabelSelector`](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Selector {
    match_labels: BTreeMap<String, String>,
    match_expressions: Vec<Expression>,
}

#[derive(Debug, Clone, Deserialize)]
struct Expression {
    key: String,
    operator: Operator,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

const NAMESPACES: &str = "namespaceSelector";
const CONDITIONS: &str = "matchConditions";

impl Manifest {
    /// What this manifest of a policy says.
    ///
    /// # Errors
    /// When a part of it is not what it should be.
    pub(crate) fn read(policy: &Node, path: &Path) -> Result<Self, ManifestError> {
        let spec = |key: &str| {
            let value = policy.get("spec").and_then(|spec| spec.get(key));
            value.filter(|value| value.value != Value::Null)
        };
        let metadata = |key: &str| {
            let metadata = policy.get("metadata").and_then(|metadata| metadata.text(key));
            metadata.map(ToOwned::to_owned)
        };
        let failed = |part| move |source| ManifestError { path: path.to_owned(), part, source };
        let is_namespaced = policy.text("kind") == Some("AdmissionPolicy");
        let kinds = spec("rules").map(|rules| decoded(rules)).transpose();
        let selector = |key| {
            let selector = spec(key).map(|selector| decoded::<Selector>(selector)).transpose();
            selector.map_err(failed(key))
        };
        let namespaces = selector(NAMESPACES)?;
        let is_unknown = namespaces.as_ref().is_some_and(Selector::is_about_more_than_names);
        let not_applied = [(NAMESPACES, is_unknown), (CONDITIONS, spec(CONDITIONS).is_some())];
        Ok(Self {
            name: metadata("name"),
            kinds: kinds.map_err(failed("rules"))?,
            effect: Effect {
                is_monitored: spec("mode").and_then(|mode| mode.as_text()) == Some("monitor"),
                forbids_changes: spec("mutating")
                    .is_some_and(|mutating| mutating.value == Value::Bool(false)),
            },
            not_applied: not_applied
                .into_iter()
                .filter(|(_, is)| *is)
                .map(|(key, _)| key)
                .collect(),
            withheld: withheld(spec("settings"), spec("contextAwareResources")),
            namespace: metadata("namespace").filter(|_| is_namespaced),
            namespaces,
            labels: selector("objectSelector")?,
        })
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Whether it is about a kind of objects.
    pub(super) fn is_about(&self, kind: &GroupKind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.include(&kind.group, &kind.kind))
    }

    /// Why the API server would not send the creation of this object to the policy.
    pub(super) fn passes_over(&self, object: &Object, node: &Node) -> Option<PassedOver> {
        let is_elsewhere = |wanted: &String| {
            object.namespace.as_ref().is_some_and(|namespace| namespace != wanted)
        };
        let kinds = self.kinds.as_ref();
        if kinds.is_some_and(|kinds| !kinds.include(&object.group, &object.kind)) {
            Some(PassedOver::Kind)
        } else if self.namespace.as_ref().is_some_and(is_elsewhere) || self.leaves_out(object) {
            Some(PassedOver::Namespace)
        } else if self.labels.as_ref().is_some_and(|selector| !selector.selects(node)) {
            Some(PassedOver::Labels)
        } else {
            None
        }
    }

    /// Whether its selector of namespaces excludes the object's by its name, whatever other labels it has.
    fn leaves_out(&self, object: &Object) -> bool {
        match (&self.namespaces, &object.namespace) {
            (Some(selector), Some(namespace)) => !selector.allows_name(namespace),
            (None, _) | (_, None) => false,
        }
    }
}

fn withheld(settings: Option<&Rc<Node>>, listed: Option<&Rc<Node>>) -> Vec<&'static str> {
    let settings = settings.and_then(|settings| decoded(settings).ok()).unwrap_or_default();
    let listed: Vec<Mapping> = listed.and_then(|kinds| decoded(kinds).ok()).unwrap_or_default();
    let policy = Policy::new("", Scope::Cluster(None), settings);
    let mut kinds = policy.map(|policy| policy.key_objects()).unwrap_or_default();
    kinds.retain(|kind| {
        listed.iter().all(|object| object.get("kind").and_then(|kind| kind.as_str()) != Some(kind))
    });
    kinds
}

pub(crate) fn decoded<T: DeserializeOwned>(node: &Node) -> Result<T, yaml_serde::Error> {
    // What is too large for JSON is too large for a policy.
    let json = node.json().map_err(|error| yaml_serde::Error::custom(error.to_string()))?;
    // By way of a value: places would be those in the JSON. And serde_json would take a list for a map.
    yaml_serde::from_str::<yaml_serde::Value>(&json.text).and_then(T::deserialize)
}

impl Selector {
    fn selects(&self, object: &Node) -> bool {
        let labels = object.get("metadata").and_then(|metadata| metadata.get("labels"));
        let label = |key: &str| labels.and_then(|labels| labels.text(key));
        self.match_labels.iter().all(|(key, value)| label(key) == Some(value))
            && self
                .match_expressions
                .iter()
                .all(|expression| expression.holds(label(&expression.key)))
    }

    fn is_about_more_than_names(&self) -> bool {
        let keys = self.match_expressions.iter().map(|expression| &expression.key);
        self.match_labels.keys().chain(keys).any(|key| key != NAME_LABEL)
    }

    /// Whether a namespace of this name may be selected.
    fn allows_name(&self, name: &str) -> bool {
        let mut expressions = self.match_expressions.iter();
        self.match_labels.get(NAME_LABEL).is_none_or(|wanted| wanted == name)
            && expressions
                .all(|expression| expression.key != NAME_LABEL || expression.holds(Some(name)))
    }
}

impl Expression {
    /// Whether it is true of a label with this value.
    fn holds(&self, value: Option<&str>) -> bool {
        let is_listed = value.is_some_and(|value| self.values.iter().any(|listed| listed == value));
        match self.operator {
            Operator::In => is_listed,
            Operator::NotIn => !is_listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}
