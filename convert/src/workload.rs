//! Custom resources that hold images: `extraWorkloads`, and the rule that sends them to the policy.

use yaml_serde::{Mapping, Value};

use super::check;
use super::signer::{field, texts};
use crate::manifest::Rule;

/// A custom resource, by its kind, and where its images are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Workload {
    pub(super) group: String,
    pub(super) kind: String,
    /// JSON pointers.
    pub(super) images: Vec<String>,
}

impl Workload {
    /// As settings have it; none, where the policy knows the kind and these places.
    pub(super) fn settings(&self) -> Option<Value> {
        let of = |images: &[String]| {
            Value::Mapping(Mapping::from_iter([
                field("apiGroup", self.group.as_str()),
                field("kind", self.kind.as_str()),
                field("images", texts(images)),
            ]))
        };
        let is_known = |image: &String| {
            let alone = Mapping::from_iter([
                field("unmatchedImages", "reject"),
                field("extraWorkloads", vec![of(std::slice::from_ref(image))]),
            ]);
            check::fault(&Value::Mapping(alone)).is_some_and(|fault| fault.ends_with("overlap"))
        };
        let images: Vec<String> =
            self.images.iter().filter(|image| !is_known(image)).cloned().collect();
        (!images.is_empty()).then(|| of(&images))
    }

    /// The rule that sends it.
    pub(super) fn rule(&self) -> Rule {
        Rule {
            api_groups: vec![self.group.clone()],
            api_versions: vec!["*".to_owned()],
            resources: vec![self.resource()],
            operations: vec!["CREATE".to_owned(), "UPDATE".to_owned()],
        }
    }

    /// What the API most likely calls it: its kind in lower case, in the plural.
    pub(super) fn resource(&self) -> String {
        let kind = self.kind.to_lowercase();
        match kind.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
            _ if kind.ends_with(['s', 'x']) || kind.ends_with("ch") => format!("{kind}es"),
            _ => format!("{kind}s"),
        }
    }
}

impl Workload {
    /// One of several, of which none is for the same kind.
    pub(super) fn add_to(self, workloads: &mut Vec<Self>) {
        let is_same = |other: &&mut Self| other.group == self.group && other.kind == self.kind;
        match workloads.iter_mut().find(is_same) {
            Some(other) => {
                let new = self.images.into_iter().filter(|image| !other.images.contains(image));
                let new: Vec<String> = new.collect();
                other.images.extend(new);
            }
            None => workloads.push(self),
        }
    }
}
