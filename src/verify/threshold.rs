//! Counts the signers of a rule: who has agreed, who is missing, and whether that is enough (`allOf` needs all, `anyOf`
//! as many as its `minimumMatches`).

use crate::host::Host;
use crate::host::verification::{AllOf, Check, Merged};
use crate::policy::signer::{Annotations, Identity, Signer, identity_label};
use crate::policy::subject_pattern::SubjectPattern;
use crate::verify::failure::CheckFailure;
use crate::verify::image_session::{ImageSession, MAX_CANDIDATES};
use crate::verify::outcome::{Reason, SignatureFormat};
use crate::verify::signer_checks::{SignerError, keyless, one_signature_meets_both};
use kubewarden_policy_sdk::host_capabilities::verification::KeylessInfo;
use std::borrow::Cow;

/// Signers that one call can ask about.
#[derive(Clone)]
pub(crate) struct SignerBatch<'s> {
    signers: Vec<&'s Signer>,
    /// Any one of these satisfies them all. For a pattern, they are known only when an image is looked at.
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
        let check = |subject: &String| Check {
            all_of: keyless(issuer, subject),
            annotations: annotations.clone(),
        };
        Ok(session.candidates(host, issuer, pattern)?.iter().map(check).collect())
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

    /// The labels of those who have met that check; for a pattern, the identity that did.
    fn agreed(&self, check: &Check) -> Vec<String> {
        match &check.all_of {
            AllOf::Keyless(identities) if self.pattern().is_some() => {
                let label =
                    |identity: &KeylessInfo| identity_label(&identity.issuer, &identity.subject);
                identities.iter().map(label).collect()
            }
            _ => self.signers.iter().map(|signer| signer.label.clone()).collect(),
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

/// What becomes of signers whom one signature satisfies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DuplicateSigners {
    /// They count once.
    CountOnce,
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

/// How many signers a rule needs, and how they stand.
pub(crate) struct SignerThreshold {
    needed: usize,
    duplicates: DuplicateSigners,
    agreed: Vec<String>,
    /// How many more have signed by the host's words: for the message alone.
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
    pub(crate) fn new(needed: usize, duplicates: DuplicateSigners) -> Self {
        Self {
            needed,
            duplicates,
            agreed: Vec::new(),
            presumed: 0,
            missing: Vec::new(),
            met: Vec::new(),
            worst: None,
            annotated: false,
            uncertified: false,
        }
    }

    /// Whether enough have agreed, or too few are left that could.
    pub(crate) fn is_decided(&self, left: usize) -> bool {
        let still_needed = self.needed.saturating_sub(self.agreed.len());
        still_needed == 0 || left < still_needed
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
        if self.duplicates == DuplicateSigners::Accepted {
            return None;
        }
        let is_met = |met: &Check| {
            checks.iter().any(|check| one_signature_meets_both(&met.all_of, &check.all_of))
        };
        let twin = self.met.iter().find(|(_, met)| is_met(met));
        twin.map(|(label, _)| label.clone())
    }

    fn failure(&mut self, signers: &[&Signer], failure: CheckFailure) {
        let named = failure.named(signers);
        let any_named = named.contains(&true);
        for (signer, is_named) in signers.iter().zip(named) {
            if any_named && !is_named {
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
    ) -> Result<Vec<String>, Reason> {
        if self.agreed.len() >= self.needed {
            return Ok(self.agreed);
        }
        Err(match self.worst {
            Some(CheckFailure::Withheld(words)) => Reason::Withheld(words),
            Some(CheckFailure::Moved { expected, answered }) => {
                Reason::Moved { expected, answered }
            }
            Some(CheckFailure::Signer(label, error)) => Reason::Signer(label, error),
            Some(CheckFailure::Unchecked(words)) => Reason::Unchecked(words),
            Some(CheckFailure::NoSignatures) if self.agreed.is_empty() => match session.probe(host)
            {
                Ok(()) => Reason::NotSigned(SignatureFormat::Unknown),
                Err(words) => Reason::Unchecked(words),
            },
            _ => Reason::TooFewSigners {
                agreed: self.agreed.len() + self.presumed,
                needed: self.needed,
                missing: self.missing,
                annotated: self.annotated,
                uncertified: self.uncertified,
            },
        })
    }
}
