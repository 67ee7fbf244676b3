//! What verifying came to, rule by rule.

use crate::image::reference::Digest;
use crate::policy::rule::RuleName;
use crate::verify::signer_checks::SignerError;

/// A rule that is satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The rule's name.
    pub rule: String,
    /// The labels of the signers found.
    pub signers: Vec<String>,
}

/// A rule that is not satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule's name.
    pub rule: RuleName,
    /// Why not.
    pub reason: Reason,
}

/// Why a rule is not satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no signature.
    NotSigned(OtherSignature),
    /// There are signatures, and none of them holds.
    InvalidSignatures,
    /// There are signatures, and too few of the signers made them.
    TooFewSigners {
        /// How many signers agreed.
        agreed: usize,
        /// How many are needed.
        needed: usize,
        /// The labels of those whose signature was not found.
        missing: Vec<String>,
        /// Whether their signatures must carry annotations.
        annotated: bool,
        /// Whether a pattern had no certificates to be compared with.
        uncertified: bool,
    },
    /// The host could not look; its words.
    Unchecked(String),
    /// The host withholds a capability; its words.
    Withheld(String),
    /// An answer spoke of another digest.
    Moved {
        /// The digest asked for, or answered before.
        expected: Digest,
        /// The digest answered.
        answered: Digest,
    },
    /// A key or certificate of this signer cannot be used.
    Signer(String, SignerError),
}

/// What is signed instead of an image that has no signature to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherSignature {
    /// Nothing that is known of.
    Unknown,
    /// The image, by a Sigstore bundle.
    Bundle,
    /// An image of a platform that it lists: it is an index.
    Platform,
}

/// A signer whose certificate, or its chain, was used and expires soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// The rule's name.
    pub rule: String,
    /// The signer's label.
    pub signer: String,
    /// In so many whole days.
    pub days: u64,
}
