//! Why the host did not confirm one check, and which of several failures is worth telling.

use crate::host::error::named;
use crate::host::{HostError, HostErrorKind};
use crate::image::reference::Digest;
use crate::policy::overlap::PartySigner;
use crate::policy::steps::OutOfSteps;
use crate::verify::signer_checks::SignerError;
use std::rc::Rc;

/// Why one check failed.
#[derive(Clone, Debug)]
pub(crate) enum CheckFailure {
    /// The host found no signature, or could not look: it says the same for both.
    NoSignatures,
    /// Signatures were found, and none of them holds.
    InvalidSignatures,
    /// Signatures were found, and not those asked for; the host's words, if it has any.
    NotAmongThem(Option<String>),
    /// Signatures were found, and none has a certificate, which a pattern is compared with.
    NoCertificates,
    /// The host could not look, or its answer could not be read.
    Unchecked(String),
    /// A key or certificate of the signer of that label cannot be used.
    Signer(String, SignerError),
    /// An answer spoke of another digest.
    Moved { expected: Digest, answered: Digest },
    /// The host withholds the capability.
    Withheld(String),
}

/// Which of several failures is worth telling: the last of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FailureSeverity {
    NoSignatures,
    OtherSignatures,
    InvalidSignatures,
    Unchecked,
    Signer,
    Moved,
    Withheld,
}

impl From<OutOfSteps> for CheckFailure {
    fn from(_: OutOfSteps) -> Self {
        let words = "its signatures have too many subjects to compare with the patterns";
        Self::Unchecked(words.to_owned())
    }
}

impl From<HostError> for CheckFailure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::NotTrusted => Self::NotAmongThem(None),
            HostError::Malformed(_) => Self::Unchecked(error.to_string()),
            HostError::Refused { kind, words } => match kind {
                HostErrorKind::Withheld | HostErrorKind::WithheldKubernetes => {
                    Self::Withheld(words)
                }
                HostErrorKind::NoSignatures => Self::NoSignatures,
                HostErrorKind::InvalidSignatures => Self::InvalidSignatures,
                HostErrorKind::MissingSignatures => Self::NotAmongThem(Some(words)),
                HostErrorKind::Absent | HostErrorKind::Forbidden | HostErrorKind::Other => {
                    Self::Unchecked(words)
                }
            },
        }
    }
}

impl CheckFailure {
    pub(crate) fn severity(&self) -> FailureSeverity {
        match self {
            Self::NoSignatures => FailureSeverity::NoSignatures,
            Self::NotAmongThem(_) | Self::NoCertificates => FailureSeverity::OtherSignatures,
            Self::InvalidSignatures => FailureSeverity::InvalidSignatures,
            Self::Unchecked(_) => FailureSeverity::Unchecked,
            Self::Signer(..) => FailureSeverity::Signer,
            Self::Moved { .. } => FailureSeverity::Moved,
            Self::Withheld(_) => FailureSeverity::Withheld,
        }
    }

    /// Which of these signers the host named as missing.
    pub(crate) fn named(&self, signers: &[Rc<PartySigner<'_>>]) -> Vec<bool> {
        match self {
            Self::NotAmongThem(Some(words)) => named(words, signers),
            Self::NotAmongThem(None)
            | Self::NoSignatures
            | Self::InvalidSignatures
            | Self::NoCertificates
            | Self::Unchecked(_)
            | Self::Signer(..)
            | Self::Moved { .. }
            | Self::Withheld(_) => vec![false; signers.len()],
        }
    }
}
