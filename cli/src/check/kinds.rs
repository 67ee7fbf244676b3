//! Which objects the API server would send to the policy.
//!
//! - Who says so? `spec.rules` of the policy's manifest, else the rules of the module's metadata.
//! - How does a kind become the resource that rules name? As `kubectl` guesses it without a cluster
//!   ([`UnsafeGuessKindToResource`](https://github.com/kubernetes/apimachinery/blob/v0.33.0/pkg/api/meta/restmapper.go)).
//! - And versions? They are not compared: with `matchPolicy: Equivalent`, the default, the API server
//!   converts an object to the version that a rule names.
//! - Objects are checked as if they were new: rules count that review `CREATE` and no subresource.

use serde::Deserialize;
use signed_images_policy::request::GroupKind;
use signed_images_policy::workload::kinds::built_in_kinds;

use crate::metadata::rules::{Operation, Rule};

/// The rules, as far as they matter here.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Kinds(Vec<Selection>);

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a map with apiGroups, resources and operations")]
struct Selection {
    #[serde(default)]
    api_groups: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    operations: Vec<String>,
}

impl Kinds {
    /// What the rules of a module's metadata select.
    #[must_use]
    pub fn of_metadata(rules: &[Rule]) -> Self {
        let creates = |rule: &&Rule| rule.operations.iter().any(|operation| is_create(*operation));
        let selections = rules.iter().filter(creates).map(|rule| Selection {
            api_groups: rule.api_groups.clone(),
            resources: rule.resources.clone(),
            operations: vec!["*".to_owned()],
        });
        Self(selections.collect())
    }

    /// The kinds in which the policy knows where images are.
    pub(super) fn built_in() -> Self {
        let selection = |known: GroupKind| Selection {
            api_groups: vec![known.group],
            resources: vec![resource(&known.kind)],
            operations: vec!["*".to_owned()],
        };
        Self(built_in_kinds().map(selection).collect())
    }

    /// Whether the creation of such an object is reviewed.
    pub(super) fn include(&self, group: &str, kind: &str) -> bool {
        let resource = resource(kind);
        self.0.iter().any(|selection| {
            has(&selection.operations, &["*", "CREATE"])
                && has(&selection.api_groups, &["*", group])
                && has(&selection.resources, &["*", "*/*", &resource])
        })
    }
}

fn is_create(operation: Operation) -> bool {
    matches!(operation, Operation::Create | Operation::All)
}

fn has(list: &[String], wanted: &[&str]) -> bool {
    list.iter().any(|value| wanted.contains(&value.as_str()))
}

/// `Deployment` → `deployments`.
pub(super) fn resource(kind: &str) -> String {
    let singular = kind.to_lowercase();
    if singular.ends_with("endpoints") {
        singular
    } else if singular.ends_with('s') {
        format!("{singular}es")
    } else if let Some(stem) = singular.strip_suffix('y') {
        format!("{stem}ies")
    } else {
        format!("{singular}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_manifest(rules: &str) -> Result<Kinds, yaml_serde::Error> {
        yaml_serde::from_str(rules)
    }

    #[test]
    fn kinds_are_selected_by_their_resource() {
        let kinds = of_manifest(
            "[{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}, \
             {apiGroups: [apps], resources: ['*'], operations: ['*'], scope: '*'}, \
             {apiGroups: ['*'], resources: [networkpolicies, jobs/status], operations: [CREATE, UPDATE]}, \
             {apiGroups: [''], resources: [services], operations: [UPDATE]}]",
        );
        let kinds = kinds.unwrap();
        let rows = [
            ("", "Pod", true),
            ("apps", "Pod", true),
            ("batch", "Pod", false),
            ("apps", "Deployment", true),
            ("networking.k8s.io", "NetworkPolicy", true),
            ("batch", "Job", false),
            ("", "Service", false),
        ];
        for (group, kind, expected) in rows {
            assert_eq!(kinds.include(group, kind), expected, "{group}/{kind}");
        }
        assert_eq!(resource("Ingress"), "ingresses");
        assert!(of_manifest("[pods]").unwrap_err().to_string().contains("a map with apiGroups"));
    }
}
