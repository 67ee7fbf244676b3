//! Which rules are read: at a request, those that may match one of its images.

use crate::image::names::NamedImages;
use crate::json::{pick, strings};
use crate::policy::rule::ImageMatcher;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Which rules are read.
#[derive(Clone, Copy, Debug)]
pub enum RuleFilter<'w> {
    /// All of them.
    All,
    /// Those that match one of these images.
    For(&'w NamedImages<'w>),
}

impl RuleFilter<'_> {
    pub(super) fn includes(self, matcher: &ImageMatcher) -> bool {
        match self {
            Self::All => true,
            Self::For(images) => {
                // What a pattern makes of a digest is seen when there is one.
                matcher.reads_digest() || images.any(|image| matcher.matches(image))
            }
        }
    }

    /// Whether a rule can match, by what its patterns begin with: none is parsed yet. Where these cannot be
    /// told, what is wrong is told later.
    pub(super) fn may_include(self, rule: &RawValue) -> bool {
        let Self::For(images) = self else { return true };
        let Some(patterns) = strings_in(rule, "images") else { return true };
        patterns.iter().any(|pattern| images.may_match(pattern))
    }
}

/// The strings in the list under that key; none where there is no such thing.
fn strings_in<'s>(object: &'s RawValue, key: &'static str) -> Option<Vec<Cow<'s, str>>> {
    let [list] = pick(object, [key]).ok()?;
    strings(list?).filter(|strings| !strings.is_empty())
}
