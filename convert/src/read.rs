//! A source document, read into structs.
//!
//! - What of fields that no struct has? They are told as lost, by their place: what nobody reads, nobody verifies.
//!   The few that verify nothing are listed beside the structs.
//! - Why are structs never tagged, untagged or flattened? serde buffers those, and then nobody sees what was left
//!   unread. For the same reason a field that is read and not used must not pass: the crate denies dead code.
//! - What of empty values? `null`, an empty string and an empty list count as absent, as in the API server's typed
//!   objects, but in maps whose values are text of their own.

use serde::de::DeserializeOwned;
use serde_ignored::Path;
use yaml_serde::{Mapping, Value};

use super::pattern::matches;
use super::remark::Remarks;
use crate::yaml::join;

/// What every object has, and what says nothing of images.
const HARMLESS: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];
/// Maps whose empty values mean something.
const MAPS: [&str; 3] = ["matchLabels", "annotations", "additionalExtensions"];

/// Something that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {message}")]
pub struct Fault {
    /// Where: `spec.rules[0].match`.
    pub path: String,
    /// What.
    pub message: String,
}

impl Fault {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// Reads the document. `harmless` are the places (`spec.rules[].name`, `spec.extractors.*.name`) that need not be read.
pub(super) fn read<T: DeserializeOwned>(
    document: &Value,
    harmless: &[&str],
    remarks: &mut Remarks,
) -> Result<T, Fault> {
    let document = without_empty(document);
    let mut unread = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let value = serde_path_to_error::Deserializer::new(document, &mut track);
    let read =
        serde_ignored::deserialize(value, |path| unread.push((shown(&path), kind_of(&path))));
    let read = read.map_err(|error| {
        let path = track.path().to_string();
        Fault::new(if path == "." { String::new() } else { path }, error.to_string())
    })?;
    for (path, kind) in unread {
        let is_harmless = HARMLESS.iter().chain(harmless).any(|known| matches(known, &kind));
        if !is_harmless {
            remarks.less(&path, "is not known here, and was left out");
        }
    }
    Ok(read)
}

/// The element of a list at that place.
pub(super) fn nth(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

fn without_empty(value: &Value) -> Value {
    match value {
        Value::Mapping(fields) => Value::Mapping(fields_without_empty(fields)),
        Value::Sequence(elements) => Value::Sequence(elements.iter().map(without_empty).collect()),
        _ => value.clone(),
    }
}

fn fields_without_empty(fields: &Mapping) -> Mapping {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Sequence(elements) => elements.is_empty(),
        Value::Mapping(_) | Value::Bool(_) | Value::Number(_) | Value::Tagged(_) => false,
    };
    let kept = fields.iter().filter(|(_, value)| !is_empty(value));
    let field = |(key, value): (&Value, &Value)| {
        let is_map = key.as_str().is_some_and(|key| MAPS.contains(&key));
        (key.clone(), if is_map { value.clone() } else { without_empty(value) })
    };
    kept.map(field).collect()
}

/// `spec.rules[0].name`.
fn shown(path: &Path<'_>) -> String {
    written(path, &|index| format!("[{index}]"))
}

/// `spec.rules[].name`: of whichever element.
fn kind_of(path: &Path<'_>) -> String {
    written(path, &|_| "[]".to_owned())
}

fn written(path: &Path<'_>, element: &dyn Fn(usize) -> String) -> String {
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => join(&written(parent, element), &element(*index)),
        Path::Map { parent, key } => join(&written(parent, element), key),
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => written(parent, element),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Document {
        spec: Option<Spec>,
    }

    #[derive(Debug, Deserialize)]
    struct Spec {
        #[serde(default)]
        rules: Vec<Rule>,
    }

    #[derive(Debug, Deserialize)]
    struct Rule {
        name: Option<String>,
    }

    fn said(text: &str) -> (Result<Vec<String>, String>, Vec<String>) {
        let mut remarks = Remarks::default();
        let document: Value = yaml_serde::from_str(text).unwrap();
        let read: Result<Document, Fault> = read(&document, &["spec.rules[].note"], &mut remarks);
        let names = read.map_err(|fault| fault.to_string()).map(|document| {
            let rules = document.spec.map_or(Vec::new(), |spec| spec.rules);
            rules.into_iter().map(|rule| rule.name.unwrap_or_default()).collect()
        });
        (names, remarks.iter().map(|remark| remark.path.clone()).collect())
    }

    #[test]
    fn what_nobody_reads_is_told_by_its_place() {
        let rows: [(&str, &[&str], &[&str]); 5] = [
            ("{kind: A, metadata: {name: b}, status: {}}", &[], &[]),
            ("spec: {rules: [{name: a, note: b}]}", &["a"], &[]),
            (
                "{spec: {rules: [{name: a}, {name: b, nmae: {c: d}}], x: 1}, y: [2]}",
                &["a", "b"],
                &["spec.rules[1].nmae", "spec.x", "y"],
            ),
            ("spec: {rules: [{name: '', other: '', more: [], no: null}], x: null}", &[""], &[]),
            ("spec: {rules: [], x: {}}", &[], &["spec.x"]),
        ];
        for (text, names, unread) in rows {
            let names = names.iter().map(ToString::to_string).collect();
            let unread = unread.iter().map(ToString::to_string).collect();
            assert_eq!(said(text), (Ok(names), unread), "{text}");
        }
    }

    #[test]
    fn what_is_of_another_type_is_a_fault_with_its_place() {
        let (read, _) = said("spec: {rules: [{name: a}, {name: [b]}]}");
        assert!(read.unwrap_err().starts_with("`spec.rules[1].name`: invalid type: sequence"));
        let (read, _) = said("spec: {rules: 1}");
        assert!(read.unwrap_err().starts_with("`spec.rules`: invalid type: integer"));
    }
}
