//! What became of one image. Every image found ends in exactly one outcome.

use crate::image::names::ImageNames;
use crate::image::reference::Reference;
use crate::policy::pinning::PinAction;
use crate::policy::plan::UnmatchedImages;
use crate::verify::outcome::{Approval, Refusal};
use crate::verify::verifier::{Pinned, Verified};
use crate::workload::found::FoundImage;

/// What became of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Verified.
    Verified {
        /// The image.
        image: Reference,
        /// Its digest.
        pinned: Pinned,
        /// The rules that it satisfied.
        approvals: Vec<Approval>,
        /// The rules that it did not, which only warn.
        warned: Vec<Refusal>,
        /// What is to be written in its place.
        write: PinAction,
    },
    /// It satisfies no rule, and these only warn. If the stored pin was verified, that pin stays.
    Tolerated(Vec<Refusal>, PinAction),
    /// A rule is not satisfied.
    Refused(Refusal),
    /// It is exempt.
    Exempt,
    /// No rule matches it.
    Unmatched(UnmatchedImages),
    /// It stands in the stored object already.
    Unchanged,
    /// It is written as it stands in the stored object, with its digest.
    KeepPin(String),
    /// It cannot be read.
    Invalid(String),
    /// So many images were refused before it that it was not looked at.
    NotLookedAt,
}

impl Outcome {
    /// The outcome of verifying.
    #[must_use]
    pub fn of(verified: Verified, image: Reference, write: PinAction) -> Self {
        match verified {
            Verified::Yes { pinned, approvals, warned } => {
                Self::Verified { image, pinned, approvals, warned, write }
            }
            Verified::Tolerated(warned) => Self::Tolerated(warned, write),
            Verified::No(refusal) => Self::Refused(refusal),
            Verified::NotLookedAt => Self::NotLookedAt,
        }
    }

    /// The image as it will stand there with the digest that was verified.
    #[must_use]
    pub fn pinned(&self, image: &FoundImage<'_>) -> Option<ImageNames> {
        let Self::Verified { pinned, write: PinAction::Digest, .. } = self else { return None };
        let text = format!("{}@{}", image.text().ok()?, pinned.digest());
        Reference::parse(&text).ok().map(ImageNames::new)
    }

    /// Whether the object may pass as far as this image goes.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Verified { .. }
            | Self::Tolerated(..)
            | Self::Exempt
            | Self::Unmatched(UnmatchedImages::Accept | UnmatchedImages::Warn)
            | Self::Unchanged
            | Self::KeepPin(_) => true,
            Self::Refused(_)
            | Self::Invalid(_)
            | Self::Unmatched(UnmatchedImages::Reject)
            | Self::NotLookedAt => false,
        }
    }

    /// What the image is written as, when that is not as it was.
    pub(super) fn rewritten(&self, image: &str) -> Option<String> {
        match self {
            Self::Verified { pinned, write: PinAction::Digest, .. } => {
                Some([image, "@", pinned.digest().as_str()].concat())
            }
            Self::Verified { write: PinAction::Stored(kept), .. }
            | Self::Tolerated(_, PinAction::Stored(kept))
            | Self::KeepPin(kept) => Some(kept.clone()),
            Self::Verified { write: PinAction::Nothing, .. }
            | Self::Tolerated(_, PinAction::Nothing | PinAction::Digest)
            | Self::Refused(_)
            | Self::Exempt
            | Self::Unmatched(_)
            | Self::Unchanged
            | Self::Invalid(_)
            | Self::NotLookedAt => None,
        }
    }
}
