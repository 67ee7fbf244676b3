//! Bytes → text: the one way in for every file that a user writes.
//!
//! - What is read? UTF-8, with or without a byte order mark. Anything else is refused by its name: read as
//!   something else, it would say something else.
//! - And manifests? `kubectl` reads UTF-16 as well where a mark says so
//!   ([`FileVisitor`](https://github.com/kubernetes/cli-runtime/blob/v0.34.1/pkg/resource/visitor.go)), which is
//!   what Windows writes by `>`. So does [`manifest`].

use std::io;
use std::path::Path;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const SAVE: &str = "save it as UTF-8";

/// How a text was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As everybody does.
    Utf8,
    /// With a byte order mark before it.
    MarkedUtf8,
    /// With a byte order mark, in either order.
    Utf16,
}

/// Why bytes are not read as text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// They are another encoding of Unicode's.
    #[error("it is {name}: {SAVE}")]
    Other {
        /// What it is called.
        name: &'static str,
    },
    /// They are none of Unicode's encodings.
    #[error("line {line} is not UTF-8: {SAVE}")]
    Invalid {
        /// From 1.
        line: usize,
    },
}

/// Reads a file; `-` is standard input.
///
/// # Errors
/// When the system refuses, or it is not text.
pub fn read(path: &Path) -> io::Result<String> {
    decode(bytes(path)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The bytes of a file; `-` is standard input.
pub(crate) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::stdin(), &mut bytes)?;
    Ok(bytes)
}

/// The text, without its mark.
///
/// # Errors
/// When it is not UTF-8.
pub fn decode(bytes: Vec<u8>) -> Result<String, NotText> {
    if let Some(name) = other(&bytes) {
        return Err(NotText::Other { name });
    }
    let bytes = bytes.strip_prefix(UTF8_MARK).map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        NotText::Invalid { line: valid.split(|byte| *byte == b'\n').count() }
    })
}

/// The text of a manifest, without its mark.
///
/// # Errors
/// When it is neither UTF-8 nor marked UTF-16.
pub fn manifest(bytes: Vec<u8>) -> Result<(String, Encoding), NotText> {
    let units: fn([u8; 2]) -> u16 = match bytes.as_slice() {
        [0xff, 0xfe, 0, 0, ..] => return decode(bytes).map(|text| (text, Encoding::Utf8)),
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => {
            let is_marked = bytes.starts_with(UTF8_MARK);
            let encoding = if is_marked { Encoding::MarkedUtf8 } else { Encoding::Utf8 };
            return decode(bytes).map(|text| (text, encoding));
        }
    };
    let (pairs, rest) = bytes.as_chunks();
    let text: Result<String, _> =
        char::decode_utf16(pairs.iter().skip(1).map(|pair| units(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok((text, Encoding::Utf16)),
        Ok(_) | Err(_) => Err(NotText::Other { name: "UTF-16 that is cut off or broken" }),
    }
}

/// The name of an encoding that is not UTF-8, by its mark, or by the zeros that plain text has none of.
fn other(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..]
        | [0, 0, 0xfe, 0xff, ..]
        | [0, 0, 0, 1..=255, ..]
        | [1..=255, 0, 0, 0, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [0, 1..=255, ..] | [1..=255, 0, ..] => Some("UTF-16 without a byte order mark"),
        _ => None,
    }
}

impl Encoding {
    /// What stood before the text.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf16 => "",
            Self::MarkedUtf8 => "\u{feff}",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn utf32(text: &str) -> Vec<u8> {
        text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
    }

    #[test]
    fn encodings_are_told_by_their_names() {
        let (le, be) = (u16::to_le_bytes, u16::to_be_bytes);
        let taken = Ok("a: é\n");
        let refused = Err("it is UTF-16: save it as UTF-8");
        let rows = [
            ("a: é\n".as_bytes().to_vec(), taken, taken),
            ("\u{feff}a: é\n".as_bytes().to_vec(), taken, taken),
            (Vec::new(), Ok(""), Ok("")),
            (utf16("\u{feff}a: é\n", le), refused, taken),
            (utf16("\u{feff}a: é\n", be), refused, taken),
            (
                utf16("a: é\n", le),
                Err("it is UTF-16 without a byte order mark: save it as UTF-8"),
                Err("it is UTF-16 without a byte order mark: save it as UTF-8"),
            ),
            (
                utf16("a: é\n", be),
                Err("it is UTF-16 without a byte order mark: save it as UTF-8"),
                Err("it is UTF-16 without a byte order mark: save it as UTF-8"),
            ),
            (
                utf16("\u{feff}a", le).into_iter().chain([0x41]).collect(),
                refused,
                Err("it is UTF-16 that is cut off or broken: save it as UTF-8"),
            ),
            (
                utf32("\u{feff}a"),
                Err("it is UTF-32: save it as UTF-8"),
                Err("it is UTF-32: save it as UTF-8"),
            ),
            (
                utf32("a"),
                Err("it is UTF-32: save it as UTF-8"),
                Err("it is UTF-32: save it as UTF-8"),
            ),
            (
                b"a\n\xe9\n".to_vec(),
                Err("line 2 is not UTF-8: save it as UTF-8"),
                Err("line 2 is not UTF-8: save it as UTF-8"),
            ),
        ];
        for (bytes, text, of_manifest) in rows {
            let told = |read: Result<String, NotText>| read.map_err(|error| error.to_string());
            let owned =
                |read: Result<&str, &str>| read.map(ToOwned::to_owned).map_err(ToOwned::to_owned);
            assert_eq!(told(decode(bytes.clone())), owned(text), "{bytes:?}");
            let read = manifest(bytes.clone()).map(|(text, _)| text);
            assert_eq!(told(read), owned(of_manifest), "{bytes:?}");
        }
    }

    #[test]
    fn marks_are_remembered() {
        let encoding = |bytes: &[u8]| manifest(bytes.to_vec()).unwrap().1;
        assert_eq!(encoding(b"a"), Encoding::Utf8);
        assert_eq!(encoding("\u{feff}a".as_bytes()), Encoding::MarkedUtf8);
        assert_eq!(encoding(&utf16("\u{feff}a", u16::to_be_bytes)), Encoding::Utf16);
    }
}
