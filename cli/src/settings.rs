//! The policy's settings: YAML or JSON in, the JSON that the policy gets out.
//!
//! - What may the file hold? The settings themselves, or a manifest of one `ClusterAdmissionPolicy` or
//!   `AdmissionPolicy`, alone or among other objects: its `spec.settings` are meant.
//! - What if there are none? `{}`, as for `kwctl run`.
//! - How is it read? As `kubectl` reads what is applied ([`crate::manifest`]), but for a key that stands twice: it is
//!   refused.
//! - Who checks what they mean? The policy does, in `validate_settings`; here they only have to be a map.
//!   Where a command has to know what they mean, it asks the policy's own library ([`Settings::rules`]).

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use signed_images_policy::policy::plan::Rules;
use signed_images_policy::settings::says_something;
use tracing::warn;

use crate::host::Host;
use crate::manifest::position::{Position, position};
use crate::manifest::tree::{Node, Value as Tree};
use crate::manifest::{self, Doubled, Fault};

/// The API group of Kubewarden's resources
/// (<https://docs.kubewarden.io/admission-controller/1.37/en/reference/CRDs.html>).
const API_GROUP: &str = "policies.kubewarden.io/";
/// The kinds whose `spec.settings` are those of one policy.
const POLICY_KINDS: [&str; 2] = ["ClusterAdmissionPolicy", "AdmissionPolicy"];

/// Keys of what holds settings, and is none: values of a chart, what Fleet reads, and objects.
const HOLDERS: [&str; 3] = ["settings", "helm", "apiVersion"];
const RENDER: &str = "; if these are values of the Helm chart, or what Fleet or Argo CD reads, pass the policy's manifest, \
    which `helm template` makes of them";

/// Why settings were not understood.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file could not be read.
    #[error("cannot read settings `{}`: {source}", .path.display())]
    Read {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not YAML.
    #[error("settings `{}` are not YAML or JSON: {reason} at line {} column {}", .path.display(), .at.line, .at.column)]
    Malformed {
        /// The file that was asked for.
        path: PathBuf,
        /// Where.
        at: Position,
        /// What is wrong.
        reason: String,
    },
    /// The text is not JSON.
    #[error("settings are not JSON: {source}")]
    Json {
        /// What is wrong, and on which line.
        source: serde_json::Error,
    },
    /// The file holds more than there is room for.
    #[error("{what} cannot be written as JSON: {reason}")]
    NotJson {
        /// Which settings.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// The policy does not take them; its words.
    #[error("the settings are not valid:\n{0}")]
    Invalid(String),
    /// The settings are a list or a single value.
    #[error("{what} are not a map: write `key: value` lines, or `{{}}` for none")]
    NotAMap {
        /// Which settings.
        what: String,
    },
    /// A manifest of Kubewarden's that is not of one policy.
    #[error(
        "settings `{}` contain an object of the kind {kind}; use a manifest of a {}, or a file with the settings of \
         one policy", .path.display(), POLICY_KINDS.join(" or of an ")
    )]
    OtherKind {
        /// The file that was asked for.
        path: PathBuf,
        /// What it holds.
        kind: String,
    },
    /// Something in a folder of policies that would not be checked.
    #[error(
        "`{}` contains {what}, which is not checked where a folder is given: name the files of the policies, one by one",
        .path.display()
    )]
    NotOfAFolder {
        /// The file in it.
        path: PathBuf,
        /// What it holds.
        what: String,
    },
    /// Several documents, of which none or several are policies.
    #[error(
        "settings `{}` contain several documents and {policies} policies; use exactly one policy", .path.display()
    )]
    NotOne {
        /// The file that was asked for.
        path: PathBuf,
        /// How many of its documents are policies.
        policies: usize,
    },
}

/// The settings of a policy, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings(String);

