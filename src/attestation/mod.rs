//! Stage 4: what a signed report says, and whether that is enough.
//!
//! *How is a report read?* Once, as it comes, along the paths that its conditions look at ([`paths`], [`walk`]): what is
//! not on them is skipped, and nothing of it is kept but what a message will name. A condition is a file here: it has
//! the table of its paths, and takes the values found there one after the other.
//!
//! *Does the order of keys matter?* No. Hosts write them in the order of the alphabet, the predicate before its type: the
//! type that is asked for is known, and compared at the end.
//!
//! *What is null?* Absent.
//!
//! *And a report that says nothing of what is asked?* It is refused: of all conditions, `absent` alone holds without
//! its field.

mod fields;
mod findings;
mod image_config;
mod licenses;
mod marks;
mod package_url;
mod packages;
mod paths;
mod problem;
mod provenance;
#[cfg(not(target_family = "wasm"))]
mod reduce;
mod refused;
mod report;
mod sbom;
mod severities;
mod statement;
mod version;
mod walk;

/// How many steps the comparisons of one report's texts with patterns may take. Who writes a report chooses the texts, and
/// a text of 4 MiB may meet a pattern almost anywhere.
const MAX_STEPS: usize = 16_000_000;

/// What is said when they do not suffice.
const TOO_LONG: &str = "it takes too long to compare its texts with the patterns";

pub(crate) use image_config::evaluate_image;
pub(crate) use report::evaluate_answer;

pub use image_config::ImageProblem;
pub use problem::ReportProblem;
#[cfg(not(target_family = "wasm"))]
pub use reduce::reduce;
pub use report::{ReportSummary, evaluate, time_at};
