//! A text, or a pattern of texts: `*` is any number of characters but no `/`, `**` any number of any characters.

use super::subject_pattern::SubjectPattern;
use std::fmt;

/// A text, or a pattern of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPattern {
    /// It has no star, and is compared as it stands.
    Exactly(String),
    /// It has.
    Pattern(SubjectPattern),
}

impl TextPattern {
    /// The pattern that a text is.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.contains('*') {
            Self::Pattern(SubjectPattern::new(text))
        } else {
            Self::Exactly(text.to_owned())
        }
    }

    /// Whether the text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exactly(exact) => exact == text,
            Self::Pattern(pattern) => pattern.matches(text),
        }
    }
}

impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(exact) => f.write_str(exact),
            Self::Pattern(pattern) => pattern.fmt(f),
        }
    }
}