impl Settings {
    /// Reads a file of YAML or JSON: the settings, or the manifest of a policy.
    ///
    /// # Errors
    /// When the file cannot be read or does not hold the settings of one policy.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let mut files = read_all(path)?;
        match (files.len(), files.pop()) {
            (1, Some(file)) => Self::of(&file, path),
            (policies, _) => Err(SettingsError::NotOne { path: path.to_owned(), policies }),
        }
    }

    /// Those that a file holds.
    ///
    /// # Errors
    /// When they are no map.
    pub(crate) fn of(file: &File, path: &Path) -> Result<Self, SettingsError> {
        let what = format!("settings `{}`", path.display());
        match file {
            File::Policy(policy) => {
                let settings = policy.get("spec").and_then(|spec| spec.get("settings"));
                let what = format!("{what}: spec.settings");
                settings.map_or_else(
                    || Ok(Self::default()),
                    |settings| Self::from_tree(settings, &what),
                )
            }
            File::Settings(settings) => Self::from_tree(settings, &what),
            File::Nothing => Ok(Self::default()),
        }
    }

    /// Takes JSON text.
    ///
    /// # Errors
    /// When the text is not a JSON object.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        match serde_json::from_str(json).map_err(|source| SettingsError::Json { source })? {
            Value::Null => Ok(Self::default()),
            Value::Object(map) => Ok(Self::from(map)),
            _ => Err(SettingsError::NotAMap { what: "settings".to_owned() }),
        }
    }

    /// The settings as the policy gets them.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }

    /// The same, as a value.
    #[must_use]
    pub fn raw(&self) -> &RawValue {
        serde_json::from_str(&self.0).unwrap_or(RawValue::NULL)
    }

    /// What the policy itself makes of them. The host is asked about chains of certificates.
    ///
    /// # Errors
    /// When they are not valid, in the policy's words.
    pub fn rules(&self, host: &Host, now: Duration) -> Result<Rules, SettingsError> {
        let invalid =
            |error: &dyn fmt::Display| SettingsError::Invalid(format!("{error}{}", self.advice()));
        let rules =
            signed_images_policy::settings::read(self.raw()).map_err(|error| invalid(&error))?;
        let mut host = |namespace: &'static str, operation: &'static str, payload: &[u8]| {
            host.call(namespace, operation, payload)
        };
        signed_images_policy::settings::check(&rules, &mut host, now)
            .map_err(|error| invalid(&error))?;
        Ok(rules)
    }

    /// What to do besides, where the policy does not take them.
    pub(crate) fn advice(&self) -> &'static str {
        let keys: Map<String, Value> = serde_json::from_str(&self.0).unwrap_or_default();
        if HOLDERS.iter().any(|key| keys.contains_key(*key)) { RENDER } else { "" }
    }

    /// Warns of what is valid, and perhaps not what was meant.
    pub fn warn_of_oddities(&self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        for remark in signed_images_policy::settings::remarks(self.raw(), now) {
            warn!("{remark}");
        }
    }

    /// The keys stay in the order in which they are written.
    fn from_tree(tree: &Node, what: &str) -> Result<Self, SettingsError> {
        match &tree.value {
            Tree::Null => Ok(Self::default()),
            Tree::Map(_) => tree.json().map(|json| Self(json.text)).map_err(|error| {
                SettingsError::NotJson { what: what.to_owned(), reason: error.to_string() }
            }),
            Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => {
                Err(SettingsError::NotAMap { what: what.to_owned() })
            }
        }
    }
}

/// What a file of settings holds.
pub(crate) enum File {
    /// The manifest of a policy.
    Policy(Rc<Node>),
    /// The settings themselves.
    Settings(Rc<Node>),
    /// Neither: settings without a key.
    Nothing,
}

/// Reads a file of settings: the manifests of policies, one or several, or the settings of one.
pub(crate) fn read_all(path: &Path) -> Result<Vec<File>, SettingsError> {
    let mut documents = read(path)?;
    if documents.iter().any(is_policy) {
        let policies = documents.into_iter().filter(is_policy);
        return Ok(policies.map(File::Policy).collect());
    }
    if documents.len() > 1 {
        return Err(SettingsError::NotOne { path: path.to_owned(), policies: 0 });
    }
    let Some(settings) = documents.pop() else { return Ok(vec![File::Nothing]) };
    match kind(&settings).map(ToOwned::to_owned) {
        Some(kind) => Err(SettingsError::OtherKind { path: path.to_owned(), kind }),
        None => Ok(vec![File::Settings(settings)]),
    }
}

/// The manifests of policies in a file that may hold anything, but nothing else that was meant as a policy.
pub(crate) fn policies(path: &Path) -> Result<Vec<Rc<Node>>, SettingsError> {
    let (policies, others): (Vec<_>, Vec<_>) = read(path)?.into_iter().partition(is_policy);
    match others.iter().find_map(|other| meant_as_a_policy(other)) {
        Some(what) => Err(SettingsError::NotOfAFolder { path: path.to_owned(), what }),
        None => Ok(policies),
    }
}

/// What a document is that says who must sign, and is no manifest of one policy.
fn meant_as_a_policy(document: &Node) -> Option<String> {
    if let Some(kind) = kind(document) {
        return kind.ends_with("PolicyGroup").then(|| format!("an object of the kind {kind}"));
    }
    let is_settings = document.get("kind").is_none()
        && says_something().iter().any(|key| document.get(key).is_some());
    is_settings.then(|| "settings without a policy".to_owned())
}

