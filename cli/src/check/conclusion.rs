//! What a run comes to, and what it must come to.

use schemars::JsonSchema;
use serde::Serialize;

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// Everything is accepted: exit code 0.
    Accepted,
    /// Something is rejected: exit code 1.
    Rejected,
    /// Nothing is rejected, but something was not checked: exit code 3.
    #[serde(rename = "not checked")]
    Unchecked,
}

/// What a run must come to, apart from what the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    /// Every object that holds images is reviewed.
    pub reviews: bool,
    /// At least one object or image is.
    pub something: bool,
    /// A rule, or an exemption, is about every image.
    pub rules: bool,
}

impl Default for Demands {
    fn default() -> Self {
        Self { reviews: true, something: true, rules: false }
    }
}
