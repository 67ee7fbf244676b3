//! Signers that one call of the host can ask about, and what it is asked.

use crate::host::Host;
use crate::host::verification::{AllOf, Check, Merged};
use crate::policy::overlap::{PartySigner, are_alternatives, are_apart};
use crate::policy::signer::{Signer, identity_label};
use crate::policy::steps::{OutOfSteps, Steps};
use crate::verify::failure::CheckFailure;
use crate::verify::image_session::{ImageSession, MAX_CANDIDATES};
use crate::verify::signer_checks::{Checks, SignerError, keyless, one_signature_meets_both};
use kubewarden_policy_sdk::host_capabilities::verification::KeylessInfo;
use std::borrow::Cow;
use std::rc::Rc;

/// Signers that one call can ask about.
pub(crate) struct SignerBatch<'s> {
    pub(super) signers: Vec<Rc<PartySigner<'s>>>,
    /// What satisfies them all.
    checks: Result<Checks<'s>, SignerError>,
}

impl<'s> SignerBatch<'s> {
    pub(crate) fn new(signer: &'s Signer, checks: Result<Checks<'s>, SignerError>) -> Self {
        Self { signers: vec![Rc::new(PartySigner::new(signer))], checks }
    }

    /// What its signers are called.
    pub(super) fn label(&self) -> String {
        labels(&self.signers)
    }

    /// What could be asked about an image, and how many of that are.
    pub(super) fn checks_for(
        &self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
    ) -> Result<(Cow<'_, [Check]>, usize), CheckFailure> {
        match &self.checks {
            Err(error) => Err(CheckFailure::Signer(self.label(), error.clone())),
            Ok(Checks::One(check)) => Ok((Cow::Borrowed(std::slice::from_ref(check)), 1)),
            Ok(Checks::AnyOf(checks)) => Ok((Cow::Borrowed(checks), checks.len())),
            Ok(Checks::Subjects { issuer, pattern, annotations }) => {
                let annotations = (*annotations).clone();
                let check = |subject: &String| Check {
                    all_of: keyless(issuer, subject),
                    annotations: annotations.clone(),
                };
                let subjects = session.candidates(host, issuer, pattern)?;
                Ok((subjects.iter().map(check).collect(), MAX_CANDIDATES))
            }
        }
    }

    /// Whether one of them is an alternative of that signer.
    pub(super) fn is_alternative_of(
        &self,
        other: &PartySigner<'_>,
        steps: &Steps,
    ) -> Result<bool, OutOfSteps> {
        for signer in &self.signers {
            if are_alternatives(signer, other, steps)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether no signature is one of both: they demand different values of one annotation.
    pub(super) fn is_apart_from(&self, others: &[Rc<PartySigner<'_>>]) -> bool {
        let others = || others.iter().map(|other| other.signer());
        self.signers.iter().any(|own| others().any(|other| are_apart(own.signer(), other)))
    }

    /// The labels of those who have met that check; for a pattern, the identity that did, which the settings do not tell.
    pub(super) fn agreed(&self, check: &Check) -> Vec<String> {
        if let (Ok(Checks::Subjects { .. }), AllOf::Keyless(found)) = (&self.checks, &check.all_of)
        {
            let label = |of: &KeylessInfo| identity_label(&of.issuer, &of.subject);
            return found.iter().map(label).collect();
        }
        self.signers.iter().map(|signer| signer.signer().label.clone()).collect()
    }

    fn join(&mut self, other: &Self, duplicates: DuplicateSigners) -> Merged {
        use DuplicateSigners::{Accepted, CountOnce, Refused};
        match (&mut self.checks, &other.checks) {
            (Ok(Checks::One(mine)), Ok(Checks::One(others))) => match duplicates {
                Accepted if mine == others => Merged::Yes,
                CountOnce | Refused if one_signature_meets_both(&mine.all_of, &others.all_of) => {
                    Merged::No
                }
                Accepted | CountOnce | Refused => mine.merge(others),
            },
            (Ok(Checks::One(_) | Checks::AnyOf(_) | Checks::Subjects { .. }) | Err(_), _) => {
                Merged::No
            }
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
