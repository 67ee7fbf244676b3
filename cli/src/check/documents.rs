//! The text of a file → its documents.
//!
//! - YAML or JSON? What begins like a JSON object or list and reads as one is JSON, the rest is YAML.

use std::rc::Rc;

use super::tree::Node;
use super::{json, yaml};

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) trees: Vec<Rc<Node>>,
    /// Why not all of it.
    pub(super) fault: Option<Fault>,
}

/// Why a text cannot be read.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) reason: String,
    /// From 1.
    pub(super) line: usize,
}

impl Fault {
    pub(super) fn of(error: &serde_json::Error) -> Self {
        Self { reason: error.to_string(), line: error.line() }
    }

    /// The same, of a part that begins at `start`.
    pub(super) fn after(self, text: &str, start: usize) -> Self {
        Self { line: super::lines::position(text, start).line, ..self }
    }
}

/// Reads a text.
pub(super) fn read(text: &str) -> Documents {
    if text.trim_start().starts_with(['{', '['])
        && let Ok(documents) = json::read(text)
    {
        return documents;
    }
    yaml::read(text)
}
