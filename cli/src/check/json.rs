//! JSON text → documents. YAML is nearly a superset of JSON; its readers stumble over the pairs of `\u` escapes
//! that JSON writes for what lies beyond the first 65,536 characters.

use std::rc::Rc;

use serde_json::value::RawValue;
use signed_images_policy::json::{Document, Json};

use super::documents::{Documents, Fault};
use super::tree::{MAX_DEPTH, Node, Value};

/// Reads every document of a text.
///
/// # Errors
/// When a document is not JSON.
pub(super) fn read(text: &str) -> Result<Documents, Fault> {
    let mut trees = Vec::new();
    for raw in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let raw = raw.map_err(|error| Fault::of(&error))?.get();
        let start = raw.as_ptr() as usize - text.as_ptr() as usize;
        let document =
            Document::read(raw).map_err(|error| fault(error.to_string(), text, start))?;
        trees.push(Origin { text, start }.tree(document.root(), 0)?);
    }
    Ok(Documents { trees, fault: None })
}

fn fault(reason: String, text: &str, start: usize) -> Fault {
    Fault { reason, line: 0 }.after(text, start)
}

/// Where a document stands.
#[derive(Clone, Copy)]
struct Origin<'t> {
    text: &'t str,
    start: usize,
}

impl Origin<'_> {
    fn tree(self, json: Json<'_>, depth: usize) -> Result<Rc<Node>, Fault> {
        let range = json.range();
        let range = self.start + range.start..self.start + range.end;
        if depth > MAX_DEPTH {
            return Err(fault("nested too deeply".to_owned(), self.text, range.start));
        }
        let tree = |part| self.tree(part, depth + 1);
        let value = if let Some(entries) = json.entries() {
            let nodes = entries.map(|(key, value)| Ok((tree(key)?, tree(value)?)));
            Value::Map(nodes.collect::<Result<_, _>>()?)
        } else if let Some(elements) = json.elements() {
            Value::List(elements.map(tree).collect::<Result<_, _>>()?)
        } else if json.text().starts_with('"') {
            let text = serde_json::from_str(json.text());
            Value::Text(text.map_err(|error| Fault::of(&error).after(self.text, range.start))?)
        } else if let Some(flag) = json.flag() {
            Value::Bool(flag)
        } else if json.is_null() {
            Value::Null
        } else {
            Value::Number(json.text().to_owned())
        };
        Ok(Rc::new(Node { value, range }))
    }
}
