//! What is wrong with the settings, and where.
//!
//! *How does an issue know its place?* It is made where a value is read, and every reader on its way out adds
//! what it was reading: a key or a position. Nothing is told of places as long as nothing is wrong.

use crate::suggestion;
use serde::de::{self, Expected, Unexpected};
use std::fmt;

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(Vec<SettingsIssue>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsIssue {
    /// Where: `signatures[0].pubKeys[1]`; empty for the settings as a whole.
    pub path: String,
    /// What.
    pub message: String,
}

pub(super) const TWICE: &str = "occurs twice";

impl SettingsIssue {
    /// Something about the value at hand.
    #[cold]
    #[inline(never)]
    pub(super) fn new(message: impl fmt::Display) -> Self {
        Self { path: String::new(), message: message.to_string() }
    }

    /// That value stands under this key.
    #[cold]
    #[inline(never)]
    pub(super) fn under(self, key: impl fmt::Display) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Self { path: format!("{key}{dot}{}", self.path), ..self }
    }

    /// It stands at this position of a list.
    pub(super) fn at(self, index: usize) -> Self {
        self.under(format_args!("[{index}]"))
    }
}

impl de::Error for SettingsIssue {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message)
    }

    /// What was found is left out: serde's words for it would bring all that writes floating-point numbers.
    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!("must be {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!("must be {expected}"))
    }

    fn unknown_variant(given: &str, known: &'static [&'static str]) -> Self {
        Self::new(suggestion::instead_of("value", given, known))
    }

    fn unknown_field(given: &str, known: &'static [&'static str]) -> Self {
        Self::new(suggestion::instead_of("field", given, known)).under(given)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format_args!("`{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(TWICE).under(field)
    }
}

impl fmt::Display for SettingsIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for SettingsIssue {}

impl From<SettingsIssue> for SettingsError {
    fn from(issue: SettingsIssue) -> Self {
        Self(vec![issue])
    }
}

impl SettingsError {
    pub(super) fn unless_empty(issues: Vec<SettingsIssue>) -> Result<(), Self> {
        if issues.is_empty() { Ok(()) } else { Err(Self(issues)) }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, issue) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            issue.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_issues_are_told() {
        let wrong = vec!["{}"; 101].join(",");
        for settings in
            [format!(r#"{{"rules":[{wrong}]}}"#), format!(r#"{{"signatures":[{wrong}]}}"#)]
        {
            let error =
                crate::settings::read(serde_json::from_str(&settings).unwrap()).unwrap_err();
            assert_eq!(error.to_string().lines().count(), 100);
        }
    }

    #[test]
    fn paths_are_made_from_the_inside() {
        let issue = SettingsIssue::new("what").at(1).under("pubKeys").at(0).under("signatures");
        assert_eq!(issue.to_string(), "signatures[0].pubKeys[1]: what");
        assert_eq!(SettingsIssue::new("what").to_string(), "what");
        assert_eq!(SettingsIssue::new("what").under("a").under("b").to_string(), "b.a: what");
    }
}
