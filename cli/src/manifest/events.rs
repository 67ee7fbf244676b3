//! The events of a YAML text, by libyaml.
//!
//! - Why libyaml? `kubectl` reads with go-yaml 2, which is libyaml in Go. Readers of YAML 1.2 take other texts
//!   and make other values of them. This one, `libyaml-rs`, is what `yaml_serde` reads with as well.
//! - Why unsafe? It is libyaml's own interface. All of it is in this file.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ops::{ControlFlow, Range};

use libyaml_rs::{
    YAML_ALIAS_EVENT, YAML_DOCUMENT_START_EVENT, YAML_DOUBLE_QUOTED_SCALAR_STYLE,
    YAML_FLOW_MAPPING_STYLE, YAML_FLOW_SEQUENCE_STYLE, YAML_MAPPING_END_EVENT,
    YAML_MAPPING_START_EVENT, YAML_PLAIN_SCALAR_STYLE, YAML_READER_ERROR, YAML_SCALAR_EVENT,
    YAML_SEQUENCE_END_EVENT, YAML_SEQUENCE_START_EVENT, YAML_STREAM_END_EVENT, YAML_UTF8_ENCODING,
    yaml_event_delete, yaml_event_t, yaml_parser_delete, yaml_parser_initialize, yaml_parser_parse,
    yaml_parser_set_encoding, yaml_parser_set_input_string, yaml_parser_t,
};

use super::Fault;

/// What a text consists of, as far as it matters.
pub(super) enum Event {
    DocumentStart,
    Scalar(Scalar, Anchor),
    Alias(String),
    List(Anchor, Layout),
    Map(Anchor, Layout),
    /// Of a list or a map.
    End,
}

pub(super) type Anchor = Option<String>;

/// How a list or a map is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// By its indentation.
    Block,
    /// Within `[…]` or `{…}`.
    Flow,
}

/// How a scalar is written.
#[derive(Clone, Copy)]
pub(super) enum Look {
    Plain,
    DoubleQuoted,
    Other,
}

/// A scalar as it is written.
pub(super) struct Scalar {
    pub(super) text: String,
    /// In its long form.
    pub(super) tag: Option<String>,
    /// Whether its look says what it means: it is plain, or its tag is `!`.
    pub(super) is_implicit: bool,
    pub(super) look: Look,
}

/// Hands each event to `take`, with its place, until that has enough.
///
/// # Errors
/// When the text is not YAML, or `take` says so.
#[expect(unsafe_code, reason = "libyaml's interface")]
pub(super) fn read(
    text: &str,
    mut take: impl FnMut(Event, Range<usize>) -> Result<ControlFlow<()>, Fault>,
) -> Result<(), Fault> {
    let mut parser = MaybeUninit::<yaml_parser_t>::uninit();
    let parser = parser.as_mut_ptr();
    // SAFETY: the parser stays where it is, and `text` is there, until it is deleted.
    unsafe {
        if yaml_parser_initialize(parser).fail {
            return Err(Fault::new("out of memory", 0));
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(parser, text.as_ptr(), text.len() as u64);
        let outcome = loop {
            let taken = match next(parser) {
                Ok(Some((event, range))) => take(event, range),
                Ok(None) => Ok(ControlFlow::Break(())),
                Err(fault) => Err(fault),
            };
            match taken {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break Ok(()),
                Err(fault) => break Err(fault),
            }
        };
        yaml_parser_delete(parser);
        outcome
    }
}

/// The next event; none at the end.
///
/// # Safety
/// The parser is initialised, and its input is there.
#[expect(unsafe_code, reason = "libyaml's interface")]
unsafe fn next(parser: *mut yaml_parser_t) -> Result<Option<(Event, Range<usize>)>, Fault> {
    let mut event = MaybeUninit::<yaml_event_t>::uninit();
    let event = event.as_mut_ptr();
    loop {
        // SAFETY: as the caller promises; an event is read only when there is one, and deleted once.
        unsafe {
            if yaml_parser_parse(parser, event).fail {
                return Err(fault(&*parser));
            }
            let range = offset((*event).start_mark.index)..offset((*event).end_mark.index);
            let is_end = (*event).type_ == YAML_STREAM_END_EVENT;
            let taken = copy(&*event);
            yaml_event_delete(event);
            match taken {
                Some(taken) => return Ok(Some((taken, range))),
                None if is_end => return Ok(None),
                None => {}
            }
        }
    }
}

/// What is wanted of an event, if anything.
///
/// # Safety
/// The event is one of libyaml's.
#[expect(unsafe_code, reason = "libyaml's interface")]
unsafe fn copy(event: &yaml_event_t) -> Option<Event> {
    // SAFETY: the type of an event says which of its data there are.
    unsafe {
        Some(match event.type_ {
            YAML_DOCUMENT_START_EVENT => Event::DocumentStart,
            YAML_ALIAS_EVENT => {
                Event::Alias(word(event.data.alias.anchor.cast()).unwrap_or_default())
            }
            YAML_SCALAR_EVENT => {
                let of = event.data.scalar;
                let bytes = std::slice::from_raw_parts(of.value.cast_const(), offset(of.length));
                let scalar = Scalar {
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    tag: word(of.tag.cast()),
                    is_implicit: of.plain_implicit,
                    look: match of.style {
                        YAML_PLAIN_SCALAR_STYLE => Look::Plain,
                        YAML_DOUBLE_QUOTED_SCALAR_STYLE => Look::DoubleQuoted,
                        _ => Look::Other,
                    },
                };
                Event::Scalar(scalar, word(of.anchor.cast()))
            }
            YAML_SEQUENCE_START_EVENT => {
                let of = event.data.sequence_start;
                Event::List(word(of.anchor.cast()), layout(of.style == YAML_FLOW_SEQUENCE_STYLE))
            }
            YAML_MAPPING_START_EVENT => {
                let of = event.data.mapping_start;
                Event::Map(word(of.anchor.cast()), layout(of.style == YAML_FLOW_MAPPING_STYLE))
            }
            YAML_SEQUENCE_END_EVENT | YAML_MAPPING_END_EVENT => Event::End,
            _ => return None,
        })
    }
}

fn layout(is_flow: bool) -> Layout {
    if is_flow { Layout::Flow } else { Layout::Block }
}

/// A text that ends with a zero, if there is one.
///
/// # Safety
/// It is libyaml's.
#[expect(unsafe_code, reason = "libyaml's interface")]
unsafe fn word(start: *const c_char) -> Option<String> {
    // SAFETY: as the caller promises.
    (!start.is_null()).then(|| unsafe { CStr::from_ptr(start) }.to_string_lossy().into_owned())
}

#[expect(unsafe_code, reason = "libyaml's interface")]
fn fault(parser: &yaml_parser_t) -> Fault {
    let at = match parser.error {
        YAML_READER_ERROR => parser.problem_offset,
        _ => parser.problem_mark.index,
    };
    // SAFETY: both are texts that libyaml is built with.
    let (context, problem) = unsafe { (word(parser.context.cast()), word(parser.problem.cast())) };
    let parts: Vec<String> = context.into_iter().chain(problem).collect();
    let reason = if parts.is_empty() { "it is not YAML".to_owned() } else { parts.join(", ") };
    Fault::new(reason, offset(at))
}

fn offset(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
