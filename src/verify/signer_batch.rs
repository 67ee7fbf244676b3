//! Signers that one call of the host can ask about, and what it is asked.

use crate::host::Host;
use crate::host::verification::{AllOf, Check, Merged};
use crate::policy::overlap::{PartySigner, are_alternatives, are_apart};
use crate::policy::signer::{Annotations, Identity, Signer, identity_label};
use crate::policy::subject_pattern::SubjectPattern;
use crate::verify::failure::CheckFailure;
use crate::verify::image_session::ImageSession;
use crate::verify::signer_checks::{SignerError, keyless, one_signature_meets_both};
use kubewarden_policy_sdk::host_capabilities::verification::KeylessInfo;
use std::borrow::Cow;
use std::rc::Rc;

/// Signers that one call can ask about.
pub(crate) struct SignerBatch<'s> {
    pub(super) signers: Vec<Rc<PartySigner<'s>>>,
    /// Any one of these satisfies them all. For a pattern, they are known only when an image is looked at.
    checks: Result<Vec<Check>, SignerError>,
}

impl<'s> SignerBatch<'s> {
    pub(crate) fn new(signer: &'s Signer, checks: Result<Vec<Check>, SignerError>) -> Self {
        Self { signers: vec![Rc::new(PartySigner::new(signer))], checks }
    }

    /// What its signers are called.
    pub(super) fn label(&self) -> String {
        labels(&self.signers)
    }

    /// What to ask about an image.
    pub(super) fn checks_for(
        &self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
    ) -> Result<Cow<'_, [Check]>, CheckFailure> {
        let known = self.checks.as_deref();
        let known = known.map_err(|error| CheckFailure::Signer(self.label(), error.clone()))?;
        let Some((issuer, pattern, annotations)) = self.pattern() else {
            return Ok(Cow::Borrowed(known));
        };
        let check = |subject: &String| Check {
            all_of: keyless(issuer, subject),
            annotations: annotations.clone(),
        };
        Ok(session.candidates(host, issuer, pattern)?.iter().map(check).collect())
    }

    /// The issuer, the pattern and the annotations of a signer who is told by a pattern, and is alone.
    pub(super) fn pattern(&self) -> Option<(&'s str, &'s SubjectPattern, &'s Annotations)> {
        let [signer] = self.signers.as_slice() else { return None };
        match signer.signer() {
            Signer {
                identity: Identity::KeylessPattern { issuer, pattern }, annotations, ..
            } => Some((issuer, pattern, annotations)),
            _ => None,
        }
    }

    /// Whether one of them is an alternative of that signer; nothing when the steps that are left do not suffice to tell.
    pub(super) fn is_alternative_of(
        &self,
        other: &PartySigner<'_>,
        left: &mut usize,
    ) -> Option<bool> {
        for signer in &self.signers {
            if are_alternatives(signer, other, left)? {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Whether no signature is one of both: they demand different values of one annotation.
    pub(super) fn is_apart_from(&self, others: &[Rc<PartySigner<'_>>]) -> bool {
        let others = || others.iter().map(|other| other.signer());
        self.signers.iter().any(|own| others().any(|other| are_apart(own.signer(), other)))
    }

    /// The labels of those who have met that check; for a pattern, the identity that did.
    pub(super) fn agreed(&self, check: &Check) -> Vec<String> {
        match &check.all_of {
            AllOf::Keyless(identities) if self.pattern().is_some() => {
                let label =
                    |identity: &KeylessInfo| identity_label(&identity.issuer, &identity.subject);
                identities.iter().map(label).collect()
            }
            _ => self.signers.iter().map(|signer| signer.signer().label.clone()).collect(),
        }
    }

    fn join(&mut self, other: &Self, duplicates: DuplicateSigners) -> Merged {
        match (self.checks.as_deref_mut(), other.checks.as_deref()) {
            (Ok([mine]), Ok([others]))
                if mine == others && duplicates == DuplicateSigners::Accepted =>
            {
                Merged::Yes
            }
            (Ok([mine]), Ok([others]))
                if duplicates == DuplicateSigners::Accepted
                    || !one_signature_meets_both(&mine.all_of, &others.all_of) =>
            {
                mine.merge(others)
            }
            _ => Merged::No,
        }
    }
}

pub(super) fn labels(signers: &[Rc<PartySigner<'_>>]) -> String {
    let labels: Vec<&str> = signers.iter().map(|signer| signer.signer().label.as_str()).collect();
    labels.join(" or ")
}

/// What becomes of signers whom one signature satisfies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DuplicateSigners {
    /// They count once, and so does one party that signs with different values of one annotation.
    CountOnce,
    /// They are refused. One party may have to sign with different values of one annotation.
    Refused,
    /// They are accepted, as verify-image-signatures does: to ask for one twice is to ask once.
    Accepted,
}

/// Puts signers together where one call can ask about both.
pub(crate) fn batches(
    signers: Vec<SignerBatch<'_>>,
    duplicates: DuplicateSigners,
) -> Vec<SignerBatch<'_>> {
    let mut batches: Vec<SignerBatch<'_>> = Vec::new();
    for signer in signers {
        match batches
            .iter_mut()
            .find_map(|batch| (batch.join(&signer, duplicates) == Merged::Yes).then_some(batch))
        {
            Some(batch) => batch.signers.extend(signer.signers),
            None => batches.push(signer),
        }
    }
    batches
}
