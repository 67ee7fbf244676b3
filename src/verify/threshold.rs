//! Counts the signers of a rule: who has agreed, who is missing, and whether that is enough (`allOf` needs all, `anyOf`
//! as many as its `minimumMatches`).

use crate::host::Host;
use crate::host::verification::Check;
use crate::keys::certificate::CertificateError;
use crate::policy::overlap::PartySigner;
use crate::verify::failure::{CheckFailure, TOO_LONG};
use crate::verify::image_session::ImageSession;
use crate::verify::outcome::{OtherSignature, Reason};
use crate::verify::signer_batch::{DuplicateSigners, SignerBatch, labels};
use crate::verify::signer_checks::{SignerError, one_signature_meets_both};
use std::rc::Rc;

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
        let (checks, most) = match batch.checks_for(session, host) {
            Ok(checks) => checks,
            Err(failure) => return self.failure(batch, failure),
        };
        match self.standing(batch, &checks, &mut session.steps_left) {
            Some(Standing::Distinct) => {}
            Some(Standing::Alternative) => return,
            None => return self.failure(batch, CheckFailure::Unchecked(TOO_LONG.to_owned())),
            Some(Standing::Shared(label)) => {
                let error = SignerError::Shared(label);
                return self.failure(batch, CheckFailure::Signer(batch.label(), error));
            }
        }
        let mut worst = if checks.len() <= most {
            CheckFailure::NoSignatures
        } else {
            let label = batch.label();
            let more = format!("more than {most} subjects of its signatures match {label}");
            CheckFailure::Unchecked(more)
        };
        for check in checks.iter().take(most) {
            let failure = match session.ask(host, check) {
                Ok(()) => {
                    if self.duplicates == DuplicateSigners::CountOnce {
                        let left = &mut session.steps_left;
                        self.missing.retain(|(other, _)| {
                            batch.is_alternative_of(other, left) != Some(true)
                        });
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

    /// How those of the batch stand to those who have agreed; nothing when the steps that are left do not suffice to
    /// tell.
    fn standing(
        &self,
        batch: &SignerBatch<'s>,
        checks: &[Check],
        left: &mut usize,
    ) -> Option<Standing> {
        if self.duplicates == DuplicateSigners::Accepted {
            return Some(Standing::Distinct);
        }
        let counts_once = self.duplicates == DuplicateSigners::CountOnce;
        let mut standing = Standing::Distinct;
        for (signers, met) in &self.met {
            if counts_once {
                for signer in signers {
                    if batch.is_alternative_of(signer, left)? {
                        standing = Standing::Alternative;
                    }
                }
            }
            let meets_both = |met: &Check| {
                checks.iter().any(|check| one_signature_meets_both(&met.all_of, &check.all_of))
            };
            if met.iter().any(meets_both) {
                if !batch.is_apart_from(signers) {
                    return Some(Standing::Shared(labels(signers)));
                }
                if counts_once {
                    standing = Standing::Alternative;
                }
            }
        }
        Some(standing)
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
        let named = failure.named(&batch.signers);
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
            Some(
                CheckFailure::NoSignatures
                | CheckFailure::InvalidSignatures
                | CheckFailure::NotAmongThem(_)
                | CheckFailure::NoCertificates,
            )
            | None => Reason::TooFewSigners {
                agreed: self.agreed.len() + self.presumed,
                needed: self.needed,
                missing: self.missing.into_iter().map(|(_, label)| label).collect(),
                annotated: self.annotated,
                uncertified: self.uncertified,
            },
        })
    }
}
