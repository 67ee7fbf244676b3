//! What a text must be: a text, or a pattern with stars.

use super::steps::{OutOfSteps, Steps};
use super::subject_pattern::SubjectPattern;
use super::wildcard::Wildcard;
use std::fmt;

/// What a text must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPattern {
    /// This text.
    Exactly(String),
    /// Any text that matches.
    Pattern(Wildcard),
    /// A text that names who built an image or from what, and matches as an identity does.
    Subject(SubjectPattern),
}

impl TextPattern {
    /// The pattern of any text, if it has a star; else that text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.contains('*') {
            Self::Pattern(Wildcard::new(text))
        } else {
            Self::Exactly(text.to_owned())
        }
    }

    /// Whether the text matches, told in no more steps than are left.
    pub(crate) fn matches_within(&self, text: &str, steps: &Steps) -> Result<bool, OutOfSteps> {
        match self {
            Self::Exactly(exact) => Ok(exact == text),
            Self::Pattern(pattern) => pattern.matches_within(text, steps),
            Self::Subject(pattern) => pattern.matches_within(text, steps),
        }
    }
}

impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(exact) => f.write_str(exact),
            Self::Pattern(pattern) => pattern.fmt(f),
            Self::Subject(pattern) => pattern.fmt(f),
        }
    }
}
