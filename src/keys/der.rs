//! DER (ITU-T X.690) one level at a time: enough to find a key or a date in its place.
//!
//! *Why not typed structures?* A whole certificate, read by types, would be a tenth of the module, and
//! the host reads it again in any case.

use der::asn1::AnyRef;
use der::{Decode, Reader, Result, SliceReader, Tag};

/// A value, after which nothing may follow.
pub(crate) fn element(bytes: &[u8]) -> Result<AnyRef<'_>> {
    AnyRef::from_der(bytes)
}

/// The elements of a SEQUENCE, after which nothing may follow.
pub(crate) fn sequence(bytes: &[u8]) -> Result<Vec<AnyRef<'_>>> {
    elements(element(bytes)?)
}

/// The elements of a SEQUENCE.
pub(crate) fn elements(sequence: AnyRef<'_>) -> Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(contents(sequence, Tag::Sequence)?)?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader)?);
    }
    Ok(elements)
}

/// The contents of a value of that type.
pub(crate) fn contents(value: AnyRef<'_>, tag: Tag) -> Result<&[u8]> {
    der::Tagged::tag(&value).assert_eq(tag)?;
    Ok(value.value())
}
