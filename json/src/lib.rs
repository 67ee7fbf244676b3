//! JSON that is checked once and then read where it stands, without decoding what nobody asks for.
//!
//! *How?* One pass over a text finds where every value starts and ends ([`Document`]), sixteen bytes at a time;
//! from then on a value, however large, is passed in one step, and nothing can be invalid any more.
//!
//! *Which of two equal keys counts?* Neither: two readers could take such a text for two different
//! objects, so looking for the key is an error.

mod document;
mod masks;
mod scan;
mod string;
mod write;

pub use document::Document;
pub use write::Writer;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::Utf8Error;

/// The deepest nesting: the API server's decoder stops there (`maxNestingDepth` of Go's `encoding/json`).
pub const MAX_DEPTH: usize = 10_000;

/// Why a text is not a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJson {
    /// It is no text.
    NotText(Utf8Error),
    /// It is not valid.
    Syntax {
        /// At this byte.
        at: usize,
    },
    /// It is nested more than [`MAX_DEPTH`] deep.
    Depth,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText(error) => error.fmt(f),
            Self::Syntax { at } => write!(f, "it is not valid JSON at byte {at}"),
            Self::Depth => write!(f, "it is nested more than {MAX_DEPTH} levels deep"),
        }
    }
}

impl std::error::Error for NotJson {}

/// Why the members of a value cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMember {
    /// It is no object.
    NotAnObject,
    /// It has two of this name.
    Twice(&'static str),
}

impl fmt::Display for NoMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("it is not a JSON object"),
            Self::Twice(name) => write!(f, "`{name}` stands there twice"),
        }
    }
}

impl std::error::Error for NoMember {}

/// A value of a document.
#[derive(Clone, Copy)]
pub struct Json<'d> {
    document: &'d Document<'d>,
    at: usize,
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl<'d> Json<'d> {
    pub(crate) fn new(document: &'d Document<'d>, at: usize) -> Self {
        Self { document, at }
    }

    /// Where it stands in the text of the document.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.value().map_or(0..0, |value| value.start..value.end)
    }

    /// The text, as it was written.
    #[must_use]
    pub fn text(self) -> &'d str {
        self.document.text.get(self.range()).unwrap_or_default()
    }

    /// What a string says; none when it is no string, or has half a surrogate pair in it.
    #[must_use]
    pub fn string(self) -> Option<Cow<'d, str>> {
        string::unescape(self.text().strip_prefix('"')?.strip_suffix('"')?)
    }

    /// True or false.
    #[must_use]
    pub fn flag(self) -> Option<bool> {
        match self.text() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.text() == "null"
    }

    /// The elements of a list.
    #[must_use]
    pub fn elements(self) -> Option<impl Iterator<Item = Self>> {
        self.starts_with(b'[').then(|| self.parts())
    }

    /// The keys and values of an object, as they stand.
    #[must_use]
    pub fn entries(self) -> Option<impl Iterator<Item = (Self, Self)>> {
        let mut parts = self.starts_with(b'{').then(|| self.parts())?;
        Some(std::iter::from_fn(move || Some((parts.next()?, parts.next()?))))
    }

    /// The keys and values of an object. Half a surrogate pair in a key reads as U+FFFD, as the API server's
    /// decoder reads it.
    #[must_use]
    pub fn members(self) -> Option<impl Iterator<Item = (Cow<'d, str>, Self)>> {
        let said = |key: Self| key.string().unwrap_or(Cow::Borrowed("\u{fffd}"));
        Some(self.entries()?.map(move |(key, value)| (said(key), value)))
    }

    /// The values of these keys. Null is absence, as it is to the API server's decoder.
    ///
    /// # Errors
    /// When it is no object, or has one of these keys twice.
    pub fn pick<const N: usize>(
        self,
        names: [&'static str; N],
    ) -> Result<[Option<Self>; N], NoMember> {
        let mut picked = [None; N];
        self.pick_into(&names, &mut picked)?;
        Ok(picked)
    }

    fn pick_into(
        self,
        names: &[&'static str],
        picked: &mut [Option<Self>],
    ) -> Result<(), NoMember> {
        for (key, value) in self.members().ok_or(NoMember::NotAnObject)? {
            for (name, picked) in names.iter().zip(&mut *picked) {
                if *name == key && picked.replace(value).is_some() {
                    return Err(NoMember::Twice(name));
                }
            }
        }
        for value in picked {
            *value = value.filter(|value| !value.is_null());
        }
        Ok(())
    }

    /// The elements of a list, or the keys and values of an object in turns.
    fn parts(self) -> impl Iterator<Item = Self> {
        let end = self.value().map_or(0, |value| value.after);
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            let part = Self { at: next, ..self };
            next = part.value().filter(|_| next < end)?.after;
            Some(part)
        })
    }

    fn starts_with(self, byte: u8) -> bool {
        self.document.text.as_bytes().get(self.range().start) == Some(&byte)
    }

    fn value(self) -> Option<&'d document::Value> {
        self.document.values.get(self.at)
    }
}

#[cfg(test)]
mod tests;
