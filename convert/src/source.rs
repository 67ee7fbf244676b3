//! The documents that are to be converted: texts of YAML or JSON, each with one document or several.
//!
//! - What is a document? One of a text, or an item of a `List` in it, as `kubectl get -o yaml` prints them.
//! - What is it called? By its kind and name, and by its number in the text; an item of a list has none.

use serde::Deserialize;
use yaml_serde::Value;

/// A document, and where it is from.
#[derive(Debug, Clone)]
pub struct Source {
    file: String,
    place: Place,
    value: Value,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// From 1.
    Document(usize),
    /// An item of the list that is that document.
    Item(usize),
}

/// Why a text cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not YAML. What follows in the text is not read either.
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
    /// The documents of a text that is called `file`, as far as it can be read, and why no further. The items of a
    /// list are documents of their own.
    ///
    /// ```
    /// use signed_images_convert::Source;
    ///
    /// let (sources, error) = Source::parse("all.yml", "{kind: List, items: [{kind: A}, {kind: B}]}\n---\n{");
    /// assert_eq!(sources.len(), 2);
    /// assert!(error.unwrap().to_string().starts_with("`all.yml`, document 2, is not YAML or JSON"));
    /// ```
    #[must_use]
    pub fn parse(file: &str, text: &str) -> (Vec<Self>, Option<SourceError>) {
        let mut sources = Vec::new();
        let mut is_empty = true;
        for (index, document) in yaml_serde::Deserializer::from_str(text).enumerate() {
            let number = index + 1;
            let value = Value::deserialize(document)
                .and_then(|mut value| value.apply_merge().map(|()| value));
            let value = match value {
                Ok(value) => value,
                Err(source) => {
                    let file = file.to_owned();
                    return (sources, Some(SourceError::Yaml { file, number, source }));
                }
            };
            is_empty &= value.is_null();
            let source = |value, place| Self { file: file.to_owned(), place, value };
            match value.get("items").and_then(Value::as_sequence) {
                Some(items) => {
                    sources
                        .extend(items.iter().map(|item| source(item.clone(), Place::Item(number))));
                }
                None if value.is_null() => {}
                None => sources.push(source(value, Place::Document(number))),
            }
        }
        let error = is_empty.then(|| SourceError::Empty(file.to_owned()));
        (sources, error)
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// A text at the top of the document.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.value.get(key).and_then(Value::as_str)
    }

    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.value.get("metadata").and_then(|metadata| metadata.get(key)).and_then(Value::as_str)
    }

    /// What it is called: its kind, and its name in quotes.
    pub(super) fn title(&self) -> String {
        match (self.text("kind"), self.metadata("name")) {
            (Some(kind), Some(name)) => format!("{kind} `{name}`"),
            (Some(kind), None) => format!("{kind} without a name"),
            (None, _) => "settings".to_owned(),
        }
    }

    /// Where it stands, and what it is called.
    pub(super) fn place(&self) -> String {
        match (self.place, self.text("kind")) {
            (Place::Document(number), None) => format!("`{}`, document {number}", self.file),
            (Place::Document(number), Some(_)) => {
                format!("`{}`, document {number}, {}", self.file, self.title())
            }
            (Place::Item(_), _) => format!("`{}`, {}", self.file, self.title()),
        }
    }

    pub(super) fn origin(&self) -> String {
        match (self.place, self.text("kind")) {
            (Place::Document(number), Some(_)) => {
                format!("{} ({}, document {number})", self.title(), self.file)
            }
            (Place::Document(number) | Place::Item(number), None) => {
                format!("{}, document {number}", self.file)
            }
            (Place::Item(_), Some(_)) => format!("{} ({})", self.title(), self.file),
        }
    }
}
