//! Stage 4: rules → questions to the host → whether the image is verified. The only maker of [`Pinned`].
//!
//! *Which image is asked about?* At first the reference as it is, by its tag unless it has a digest. As
//! soon as an answer gives a digest, every further question names it, and every answer must give it: all
//! checks on one image speak of one digest.
//!
//! *How many questions?* As few as the rules allow: each distinct image is verified once, signers that
//! must all have signed share a call where the host can be asked about both; of alternatives, one at a
//! time is asked, in the order written, until enough have agreed or too few are left; and nothing is
//! asked twice.

use crate::host::Host;
use crate::host::verification::Check;
use crate::image::reference::{Digest, Reference};
use crate::policy::rule::{AnyOf, Enforcement, Rule, RuleName};
use crate::policy::signer::Signer;
use crate::sorted_map::SortedMap;
use crate::verify::cluster_keys::ClusterKeys;
use crate::verify::image_session::ImageSession;
use crate::verify::outcome::{Approval, Expiring, OtherSignature, Reason, Refusal};
use crate::verify::signer_batch::{DuplicateSigners, SignerBatch, batches};
use crate::verify::signer_checks::{self, SignerError};
use crate::verify::threshold::SignerThreshold;
use std::rc::Rc;
use std::time::Duration;

/// A digest that satisfied a rule that matches its image, and was refused by none. Nothing else makes one.
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
    /// Every rule that rejects is satisfied by this digest.
    Yes(Pinned, Vec<Approval>, Vec<Refusal>),
    /// No rule is satisfied, and none of them rejects.
    Tolerated(Vec<Refusal>),
    /// This rule is not satisfied, and rejects.
    No(Refusal),
    /// It was not looked at: so many images were refused before it that the verdict is known.
    NotLookedAt,
}

/// A certificate that expires soon gives a warning.
const EXPIRES_SOON: Duration = Duration::from_hours(30 * 24);

/// How many unsigned images of a request are looked at for what is signed instead: each takes up to three questions
/// more, while a webhook waits for a refusal.
const MAX_OTHER_SIGNATURES: usize = 4;

/// Refused images of a request after which no other is asked about: the verdict is known, and the policy server
/// verifies one image at a time.
pub const MAX_REFUSED: usize = 8;

/// Verifies the images of one request.
pub struct Verifier<'a, 'h, 'r> {
    host: &'a mut Host<'h>,
    /// Since the Unix epoch.
    now: Duration,
    cluster: ClusterKeys,
    answers: SortedMap<Reference, Verified>,
    /// How many of these are refused.
    refused: usize,
    expiring: Vec<Expiring>,
    /// What those of `anyOf` so far are asked about with, by where they are.
    batches: SortedMap<*const Signer, Rc<SignerBatch<'r>>>,
    /// The same for those of `allOf`, by their rules.
    all_of: SortedMap<*const Rule, Rc<[SignerBatch<'r>]>>,
    /// For how many images it has looked for what is signed instead.
    other_signatures: usize,
}

impl<'a, 'h, 'r> Verifier<'a, 'h, 'r> {
    /// A verifier that asks that host at that time.
    pub fn new(host: &'a mut Host<'h>, now: Duration) -> Self {
        Self {
            host,
            now,
            cluster: ClusterKeys::default(),
            answers: SortedMap::default(),
            refused: 0,
            expiring: Vec::new(),
            batches: SortedMap::default(),
            all_of: SortedMap::default(),
            other_signatures: 0,
        }
    }

    /// The same for the images of other rules: what is known of the cluster, and how many images are refused, stays.
    #[must_use]
    pub fn for_other_rules<'o>(self) -> Verifier<'a, 'h, 'o> {
        let Self { host, now, cluster, refused, expiring, other_signatures, .. } = self;
        let fresh = Verifier::new(host, now);
        Verifier { cluster, refused, expiring, other_signatures, ..fresh }
    }

    /// Signers whose certificates were used and expire soon.
    #[must_use]
    pub fn expiring(&self) -> &[Expiring] {
        &self.expiring
    }

