//! JSON text → documents. YAML is nearly a superset of JSON; its readers stumble over the pairs of `\u` escapes
//! that JSON writes for what lies beyond the first 65,536 characters.

use std::fmt;
use std::rc::Rc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Documents, Fault};
use crate::check::tree::{MAX_DEPTH, Node, Value};

/// Reads every document of a text.
///
/// # Errors
/// When a document is not JSON.
pub(super) fn read(text: &str) -> Result<Documents, Fault> {
    let mut trees = Vec::new();
    for raw in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let raw = raw.map_err(|error| Fault::of(&error))?;
        trees.push(tree(text, raw, 0)?);
    }
    Ok(Documents { trees, fault: None })
}

/// The value, which lies in that text, as a tree.
fn tree(text: &str, raw: &RawValue, depth: usize) -> Result<Rc<Node>, Fault> {
    let json = raw.get();
    let start = json.as_ptr().addr() - text.as_ptr().addr();
    if depth > MAX_DEPTH {
        let reason = "nested too deeply".to_owned();
        return Err(Fault { reason, line: 0 }.after(text, start));
    }
    let misread = |error: serde_json::Error| Fault::of(&error).after(text, start);
    let part = |raw| tree(text, raw, depth + 1);
    let value = match json.bytes().next() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(json).map_err(misread)?;
            let nodes = members.into_iter().map(|(key, value)| Ok((part(key)?, part(value)?)));
            Value::Map(nodes.collect::<Result<_, _>>()?)
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(json).map_err(misread)?;
            Value::List(elements.into_iter().map(part).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(serde_json::from_str(json).map_err(misread)?),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        _ => Value::Number(json.to_owned()),
    };
    Ok(Rc::new(Node { value, range: start..start + json.len() }))
}

/// The keys and values of an object, as they stand.
struct Members<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
