//! What is refused of a report: how much, and what the first of it is called.

use super::severities::Counts;

/// How much a message names.
const MAX_NAMED: usize = 3;

/// The findings that are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedFindings {
    /// How many.
    pub counts: Counts,
    /// Whether each of them has a fix.
    pub are_fixed: bool,
    /// Some of them, the gravest first, with their packages.
    pub named: Vec<String>,
}

/// How many of something there are, and what the first of them are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Vec<String>,
}

impl Named {
    pub(super) fn add(&mut self, name: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(name());
        }
    }
}
