//! How the signers of a rule stand: who has agreed, who is missing, and what that comes to.

use crate::host::Host;
use crate::policy::overlap::one_signature_meets_both;
use crate::policy::signer::{
    AllOf, Annotations, Check, Identity, Merged, Signer, SignerError, identity_label,
};
use crate::policy::subject_pattern::SubjectPattern;
use crate::verify::session::{CheckFailure, ImageSession, MAX_CANDIDATES};
use crate::verify::verifier::{Reason, SignatureFormat};
use std::borrow::Cow;

/// Signers that one call can ask about.
pub(crate) struct SignerBatch<'s> {
    signers: Vec<&'s Signer>,
    /// Any one of these satisfies them all; of a pattern, none is known before an image is looked at.
    checks: Result<Vec<Check>, SignerError>,
}

impl<'s> SignerBatch<'s> {
    pub(crate) fn new(signer: &'s Signer, checks: Result<Vec<Check>, SignerError>) -> Self {
        Self { signers: vec![signer], checks }
    }

    /// What its signers are called.
    fn label(&self) -> String {
        let labels: Vec<&str> = self.signers.iter().map(|signer| signer.label.as_str()).collect();
        labels.join(" or ")
    }

    /// What to ask about an image.
    fn checks_for(
        &self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
    ) -> Result<Cow<'_, [Check]>, CheckFailure> {
        let known = self.checks.as_deref();
        let known = known.map_err(|error| CheckFailure::Signer(self.label(), error.clone()))?;
        let Some((issuer, pattern, annotations)) = self.pattern() else {
            return Ok(Cow::Borrowed(known));
        };
        let check = |subject| Check {
            all_of: AllOf::Keyless(vec![(issuer.to_owned(), subject)]),
            annotations: annotations.clone(),
        };
        Ok(session.candidates(host, issuer, pattern)?.into_iter().map(check).collect())
    }

    /// The issuer, the pattern and the annotations of a signer who is told by a pattern, and is alone.
    fn pattern(&self) -> Option<(&'s str, &'s SubjectPattern, &'s Annotations)> {
        match self.signers.as_slice() {
            [
                Signer {
                    identity: Identity::KeylessPattern { issuer, pattern }, annotations, ..
                },
            ] => Some((issuer, pattern, annotations)),
            _ => None,
        }
    }

    /// The labels of those who have met that check. Of those who could match a pattern, it is who did.
    fn agreed(&self, check: &Check) -> Vec<String> {
        match &check.all_of {
            AllOf::Keyless(pairs) if self.pattern().is_some() => {
                pairs.iter().map(|(issuer, subject)| identity_label(issuer, subject)).collect()
            }
            _ => self.signers.iter().map(|signer| signer.label.clone()).collect(),
        }
    }

    fn join(&mut self, other: &Self, duplicates: DuplicateSigners) -> Merged {
        match (self.checks.as_deref_mut(), other.checks.as_deref()) {
            (Ok([mine]), Ok([others]))
                if mine == others && duplicates == DuplicateSigners::Taken =>
            {
                Merged::Yes
            }
            (Ok([mine]), Ok([others]))
                if duplicates == DuplicateSigners::Taken
                    || !one_signature_meets_both(&mine.all_of, &others.all_of) =>
            {
                mine.merge(others)
            }
            _ => Merged::No,
        }
    }
}

/// What becomes of signers whom one signature satisfies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DuplicateSigners {
    /// They count once.
    #[default]
    One,
    /// They are taken: to ask for one twice is to ask once.
    Taken,
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

/// How the signers of a rule stand.
#[derive(Default)]
pub(crate) struct SignerThreshold {
    duplicates: DuplicateSigners,
    agreed: Vec<String>,
    /// How many more have signed by the host's words, which decide nothing.
    presumed: usize,
    missing: Vec<String>,
    /// What those who agreed could have signed with.
    met: Vec<(String, Check)>,
    /// The gravest of what went wrong, the first of several.
    worst: Option<CheckFailure>,
    annotated: bool,
    uncertified: bool,
}

