//! Severities, as scanners write them, and how many findings have which.

use crate::policy::report::Severity;
use Severity::{Critical, High, Low, Medium, Negligible, Unknown};
use std::fmt;

impl Severity {
    /// Every severity, the gravest first.
    pub const ALL: [Self; 6] = [Critical, High, Medium, Low, Negligible, Unknown];

    /// What scanners and settings call it. Trivy writes capitals, grype `Critical`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Critical => "CRITICAL",
            High => "HIGH",
            Medium => "MEDIUM",
            Low => "LOW",
            Negligible => "NEGLIGIBLE",
            Unknown => "UNKNOWN",
        }
    }

    /// What a scanner means; whatever it may be, it is not known.
    pub(super) fn read(text: &str) -> Self {
        let named = Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(text));
        named.unwrap_or(Unknown)
    }
}

/// How many findings have which severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u32; 6]);

impl Counts {
    pub(super) fn add(&mut self, severity: Severity) {
        for (count, known) in self.0.iter_mut().zip(Severity::ALL) {
            *count += u32::from(known == severity);
        }
    }

    /// How many are as grave, or graver.
    pub(super) fn at_least(&self, severity: Severity) -> u32 {
        let counts = self.0.iter().zip(Severity::ALL);
        counts.filter(|(_, known)| *known >= severity).map(|(count, _)| count).sum()
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }
}

/// `2 CRITICAL, 14 HIGH`
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total() == 0 {
            return f.write_str("no findings");
        }
        let mut between = "";
        for (count, severity) in self.0.iter().zip(Severity::ALL).filter(|(count, _)| **count > 0) {
            write!(f, "{between}{count} {}", severity.name())?;
            between = ", ";
        }
        Ok(())
    }
}
