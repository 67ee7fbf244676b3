//! Stage 3: an image → the rules that apply to it, or why none does.
//!
//! [`Rules`] are compiled from the settings and nothing else. Trust that nobody's signature could satisfy,
//! or nobody's absence could break, cannot be built: the constructors refuse it.

use crate::images::{Image, ImageFault, Stored};
use crate::pattern::{ClassicPattern, ImagePattern, Match};
use crate::reference::{Digest, Reference, ReferenceError};
use crate::request::GroupKind;
use crate::signer::Signer;
use crate::workloads::{Form, Workload};
use std::fmt;
use std::num::NonZeroUsize;

/// What the settings say.
#[derive(Debug)]
pub struct Rules {
    /// Who must have signed what.
    pub rules: Vec<Rule>,
    /// Images that are neither verified nor pinned.
    pub exempt: Vec<ImagePattern>,
    /// What becomes of an image that no rule selects.
    pub unmatched: UnmatchedImages,
    /// What becomes of an image that an update leaves as it is.
    pub unchanged: UnchangedImages,
    /// Where verified images are pinned.
    pub pinning: Pinning,
    /// Custom resources that hold images.
    pub workloads: Vec<(GroupKind, Workload)>,
}

/// What becomes of an image that no rule selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmatchedImages {
    /// It passes.
    Accept,
    /// It passes with a warning.
    Warn,
    /// It does not pass.
    Reject,
}

/// What becomes of an image that an update leaves as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnchangedImages {
    /// It passes.
    Skip,
    /// It is verified as if it were new, and left as it is.
    Verify,
}

/// Where verified images are pinned to their digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinning {
    /// In Pods and in the templates of Pods.
    Everywhere,
    /// In Pods alone.
    PodsOnly,
    /// Nowhere.
    Nowhere,
}

impl Pinning {
    /// Whether objects of that form are pinned.
    #[must_use]
    pub fn includes(self, form: Form) -> bool {
        match self {
            Self::Everywhere => true,
            Self::PodsOnly => form == Form::Pod,
            Self::Nowhere => false,
        }
    }
}

/// Which images need whose signatures.
#[derive(Debug)]
pub struct Rule {
    /// What messages call it.
    pub name: String,
    /// Which images it is about.
    pub selector: Selector,
    /// What becomes of an image that does not satisfy it.
    pub enforcement: Enforcement,
    /// Whose signatures it needs.
    pub trust: Trust,
}

/// What becomes of an image that does not satisfy a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// It is rejected.
    Reject,
    /// It passes with a warning, and is not pinned on account of this rule.
    Warn,
}

/// Which images a rule is about. There is at least one pattern.
#[derive(Debug)]
pub struct Selector(Patterns);

#[derive(Debug)]
enum Patterns {
    Classic(Vec<ClassicPattern>),
    Images { images: Vec<ImagePattern>, exclude: Vec<ImagePattern> },
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
}

impl fmt::Display for EmptyTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoImages => {
                "`images` is missing: which images must be signed? (`*` is every image)"
            }
            Self::NoSigners => "`allOf` and `anyOf` are missing: who must have signed?",
            Self::Minimum => "`minimumMatches` must be between 1 and the number of signers",
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

impl Selector {
    /// The patterns of `signatures`.
    ///
    /// # Errors
    /// When there is none.
    pub fn classic(patterns: Vec<ClassicPattern>) -> Result<Self, EmptyTrust> {
        if patterns.is_empty() {
            return Err(EmptyTrust::NoImages);
        }
        Ok(Self(Patterns::Classic(patterns)))
    }

    /// The patterns of `rules`: those selected, but for those excluded.
    ///
    /// # Errors
    /// When none is selected.
    pub fn patterns(
        images: Vec<ImagePattern>,
        exclude: Vec<ImagePattern>,
    ) -> Result<Self, EmptyTrust> {
        if images.is_empty() {
            return Err(EmptyTrust::NoImages);
        }
        Ok(Self(Patterns::Images { images, exclude }))
    }

