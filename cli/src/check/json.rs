//! JSON text → documents. YAML is nearly a superset of JSON; its readers stumble over the pairs of `\u` escapes
//! that JSON writes for what lies beyond the first 65,536 characters.

use std::ops::Range;
use std::rc::Rc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::documents::{Documents, Fault};
use super::tree::{MAX_DEPTH, Node, Value};

/// Reads every document of a text.
///
/// # Errors
/// When a document is not JSON.
pub(super) fn read(text: &str) -> Result<Documents, Fault> {
    let mut trees = Vec::new();
    for raw in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let raw = raw.map_err(|error| Fault::of(&error))?;
        trees.push(tree(raw, text, 0)?);
    }
    Ok(Documents { trees, fault: None })
}

fn tree(raw: &RawValue, text: &str, depth: usize) -> Result<Rc<Node>, Fault> {
    let raw = raw.get();
    let start = raw.as_ptr() as usize - text.as_ptr() as usize;
    let range: Range<usize> = start..start + raw.len();
    let failed = |error: serde_json::Error| Fault::of(&error).after(text, start);
    if depth > MAX_DEPTH {
        return Err(Fault { reason: "nested too deeply".to_owned(), line: 0 }.after(text, start));
    }
    let value = match raw.as_bytes().first() {
        Some(b'{') => {
            let Entries(entries) = serde_json::from_str(raw).map_err(failed)?;
            let nodes = entries
                .into_iter()
                .map(|(key, node)| Ok((tree(key, text, depth + 1)?, tree(node, text, depth + 1)?)));
            Value::Map(nodes.collect::<Result<_, _>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(failed)?;
            let nodes = items.into_iter().map(|item| tree(item, text, depth + 1));
            Value::List(nodes.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(serde_json::from_str(raw).map_err(failed)?),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        _ => Value::Number(raw.to_owned()),
    };
    Ok(Rc::new(Node { value, range }))
}

/// The entries of an object as they stand, those with the same key included.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        json.deserialize_map(Reader)
    }
}
