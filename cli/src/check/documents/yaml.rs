//! YAML text → documents, by the events of `saphyr-parser`, which carry positions.
//!
//! - What if a document is broken? Those before it are read; the rest is a fault, with its line.
//! - Which tags count? `!!str`, which makes a text of anything; the others change nothing that a policy sees.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{Documents, Fault};
use crate::check::scalar::resolve;
use crate::check::tree::{MAX_DEPTH, Node, Value};

/// Reads every document of a text.
pub(super) fn read(text: &str) -> Documents {
    let mut loader = Loader { offsets: Offsets::of(text), ..Loader::default() };
    let mut fault = None;
    for event in Parser::new_from_str(text) {
        let outcome = match event {
            Ok((event, span)) => loader.take(event, span),
            Err(error) => {
                Err(Fault { reason: error.info().to_owned(), line: error.marker().line() })
            }
        };
        if let Err(stopped) = outcome {
            fault = Some(stopped);
            break;
        }
    }
    Documents { trees: loader.documents, fault }
}

#[derive(Default)]
struct Loader {
    offsets: Offsets,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    documents: Vec<Rc<Node>>,
}

/// A list or a map whose end has not been read yet.
struct Open {
    start: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    Map(Vec<(Rc<Node>, Rc<Node>)>, Option<Rc<Node>>),
}

impl Loader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let fault = |reason: &str| Fault { reason: reason.to_owned(), line: span.start.line() };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = value(&text, style, tag.as_deref());
                self.place(Rc::new(Node { value, range: self.offsets.range(span) }), anchor);
            }
            Event::Alias(anchor) => {
                let node = self
                    .anchors
                    .get(&anchor)
                    .ok_or_else(|| fault("an alias without its anchor"))?;
                self.place(Rc::clone(node), 0);
            }
            Event::SequenceStart(anchor, _) => self.open(Content::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => {
                self.open(Content::Map(Vec::new(), None), anchor, span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            // An anchor is known in its own document alone.
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => {}
        }
        if self.open.len() > MAX_DEPTH { Err(fault("nested too deeply")) } else { Ok(()) }
    }

    fn open(&mut self, content: Content, anchor: usize, span: Span) {
        self.open.push(Open { start: self.offsets.of_char(span.start.index()), anchor, content });
    }

    fn close(&mut self, span: Span) {
        let Some(Open { start, anchor, content }) = self.open.pop() else { return };
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map(entries, _) => Value::Map(entries),
        };
        let range = start..self.offsets.of_char(span.end.index());
        self.place(Rc::new(Node { value, range }), anchor);
    }

    fn place(&mut self, node: Rc<Node>, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.documents.push(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map(entries, key)) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
    }
}

fn value(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if style == ScalarStyle::Plain && !is_text {
        resolve(text)
    } else {
        Value::Text(text.to_owned())
    }
}

/// Where characters begin, in bytes: the parser counts characters.
#[derive(Default)]
struct Offsets(Option<Vec<usize>>);

impl Offsets {
    fn of(text: &str) -> Self {
        let starts = || text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self((!text.is_ascii()).then(starts))
    }

    fn of_char(&self, index: usize) -> usize {
        match &self.0 {
            None => index,
            Some(starts) => starts.get(index).or(starts.last()).copied().unwrap_or(index),
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        self.of_char(span.start.index())..self.of_char(span.end.index())
    }
}
