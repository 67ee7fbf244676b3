//! Where a verified digest is written into the object, where a stored pin stays, and where the object must stay
//! as it is.

use crate::image::reference::{Digest, Reference};
use crate::workload::found::{Found, FoundImage};
use crate::workload::kinds::Form;
use crate::workload::stored::Stored;
use std::borrow::Cow;

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

/// Whether an image of an object may be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// The image may be rewritten.
    Allowed,
    /// The image stays as it is.
    Forbidden,
}

impl Mutability {
    /// Where pinning would do harm, the object stays as it is. The controller of an owned object compares it
    /// with its own template and replaces it when they differ (kubernetes/kubernetes#57167); the API server
    /// refuses changes to ephemeral containers that are there already.
    #[must_use]
    pub fn of(
        image: &FoundImage<'_>,
        found: &Found<'_>,
        stored: Option<&Stored<'_>>,
        form: Form,
        pinning: Pinning,
    ) -> Self {
        let is_owned = form == Form::Template && found.metadata.is_controlled();
        let is_running = image.is_ephemeral() && stored.is_some_and(|stored| stored.has(image));
        if is_owned || is_running || !pinning.includes(form) {
            Self::Forbidden
        } else {
            Self::Allowed
        }
    }
}

/// What is written in an image's place when it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinAction {
    /// Nothing: the object stays as it is.
    Nothing,
    /// The image as it was written, with its digest.
    Digest,
    /// The pin that the stored object holds.
    Stored(String),
}

/// The pin that the stored object holds in the place of an image that is written without a digest:
/// re-applying the same manifest must not roll a workload out.
pub(super) fn stored_pin<'s>(
    image: &FoundImage<'_>,
    reference: &Reference,
    stored: Option<&Stored<'s>>,
) -> Option<Cow<'s, str>> {
    let text = image.text().ok()?;
    let is_pin = |kept: &Cow<'_, str>| reference.digest().is_none() && is_pin_of(kept, &text);
    stored.and_then(|stored| stored.text(image)).filter(is_pin)
}

/// Whether `pinned` is `text@digest`.
fn is_pin_of(pinned: &str, text: &str) -> bool {
    pinned
        .strip_prefix(text)
        .and_then(|rest| rest.strip_prefix('@'))
        .is_some_and(|digest| Digest::parse(digest).is_ok())
}
