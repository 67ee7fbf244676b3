//! One part of a YAML text → its document.
//!
//! - What if a part holds several documents (after `...`)? `kubectl` reads the first and says nothing of the
//!   others. That is refused.
//! - And what `kubectl` does before go-yaml reads? It ends the last line, and drops the carriage return of each.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::rc::Rc;

use super::events::{self, Anchor, Event, Layout};
use super::tree::{MAX_DEPTH, Node};
use super::written::{Content, Written};
use super::{Doubled, Fault, dialect, resolve};

const MORE: &str =
    "`...` ends a document, and kubectl reads nothing after it: start the next one with `---`";

/// Reads the document of a part; none when it holds comments alone.
///
/// # Errors
/// When it is not YAML, or not what `kubectl` reads.
pub(super) fn read(
    text: &str,
    part: Range<usize>,
    doubled: Doubled,
) -> Result<Option<Rc<Node>>, Fault> {
    let written = text.get(part.clone()).unwrap_or_default();
    let content = written.strip_prefix(dialect::MARK).unwrap_or(written);
    let start = part.end - content.len();
    let within = |fault: Fault| Fault { at: fault.at + start, ..fault };
    dialect::refuse_text(content).map_err(within)?;
    let document = if content.ends_with('\n') {
        load(content, start)
    } else {
        load(&format!("{content}\n"), start)
    };
    document.map_err(within)?.map(|tree| resolve::resolve(&tree, doubled)).transpose()
}

/// The document, placed as if the text began at `start`; faults are placed in the text.
fn load(text: &str, start: usize) -> Result<Option<Rc<Written>>, Fault> {
    let mut loader = Loader { start, ..Loader::default() };
    events::read(text, |event, range| {
        let written = text.get(range.start..).unwrap_or_default();
        let is_in_flow = loader.open.last().is_some_and(|open| open.layout == Layout::Flow);
        dialect::refuse_event(&event, is_in_flow, written, range.start)?;
        loader.take(event, range)
    })?;
    Ok(loader.document)
}

#[derive(Default)]
struct Loader {
    start: usize,
    open: Vec<Open>,
    anchors: HashMap<String, Rc<Written>>,
    document: Option<Rc<Written>>,
}

/// A list or a map whose end has not been read yet.
struct Open {
    start: usize,
    anchor: Anchor,
    layout: Layout,
    items: Items,
}

enum Items {
    List(Vec<Rc<Written>>),
    Map(Vec<(Rc<Written>, Rc<Written>)>, Option<Rc<Written>>),
}

impl Loader {
    fn take(&mut self, event: Event, range: Range<usize>) -> Result<ControlFlow<()>, Fault> {
        let fault = |reason: &str| Err(Fault::new(reason, range.start));
        match event {
            Event::DocumentStart if self.document.is_some() => return fault(MORE),
            Event::DocumentStart => {}
            Event::Scalar(scalar, anchor) => self.place(Content::Scalar(scalar), range, anchor),
            Event::Alias(name) => match self.anchors.get(&name) {
                Some(node) => self.place(Content::Alias(Rc::clone(node)), range, None),
                None => return fault(&format!("`*{name}` has no anchor before it")),
            },
            Event::List(anchor, layout) => {
                self.open(Open {
                    start: range.start,
                    anchor,
                    layout,
                    items: Items::List(Vec::new()),
                });
            }
            Event::Map(anchor, layout) => {
                let items = Items::Map(Vec::new(), None);
                self.open(Open { start: range.start, anchor, layout, items });
            }
            Event::End => self.close(range.end),
        }
        if self.open.len() > MAX_DEPTH {
            return Err(Fault::new(
                "nested too deeply",
                self.open.last().map_or(0, |open| open.start),
            ));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn open(&mut self, open: Open) {
        // An anchor is known from its start on: within its own value, it is not that of an earlier one.
        if let Some(name) = &open.anchor {
            self.anchors.remove(name);
        }
        self.open.push(open);
    }

    fn close(&mut self, end: usize) {
        let Some(Open { start, anchor, items, .. }) = self.open.pop() else { return };
        let content = match items {
            Items::List(items) => Content::List(items),
            Items::Map(entries, _) => Content::Map(entries),
        };
        // One of the same name within the value began later, and stays.
        let anchor = anchor.filter(|name| !self.anchors.contains_key(name));
        self.place(content, start..end, anchor);
    }

    fn place(&mut self, content: Content, range: Range<usize>, anchor: Anchor) {
        let range = range.start + self.start..range.end + self.start;
        let node = Rc::new(Written { content, range });
        if let Some(name) = anchor {
            self.anchors.insert(name, Rc::clone(&node));
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.document = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map(entries, key)) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
    }
}
