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
            text,
            // A value or key takes some twenty bytes in most objects.
            values: Vec::with_capacity(text.len() / 16 + 1),
            open: Vec::new(),
            awaits: Awaits::Value,
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
        if scan.ends_in_string() {
            return Err(NotJson::Syntax { at: text.len() });
        }
        reader.finish()
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

struct Reader<'t> {
    text: &'t str,
    values: Vec<Value>,
    open: Vec<Open>,
    awaits: Awaits,
}

impl<'t> Reader<'t> {
    #[inline]
    fn block(&mut self, base: usize, starts: &Starts) -> Result<(), NotJson> {
        if starts.invalid != 0 {
            return Err(NotJson::Syntax { at: base + first(starts.invalid) });
        }
        let mut escaped = starts.escaped;
        while escaped != 0 {
            string::check_escape(self.text.as_bytes(), base + first(escaped))?;
            escaped &= escaped - 1;
        }
        let mut tokens = starts.tokens;
        while tokens != 0 {
            self.token(base + first(tokens))?;
            tokens &= tokens - 1;
        }
        Ok(())
    }

    fn token(&mut self, at: usize) -> Result<(), NotJson> {
        let fault = NotJson::Syntax { at };
        match self.text.as_bytes().get(at).ok_or(fault)? {
            b'{' => self.open(at, b'}'),
            b'[' => self.open(at, b']'),
            b':' if self.awaits == Awaits::Colon => {
                self.end_scalar(at)?;
                self.awaits = Awaits::Value;
                Ok(())
            }
            b',' if self.awaits == Awaits::Next => {
                self.end_scalar(at)?;
                self.awaits = match self.open.last().ok_or(fault)?.closing {
                    b'}' => Awaits::Key,
                    _ => Awaits::Value,
                };
                Ok(())
            }
            closing @ (b'}' | b']') => self.close(at, *closing),
            b'"' if matches!(self.awaits, Awaits::Key | Awaits::KeyOrEnd) => {
                self.start(at);
                self.awaits = Awaits::Colon;
                Ok(())
            }
            _ if matches!(self.awaits, Awaits::Value | Awaits::ValueOrEnd) => {
                self.start(at);
                self.awaits = Awaits::Next;
                Ok(())
            }
            _ => Err(fault),
        }
    }

    /// A value or a key starts; where it ends is known when the next token does.
    fn start(&mut self, at: usize) {
        let after = self.values.len() + 1;
        self.values.push(Value { start: at, end: 0, after });
    }

    fn open(&mut self, at: usize, closing: u8) -> Result<(), NotJson> {
        if !matches!(self.awaits, Awaits::Value | Awaits::ValueOrEnd) {
            return Err(NotJson::Syntax { at });
        }
        if self.open.len() == MAX_DEPTH {
            return Err(NotJson::Depth);
        }
        self.open.push(Open { value: self.values.len(), closing });
        self.start(at);
        self.awaits = if closing == b'}' { Awaits::KeyOrEnd } else { Awaits::ValueOrEnd };
        Ok(())
    }

    fn close(&mut self, at: usize, closing: u8) -> Result<(), NotJson> {
        let fault = NotJson::Syntax { at };
        let open = self.open.pop().filter(|open| open.closing == closing).ok_or(fault)?;
        match self.awaits {
            Awaits::Next => self.end_scalar(at)?,
            Awaits::KeyOrEnd | Awaits::ValueOrEnd => {}
            Awaits::Value | Awaits::Key | Awaits::Colon => return Err(fault),
        }
        let after = self.values.len();
        let value = self.values.get_mut(open.value).ok_or(fault)?;
        (value.end, value.after) = (at + 1, after);
        self.awaits = Awaits::Next;
        Ok(())
    }

    /// The last value, unless it has ended already, ends before that place.
    fn end_scalar(&mut self, before: usize) -> Result<(), NotJson> {
        let Some(last) = self.values.last_mut().filter(|value| value.end == 0) else {
            return Ok(());
        };
        let at = last.start;
        let text = self.text.get(at..before).unwrap_or_default().trim_ascii_end();
        last.end = at + text.len();
        if text.starts_with('"') || is_word(text) || is_number(text.as_bytes()) {
            Ok(())
        } else {
            Err(NotJson::Syntax { at })
        }
    }

    fn finish(mut self) -> Result<Document<'t>, NotJson> {
        let end = self.text.len();
        if self.awaits != Awaits::Next || !self.open.is_empty() {
            return Err(NotJson::Syntax { at: end });
        }
        self.end_scalar(end)?;
        Ok(Document { text: self.text, values: self.values })
    }
}

/// The place of the lowest bit.
#[inline]
fn first(bits: u64) -> usize {
    bits.trailing_zeros() as usize
}

fn is_word(text: &str) -> bool {
    matches!(text, "true" | "false" | "null")
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
