//! JSON strings (RFC 8259 §7): what may be escaped, and what they say.

use crate::NotJson;
use std::borrow::Cow;

/// Whether the byte at that place, which no quote and no backslash is, may follow a backslash.
pub(crate) fn check_escape(text: &[u8], at: usize) -> Result<(), NotJson> {
    let is_valid = match text.get(at) {
        Some(b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
        Some(b'u') => {
            text.get(at + 1..at + 5).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        }
        _ => false,
    };
    if is_valid { Ok(()) } else { Err(NotJson::Syntax { at }) }
}

/// What a valid string without its quotes says; none when half a surrogate pair is in it, which is no
/// character.
pub(crate) fn unescape(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains('\\') {
        return Some(Cow::Borrowed(raw));
    }
    let mut text = String::with_capacity(raw.len());
    let mut parts = raw.split('\\');
    text.push_str(parts.next()?);
    while let Some(part) = parts.next() {
        let mut rest = part.chars();
        match rest.next() {
            // An escaped backslash: what follows the second one is plain.
            None => {
                text.push('\\');
                text.push_str(parts.next()?);
                continue;
            }
            Some('u') => {
                let mut code = code_unit(part)?;
                let mut after = part.get(5..)?;
                if (0xd800..0xdc00).contains(&code) && after.is_empty() {
                    let second = parts.next()?;
                    let low = code_unit(second).filter(|low| (0xdc00..0xe000).contains(low))?;
                    code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    after = second.get(5..)?;
                }
                text.push(char::from_u32(code)?);
                rest = after.chars();
            }
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some(other) => text.push(other),
        }
        text.push_str(rest.as_str());
    }
    Some(Cow::Owned(text))
}

/// The number that `uXXXX` stands for.
fn code_unit(part: &str) -> Option<u32> {
    u32::from_str_radix(part.strip_prefix('u')?.get(..4)?, 16).ok()
}