    /// Verifies an image against the rules that match it.
    pub fn verify(&mut self, image: &Reference, rules: &[&'r Rule]) -> Verified {
        if let Some(answer) = self.answers.get(image) {
            return answer.clone();
        }
        if self.refused == MAX_REFUSED {
            return Verified::NotLookedAt;
        }
        let answer = self.verify_anew(image, rules);
        self.refused += usize::from(matches!(answer, Verified::No(_)));
        self.answers.insert(image.clone(), answer.clone());
        answer
    }

    fn verify_anew(&mut self, image: &Reference, rules: &[&'r Rule]) -> Verified {
        let mut session = ImageSession::new(image);
        let (mut approvals, mut warned) = (Vec::new(), Vec::new());
        for rule in rules {
            let name = rule.name.clone();
            match (self.satisfy(&mut session, rule), rule.enforcement) {
                (Ok(signers), _) => approvals.push(Approval { rule: name.to_string(), signers }),
                (Err(reason), Enforcement::Warn) => warned.push(Refusal { rule: name, reason }),
                (Err(reason), Enforcement::Reject) => {
                    let reason = self.look_for_another(&session, reason);
                    return Verified::No(Refusal { rule: name, reason });
                }
            }
        }
        match session.into_digest() {
            Some(digest) if !approvals.is_empty() => {
                Verified::Yes(Pinned(digest), approvals, warned)
            }
            _ => Verified::Tolerated(warned),
        }
    }

    fn look_for_another(&mut self, session: &ImageSession<'_>, reason: Reason) -> Reason {
        if reason != Reason::NotSigned(OtherSignature::Unknown)
            || self.other_signatures == MAX_OTHER_SIGNATURES
        {
            return reason;
        }
        self.other_signatures += 1;
        Reason::NotSigned(session.other_signature(self.host))
    }

    fn satisfy(
        &mut self,
        session: &mut ImageSession<'_>,
        rule: &'r Rule,
    ) -> Result<Vec<String>, Reason> {
        let duplicates = if rule.matcher.is_legacy() {
            DuplicateSigners::Accepted
        } else {
            DuplicateSigners::Refused
        };
        let mut signers = self.all_of(session, rule, duplicates)?;
        if let Some(any_of) = rule.trust.any_of() {
            signers.extend(self.any_of(session, &rule.name, any_of)?);
        }
        Ok(signers)
    }

    fn all_of(
        &mut self,
        session: &mut ImageSession<'_>,
        rule: &'r Rule,
        duplicates: DuplicateSigners,
    ) -> Result<Vec<String>, Reason> {
        let mut threshold = SignerThreshold::new(rule.trust.all_of().len(), duplicates);
        for batch in &*self.batches(rule, duplicates) {
            threshold.ask(session, self.host, batch);
        }
        threshold.conclude(session, self.host)
    }

    /// Signers are put together once a request, however many images need them.
    fn batches(&mut self, rule: &'r Rule, duplicates: DuplicateSigners) -> Rc<[SignerBatch<'r>]> {
        let at = std::ptr::from_ref(rule);
        if let Some(known) = self.all_of.get(&at) {
            return Rc::clone(known);
        }
        let signers = rule.trust.all_of().iter();
        let batch = |signer| SignerBatch::new(signer, self.checks_of(&rule.name, signer));
        let signers = signers.map(batch).collect();
        let batches: Rc<[_]> = batches(signers, duplicates).into();
        self.all_of.insert(at, Rc::clone(&batches));
        batches
    }

    fn any_of(
        &mut self,
        session: &mut ImageSession<'_>,
        rule: &RuleName,
        any_of: &'r AnyOf,
    ) -> Result<Vec<String>, Reason> {
        let mut threshold = SignerThreshold::new(any_of.minimum(), DuplicateSigners::CountOnce);
        for (asked, signer) in any_of.signers().iter().enumerate() {
            if threshold.is_decided(any_of.signers().len() - asked) {
                break;
            }
            let batch = self.batch(rule, signer);
            threshold.ask(session, self.host, &batch);
        }
        threshold.conclude(session, self.host)
    }

    /// Keys are read once a request, however many images need them.
    fn batch(&mut self, rule: &RuleName, signer: &'r Signer) -> Rc<SignerBatch<'r>> {
        let at = std::ptr::from_ref(signer);
        if let Some(batch) = self.batches.get(&at) {
            return Rc::clone(batch);
        }
        let batch = Rc::new(SignerBatch::new(signer, self.checks_of(rule, signer)));
        self.batches.insert(at, Rc::clone(&batch));
        batch
    }

    fn checks_of(&mut self, rule: &RuleName, signer: &Signer) -> Result<Vec<Check>, SignerError> {
        let read = &mut |source: &_| self.cluster.read(source, self.host);
        let checks = signer_checks::checks(signer, self.now, read)?;
        if let Some(left) = checks.remaining.filter(|left| *left < EXPIRES_SOON) {
            self.expiring.push(Expiring {
                rule: rule.to_string(),
                signer: signer.label.clone(),
                days: left.as_secs() / (24 * 60 * 60),
            });
        }
        Ok(checks.any_of)
    }
}
