//! Stage 3: an image → the rules that apply to it, or why none does.
//!
//! [`Rules`] are compiled from the settings and nothing else.

use super::pinning::{Mutability, PinAction, stored_pin};
use super::rule::{Rule, any_is_surely};
use crate::image::names::{ImageNames, NamedImages};
use crate::image::pattern::ImagePattern;
use crate::image::reference::Reference;
use crate::workload::found::{FoundImage, ImageError};
use crate::workload::stored::Stored;
use serde::Deserialize;
use std::borrow::Cow;

/// The compiled rules, and what becomes of images that need none.
#[derive(Debug)]
pub struct Rules {
    /// Who must have signed what.
    pub rules: Vec<Rule>,
    /// Images that are neither verified nor pinned.
    pub exempt: Vec<ImagePattern>,
    /// What becomes of an image that no rule matches.
    pub unmatched: UnmatchedImages,
    /// What becomes of an image that an update leaves as it is.
    pub unchanged: UnchangedImages,
}

/// What becomes of an image that no rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum UnmatchedImages {
    /// It passes.
    Accept,
    /// It passes with a warning.
    Warn,
    /// It does not pass.
    Reject,
}

/// What becomes of an image that an update leaves as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum UnchangedImages {
    /// It passes.
    Skip,
    /// It is verified as if it were new, and left as it is.
    Verify,
}

/// What is to be done with an image.
#[derive(Debug)]
pub enum ImagePlan<'p> {
    /// These rules must be satisfied; there is at least one.
    Verify(Reference, Vec<&'p Rule>, PinAction),
    /// It is exempt.
    Exempt,
    /// No rule matches it.
    Unmatched(UnmatchedImages),
    /// It stands in the stored object already.
    Unchanged,
    /// The stored object holds the same reference with a digest, which stays.
    KeepPin(String),
    /// There is no image to look at.
    Invalid(ImageError),
}

/// The images that rules are needed for: those of the object that an update changes, and the pins that the stored
/// object holds in their places.
#[must_use]
pub fn in_question<'s>(
    images: &'s [FoundImage<'_>],
    stored: Option<&Stored<'_>>,
    unchanged: UnchangedImages,
) -> NamedImages<'s> {
    let skips = skips(stored, unchanged);
    let mut in_question = Vec::new();
    for image in images {
        if skips && stored.is_some_and(|stored| stored.holds_same(image)) {
            continue;
        }
        let pin = stored.and_then(|stored| Reference::parse(&stored.text(image)?).ok());
        in_question.extend(image.names().ok().map(Cow::Borrowed));
        in_question.extend(pin.map(ImageNames::new).map(Cow::Owned));
    }
    NamedImages::new(in_question)
}

/// Whether an unchanged image passes without verification: when the settings say so, or when the stored object is
/// being deleted, for its finalizers must go even if a registry is down. What the new object claims is not believed.
fn skips(stored: Option<&Stored<'_>>, unchanged: UnchangedImages) -> bool {
    unchanged == UnchangedImages::Skip
        || stored.is_some_and(|stored| stored.metadata.is_being_deleted())
}

impl Rules {
    /// What is to be done with an image of an object whose stored form is given (on an update).
    #[must_use]
    pub fn plan(
        &self,
        image: &FoundImage<'_>,
        stored: Option<&Stored<'_>>,
        mutability: Mutability,
    ) -> ImagePlan<'_> {
        let skips = skips(stored, self.unchanged);
        let is_same = stored.is_some_and(|stored| stored.holds_same(image));
        if is_same && skips {
            return ImagePlan::Unchanged;
        }
        let names = match image.names() {
            Ok(names) => names,
            Err(error) => return ImagePlan::Invalid(error),
        };
        let reference = names.reference();
        if any_is_surely(&self.exempt, names) {
            return ImagePlan::Exempt;
        }
        let rules = self.matching(names);
        if rules.is_empty() {
            return ImagePlan::Unmatched(self.unmatched);
        }
        if is_same || mutability == Mutability::Forbidden {
            return ImagePlan::Verify(reference.clone(), rules, PinAction::Nothing);
        }
        match stored_pin(image, reference, stored) {
            Some(kept) if skips => ImagePlan::KeepPin(kept.into_owned()),
            Some(kept) => match Reference::parse(&kept) {
                Ok(pinned) => match self.matching(&ImageNames::new(pinned.clone())) {
                    // No rule matches the pinned image: the image is verified by its tag, as if it had no pin.
                    none if none.is_empty() => {
                        ImagePlan::Verify(reference.clone(), rules, PinAction::Digest)
                    }
                    rules => ImagePlan::Verify(pinned, rules, PinAction::Stored(kept.into_owned())),
                },
                Err(error) => ImagePlan::Invalid(ImageError::NotAReference(error)),
            },
            None if reference.digest().is_some() => {
                ImagePlan::Verify(reference.clone(), rules, PinAction::Nothing)
            }
            None => ImagePlan::Verify(reference.clone(), rules, PinAction::Digest),
        }
    }

    /// The rules that the image matches, in the order written.
    fn matching(&self, image: &ImageNames) -> Vec<&Rule> {
        self.rules.iter().filter(|rule| rule.matcher.matches(image)).collect()
    }
}
