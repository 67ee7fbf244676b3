//! Stage 4: rules → questions to the host → whether the image is verified. The only maker of [`Pinned`].
//!
//! *Which image is asked about?* At first the reference as it is, by its tag unless it has a digest. As
//! soon as an answer gives a digest, every further question names it, and every answer must give it: all
//! checks on one image speak of one digest.
//!
//! *How many questions?* As few as the rules allow: signers that must all have signed share a call where
//! the host can be asked about both; of alternatives, one at a time is asked, in the order written, until
//! enough have agreed or too few are left; and nothing is asked twice.

use crate::host::Host;
use crate::inquiry::{Inquiry, Miss};
use crate::reference::{Digest, Reference};
use crate::rules::Rule;
use crate::signer::{Check, Merged, Signer, SignerError};
use std::time::Duration;

/// A digest that satisfied every rule that selects its image. Nothing else makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned(Digest);

impl Pinned {
    /// The digest that was verified.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.0
    }
}

/// What verifying an image came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every rule is satisfied by this digest.
    Yes(Pinned, Vec<Approval>),
    /// This rule is not.
    No(Refusal),
}

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
    pub rule: String,
    /// Why not.
    pub reason: Reason,
}

/// Why a rule is not satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No signature at all was found.
    NotSigned,
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

/// Verifies an image against the rules that select it.
#[must_use]
pub fn verify(host: &mut Host<'_>, now: Duration, image: &Reference, rules: &[&Rule]) -> Verified {
    let mut inquiry = Inquiry::new(host, image);
    let mut approvals = Vec::new();
    for rule in rules {
        let name = rule.name().to_owned();
        match satisfy(&mut inquiry, rule, now) {
            Ok(signers) => approvals.push(Approval { rule: name, signers }),
            Err(reason) => return Verified::No(Refusal { rule: name, reason }),
        }
    }
    match inquiry.into_digest() {
        Some(digest) => Verified::Yes(Pinned(digest), approvals),
        // Nothing was asked, so nothing was verified.
        None => Verified::No(Refusal { rule: String::new(), reason: Reason::NotSigned }),
    }
}

fn satisfy(
    inquiry: &mut Inquiry<'_, '_>,
    rule: &Rule,
    now: Duration,
) -> Result<Vec<String>, Reason> {
    let mut tally = Tally::default();
    for group in groups(rule.all_of(), now) {
        tally.ask(inquiry, &group);
    }
    let mut signers = tally.conclude(inquiry, rule.all_of().len())?;
    if let Some(any_of) = rule.any_of() {
        let mut tally = Tally::default();
        for (asked, signer) in any_of.signers().iter().enumerate() {
            let left = any_of.signers().len() - asked;
            let still_needed = any_of.minimum() - tally.agreed.len();
            if still_needed == 0 || left < still_needed {
                break;
            }
            tally.ask(inquiry, &Group::of(signer, now));
        }
        signers.extend(tally.conclude(inquiry, any_of.minimum())?);
    }
    Ok(signers)
}

/// Signers that one call can ask about.
struct Group<'s> {
    signers: Vec<&'s Signer>,
    /// Any one of these satisfies them all.
    checks: Result<Vec<Check>, SignerError>,
}

impl<'s> Group<'s> {
    fn of(signer: &'s Signer, now: Duration) -> Self {
        Self { signers: vec![signer], checks: signer.checks(now) }
    }

    fn join(&mut self, other: &Self) -> Merged {
        match (self.checks.as_deref_mut(), other.checks.as_deref()) {
            (Ok([mine]), Ok([others])) => mine.merge(others),
            _ => Merged::No,
        }
    }
}

fn groups(signers: &[Signer], now: Duration) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for signer in signers {
        let group = Group::of(signer, now);
        match groups
            .iter_mut()
            .find_map(|known| (known.join(&group) == Merged::Yes).then_some(known))
        {
            Some(known) => known.signers.push(signer),
            None => groups.push(group),
        }
    }
    groups
}

/// How the signers of a rule stand.
#[derive(Default)]
struct Tally {
    agreed: Vec<String>,
    missing: Vec<String>,
    /// The gravest of what went wrong.
    worst: Option<Miss>,
    annotated: bool,
}

impl Tally {
    fn ask(&mut self, inquiry: &mut Inquiry<'_, '_>, group: &Group<'_>) {
        match &group.checks {
            Ok(checks) => match inquiry.ask_any(checks) {
                Ok(()) => self.agreed.extend(group.signers.iter().map(|s| s.label.clone())),
                Err(miss) => self.miss(&group.signers, miss),
            },
            Err(error) => {
                let label = group.signers.first().map(|signer| signer.label.clone());
                let miss = Miss::Signer(label.unwrap_or_default(), error.clone());
                self.miss(&group.signers, miss);
            }
        }
    }

    fn miss(&mut self, signers: &[&Signer], miss: Miss) {
        let named: Vec<&&Signer> = signers.iter().filter(|signer| miss.names(signer)).collect();
        let all_missing = named.is_empty();
        for signer in signers {
            if all_missing || miss.names(signer) {
                self.missing.push(signer.label.clone());
                self.annotated |= !signer.annotations.is_empty();
            } else {
                self.agreed.push(signer.label.clone());
            }
        }
        if self.worst.as_ref().is_none_or(|worst| worst.gravity() < miss.gravity()) {
            self.worst = Some(miss);
        }
    }

    fn conclude(self, inquiry: &mut Inquiry<'_, '_>, needed: usize) -> Result<Vec<String>, Reason> {
        if self.agreed.len() >= needed {
            return Ok(self.agreed);
        }
        Err(match self.worst {
            Some(Miss::Withheld(words)) => Reason::Withheld(words),
            Some(Miss::Moved { expected, answered }) => Reason::Moved { expected, answered },
            Some(Miss::Signer(label, error)) => Reason::Signer(label, error),
            Some(Miss::Unchecked(words)) => Reason::Unchecked(words),
            Some(Miss::NoSignatures) if self.agreed.is_empty() => match inquiry.reach() {
                Ok(()) => Reason::NotSigned,
                Err(words) => Reason::Unchecked(words),
            },
            _ => Reason::TooFewSigners {
                agreed: self.agreed.len(),
                needed,
                missing: self.missing,
                annotated: self.annotated,
            },
        })
    }
}
