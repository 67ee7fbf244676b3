//! What verifying came to, rule by rule.

use crate::attestation::{ImageProblem, ReportProblem, ReportSummary};
use crate::image::reference::Digest;
use crate::policy::platform::Platform;
use crate::policy::rule::{Rule, RuleName};
use crate::verify::signer_checks::SignerError;

/// A rule that is satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The rule's name.
    pub rule: String,
    /// The labels of the signers found.
    pub signers: Vec<String>,
    /// The reports that it asked for.
    pub reports: Vec<ReportSeen>,
}

/// A report that is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSeen {
    /// What messages call it.
    pub name: String,
    /// The digest of its manifest.
    pub digest: Digest,
    /// What is told of it.
    pub summary: ReportSummary,
}

/// A rule that is not satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule's name.
    pub rule: RuleName,
    /// Why not.
    pub reason: Reason,
}

impl Refusal {
    pub(super) fn of(rule: &Rule, reason: Reason) -> Self {
        Self { rule: rule.name.clone(), reason }
    }
}

/// Why a rule is not satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no signature.
    NotSigned {
        /// Whether something refers to the image, which may be a Sigstore bundle.
        has_referrers: bool,
    },
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
    /// What the rule asks besides signatures is not there, or is not enough.
    Unmet(Box<Unmet>),
}

/// What a rule asks besides signatures, and why an image does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What is asked.
    pub what: Requirement,
    /// Of an index, the platform that lacks it.
    pub platform: Option<Platform>,
    /// Why it is not enough.
    pub why: Shortfall,
}

/// What a rule asks besides signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// That the image says something of itself.
    Image,
    /// A signed report.
    Report {
        /// What messages call it.
        name: String,
        /// The URI of its type.
        predicate_type: String,
    },
}

/// Why what is asked is not there, or is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// There is no report here.
    Missing(String),
    /// The report is not signed as it should be.
    Signature(Reason),
    /// The config, a report's or an image's, has so many bytes.
    TooLarge(u64),
    /// It is the report of this name, at the tag of another.
    OtherReport(String),
    /// The report is not enough.
    Report(ReportProblem),
    /// What the image says of itself is not enough.
    Image(ImageProblem),
    /// The host could not look; its words.
    Unchecked(String),
    /// The host withholds a capability; its words.
    Withheld(String),
    /// No tag tells of this digest.
    NoTag(String),
    /// The index lists no image of the platforms that count.
    NoPlatform,
    /// It lists so many.
    TooManyPlatforms(usize),
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
