//! Counts the signers of a rule: who has agreed, who is missing, and whether that is enough (`allOf` needs all, `anyOf`
//! as many as its `minimumMatches`).

use crate::host::Host;
use crate::host::verification::{AllOf, Check, Merged};
use crate::keys::certificate::CertificateError;
use crate::policy::overlap::{PartySigner, annotations_differ, are_alternatives};
use crate::policy::signer::{Annotations, Identity, Signer, identity_label};
use crate::policy::subject_pattern::SubjectPattern;
use crate::verify::failure::CheckFailure;
use crate::verify::image_session::{ImageSession, MAX_CANDIDATES};
use crate::verify::outcome::{OtherSignature, Reason};
use crate::verify::signer_checks::{SignerError, keyless, one_signature_meets_both};
use kubewarden_policy_sdk::host_capabilities::verification::KeylessInfo;
use std::borrow::Cow;
use std::rc::Rc;

/// Signers that one call can ask about.
#[derive(Clone)]
pub(crate) struct SignerBatch<'s> {
    signers: Vec<Rc<PartySigner<'s>>>,
    /// Any one of these satisfies them all. For a pattern, they are known only when an image is looked at.
    checks: Result<Vec<Check>, SignerError>,
}

impl<'s> SignerBatch<'s> {
    pub(crate) fn new(signer: &'s Signer, checks: Result<Vec<Check>, SignerError>) -> Self {
        Self { signers: vec![Rc::new(PartySigner::new(signer))], checks }
    }

    /// What its signers are called.
    fn label(&self) -> String {
        labels(&self.signers)
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
        let [signer] = self.signers.as_slice() else { return None };
        match signer.signer() {
            Signer {
                identity: Identity::KeylessPattern { issuer, pattern }, annotations, ..
            } => Some((issuer, pattern, annotations)),
            _ => None,
        }
    }

    fn is_alternative_of(&self, other: &PartySigner<'_>) -> bool {
        self.signers.iter().any(|signer| are_alternatives(signer, other))
    }

