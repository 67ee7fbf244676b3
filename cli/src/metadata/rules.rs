//! The rules of a policy: which requests the API server sends to it.
//!
//! - Which combinations are refused? Those that the API server refuses in a webhook's rules
//!   ([`validation.go`](https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/apis/admissionregistration/validation/validation.go)):
//!   an empty list, a `*` beside other values, a resource that another entry already covers.

use serde::{Deserialize, Serialize};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "a map with apiGroups, apiVersions, resources and operations"
)]
pub struct Rule {
    /// `""` is the core group.
    pub api_groups: Vec<String>,
    /// `v1`, …
    pub api_versions: Vec<String>,
    /// `pods`, `pods/ephemeralcontainers`, …
    pub resources: Vec<String>,
    /// What is done to them.
    pub operations: Vec<Operation>,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Delete,
    /// A connection to it is opened.
    Connect,
    /// Any of these.
    #[serde(rename = "*")]
    All,
}

/// Why a rule was refused. The text begins with the field.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A list without elements selects nothing.
    #[error("{field}: must not be empty")]
    Empty {
        /// The list.
        field: &'static str,
    },
    /// `*` beside other values.
    #[error("{field}: `*` stands for every value, so it must stand alone")]
    StarNotAlone {
        /// The list.
        field: &'static str,
    },
    /// An empty name in the list of resources.
    #[error("resources: a resource must not be empty")]
    EmptyResource,
    /// An entry that another one covers.
    #[error("resources: `{covered}` is already covered by `{covering}`")]
    Covered {
        /// The entry to take out.
        covered: String,
        /// The entry that makes it unneeded.
        covering: String,
    },
}

impl Rule {
    /// Checks the rule as the API server would.
    ///
    /// # Errors
    /// When the API server would refuse it.
    pub fn check(&self) -> Result<(), RuleError> {
        check_star("apiGroups", &self.api_groups, |group| group == "*")?;
        check_star("apiVersions", &self.api_versions, |version| version == "*")?;
        check_star("operations", &self.operations, |&operation| operation == Operation::All)?;
        check_resources(&self.resources)
    }
}

fn check_star<T>(
    field: &'static str,
    values: &[T],
    is_star: impl Fn(&T) -> bool,
) -> Result<(), RuleError> {
    match values.len() {
        0 => Err(RuleError::Empty { field }),
        1 => Ok(()),
        _ if values.iter().any(is_star) => Err(RuleError::StarNotAlone { field }),
        _ => Ok(()),
    }
}

fn check_resources(resources: &[String]) -> Result<(), RuleError> {
    if resources.is_empty() {
        return Err(RuleError::Empty { field: "resources" });
    }
    if resources.iter().any(String::is_empty) {
        return Err(RuleError::EmptyResource);
    }
    let pairs = resources
        .iter()
        .flat_map(|covering| resources.iter().map(move |covered| (covering, covered)));
    for (covering, covered) in pairs {
        if covering != covered && covers(covering, covered) {
            return Err(RuleError::Covered {
                covered: covered.clone(),
                covering: covering.clone(),
            });
        }
    }
    Ok(())
}

fn covers(covering: &str, covered: &str) -> bool {
    match (covering.split_once('/'), covered.split_once('/')) {
        (Some(("*", "*")), _) => true,
        (None, None) => covering == "*",
        (Some((resource, "*")), Some((other, _))) => resource == other,
        (Some(("*", sub)), Some((_, other))) => sub == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_checked_as_the_api_server_checks_them() {
        let rows: [(&[&str], Option<&str>); 12] = [
            (&["pods"], None),
            (&["*"], None),
            (&["*/*"], None),
            (&["pods", "pods/ephemeralcontainers"], None),
            (&["*", "pods/status"], None),
            (&["pods/*", "deployments/scale"], None),
            (&[], Some("resources: must not be empty")),
            (&["pods", ""], Some("resources: a resource must not be empty")),
            (&["*/*", "pods"], Some("resources: `pods` is already covered by `*/*`")),
            (&["*", "pods"], Some("resources: `pods` is already covered by `*`")),
            (
                &["pods/status", "pods/*"],
                Some("resources: `pods/status` is already covered by `pods/*`"),
            ),
            (
                &["*/status", "pods/status"],
                Some("resources: `pods/status` is already covered by `*/status`"),
            ),
        ];
        for (resources, expected) in rows {
            let resources: Vec<String> = resources.iter().map(ToString::to_string).collect();
            let error = check_resources(&resources).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), expected, "{resources:?}");
        }
    }
}
