//! Objects from a folder of manifests, for tests and laptops.
//!
//! - How are they read? As `check` reads manifests.
//! - Which files? Every `.yaml`, `.yml` and `.json` file in it, each with one or more objects.
//! - What differs from a cluster? Nothing that a policy sees: an object without a namespace is in `default`,
//!   and a Secret's `stringData` is found in its `data`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::super::error::HostError;
use super::super::question::ResourceQuestion;
use crate::manifest::position::Position;
use crate::manifest::values;
use crate::text;

/// The objects of a folder.
#[derive(Debug, Default)]
pub struct Manifests(BTreeMap<Key, Value>);

/// Why a folder of manifests was refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestsError {
    /// The folder or a file could not be read.
    #[error("cannot read kubernetes manifests `{}`: {source}", .path.display())]
    Read {
        /// What was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A document cannot be read.
    #[error("kubernetes manifest `{}:{}:{}`: {reason}", .path.display(), .at.line, .at.column)]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where.
        at: Position,
        /// What is wrong.
        reason: String,
    },
    /// A document is not a Kubernetes object.
    #[error("kubernetes manifest `{}`: document {document} needs apiVersion, kind and metadata.name", .path.display())]
    NotAnObject {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        document: usize,
    },
    /// An object is there twice.
    #[error("kubernetes manifest `{}`: document {document} is a duplicate: {kind} `{name}`", .path.display())]
    Twice {
        /// The second file.
        path: PathBuf,
        /// Which one, from 1.
        document: usize,
        /// What it is.
        kind: String,
        /// What it is called.
        name: String,
    },
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    api_version: String,
    kind: String,
    namespace: String,
    name: String,
}

impl Manifests {
    /// Reads the folder `path`.
    ///
    /// # Errors
    /// When a file in it cannot be read or holds something that is not a Kubernetes object.
    pub fn read(path: &Path) -> Result<Self, ManifestsError> {
        let failed = |source| ManifestsError::Read { path: path.to_owned(), source };
        let mut files = std::fs::read_dir(path)
            .map_err(failed)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        files.sort();
        let mut manifests = Self::default();
        for file in files.iter().filter(|file| is_manifest(file)) {
            manifests.add(file)?;
        }
        Ok(manifests)
    }

    fn add(&mut self, path: &Path) -> Result<(), ManifestsError> {
        let text = text::read(path)
            .map_err(|source| ManifestsError::Read { path: path.to_owned(), source })?;
        for (index, document) in values(&text).into_iter().enumerate() {
            let value = document.map_err(|(at, reason)| ManifestsError::Unreadable {
                path: path.to_owned(),
                at,
                reason,
            })?;
            self.insert(path, index + 1, value)?;
        }
        Ok(())
    }

    fn insert(
        &mut self,
        path: &Path,
        document: usize,
        mut object: Value,
    ) -> Result<(), ManifestsError> {
        let key = Key::of(&object)
            .ok_or_else(|| ManifestsError::NotAnObject { path: path.to_owned(), document })?;
        fold_string_data(&mut object);
        let (kind, name) = (key.kind.clone(), key.name.clone());
        match self.0.insert(key, object) {
            None => Ok(()),
            Some(_) => Err(ManifestsError::Twice { path: path.to_owned(), document, kind, name }),
        }
    }

    pub(super) fn get(&self, question: &ResourceQuestion) -> Result<Value, HostError> {
        let key = Key {
            api_version: question.api_version.clone(),
            kind: question.kind.clone(),
            namespace: question.namespace.clone().unwrap_or_else(default_namespace),
            name: question.name.clone(),
        };
        self.0.get(&key).cloned().ok_or_else(|| HostError::NoSuchObject {
            api_version: key.api_version,
            kind: key.kind,
            name: key.name,
            namespace: question.namespace.clone(),
        })
    }
}

impl Key {
    fn of(object: &Value) -> Option<Self> {
        let text = |pointer: &str| object.pointer(pointer)?.as_str().map(ToOwned::to_owned);
        Some(Self {
            api_version: text("/apiVersion")?,
            kind: text("/kind")?,
            namespace: text("/metadata/namespace").unwrap_or_else(default_namespace),
            name: text("/metadata/name")?,
        })
    }
}

fn default_namespace() -> String {
    "default".to_owned()
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}

/// Does what the API server does with a Secret when it is written.
fn fold_string_data(object: &mut Value) {
    let Some(object) = object.as_object_mut() else {
        return;
    };
    if let Some(Value::Object(texts)) = object.remove("stringData") {
        let data = object.entry("data").or_insert_with(|| Map::new().into());
        let encoded = texts
            .into_iter()
            .filter_map(|(key, text)| Some((key, STANDARD.encode(text.as_str()?).into())));
        if let Some(data) = data.as_object_mut() {
            data.extend(encoded);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifests(text: &str) -> Result<Manifests, ManifestsError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.yaml"), text).unwrap();
        std::fs::write(folder.path().join("b.txt"), "not read: [").unwrap();
        Manifests::read(folder.path())
    }

    fn question(kind: &str, namespace: &str, name: &str) -> ResourceQuestion {
        ResourceQuestion {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            namespace: Some(namespace.to_owned()),
            disable_cache: true,
            field_masks: None,
        }
    }

    #[test]
    fn objects_are_found() {
        let manifests = manifests(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keys}\ndata: {a: b}\n---\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: trust}\nstringData: {cosign.pub: PEM}\n",
        )
        .unwrap();
        let map = manifests.get(&question("ConfigMap", "default", "keys")).unwrap();
        assert_eq!(map.pointer("/data/a").unwrap(), "b");
        let secret = manifests.get(&question("Secret", "trust", "keys")).unwrap();
        assert_eq!(secret.pointer("/data/cosign.pub").unwrap(), "UEVN");
        assert!(secret.get("stringData").is_none());
        let missing = manifests.get(&question("ConfigMap", "trust", "keys")).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "Cannot find v1/ConfigMap named 'keys' inside of namespace 'Some(\"trust\")'"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keys}\n";
        let rows = [
            ("a: [", "a.yaml:1:5`: "),
            ("a: b", "document 1 needs apiVersion, kind and metadata.name"),
            (&format!("{object}---\n{object}"), "document 2 is a duplicate: ConfigMap `keys`"),
        ];
        for (text, expected) in rows {
            let message = manifests(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
        assert!(Manifests::read(Path::new("nowhere")).is_err());
    }
}