    /// The labels of those who have met that check; for a pattern, the identity that did.
    fn agreed(&self, check: &Check) -> Vec<String> {
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

fn labels(signers: &[Rc<PartySigner<'_>>]) -> String {
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

/// How many signers a rule needs, and how they stand.
pub(crate) struct SignerThreshold<'s> {
    needed: usize,
    duplicates: DuplicateSigners,
    agreed: Vec<String>,
    /// How many more have signed by the host's words: for the message alone.
    presumed: usize,
    /// Those whose signature was not found, and what messages call them.
    missing: Vec<(Rc<PartySigner<'s>>, String)>,
    /// Those who agreed, and what they could have signed with.
    met: Vec<(Vec<Rc<PartySigner<'s>>>, Vec<Check>)>,
    /// The gravest of what went wrong, the first of several.
    worst: Option<CheckFailure>,
    /// Whether the host found no signature when it was asked about one of the signers.
    none_found: bool,
    /// A signer whose certificate has expired: told where nothing else is.
    expired: Option<CheckFailure>,
    annotated: bool,
    uncertified: bool,
}

/// Whether no signature meets both. Of a certificate this is not known.
fn are_apart(a: &Check, b: &Check) -> bool {
    let is_certificate = |check: &Check| matches!(check.all_of, AllOf::Certificate { .. });
    !is_certificate(a) && !is_certificate(b) && annotations_differ(&a.annotations, &b.annotations)
}

/// How a signer stands to those who have agreed.
enum Standing {
    /// It is another.
    Distinct,
    /// It is one of them, with another value of an annotation.
    Alternative,
    /// The signature of the signer of this label could be its own.
    Shared(String),
}

impl<'s> SignerThreshold<'s> {
    pub(crate) fn new(needed: usize, duplicates: DuplicateSigners) -> Self {
        Self {
            needed,
            duplicates,
            agreed: Vec::new(),
            presumed: 0,
            missing: Vec::new(),
            met: Vec::new(),
            worst: None,
            none_found: false,
            expired: None,
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
        batch: &SignerBatch<'s>,
    ) {
        let checks = match batch.checks_for(session, host) {
            Ok(checks) => checks,
            Err(failure) => return self.failure(batch, failure),
        };
        match self.standing(batch, &checks) {
            Standing::Distinct => {}
            Standing::Alternative => return,
            Standing::Shared(label) => {
                let error = SignerError::Shared(label);
                return self.failure(batch, CheckFailure::Signer(batch.label(), error));
            }
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
            let failure = match session.ask(host, check) {
                Ok(()) => {
                    if self.duplicates == DuplicateSigners::CountOnce {
                        self.missing.retain(|(other, _)| !batch.is_alternative_of(other));
                    }
                    self.agreed.extend(batch.agreed(check));
                    self.met.push((batch.signers.clone(), checks.into_owned()));
                    return;
                }
                Err(failure) => failure,
            };
            self.none_found |= matches!(failure, CheckFailure::NoSignatures);
            if failure.severity() > worst.severity() {
                worst = failure;
            }
        }
        self.failure(batch, worst);
    }

    /// How those of the batch stand to those who have agreed.
    fn standing(&self, batch: &SignerBatch<'s>, checks: &[Check]) -> Standing {
        if self.duplicates == DuplicateSigners::Accepted {
            return Standing::Distinct;
        }
        let counts_once = self.duplicates == DuplicateSigners::CountOnce;
        let mut standing = Standing::Distinct;
        for (signers, met) in &self.met {
            if counts_once && signers.iter().any(|signer| batch.is_alternative_of(signer)) {
                standing = Standing::Alternative;
            }
            for (met, check) in
                met.iter().flat_map(|met| checks.iter().map(move |check| (met, check)))
            {
                if !one_signature_meets_both(&met.all_of, &check.all_of) {
                    continue;
                }
                if !are_apart(check, met) {
                    return Standing::Shared(labels(signers));
                }
                if counts_once {
                    standing = Standing::Alternative;
                }
            }
        }
        standing
    }

    fn failure(&mut self, batch: &SignerBatch<'s>, failure: CheckFailure) {
        if let CheckFailure::Signer(
            _,
            SignerError::Certificate(error @ CertificateError::Expired(_)),
        ) = &failure
        {
            let label = |signer: &PartySigner<'_>| format!("{} ({error})", signer.signer().label);
            let missing = |signer| (Rc::clone(signer), label(signer));
            self.missing.extend(batch.signers.iter().map(missing));
            self.expired.get_or_insert(failure);
            return;
        }
        let signers: Vec<&Signer> = batch.signers.iter().map(|signer| signer.signer()).collect();
        let named = failure.named(&signers);
        let any_named = named.contains(&true);
        for (signer, is_named) in batch.signers.iter().zip(named) {
            if any_named && !is_named {
                self.presumed += 1;
            } else {
                self.missing.push((Rc::clone(signer), signer.signer().label.clone()));
                self.annotated |= !signer.signer().annotations.is_empty();
            }
        }
        self.uncertified |= matches!(failure, CheckFailure::NoCertificates);
        self.note(failure);
    }

    fn note(&mut self, failure: CheckFailure) {
        if self.worst.as_ref().is_none_or(|worst| worst.severity() < failure.severity()) {
            self.worst = Some(failure);
        }
    }

    /// The labels of those who agreed, when that is enough.
    pub(crate) fn conclude(
        mut self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
    ) -> Result<Vec<String>, Reason> {
        if self.agreed.len() >= self.needed {
            return Ok(self.agreed);
        }
        if self.none_found {
            self.note(session.why_none_found(host));
        }
        let nobody_else = self.worst.is_none() && self.agreed.is_empty();
        let worst = if nobody_else { self.expired } else { self.worst };
        Err(match worst {
            Some(CheckFailure::Withheld(words)) => Reason::Withheld(words),
            Some(CheckFailure::Moved { expected, answered }) => {
                Reason::Moved { expected, answered }
            }
            Some(CheckFailure::Signer(label, error)) => Reason::Signer(label, error),
            Some(CheckFailure::Unchecked(words)) => Reason::Unchecked(words),
            Some(CheckFailure::NoSignatures) if self.agreed.is_empty() => {
                Reason::NotSigned(OtherSignature::Unknown)
            }
            Some(CheckFailure::InvalidSignatures) if self.agreed.is_empty() => {
                Reason::InvalidSignatures
            }
            _ => Reason::TooFewSigners {
                agreed: self.agreed.len() + self.presumed,
                needed: self.needed,
                missing: self.missing.into_iter().map(|(_, label)| label).collect(),
                annotated: self.annotated,
                uncertified: self.uncertified,
            },
        })
    }
}
