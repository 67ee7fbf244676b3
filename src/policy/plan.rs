//! Stage 3: an image → the rules that apply to it, or why none does.
//!
//! [`Rules`] are compiled from the settings and nothing else.
//!
//! *And a tag beside a digest?* It is what its writer claims, and what pinning writes. Rules believe it; only where none
//! then matches is the image looked at by its digest alone. `exempt` never believes it.
//!
//! *Is a pinned image admitted again?* Yes: where the digest, or a tag that was not written, decides which rules match,
//! an image is held to the rules of what will be written before it is ([`Rules::are_same_for`]).

use super::pinning::{Mutability, PinAction, stored_pin};
use super::rule::Rule;
use crate::image::names::{ImageNames, NamedImages};
use crate::image::pattern::{ImagePattern, Match};
use crate::image::reference::Reference;
use crate::workload::found::{FoundImage, ImageError};
use crate::workload::stored::Stored;
use serde::Deserialize;
use std::borrow::Cow;
use std::rc::Rc;

/// The compiled rules, and what becomes of images that need none.
///
/// ```
/// use signed_images_policy::image::names::ImageNames;
/// use signed_images_policy::image::reference::Reference;
/// use signed_images_policy::policy::plan::ImagePlan;
/// use signed_images_policy::settings;
///
/// let rules = r#"{
///     "rules": [{"images": ["ghcr.io/acme/**"], "allOf": [{"kind": "githubAction", "owner": "acme"}]}],
///     "exempt": ["ghcr.io/acme/sandbox/*"], "unmatchedImages": "reject"}"#;
/// let rules = settings::read(serde_json::from_str(rules).unwrap()).unwrap();
/// let image = |text| ImageNames::new(Reference::parse(text).unwrap());
///
/// let [app, sandbox, nginx] =
///     ["ghcr.io/acme/app:1", "ghcr.io/acme/sandbox/app:1", "nginx"].map(image);
/// assert!(matches!(rules.plan_as_written(&app), ImagePlan::Verify { rules, .. } if rules.len() == 1));
/// assert!(matches!(rules.plan_as_written(&sandbox), ImagePlan::Exempt));
/// assert!(matches!(rules.plan_as_written(&nginx), ImagePlan::Unmatched(_)));
/// ```
#[derive(Debug)]
pub struct Rules {
    /// Who must have signed what.
    pub rules: Vec<Rule>,
    /// Images that are neither verified nor pinned.
    pub exempt: Rc<[ImagePattern]>,
    /// What becomes of an image that no rule matches.
    pub unmatched: UnmatchedImages,
    /// What becomes of an image that an update leaves as it is.
    pub unchanged: UnchangedImages,
    /// What is odd in the settings, and is taken all the same: warnings of every answer.
    pub notes: Vec<String>,
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

/// Rules that the images of one object match, counted for each image: a thousand images, and a hundred and fifty rules
/// that are about all of them. Each is a step, even where its signers were asked about already.
pub const MAX_MATCHES: usize = 150_000;

/// What is to be done with an image.
#[derive(Debug)]
pub enum ImagePlan<'p> {
    /// These rules must be satisfied; there is at least one.
    Verify {
        /// Of this image.
        image: Reference,
        /// The rules.
        rules: Vec<&'p Rule>,
        /// What is written in its place then.
        pin: PinAction,
    },
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
/// object holds in their places; each as rules may look at it.
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
        let Ok(names) = image.names() else { continue };
        let pin = stored.and_then(|stored| Reference::parse(&stored.text(image)?).ok());
        let pin = pin.map(ImageNames::new);
        let untagged = pin.as_ref().and_then(ImageNames::without_tag);
        // As it will stand there when it is pinned.
        let pinned = image.lacks_tag().then(|| names.reference().at_some_digest());
        let owned = [names.without_tag(), untagged, pin, pinned.map(ImageNames::new)];
        in_question.push(Cow::Borrowed(names));
        in_question.extend(owned.into_iter().flatten().map(Cow::Owned));
    }
    NamedImages::new(in_question)
}

/// Whether an unchanged image passes without verification: when the settings say so, or when the stored object is
/// being deleted, for its finalizers must go even if a registry is down. What the new object claims is not believed.
fn skips(stored: Option<&Stored<'_>>, unchanged: UnchangedImages) -> bool {
    unchanged == UnchangedImages::Skip
        || stored.is_some_and(|stored| stored.metadata.is_being_deleted())
}

impl ImagePlan<'_> {
    /// How many rules must be satisfied.
    #[must_use]
    pub fn matches(&self) -> usize {
        match self {
            Self::Verify { rules, .. } => rules.len(),
            Self::Exempt
            | Self::Unmatched(_)
            | Self::Unchanged
            | Self::KeepPin(_)
            | Self::Invalid(_) => 0,
        }
    }
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
        let (reference, rules) = match self.plan_as_written(names) {
            ImagePlan::Verify { image, rules, .. } => (image, rules),
            other => return other,
        };
        let verify = |image, rules, pin| ImagePlan::Verify { image, rules, pin };
        if is_same || mutability == Mutability::Forbidden {
            return verify(reference, rules, PinAction::Nothing);
        }
        match stored_pin(image, &reference, stored) {
            Some(kept) if skips => ImagePlan::KeepPin(kept.into_owned()),
            Some(kept) => match Reference::parse(&kept) {
                Ok(pinned) => match self.matching(&ImageNames::new(pinned.clone())) {
                    // No rule matches the pinned image: the image is verified by its tag, as if it had no pin.
                    none if none.is_empty() => verify(reference, rules, PinAction::Digest),
                    rules => verify(pinned, rules, PinAction::Stored(kept.into_owned())),
                },
                Err(error) => ImagePlan::Invalid(ImageError::NotAReference(error)),
            },
            None if reference.digest().is_some() => verify(reference, rules, PinAction::Nothing),
            None => verify(reference, rules, PinAction::Digest),
        }
    }

    /// What is to be done with an image that stays as it is written.
    #[must_use]
    pub fn plan_as_written(&self, image: &ImageNames) -> ImagePlan<'_> {
        let reference = image.reference();
        // Sparing an image takes certainty.
        if self.exempt.iter().any(|pattern| image.matched_by(pattern) == Match::Yes) {
            return ImagePlan::Exempt;
        }
        match self.matching(image) {
            rules if rules.is_empty() => ImagePlan::Unmatched(self.unmatched),
            rules => ImagePlan::Verify { image: reference.clone(), rules, pin: PinAction::Nothing },
        }
    }

    /// Whether one of the rules looks at digests.
    #[must_use]
    pub fn read_digests(&self) -> bool {
        self.rules.iter().any(|rule| rule.matcher.reads_digest())
    }

    /// Whether an image, when it is pinned, matches rules still, and none that it does not match as it is: what it has
    /// satisfied is all that it will be asked for.
    #[must_use]
    pub fn are_same_for(&self, image: &ImageNames, pinned: &ImageNames) -> bool {
        let after = self.matching_with_tag(pinned);
        !after.is_empty() && after.iter().all(|rule| rule.matcher.matches(image))
    }

    /// The rules that the image matches, in the order written.
    #[must_use]
    pub fn matching(&self, image: &ImageNames) -> Vec<&Rule> {
        let rules = self.matching_with_tag(image);
        if !rules.is_empty() {
            return rules;
        }
        image.without_tag().map_or(rules, |untagged| self.matching_with_tag(&untagged))
    }

    fn matching_with_tag(&self, image: &ImageNames) -> Vec<&Rule> {
        self.rules.iter().filter(|rule| rule.matcher.matches(image)).collect()
    }
}
