//! Stage 3: an image → the rules that apply to it, or why none does.
//!
//! [`Rules`] are compiled from the settings and nothing else.

use crate::images::{Image, ImageFault, Stored};
use crate::named::Named;
use crate::pattern::ImagePattern;
use crate::reference::{Digest, Reference};
use crate::trust::{Rule, any_is_surely};
use crate::workloads::Form;
use std::borrow::Cow;

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
    Invalid(ImageFault),
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

/// The images that rules are needed for: those of the object, but for what an update leaves as it is, and
/// their pins in the stored one.
#[must_use]
pub fn in_question<'s>(
    images: &'s [Image<'_>],
    stored: Option<&Stored<'_>>,
    unchanged: UnchangedImages,
) -> Vec<Cow<'s, Named>> {
    let skips = skips(stored, unchanged);
    let mut in_question = Vec::new();
    for image in images {
        if skips && stored.is_some_and(|stored| stored.holds_same(image)) {
            continue;
        }
        let pin = stored.and_then(|stored| Reference::parse(&stored.text(image)?).ok());
        in_question.extend(image.named().ok().map(Cow::Borrowed));
        in_question.extend(pin.map(Named::new).map(Cow::Owned));
    }
    in_question
}

/// Whether an image that is as it is stored passes unasked. An object that is being deleted must lose its
/// finalizers even when a registry is down. That it is being deleted is what the stored object says; the
/// reviewed one can claim anything.
fn skips(stored: Option<&Stored<'_>>, unchanged: UnchangedImages) -> bool {
    unchanged == UnchangedImages::Skip
        || stored.is_some_and(|stored| stored.metadata.is_being_deleted())
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
        let skips = skips(stored, self.unchanged);
        let is_same = stored.is_some_and(|stored| stored.holds_same(image));
        if is_same && skips {
            return Task::Unchanged;
        }
        let (text, named) = match image.text().and_then(|text| Ok((text, image.named()?))) {
            Ok(read) => read,
            Err(fault) => return Task::Invalid(fault),
        };
        let reference = named.reference();
        if any_is_surely(&self.exempt, reference) {
            return Task::Exempt;
        }
        let rules = self.select(named);
        if rules.is_empty() {
            return Task::Unmatched(self.unmatched);
        }
        if is_same || rewrite == Rewrite::Forbidden {
            return Task::Verify(reference.clone(), rules, Write::Nothing);
        }
        let is_pin = |kept: &Cow<'_, str>| reference.digest().is_none() && is_pin_of(kept, &text);
        match stored.and_then(|stored| stored.text(image)).filter(is_pin) {
            Some(kept) if skips => Task::KeepPin(kept.into_owned()),
            Some(kept) => match Reference::parse(&kept) {
                Ok(pinned) => match self.select(&Named::new(pinned.clone())) {
                    // No rule is about that digest; those of the tag are as if it had none.
                    none if none.is_empty() => {
                        Task::Verify(reference.clone(), rules, Write::Digest)
                    }
                    rules => Task::Verify(pinned, rules, Write::Stored(kept.into_owned())),
                },
                Err(error) => Task::Invalid(ImageFault::NotAReference(error)),
            },
            None if reference.digest().is_some() => {
                Task::Verify(reference.clone(), rules, Write::Nothing)
            }
            None => Task::Verify(reference.clone(), rules, Write::Digest),
        }
    }

    /// The rules that select the image, in the order written.
    fn select(&self, image: &Named) -> Vec<&Rule> {
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
