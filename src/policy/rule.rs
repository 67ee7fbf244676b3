//! Rules: which images need whose signatures.
//!
//! A rule without images or without signers, or that asks for more signers than it names, cannot be built: the
//! constructors refuse it. Signers whom one signature would satisfy are told at set-up (`settings/check.rs`).

pub use super::trust::{AnyOf, EmptyTrust, Enforcement, Trust};

use super::place::{Place, place_in};
use super::requirements::Requirements;
use crate::image::containment::coverage;
use crate::image::legacy_pattern::LegacyPattern;
use crate::image::names::ImageNames;
use crate::image::pattern::{ImagePattern, Match};
use crate::policy::signer::Signer;
use crate::text::clip;
use std::fmt;

/// Which images need whose signatures.
#[derive(Debug)]
pub struct Rule {
    /// Where it stands in the settings.
    pub place: Place,
    /// What messages call it.
    pub name: RuleName,
    /// Which images it is about.
    pub matcher: ImageMatcher,
    /// What becomes of an image that does not satisfy it.
    pub enforcement: Enforcement,
    /// Whose signatures it needs.
    pub trust: Trust,
    /// What it asks besides.
    pub requirements: Requirements,
}

impl Rule {
    /// Where one of its signers stands in the settings.
    #[must_use]
    pub fn place_of(&self, signer: &Signer) -> String {
        place_in(&self.place.to_string(), signer.place)
    }
}

/// What messages call a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleName {
    /// What the settings call it.
    Given(String),
    /// What it is called where the settings give it no name: `rule 1`, `signatures[0]`.
    Default(String),
}

impl RuleName {
    /// What a sentence calls it, with at most so many bytes of its name.
    #[must_use]
    pub(crate) fn in_words(&self, longest: usize) -> String {
        match self {
            Self::Given(name) => format!("rule `{}`", clip(name, longest)),
            Self::Default(name) => name.clone(),
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(name) | Self::Default(name) => f.write_str(name),
        }
    }
}

/// Which images a rule is about. There is at least one pattern.
#[derive(Debug)]
pub struct ImageMatcher(Patterns);

/// The patterns of one of the two languages.
#[derive(Debug)]
pub enum Patterns {
    /// Of `signatures`.
    Legacy(Vec<LegacyPattern>),
    /// Of `rules`.
    Images {
        /// Those that match,
        images: Vec<ImagePattern>,
        /// but for these.
        exclude: Vec<ImagePattern>,
    },
}

impl ImageMatcher {
    /// The patterns of `signatures`.
    ///
    /// # Errors
    /// When there is none.
    pub fn legacy(patterns: Vec<LegacyPattern>) -> Result<Self, EmptyTrust> {
        if patterns.is_empty() {
            return Err(EmptyTrust::NoImages);
        }
        Ok(Self(Patterns::Legacy(patterns)))
    }

    /// The patterns of `rules`: those that match, but for those excluded.
    ///
    /// # Errors
    /// When there is none, or all that match are excluded.
    pub fn patterns(
        images: Vec<ImagePattern>,
        exclude: Vec<ImagePattern>,
    ) -> Result<Self, EmptyTrust> {
        if images.is_empty() {
            return Err(EmptyTrust::NoImages);
        }
        if let Some(coverage) = coverage(&images, &exclude) {
            return Err(EmptyTrust::Excluded(coverage));
        }
        Ok(Self(Patterns::Images { images, exclude }))
    }

    /// Its patterns.
    #[must_use]
    pub fn as_patterns(&self) -> &Patterns {
        &self.0
    }

    /// How many patterns it has.
    pub(crate) fn patterns_count(&self) -> usize {
        match &self.0 {
            Patterns::Legacy(patterns) => patterns.len(),
            Patterns::Images { images, exclude } => images.len() + exclude.len(),
        }
    }

    /// Whether these are the patterns of `signatures`.
    pub(crate) fn is_legacy(&self) -> bool {
        matches!(self.0, Patterns::Legacy(_))
    }

    /// Whether one of its patterns looks at the digest.
    pub(crate) fn reads_digest(&self) -> bool {
        match &self.0 {
            Patterns::Legacy(patterns) => patterns.iter().any(LegacyPattern::reads_digest),
            Patterns::Images { images, exclude } => {
                images.iter().chain(exclude).any(ImagePattern::reads_digest)
            }
        }
    }

    /// Whether the rule is about that image. The tag beside a digest is believed.
    #[must_use]
    pub fn matches(&self, image: &ImageNames) -> bool {
        match &self.0 {
            Patterns::Legacy(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(image.spellings()))
            }
            Patterns::Images { images, exclude } => {
                let any = |patterns: &[ImagePattern], least| {
                    patterns.iter().any(|pattern| image.matched_by(pattern) >= least)
                };
                any(images, Match::Perhaps) && !any(exclude, Match::Claimed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::containment::Coverage;

    /// The settings refuse most of these before: here is what no reader of them can forget.
    #[test]
    fn what_trusts_nobody_or_is_about_nothing_cannot_be_built() {
        let signers = |count| {
            let settings = r#"{"rules": [{"images": ["**"], "allOf": [
                {"kind": "githubAction", "owner": "acme"}, {"kind": "githubAction", "owner": "other"}]}]}"#;
            let rules = crate::settings::read(serde_json::from_str(settings).unwrap()).unwrap();
            rules.rules.iter().flat_map(|rule| rule.trust.all_of()).take(count).cloned().collect()
        };
        let any_of = |minimum, count| AnyOf::new(minimum, signers(count)).map(|_| ());
        for (minimum, count) in [(0, 0), (0, 1), (1, 0), (2, 1), (3, 2)] {
            assert_eq!(any_of(minimum, count), Err(EmptyTrust::Minimum), "{minimum} of {count}");
        }
        assert_eq!((any_of(1, 1), any_of(2, 2)), (Ok(()), Ok(())));
        assert_eq!(Trust::new(Vec::new(), None).map(|_| ()), Err(EmptyTrust::NoSigners));
        let legacy = ImageMatcher::legacy(Vec::new()).map(|_| ());
        assert_eq!(legacy, Err(EmptyTrust::NoImages));
        let pattern = |text: &str| vec![ImagePattern::parse(text).unwrap()];
        let patterns = |images, exclude| ImageMatcher::patterns(images, exclude).map(|_| ());
        assert_eq!(patterns(Vec::new(), Vec::new()), Err(EmptyTrust::NoImages));
        let excluded = Err(EmptyTrust::Excluded(Coverage::Every));
        assert_eq!(patterns(pattern("ghcr.io/acme/**"), pattern("ghcr.io/**")), excluded);
        assert_eq!(patterns(pattern("ghcr.io/**"), pattern("ghcr.io/acme/**")), Ok(()));
    }
}
