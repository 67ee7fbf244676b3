//! What is refused of a report: findings and packages, how many, and what the first of them are called.

use super::severities::Counts;
use crate::policy::report::Severity;

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

impl RefusedFindings {
    pub(super) fn add(&mut self, severity: Severity, has_fix: bool, name: impl FnOnce() -> String) {
        let before = self.counts.at_least(severity) as usize;
        self.counts.add(severity);
        self.are_fixed &= has_fix;
        if before < MAX_NAMED {
            self.named.insert(before, name());
            self.named.truncate(MAX_NAMED);
        }
    }
}

/// The packages that are refused, by name or by licence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedPackages {
    /// How many.
    pub count: usize,
    /// What the first of them are called.
    pub first: Vec<String>,
}

impl RefusedPackages {
    pub(super) fn add(&mut self, name: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(name());
        }
    }
}
