//! A valid text and where its values stand. The grammar of RFC 8259 is checked here, without recursion: no
//! depth exhausts the stack.

use crate::masks::BLOCK;
use crate::scan::{Scan, Starts};
use crate::{Json, MAX_DEPTH, NotJson, string};

/// The text of one JSON value, checked, with the places of all values in it.
#[derive(Debug)]
pub struct Document<'t> {
    pub(crate) text: &'t str,
    /// Every value and every key, in the order of the text.
    pub(crate) values: Vec<Value>,
}

/// Where a value or a key stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The first one in the order of the text that is not in it.
    pub(crate) after: usize,
}

impl<'t> Document<'t> {
    /// Reads the text of one value.
    ///
    /// # Errors
    /// When it is not valid JSON, or too deeply nested.
    pub fn read(text: &'t str) -> Result<Self, NotJson> {
        let mut reader = Reader {
            bytes: text.as_bytes(),
            open: Vec::with_capacity(16),
            // A value or key takes some sixteen bytes in most objects. Made last, it grows in place.
            values: Vec::with_capacity(text.len() / 16 + 1),
            awaits: Awaits::Value,
            fault: None,
        };
        let mut scan = Scan::default();
        let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
        let mut last = [b' '; BLOCK];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        let mut base = 0;
        for block in blocks.iter().chain([&last]) {
            reader.block(base, &scan.block(block))?;
            base += BLOCK;
        }
        if scan.ends_in_string() || !reader.ends_at(text.len()) {
            return Err(reader.fault(text.len()));
        }
        Ok(Self { text, values: reader.values })
    }

    /// Reads the text of one value, in UTF-8.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn from_bytes(bytes: &'t [u8]) -> Result<Self, NotJson> {
        Self::read(std::str::from_utf8(bytes).map_err(NotJson::NotText)?)
    }

    /// The value that the text is.
    #[must_use]
    pub fn root(&self) -> Json<'_> {
        Json::new(self, 0)
    }
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Value,
    /// The first value of a list, or its end.
    ValueOrEnd,
    Key,
    /// The first key of an object, or its end.
    KeyOrEnd,
    Colon,
    /// What follows a value.
    Next,
}

/// An object or a list that has not ended yet.
struct Open {
    value: usize,
    closing: u8,
}

/// Reads tokens. What answers a flag answers whether the text is valid so far.
struct Reader<'t> {
    bytes: &'t [u8],
    values: Vec<Value>,
    open: Vec<Open>,
    awaits: Awaits,
    /// Why the text is not valid, when that is not the token at hand.
    fault: Option<NotJson>,
}