    /// Whether these are the patterns of `signatures`.
    pub(crate) fn is_classic(&self) -> bool {
        matches!(self.0, Patterns::Classic(_))
    }

    fn selects(&self, image: &Reference) -> bool {
        match &self.0 {
            Patterns::Classic(patterns) => patterns.iter().any(|pattern| pattern.selects(image)),
            Patterns::Images { images, exclude } => {
                images.iter().any(|pattern| pattern.matches(image) >= Match::Perhaps)
                    && !any_is_surely(exclude, image)
            }
        }
    }
}

/// Sparing an image takes certainty.
fn any_is_surely(patterns: &[ImagePattern], image: &Reference) -> bool {
    patterns.iter().any(|pattern| pattern.matches(image) == Match::Yes)
}

/// What is to be done with an image.
#[derive(Debug)]
pub enum Task<'p> {
    /// These rules must be satisfied; there is at least one.
    Verify(Reference, Vec<&'p Rule>, Write),
    /// It is exempt.
    Exempt,
    /// No rule selects it.
    Unmatched(UnmatchedImages),
    /// It stands in the stored object already.
    Unchanged,
    /// The stored object holds the same reference with a digest, which stays.
    KeepPin(String),
    /// There is no image to look at.
    Unreadable(ImageFault),
    /// The text is no reference.
    Invalid(ReferenceError),
}

/// What is written in an image's place when it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Nothing: the object stays as it is.
    Nothing,
    /// The image as it was written, with its digest.
    Digest,
    /// This text, which the stored object holds.
    Stored(String),
}

/// Whether images of an object may be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// They may.
    Allowed,
    /// The object stays as it is.
    Forbidden,
}

impl Rules {
    /// What is to be done with an image of an object whose stored form is given (on an update).
    #[must_use]
    pub fn task(
        &self,
        image: &Image<'_>,
        stored: Option<&Stored<'_>>,
        rewrite: Rewrite,
    ) -> Task<'_> {
        // An object that is being deleted must lose its finalizers even when a registry is down. That it
        // is being deleted is what the stored object says; the reviewed one can claim anything.
        let skips = self.unchanged == UnchangedImages::Skip
            || stored.is_some_and(|stored| stored.metadata.is_being_deleted());
        let is_same = stored.is_some_and(|stored| stored.holds_same(image));
        if is_same && skips {
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
        if any_is_surely(&self.exempt, &reference) {
            return Task::Exempt;
        }
        let rules = self.select(&reference);
        if rules.is_empty() {
            return Task::Unmatched(self.unmatched);
        }
        if is_same || rewrite == Rewrite::Forbidden {
            return Task::Verify(reference, rules, Write::Nothing);
        }
        match stored.and_then(|stored| stored.text(image)).filter(|kept| is_pin_of(kept, &text)) {
            Some(kept) if skips => Task::KeepPin(kept),
            Some(kept) => match Reference::parse(&kept) {
                Ok(pinned) => {
                    let rules = self.select(&pinned);
                    Task::Verify(pinned, rules, Write::Stored(kept))
                }
                Err(error) => Task::Invalid(error),
            },
            None if reference.digest().is_some() => Task::Verify(reference, rules, Write::Nothing),
            None => Task::Verify(reference, rules, Write::Digest),
        }
    }

    /// The rules that select the image, in the order written.
    fn select(&self, image: &Reference) -> Vec<&Rule> {
        self.rules.iter().filter(|rule| rule.selector.selects(image)).collect()
    }
}

/// Whether `pinned` is `text@digest`.
fn is_pin_of(pinned: &str, text: &str) -> bool {
    pinned
        .strip_prefix(text)
        .and_then(|rest| rest.strip_prefix('@'))
        .is_some_and(|digest| Digest::parse(digest).is_ok())
}
