//! A document as a tree whose texts remember where they stand in the source.
//!
//! - Why not serde? It has no positions, and a report names a line, and a pin is put into the text.
//! - What is a position? Byte offsets. An aliased node is one node: it stands where its anchor stands.
//! - What gets the policy? JSON, as `kubectl` would make it: each key once, in the order of the text. Numbers
//!   keep their spelling where JSON has it.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;

/// As deep as `serde_json` reads.
pub(crate) const MAX_DEPTH: usize = 128;
/// The most JSON that one document may become, in bytes. The API server takes 3 MiB a request
/// (`MaxRequestBodyBytes`); a list may hold several objects, and aliases of aliases must not fill the memory.
const MAX_JSON: usize = 64 << 20;

/// One value and where it stands.
#[derive(Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    /// In bytes. That of a scalar may begin with its anchor or tag and end after what follows it.
    pub(crate) range: Range<usize>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As JSON spells it.
    Number(String),
    Text(String),
    List(Vec<Rc<Node>>),
    /// The keys are texts, each once.
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// JSON, and where its texts came from.
#[derive(Debug, Default)]
pub(crate) struct Json {
    pub(crate) text: String,
    pub(crate) origins: Origins,
}

/// For each text of a JSON, in order: where it begins there, and where it stands in the source.
#[derive(Debug, Default)]
pub(crate) struct Origins(pub(crate) Vec<(usize, Range<usize>)>);

/// Why a tree has no JSON form.
#[derive(Debug, thiserror::Error)]
#[error("it would be more than {} MiB of JSON", MAX_JSON >> 20)]
pub(crate) struct TooLarge;

impl Node {
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Node>> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, node)| node)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn json(&self) -> Result<Json, TooLarge> {
        let mut json = Json::default();
        json.write(self)?;
        Ok(json)
    }
}

impl Json {
    /// The JSON with these texts in the place of those that begin there in the source.
    pub(crate) fn with(&self, changed: &BTreeMap<usize, String>) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut copied = 0;
        for (start, source) in &self.origins.0 {
            let Some(new) = changed.get(&source.start) else { continue };
            text.push_str(self.text.get(copied..*start).unwrap_or_default());
            text.push_str(&serde_json::Value::from(new.as_str()).to_string());
            copied = start + self.text.get(*start..).map_or(0, string_length);
        }
        text.push_str(self.text.get(copied..).unwrap_or_default());
        text
    }

    fn write(&mut self, node: &Node) -> Result<(), TooLarge> {
        if self.text.len() > MAX_JSON {
            return Err(TooLarge);
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
            Value::Map(entries) => self.write_map(entries)?,
        }
        Ok(())
    }

    fn write_map(&mut self, entries: &[(Rc<Node>, Rc<Node>)]) -> Result<(), TooLarge> {
        self.text.push('{');
        for (index, (key, node)) in entries.iter().enumerate() {
            self.separate(index);
            self.write_text(key.as_text().unwrap_or_default(), key);
            self.text.push(':');
            self.write(node)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn write_text(&mut self, text: &str, node: &Node) {
        self.origins.0.push((self.text.len(), node.range.clone()));
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.text.push(',');
        }
    }
}

impl Origins {
    /// Where the text that begins here in the JSON stands in the source.
    pub(crate) fn find(&self, start: usize) -> Option<Range<usize>> {
        let at = self.0.binary_search_by_key(&start, |(start, _)| *start).ok()?;
        self.0.get(at).map(|(_, source)| source.clone())
    }

    /// Of the texts of the source that went into the JSON several times, how often, by where they stand.
    pub(crate) fn uses(&self) -> HashMap<usize, usize> {
        let mut uses = HashMap::new();
        for (_, source) in &self.0 {
            *uses.entry(source.start).or_default() += 1;
        }
        uses.retain(|_, count| *count > 1);
        uses.shrink_to_fit();
        uses
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
