//! A policy as its users have it: a file of settings, or the manifest that is applied to the cluster.
//!
//! - Which manifests? `ClusterAdmissionPolicy` and `AdmissionPolicy`: their `spec.settings` and `spec.rules`.
//!   The file may hold other objects beside the policy.
//! - And policy groups? They hold several policies under names, and an expression over them; the settings of
//!   one member have to be named by putting them into a file.
//! - What is not read? Selectors and match conditions: which namespaces they select, only a cluster knows.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::settings::{Settings, SettingsError};

const GROUP: &str = "policies.kubewarden.io/";

/// What a file says of a policy.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Its settings.
    pub settings: Settings,
    /// `spec.rules`: which requests the API server sends to it, where a manifest says so.
    pub rules: Option<Vec<Value>>,
}

/// Why a policy was not understood.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is a file of settings, with a mistake.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A group of policies.
    #[error(
        "`{}` holds the policy group `{name}`: put the settings of one of its members ({members}) into a file of their own",
        .path.display()
    )]
    Group {
        /// The file.
        path: PathBuf,
        /// What it is called.
        name: String,
        /// Where the settings of its members are.
        members: String,
    },
    /// More than one policy.
    #[error(
        "`{}` holds several policies ({names}): put the one that is meant into a file of its own",
        .path.display()
    )]
    Several {
        /// The file.
        path: PathBuf,
        /// What they are called.
        names: String,
    },
    /// Its settings are something else than a map.
    #[error("`{}`: spec.settings of the policy `{name}` is not a map", .path.display())]
    NotAMap {
        /// The file.
        path: PathBuf,
        /// What the policy is called.
        name: String,
    },
}

impl Policy {
    /// Reads a file of settings or a policy's manifest.
    ///
    /// # Errors
    /// When the file cannot be read, or holds neither.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
        // What is not YAML is for the reader of settings to complain about.
        let policies: Vec<Value> = yaml_serde::Deserializer::from_str(&text)
            .map_while(|document| Value::deserialize(document).ok())
            .filter(is_policy)
            .collect();
        match policies.as_slice() {
            [] => Ok(Self { settings: Settings::read(path)?, rules: None }),
            [policy] => Self::of_manifest(path, policy),
            several => Err(PolicyError::Several {
                path: path.to_owned(),
                names: list(several.iter().map(name)),
            }),
        }
    }

    fn of_manifest(path: &Path, policy: &Value) -> Result<Self, PolicyError> {
        if kind(policy).ends_with("PolicyGroup") {
            let members = policy.pointer("/spec/policies").and_then(Value::as_object);
            let members = members.into_iter().flat_map(Map::keys);
            return Err(PolicyError::Group {
                path: path.to_owned(),
                name: name(policy),
                members: list(members.map(|member| format!("spec.policies.{member}.settings"))),
            });
        }
        let settings = match policy.pointer("/spec/settings") {
            None | Some(Value::Null) => Settings::default(),
            Some(Value::Object(map)) => Settings::from(map.clone()),
            Some(_) => {
                return Err(PolicyError::NotAMap { path: path.to_owned(), name: name(policy) });
            }
        };
        let rules = policy.pointer("/spec/rules").and_then(Value::as_array).cloned();
        Ok(Self { settings, rules })
    }
}

fn is_policy(document: &Value) -> bool {
    let version = document.pointer("/apiVersion").and_then(Value::as_str).unwrap_or_default();
    let kind = kind(document);
    version.starts_with(GROUP) && (kind.ends_with("Policy") || kind.ends_with("PolicyGroup"))
}

fn kind(document: &Value) -> &str {
    document.pointer("/kind").and_then(Value::as_str).unwrap_or_default()
}

fn name(policy: &Value) -> String {
    policy.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Result<Policy, PolicyError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Policy::read(file.path())
    }

    const MANIFEST: &str = "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nmetadata: {name: images}\nspec:\n  rules: [{resources: [pods]}]\n  settings: {a: 1}\n";

    #[test]
    fn settings_are_found_in_files_and_in_manifests() {
        let namespaced = MANIFEST.replace("ClusterAdmission", "Admission");
        let beside = format!("apiVersion: v1\nkind: Namespace\n---\n{MANIFEST}");
        let without = MANIFEST.replace("  settings: {a: 1}\n", "");
        let rows = [
            ("a: 1\n", r#"{"a":1}"#, false),
            (MANIFEST, r#"{"a":1}"#, true),
            (&namespaced, r#"{"a":1}"#, true),
            (&beside, r#"{"a":1}"#, true),
            (&without, "{}", true),
        ];
        for (text, settings, has_rules) in rows {
            let policy = policy(text).unwrap();
            assert_eq!(policy.settings.json(), settings, "{text}");
            assert_eq!(policy.rules.is_some(), has_rules, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let group = "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicyGroup\nmetadata: {name: both}\nspec: {policies: {one: {}, two: {}}}\n";
        let rows = [
            ("- a", "are not a map: write"),
            (
                group,
                "holds the policy group `both`: put the settings of one of its members (`spec.policies.one.settings`, `spec.policies.two.settings`) into a file of their own",
            ),
            (
                &format!("{MANIFEST}---\n{MANIFEST}"),
                "holds several policies (`images`, `images`): put the one",
            ),
            (
                &MANIFEST.replace("{a: 1}", "[]"),
                "spec.settings of the policy `images` is not a map",
            ),
        ];
        for (text, expected) in rows {
            let message = policy(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
