//! Rules: which images need whose signatures.
//!
//! A rule that every image satisfies, or that none can, cannot be built: the constructors refuse it.

use super::place::Place;
use crate::image::containment::{Coverage, coverage};
use crate::image::legacy_pattern::LegacyPattern;
use crate::image::names::ImageNames;
use crate::image::pattern::{ImagePattern, Match};
use crate::policy::signer::Signer;
use crate::text::clip;
use serde::Deserialize;
use std::fmt;
use std::num::NonZeroUsize;

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
}

impl Rule {
    /// Where one of its signers stands in the settings.
    #[must_use]
    pub fn place_of(&self, signer: &Signer) -> String {
        let (rule, signer) = (self.place, signer.place);
        if signer == Place::default() { rule.to_string() } else { format!("{rule}.{signer}") }
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

/// What becomes of an image that does not satisfy a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Enforcement {
    /// It is rejected.
    Reject,
    /// It passes with a warning, and is not pinned on account of this rule.
    Warn,
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

/// Whose signatures are needed. There is at least one signer.
#[derive(Debug)]
pub struct Trust {
    all_of: Vec<Signer>,
    any_of: Option<AnyOf>,
}

/// So many of these signers: at least one, and no more than there are.
#[derive(Debug)]
pub struct AnyOf {
    minimum: NonZeroUsize,
    signers: Vec<Signer>,
}

/// A rule that every image or no image could satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyTrust {
    /// No pattern.
    NoImages,
    /// No signer.
    NoSigners,
    /// More signers are asked for than there are, or none.
    Minimum,
    /// What is excluded is what would match.
    Excluded(Coverage),
}

impl fmt::Display for EmptyTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoImages => {
                "`images` is missing: which images must be signed? (`*` is every image)"
            }
            Self::NoSigners => "`allOf` and `anyOf` are missing: who must have signed?",
            Self::Minimum => "`minimumMatches` must be between 1 and the number of signers",
            Self::Excluded(Coverage::Every) => "this is all of `images`, so none would be checked",
            Self::Excluded(Coverage::EveryTag) => {
                "this is all of `images` that are given by a tag, so none of those would be checked"
            }
            Self::Excluded(Coverage::EveryDigest) => {
                "this is all of `images` that are given by a digest, so none of those would be checked"
            }
        })
    }
}

impl std::error::Error for EmptyTrust {}

impl AnyOf {
    /// At least `minimum` of the signers.
    ///
    /// # Errors
    /// When that is none of them, or more than there are.
    pub fn new(minimum: usize, signers: Vec<Signer>) -> Result<Self, EmptyTrust> {
        match NonZeroUsize::new(minimum) {
            Some(minimum) if minimum.get() <= signers.len() => Ok(Self { minimum, signers }),
            _ => Err(EmptyTrust::Minimum),
        }
    }

    /// How many are needed.
    #[must_use]
    pub fn minimum(&self) -> usize {
        self.minimum.get()
    }

    /// Those who can sign, in the order written.
    #[must_use]
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }
}

impl Trust {
    /// All of these, and so many of those.
    ///
    /// # Errors
    /// When nobody is named.
    pub fn new(all_of: Vec<Signer>, any_of: Option<AnyOf>) -> Result<Self, EmptyTrust> {
        if all_of.is_empty() && any_of.is_none() {
            return Err(EmptyTrust::NoSigners);
        }
        Ok(Self { all_of, any_of })
    }

    /// Those who must all have signed.
    #[must_use]
    pub fn all_of(&self) -> &[Signer] {
        &self.all_of
    }

    /// Those of whom so many must have signed.
    #[must_use]
    pub fn any_of(&self) -> Option<&AnyOf> {
        self.any_of.as_ref()
    }
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