impl SignerThreshold {
    pub(crate) fn new(duplicates: DuplicateSigners) -> Self {
        Self { duplicates, ..Self::default() }
    }

    pub(crate) fn agreed(&self) -> usize {
        self.agreed.len()
    }

    pub(crate) fn ask(
        &mut self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
        batch: &SignerBatch<'_>,
    ) {
        let checks = match batch.checks_for(session, host) {
            Ok(checks) => checks,
            Err(failure) => return self.failure(&batch.signers, failure),
        };
        if let Some(label) = self.shares(&checks) {
            let error = SignerError::Shared(label);
            return self.failure(&batch.signers, CheckFailure::Signer(batch.label(), error));
        }
        let (asked, left_out) = match checks.split_at_checked(MAX_CANDIDATES) {
            Some(split) if batch.pattern().is_some() => split,
            _ => (&*checks, [].as_slice()),
        };
        let mut worst = match left_out {
            [] => CheckFailure::NoSignatures,
            _ => CheckFailure::Unchecked(format!(
                "more than {MAX_CANDIDATES} subjects of its signatures match {}",
                batch.label()
            )),
        };
        for check in asked {
            match session.ask(host, check) {
                Ok(()) => {
                    self.met.extend(checks.iter().map(|check| (batch.label(), check.clone())));
                    self.agreed.extend(batch.agreed(check));
                    return;
                }
                Err(failure) if failure.severity() > worst.severity() => worst = failure,
                Err(_) => {}
            }
        }
        self.failure(&batch.signers, worst);
    }

    /// The label of the signer who has agreed and could have met one of these checks with the same
    /// signature, where that counts once.
    fn shares(&self, checks: &[Check]) -> Option<String> {
        if self.duplicates == DuplicateSigners::Taken {
            return None;
        }
        let is_met = |met: &Check| {
            checks.iter().any(|check| one_signature_meets_both(&met.all_of, &check.all_of))
        };
        let twin = self.met.iter().find(|(_, met)| is_met(met));
        twin.map(|(label, _)| label.clone())
    }

    fn failure(&mut self, signers: &[&Signer], failure: CheckFailure) {
        let named = |signer: &&&Signer| failure.names(signer);
        let any_named = signers.iter().any(|signer| named(&signer));
        for signer in signers {
            if any_named && !named(&signer) {
                self.presumed += 1;
            } else {
                self.missing.push(signer.label.clone());
                self.annotated |= !signer.annotations.is_empty();
            }
        }
        self.uncertified |= matches!(failure, CheckFailure::NoCertificates);
        if self.worst.as_ref().is_none_or(|worst| worst.severity() < failure.severity()) {
            self.worst = Some(failure);
        }
    }

    /// The labels of those who agreed, when that is enough.
    pub(crate) fn conclude(
        self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
        needed: usize,
    ) -> Result<Vec<String>, Reason> {
        if self.agreed.len() >= needed {
            return Ok(self.agreed);
        }
        Err(match self.worst {
            Some(CheckFailure::Withheld(words)) => Reason::Withheld(words),
            Some(CheckFailure::Moved { expected, answered }) => {
                Reason::Moved { expected, answered }
            }
            Some(CheckFailure::Signer(label, error)) => Reason::Signer(label, error),
            Some(CheckFailure::Unchecked(words)) => Reason::Unchecked(words),
            Some(CheckFailure::NoSignatures) if self.agreed.is_empty() => match session.reach(host)
            {
                Ok(()) => Reason::NotSigned(SignatureFormat::Unknown),
                Err(words) => Reason::Unchecked(words),
            },
            _ => Reason::TooFewSigners {
                agreed: self.agreed.len() + self.presumed,
                needed,
                missing: self.missing,
                annotated: self.annotated,
                uncertified: self.uncertified,
            },
        })
    }
}
