//! JSON text → documents, one after the other, without anything between them.

use std::fmt;
use std::rc::Rc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::members::{Members, Names};
use super::tree::{MAX_DEPTH, Node, Value};
use super::{Document, Doubled, Fault};

/// Of less, `kubectl` does not look whether it is YAML (`consumeWhitespace`).
const LEAST_YAML: usize = 4;

/// Reads documents to the first that is not JSON. Where the text has to be read as YAML from there on; its end,
/// when nothing is left or `kubectl` would not try that.
pub(super) fn read(text: &str, doubled: Doubled, documents: &mut Vec<Document>) -> usize {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut end = 0;
    while let Some(raw) = stream.next() {
        match raw {
            Ok(raw) => {
                documents.push(tree((text, doubled), raw, 0));
                end = stream.byte_offset();
            }
            Err(error) => {
                let next = skip_blanks(text, end);
                let is_all = text.len() - next < LEAST_YAML;
                // Two documents are no accident: this is JSON.
                if documents.len() > 1 || is_all {
                    documents.push(Err(Fault::new(reason(&error), next)));
                    return text.len();
                }
                return next;
            }
        }
    }
    text.len()
}

/// `kubectl` goes on at the next line, or at what stands before it.
fn skip_blanks(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let next = rest.find(|c: char| !c.is_whitespace() || c == '\n').unwrap_or(rest.len());
    start + next + usize::from(rest.as_bytes().get(next) == Some(&b'\n'))
}

/// The place is told by the report, not by the words.
fn reason(error: &serde_json::Error) -> String {
    let reason = error.to_string();
    reason.rsplit_once(" at line ").map_or(reason.clone(), |(reason, _)| reason.to_owned())
}

/// The value, which lies in that text, as a tree.
fn tree((text, doubled): (&str, Doubled), raw: &RawValue, depth: usize) -> Document {
    let json = raw.get();
    let start = json.as_ptr().addr() - text.as_ptr().addr();
    let range = start..start + json.len();
    let fault = |reason: String| Fault::new(reason, start);
    if depth > MAX_DEPTH {
        return Err(fault("nested too deeply".to_owned()));
    }
    let misread = |error: serde_json::Error| fault(reason(&error));
    let part = |raw| tree((text, doubled), raw, depth + 1);
    let value = match json.bytes().next() {
        Some(b'{') => {
            let Entries(entries) = serde_json::from_str(json).map_err(misread)?;
            let (mut members, mut names) = (Members::default(), Names::new(doubled));
            for (key, value) in entries {
                let key = part(key)?;
                names.take(&key)?;
                members.add(&key, part(value)?)?;
            }
            members.into_value()
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(json).map_err(misread)?;
            Value::List(elements.into_iter().map(part).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(serde_json::from_str(json).map_err(misread)?),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        _ => {
            serde_json::from_str::<f64>(json).map_err(misread)?;
            Value::Number(json.to_owned())
        }
    };
    Ok(Rc::new(Node { value, range }))
}

/// The keys and values of an object, as they stand.
struct Entries<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
