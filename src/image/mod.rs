//! What an image is called: references, digests, the names that one image goes by, and patterns of them.

pub mod containment;
pub(crate) mod digest;
pub(crate) mod error;
pub mod glob;
mod grams;
pub mod legacy_pattern;
pub mod names;
pub mod pattern;
mod pattern_parts;
pub mod reference;
mod spelling;
