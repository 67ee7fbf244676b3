//! Stage 3: an image → the rules that apply to it, or why none does.
//!
//! [`Rules`] are compiled from the settings and nothing else. Trust that would be satisfied by nobody's
//! signature cannot be built: [`Rule::new`] refuses it.

use crate::images::{Image, ImageFault, Stored};
use crate::pattern::{ClassicPattern, ImagePattern, Match};
use crate::reference::{Digest, Reference, ReferenceError};
use crate::signer::Signer;
use std::fmt;
use std::num::NonZeroUsize;

/// What the settings say.
#[derive(Debug)]
pub struct Rules {
    /// Who must have signed what.
    pub rules: Vec<Rule>,
    /// Whether verified images are pinned.
    pub pinning: Pinning,
}

/// Where verified images are pinned to their digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinning {
    /// In Pods and in the templates of Pods.
    Everywhere,
    /// Nowhere.
    Nowhere,
}

/// Which images need whose signatures.
#[derive(Debug)]
pub struct Rule {
    name: String,
    selector: Selector,
    all_of: Vec<Signer>,
    any_of: Option<AnyOf>,
}

/// Which images a rule is about.
#[derive(Debug)]
pub enum Selector {
    /// The patterns of `signatures`.
    Classic(Vec<ClassicPattern>),
    /// The patterns of `rules`.
    Patterns {
        /// Those selected,
        images: Vec<ImagePattern>,
        /// but for these.
        exclude: Vec<ImagePattern>,
    },
}

/// So many of these signers.
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
}

impl fmt::Display for EmptyTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoImages => "no image pattern is given",
            Self::NoSigners => "no signer is given",
            Self::Minimum => "must be between 1 and the number of signers",
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

impl Rule {
    /// A rule that somebody's signature satisfies.
    ///
    /// # Errors
    /// When it selects nothing or asks for nobody's signature.
    pub fn new(
        name: String,
        selector: Selector,
        all_of: Vec<Signer>,
        any_of: Option<AnyOf>,
    ) -> Result<Self, EmptyTrust> {
        let patterns = match &selector {
            Selector::Classic(patterns) => patterns.len(),
            Selector::Patterns { images, .. } => images.len(),
        };
        if patterns == 0 {
            return Err(EmptyTrust::NoImages);
        }
        if all_of.is_empty() && any_of.is_none() {
            return Err(EmptyTrust::NoSigners);
        }
        Ok(Self { name, selector, all_of, any_of })
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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

    /// Every signer that the rule names.
    pub fn signers(&self) -> impl Iterator<Item = &Signer> {
        let any_of = self.any_of.iter().flat_map(AnyOf::signers);
        self.all_of.iter().chain(any_of)
    }

    fn selects(&self, image: &Reference) -> bool {
        match &self.selector {
            Selector::Classic(patterns) => patterns.iter().any(|pattern| pattern.selects(image)),
            Selector::Patterns { images, exclude } => {
                images.iter().any(|pattern| pattern.matches(image) >= Match::Perhaps)
                    && !exclude.iter().any(|pattern| pattern.matches(image) == Match::Yes)
            }
        }
    }
}

/// What is to be done with an image.
#[derive(Debug)]
pub enum Task<'p> {
    /// These rules must be satisfied; there is at least one.
    Verify(Reference, Vec<&'p Rule>),
    /// No rule selects it.
    Unmatched,
    /// It stands in the stored object already.
    Unchanged,
    /// The stored object holds the same reference with a digest, which stays.
    KeepPin(String),
    /// There is no image to look at.
    Unreadable(ImageFault),
    /// The text is no reference.
    Invalid(ReferenceError),
}

/// Whether an image may be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// Its digest is written into the object.
    Allowed,
    /// The object stays as it is.
    Forbidden,
}

impl Rules {
    /// What is to be done with an image of an object whose stored form is given (on a change).
    #[must_use]
    pub fn task(
        &self,
        image: &Image<'_>,
        stored: Option<&Stored<'_>>,
        rewrite: Rewrite,
    ) -> Task<'_> {
        if stored.is_some_and(|stored| stored.holds_same(image)) {
            return Task::Unchanged;
        }
        let text = match image.text() {
            Ok(text) => text,
            Err(fault) => return Task::Unreadable(fault),
        };
        let reference = match Reference::parse(&text) {
            Ok(reference) => reference,
            Err(error) => return Task::Invalid(error),
        };
        if rewrite == Rewrite::Allowed
            && reference.digest().is_none()
            && let Some(kept) = stored.and_then(|stored| stored.text(image))
            && is_pin_of(&kept, &text)
        {
            return Task::KeepPin(kept);
        }
        let rules = self.select(&reference);
        if rules.is_empty() { Task::Unmatched } else { Task::Verify(reference, rules) }
    }

    /// Whether verified images are written into objects that nothing else forbids to change.
    #[must_use]
    pub fn rewrite(&self) -> Rewrite {
        match self.pinning {
            Pinning::Everywhere => Rewrite::Allowed,
            Pinning::Nowhere => Rewrite::Forbidden,
        }
    }

    fn select(&self, image: &Reference) -> Vec<&Rule> {
        self.rules.iter().filter(|rule| rule.selects(image)).collect()
    }
}

/// Whether `pinned` is `text@digest`.
fn is_pin_of(pinned: &str, text: &str) -> bool {
    pinned
        .strip_prefix(text)
        .and_then(|rest| rest.strip_prefix('@'))
        .is_some_and(|digest| Digest::parse(digest).is_ok())
}
