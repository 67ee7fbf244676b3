//! Stage 3: what is asked of an image.

pub(crate) mod overlap;
pub mod pinning;
pub mod place;
pub mod plan;
pub mod platform;
pub mod predicate_type;
pub mod report;
pub mod requirements;
pub mod rule;
pub mod signer;
pub(crate) mod steps;
pub mod subject_pattern;
pub mod text_pattern;
pub mod trust;
pub mod wildcard;
