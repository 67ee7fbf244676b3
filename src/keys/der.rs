//! DER (ITU-T X.690) one level at a time: enough to find a key or a date in its place.
//!
//! *Why no library?* All that is read is a tag, a length and so many bytes. A library reads this with types for all of
//! ASN.1, which are ten times the code, and the host reads keys and certificates with one in any case.

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'d> {
    pub(crate) tag: u8,
    pub(crate) contents: &'d [u8],
    /// All of it, as it stands.
    pub(crate) encoded: &'d [u8],
}

/// A value, after which nothing may follow.
pub(crate) fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (element, rest) = first(bytes)?;
    rest.is_empty().then_some(element)
}

/// The elements of a SEQUENCE, after which nothing may follow.
pub(crate) fn sequence(bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    elements(element(bytes)?)
}

/// The elements of a SEQUENCE.
pub(crate) fn elements(sequence: Element<'_>) -> Option<Vec<Element<'_>>> {
    let mut left = contents(sequence, SEQUENCE)?;
    let mut elements = Vec::new();
    while !left.is_empty() {
        let (element, rest) = first(left)?;
        elements.push(element);
        left = rest;
    }
    Some(elements)
}

/// The contents of a value of that type.
pub(crate) fn contents(value: Element<'_>, tag: u8) -> Option<&[u8]> {
    (value.tag == tag).then_some(value.contents)
}

/// The first value, and what follows it. A tag of more than one byte, which nothing here has, is none.
fn first(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x84 => long_length(rest.split_at_checked(usize::from(length & 0x7f))?)?,
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    let (encoded, rest) = bytes.split_at_checked(bytes.len() - rest.len())?;
    Some((Element { tag, contents, encoded }, rest))
}

/// A length of several bytes, and what follows it. DER writes it in as few as it takes (§10.1).
fn long_length<'d>((bytes, rest): (&[u8], &'d [u8])) -> Option<(usize, &'d [u8])> {
    let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let is_shortest = length > 0x7f && bytes.first().is_some_and(|byte| *byte != 0);
    is_shortest.then_some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands for a length, how many bytes follow, and how long contents and all of it are.
    type Row<'r> = (&'r [u8], usize, Option<(usize, usize)>);

    #[test]
    fn lengths() {
        let of = |header: &[u8], length: usize| {
            let bytes = [&[OCTET_STRING], header, &vec![7; length]].concat();
            element(&bytes).map(|element| (element.contents.len(), element.encoded.len()))
        };
        let rows: [Row<'_>; 12] = [
            (&[0], 0, Some((0, 2))),
            (&[0x7f], 127, Some((127, 129))),
            (&[0x81, 0x80], 128, Some((128, 131))),
            (&[0x82, 1, 0], 256, Some((256, 260))),
            (&[0x83, 1, 0, 0], 65536, Some((65536, 65541))),
            // Not the shortest form, no length, or another one than there is.
            (&[0x81, 0x7f], 127, None),
            (&[0x82, 0, 0x80], 128, None),
            (&[0x80], 0, None),
            (&[0x85, 0, 0, 0, 1, 0], 256, None),
            (&[0x84, 0xff, 0xff, 0xff, 0xff], 3, None),
            (&[2], 1, None),
            (&[2], 3, None),
        ];
        for (header, length, expected) in rows {
            assert_eq!(of(header, length), expected, "{header:?}");
        }
        assert_eq!(element(&[]), None);
        assert_eq!(element(&[OCTET_STRING]), None);
        assert_eq!(element(&[0x1f, 0]), None);
    }

    #[test]
    fn elements_of_a_sequence() {
        let tags = |bytes: &[u8]| -> Option<Vec<u8>> {
            Some(sequence(bytes)?.iter().map(|element| element.tag).collect())
        };
        assert_eq!(tags(&[0x30, 5, 2, 1, 9, 4, 0]), Some(vec![INTEGER, OCTET_STRING]));
        assert_eq!(tags(&[0x30, 0]), Some(vec![]));
        assert_eq!(tags(&[0x31, 0]), None);
        assert_eq!(tags(&[0x30, 3, 2, 2, 9]), None);
        assert_eq!(tags(&[0x30, 0, 0]), None);
    }
}
