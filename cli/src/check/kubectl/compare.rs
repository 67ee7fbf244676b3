//! What is read here and there, compared.

use serde_json::Value;

use super::Answer;
use crate::check::contents::Contents;
use crate::check::report::Lack;
use crate::check::source::Source;
use crate::check::subject::{Object, Subject};
use crate::manifest;

/// Up to the first that is refused, the documents are the same.
pub(super) fn documents(
    source: &Source,
    contents: &Contents,
    answer: &Answer,
) -> Result<(), String> {
    let mut theirs = answer.documents.iter().filter(|document| !document.is_null());
    for document in manifest::read(&source.text) {
        let Ok(tree) = document else { return Ok(()) };
        let ours: Value = serde_json::from_str(&tree.json().unwrap().text).unwrap();
        let Some(theirs) = theirs.next() else { break };
        if normal(&ours) != normal(theirs) {
            return Err(format!("{ours} is {theirs}"));
        }
    }
    let count = answer.documents.iter().filter(|document| !document.is_null()).count();
    if !contents.faults.is_empty() || answer.fault.is_empty() && count == contents.documents {
        Ok(())
    } else {
        Err(format!("{} documents are {count}", contents.documents))
    }
}

/// Where nothing is refused, the objects are the same.
pub(super) fn objects(contents: &Contents, answer: &Answer) -> Result<(), String> {
    let lacks = |lack| contents.others.iter().any(|other| other.lacks == lack);
    if !contents.faults.is_empty() || lacks(Lack::ApiVersion) {
        return Ok(());
    }
    let is_refused = lacks(Lack::Keys) || lacks(Lack::Kind);
    if is_refused && !answer.error.is_empty() {
        return Ok(());
    }
    let mut ours: Vec<String> = contents.subjects.iter().map(|subject| object(subject)).collect();
    let mut theirs: Vec<String> =
        answer.objects.iter().map(|object| normal(object).to_string()).collect();
    ours.sort();
    theirs.sort();
    let are_same = ours == theirs && !is_refused && answer.error.is_empty();
    if are_same { Ok(()) } else { Err(format!("{ours:?} are {theirs:?}")) }
}

/// An object with what `kubectl` writes into the items of a list.
pub(super) fn object(subject: &Subject) -> String {
    let mut json: Value =
        serde_json::from_str(subject.request.object.as_ref().unwrap().get()).unwrap();
    let Object { group, version, kind, .. } = &subject.object;
    let api_version = if group.is_empty() { version.clone() } else { format!("{group}/{version}") };
    let map = json.as_object_mut().unwrap();
    map.entry("kind").or_insert_with(|| kind.clone().into());
    map.entry("apiVersion").or_insert_with(|| api_version.into());
    normal(&json).to_string()
}

/// With every number as what it is worth.
pub(super) fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => format!("number {:?}", number.as_f64().unwrap() + 0.0).into(),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), normal(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}
