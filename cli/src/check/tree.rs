//! A document as a tree whose texts remember where they stand in the source.
//!
//! - Why not serde? It has no positions, and a report names a line, and a pin is put into the text.
//! - What is a position? Byte offsets. An aliased node is one node: it stands where its anchor stands.
//! - What gets the policy? JSON, as `kubectl` would make it: merge keys (`<<`) are resolved, keys that stand
//!   twice stay so (the policy refuses those that matter), numbers keep their spelling.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;

/// As deep as `serde_json` reads.
pub(super) const MAX_DEPTH: usize = 128;
/// The most JSON that one document may become, in bytes. The API server takes 3 MiB a request
/// (`MaxRequestBodyBytes`); a list may hold several objects, and aliases of aliases must not fill the memory.
const MAX_JSON: usize = 64 << 20;
const MERGE: &str = "<<";

/// One value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    /// In bytes. That of a scalar may begin with its anchor or tag and end after what follows it.
    pub(super) range: Range<usize>,
}

#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As JSON spells it.
    Number(String),
    Text(String),
    List(Vec<Rc<Node>>),
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// JSON, and where its texts came from.
#[derive(Debug, Default)]
pub(super) struct Json {
    pub(super) text: String,
    /// For each text, in order: where it begins in the JSON, and where it stands in the source.
    pub(super) origins: Vec<(usize, Range<usize>)>,
}

/// Why a tree has no JSON form.
#[derive(Debug, thiserror::Error)]
pub(super) enum JsonError {
    #[error("it would be more than {} MiB of JSON", MAX_JSON >> 20)]
    TooLarge,
    #[error("a key is not a text")]
    Key,
    #[error("`{MERGE}` is not a map, nor a list of maps")]
    Merge,
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Rc<Node>> {
        let Value::Map(entries) = &self.value else { return None };
        // The last one counts, as it does for the API server.
        entries.iter().rev().find(|(name, _)| name.as_text() == Some(key)).map(|(_, node)| node)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn json(&self) -> Result<Json, JsonError> {
        let mut json = Json::default();
        json.write(self)?;
        Ok(json)
    }

    fn key(&self) -> Result<&str, JsonError> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Ok(text),
            Value::Bool(true) => Ok("true"),
            Value::Bool(false) => Ok("false"),
            Value::Null | Value::List(_) | Value::Map(_) => Err(JsonError::Key),
        }
    }
}

impl Json {
    /// How often each text of the source went into the JSON, by where it stands.
    pub(super) fn uses(&self) -> HashMap<usize, usize> {
        let mut uses = HashMap::new();
        for (_, source) in &self.origins {
            *uses.entry(source.start).or_default() += 1;
        }
        uses
    }

    /// Where the text that begins here in the JSON stands in the source.
    pub(super) fn origin(&self, start: usize) -> Option<Range<usize>> {
        let at = self.origins.binary_search_by_key(&start, |(start, _)| *start).ok()?;
        self.origins.get(at).map(|(_, source)| source.clone())
    }

    /// The JSON with these texts in the place of those that begin there in the source.
    pub(super) fn with(&self, changed: &BTreeMap<usize, String>) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut copied = 0;
        for (start, source) in &self.origins {
            let Some(new) = changed.get(&source.start) else { continue };
            text.push_str(self.text.get(copied..*start).unwrap_or_default());
            text.push_str(&serde_json::Value::from(new.as_str()).to_string());
            copied = start + self.text.get(*start..).map_or(0, string_length);
        }
        text.push_str(self.text.get(copied..).unwrap_or_default());
        text
    }

    fn write(&mut self, node: &Node) -> Result<(), JsonError> {
        if self.text.len() > MAX_JSON {
            return Err(JsonError::TooLarge);
        }
        match &node.value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(true) => self.text.push_str("true"),
            Value::Bool(false) => self.text.push_str("false"),
            Value::Number(number) => self.text.push_str(number),
            Value::Text(text) => self.write_text(text, node),
            Value::List(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.separate(index);
                    self.write(item)?;
                }
                self.text.push(']');
            }
            Value::Map(entries) => self.write_map(&merged(entries)?)?,
        }
        Ok(())
    }

    fn write_map(&mut self, entries: &[(&Node, &Node)]) -> Result<(), JsonError> {
        self.text.push('{');
        for (index, (key, node)) in entries.iter().enumerate() {
            self.separate(index);
            self.write_text(key.key()?, key);
            self.text.push(':');
            self.write(node)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn write_text(&mut self, text: &str, node: &Node) {
        self.origins.push((self.text.len(), node.range.clone()));
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.text.push(',');
        }
    }
}

/// How long the JSON string is that the text begins with.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

type Entry<'n> = (&'n Node, &'n Node);

/// The entries with those that `<<` brings in: <https://yaml.org/type/merge.html>. What a map says itself
/// counts before what it merges, and the first of several merged maps before the others.
fn merged(entries: &[(Rc<Node>, Rc<Node>)]) -> Result<Vec<Entry<'_>>, JsonError> {
    let is_merge = |key: &Node| key.as_text() == Some(MERGE);
    let mut all: Vec<Entry<'_>> = entries
        .iter()
        .filter(|(key, _)| !is_merge(key))
        .map(|(key, node)| (&**key, &**node))
        .collect();
    for (_, sources) in entries.iter().filter(|(key, _)| is_merge(key)) {
        let maps = match &sources.value {
            Value::Map(_) => std::slice::from_ref(sources),
            Value::List(maps) => maps.as_slice(),
            _ => return Err(JsonError::Merge),
        };
        for map in maps {
            let Value::Map(entries) = &map.value else { return Err(JsonError::Merge) };
            for (key, node) in merged(entries)? {
                let name = key.key()?;
                if !all.iter().any(|(known, _)| known.key().is_ok_and(|known| known == name)) {
                    all.push((key, node));
                }
            }
        }
    }
    Ok(all)
}