impl Reader<'_> {
    #[inline]
    fn block(&mut self, base: usize, starts: &Starts) -> Result<(), NotJson> {
        if starts.invalid != 0 {
            return Err(NotJson::Syntax { at: base + first(starts.invalid) });
        }
        let mut escaped = starts.escaped;
        while escaped != 0 {
            string::check_escape(self.bytes, base + first(escaped))?;
            escaped &= escaped - 1;
        }
        let mut tokens = starts.tokens;
        while tokens != 0 {
            let at = base + first(tokens);
            if !self.token(at) {
                return Err(self.fault(at));
            }
            tokens &= tokens - 1;
        }
        Ok(())
    }

    fn fault(&self, at: usize) -> NotJson {
        self.fault.unwrap_or(NotJson::Syntax { at })
    }

    #[inline]
    fn token(&mut self, at: usize) -> bool {
        match (self.bytes.get(at), self.awaits) {
            (Some(b':'), Awaits::Colon) => {
                self.awaits = Awaits::Value;
                self.end_scalar(at)
            }
            (Some(b','), Awaits::Next) => {
                let Some(open) = self.open.last() else { return false };
                self.awaits = if open.closing == b'}' { Awaits::Key } else { Awaits::Value };
                self.end_scalar(at)
            }
            (Some(b'"'), Awaits::Key | Awaits::KeyOrEnd) => {
                self.awaits = Awaits::Colon;
                self.start(at)
            }
            (Some(b'{'), Awaits::Value | Awaits::ValueOrEnd) => self.open(at, b'}'),
            (Some(b'['), Awaits::Value | Awaits::ValueOrEnd) => self.open(at, b']'),
            (Some(closing @ (b'}' | b']')), _) => self.close(at, *closing),
            (Some(_), Awaits::Value | Awaits::ValueOrEnd) => {
                self.awaits = Awaits::Next;
                self.start(at)
            }
            _ => false,
        }
    }

    /// A value or a key starts; where it ends is known when the next token does.
    #[inline]
    fn start(&mut self, at: usize) -> bool {
        let after = self.values.len() + 1;
        self.values.push(Value { start: at, end: 0, after });
        true
    }

    fn open(&mut self, at: usize, closing: u8) -> bool {
        if self.open.len() == MAX_DEPTH {
            self.fault = Some(NotJson::Depth);
            return false;
        }
        self.open.push(Open { value: self.values.len(), closing });
        self.awaits = if closing == b'}' { Awaits::KeyOrEnd } else { Awaits::ValueOrEnd };
        self.start(at)
    }

    fn close(&mut self, at: usize, closing: u8) -> bool {
        let is_expected = match (self.awaits, closing) {
            (Awaits::Next, _) => self.end_scalar(at),
            (Awaits::KeyOrEnd, b'}') | (Awaits::ValueOrEnd, b']') => true,
            _ => false,
        };
        let after = self.values.len();
        let open = self.open.pop().filter(|open| is_expected && open.closing == closing);
        let Some(value) = open.and_then(|open| self.values.get_mut(open.value)) else {
            return false;
        };
        (value.end, value.after) = (at + 1, after);
        self.awaits = Awaits::Next;
        true
    }

    /// The last value, unless it has ended already, ends before that place: most are strings that end just
    /// there.
    #[inline]
    fn end_scalar(&mut self, before: usize) -> bool {
        let Some(last) = self.values.last_mut() else { return false };
        if last.end != 0 {
            return true;
        }
        last.end = before;
        let (start, end) = (self.bytes.get(last.start), self.bytes.get(before.wrapping_sub(1)));
        start == Some(&b'"') && end == Some(&b'"') || self.end_other_scalar(before)
    }

    fn end_other_scalar(&mut self, before: usize) -> bool {
        let Some(last) = self.values.last_mut() else { return false };
        let scalar = self.bytes.get(last.start..before).unwrap_or_default().trim_ascii_end();
        last.end = last.start + scalar.len();
        if scalar.first() == Some(&b'"') || is_word(scalar) || is_number(scalar) {
            return true;
        }
        self.fault = Some(NotJson::Syntax { at: last.start });
        false
    }

    fn ends_at(&mut self, end: usize) -> bool {
        self.awaits == Awaits::Next && self.open.is_empty() && self.end_scalar(end)
    }
}

/// The place of the lowest bit.
#[inline]
fn first(bits: u64) -> usize {
    bits.trailing_zeros() as usize
}

fn is_word(text: &[u8]) -> bool {
    matches!(text, b"true" | b"false" | b"null")
}

/// RFC 8259 §6: `[ minus ] int [ frac ] [ exp ]`.
fn is_number(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let after_int = match unsigned.strip_prefix(b"0") {
        Some(rest) => Some(rest),
        None => after_digits(unsigned),
    };
    let after_frac = match after_int {
        Some([b'.', rest @ ..]) => after_digits(rest),
        other => other,
    };
    match after_frac {
        Some([b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..]) => {
            after_digits(rest) == Some(&[])
        }
        rest => rest == Some(&[]),
    }
}

/// What comes after the digits; there is at least one.
fn after_digits(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(count..).filter(|_| count > 0)
}