/// The documents of a file, but for empty ones.
fn read(path: &Path) -> Result<Vec<Rc<Node>>, SettingsError> {
    let text = crate::text::read(path)
        .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
    let malformed = |fault: Fault| SettingsError::Malformed {
        path: path.to_owned(),
        at: position(&text, fault.at),
        reason: fault.reason,
    };
    let documents = manifest::read_with(&text, Doubled::Refused);
    documents.map(|document| document.map_err(malformed)).collect()
}

/// The kind of a resource of Kubewarden's.
fn kind(document: &Node) -> Option<&str> {
    let is_kubewarden = document.text("apiVersion")?.starts_with(API_GROUP);
    document.text("kind").filter(|_| is_kubewarden)
}

fn is_policy(document: &Rc<Node>) -> bool {
    kind(document).is_some_and(|kind| POLICY_KINDS.contains(&kind))
}

impl Default for Settings {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

impl From<Map<String, Value>> for Settings {
    fn from(map: Map<String, Value>) -> Self {
        Self(Value::Object(map).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Result<Settings, SettingsError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Settings::read(file.path())
    }

    #[test]
    fn yaml_and_json_are_maps() {
        let rows = [
            ("", "{}"),
            ("---\n", "{}"),
            ("{}", "{}"),
            ("signatures:\n- image: \"*\"\n", r#"{"signatures":[{"image":"*"}]}"#),
            (r#"{"a": {"b": [1, true]}}"#, r#"{"a":{"b":[1,true]}}"#),
            ("key: |\n  line\n", r#"{"key":"line\n"}"#),
            ("b: 1\na: 2\n", r#"{"b":1,"a":2}"#),
            // As `kubectl` reads them.
            ("a: yes\nb: 0x10\n", r#"{"a":true,"b":16}"#),
            ("a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}\n", r#"{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}"#),
        ];
        for (text, expected) in rows {
            assert_eq!(yaml(text).unwrap().json(), expected, "{text}");
        }
    }

    #[test]
    fn a_manifest_holds_its_settings() {
        let policy = |kind: &str, spec: &str| {
            format!("apiVersion: policies.kubewarden.io/v1\nkind: {kind}\nspec: {spec}\n")
        };
        let cluster = policy("ClusterAdmissionPolicy", "{settings: {a: 1}}");
        let rows = [
            (cluster.clone(), r#"{"a":1}"#),
            (policy("AdmissionPolicy", "{settings: {a: 1}, mutating: true}"), r#"{"a":1}"#),
            (policy("ClusterAdmissionPolicy", "{settings: null}"), "{}"),
            (policy("ClusterAdmissionPolicy", "{}"), "{}"),
            (cluster.replace("/v1", "/v1alpha2"), r#"{"a":1}"#),
            (format!("---\n{cluster}---\napiVersion: v1\nkind: Namespace\n---\n"), r#"{"a":1}"#),
            // Of another group: the settings of some policy that has such keys.
            ("apiVersion: v1\nkind: Pod\n".to_owned(), r#"{"apiVersion":"v1","kind":"Pod"}"#),
        ];
        for (text, expected) in rows {
            assert_eq!(yaml(&text).unwrap().json(), expected, "{text}");
        }
        let group = policy("ClusterAdmissionPolicyGroup", "{policies: {a: {settings: {}}}}");
        let rows = [
            (
                group,
                "contain an object of the kind ClusterAdmissionPolicyGroup; use a manifest of a",
            ),
            (policy("AdmissionPolicy", "{settings: []}"), "spec.settings are not a map"),
            (format!("{cluster}---\n{cluster}"), "contain several documents and 2 policies"),
            ("a: 1\n---\nb: 1\n".to_owned(), "contain several documents and 0 policies"),
        ];
        for (text, expected) in rows {
            let message = yaml(&text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows = [
            ("a: [", "line"),
            ("a: 1\nb: {c: 1, c: 2}\n", "the key `c` occurs twice at line 2 column 11"),
            ("a: 1\na: 2\n", "the key `a` occurs twice at line 2 column 1"),
            (r#"{"a": 1, "a": 2}"#, "the key `a` occurs twice at line 1 column 10"),
            ("[1]: a", "a key is not a string at line 1"),
            ("a: !!binary aGk=\n", "`!!binary` is not supported: write the text itself at line 1"),
            ("- a", "are not a map: write"),
            ("text", "are not a map: write"),
        ];
        for (text, expected) in rows {
            let message = yaml(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
        let message = Settings::parse("{").unwrap_err().to_string();
        assert!(message.contains("line 1 column 1"), "{message}");
    }
}
