//! The documents that are to be converted: texts of YAML or JSON, each with one document or several.

use serde::Deserialize;
use yaml_serde::Value;

/// A document, and where it is from.
#[derive(Debug, Clone)]
pub struct Source {
    file: String,
    /// From 1.
    number: usize,
    value: Value,
}

/// Why a text cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not YAML.
    #[error("`{file}`, document {number}, is not YAML or JSON: {source}")]
    Yaml {
        /// The file.
        file: String,
        /// Which of its documents, from 1.
        number: usize,
        /// What is wrong, and on which line.
        source: yaml_serde::Error,
    },
    /// It holds no document.
    #[error("`{0}` holds no document")]
    Empty(String),
}

impl Source {
    /// The documents of a text that is called `file`. The items of a list are documents of their own.
    ///
    /// # Errors
    /// When the text is not YAML or holds no document.
    pub fn parse(file: &str, text: &str) -> Result<Vec<Self>, SourceError> {
        let mut sources = Vec::new();
        for (index, document) in yaml_serde::Deserializer::from_str(text).enumerate() {
            let number = index + 1;
            let failed = |source| SourceError::Yaml { file: file.to_owned(), number, source };
            let mut value = Value::deserialize(document).map_err(failed)?;
            value.apply_merge().map_err(failed)?;
            let source = |value| Self { file: file.to_owned(), number, value };
            match value.get("items").and_then(Value::as_sequence) {
                Some(items) => sources.extend(items.iter().cloned().map(source)),
                None if value.is_null() => {}
                None => sources.push(source(value)),
            }
        }
        if sources.is_empty() { Err(SourceError::Empty(file.to_owned())) } else { Ok(sources) }
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    pub(super) fn place(&self) -> String {
        format!("`{}`, document {}", self.file, self.number)
    }

    pub(super) fn origin(&self, name: &str) -> String {
        let kind = self.value.get("kind").and_then(Value::as_str);
        match kind {
            Some(kind) => format!("{kind} `{name}` ({}, document {})", self.file, self.number),
            None => format!("{}, document {}", self.file, self.number),
        }
    }
}
