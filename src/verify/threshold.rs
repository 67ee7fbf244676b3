//! Counts the signers of a rule: who has agreed, who is missing, and whether that is enough (`allOf` needs all, `anyOf`
//! as many as its `minimumMatches`).

use crate::host::Host;
use crate::host::verification::Check;
use crate::keys::certificate::CertificateError;
use crate::policy::overlap::PartySigner;
use crate::policy::steps::{OutOfSteps, Steps};
use crate::verify::failure::CheckFailure;
use crate::verify::image_session::ImageSession;
use crate::verify::outcome::Reason;
use crate::verify::signer_batch::{DuplicateSigners, SignerBatch, labels};
use crate::verify::signer_checks::{SignerError, one_signature_meets_both};
use std::rc::Rc;

/// How many signers a rule needs, and who has agreed.
pub(crate) struct SignerThreshold<'s> {
    needed: usize,
    duplicates: DuplicateSigners,
    agreed: Vec<String>,
    /// Those who agreed, and what they could have signed with.
    met: Vec<(Vec<Rc<PartySigner<'s>>>, Vec<Check>)>,
    told: Told<'s>,
}

/// What is told where too few have agreed. Nothing of it decides.
#[derive(Default)]
struct Told<'s> {
    /// How many more have signed by the host's words.
    presumed: usize,
    /// Those whose signature was not found, and what messages call them.
    missing: Vec<(Rc<PartySigner<'s>>, String)>,
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
        let (agreed, met, told) = Default::default();
        Self { needed, duplicates, agreed, met, told }
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
        if let Err(failure) = self.count(session, host, batch) {
            self.told.failure(batch, failure);
        }
    }

    /// Counts those of the batch if they have signed, unless one of them is counted already.
    fn count(
        &mut self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
        batch: &SignerBatch<'s>,
    ) -> Result<(), CheckFailure> {
        let (checks, most) = batch.checks_for(session, host)?;
        match self.standing(batch, &checks, session.steps())? {
            Standing::Distinct => {}
            Standing::Alternative => return Ok(()),
            Standing::Shared(label) => {
                return Err(CheckFailure::Signer(batch.label(), SignerError::Shared(label)));
            }
        }
        let met = self.first_met(session, host, batch, (&checks, most))?;
        if self.duplicates == DuplicateSigners::CountOnce {
            // Where the steps do not suffice, a message names one too many.
            self.told.missing.retain(|(other, _)| {
                !batch.is_alternative_of(other, session.steps()).is_ok_and(|is_one| is_one)
            });
        }
        self.agreed.extend(batch.agreed(met));
        self.met.push((batch.signers.clone(), checks.into_owned()));
        Ok(())
    }

    /// Asks one check after the other, no more than `most`, until one is met.
    fn first_met<'c>(
        &mut self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
        batch: &SignerBatch<'s>,
        (checks, most): (&'c [Check], usize),
    ) -> Result<&'c Check, CheckFailure> {
        let mut worst = if checks.len() <= most {
            CheckFailure::NoSignatures
        } else {
            let label = batch.label();
            let more = format!("more than {most} subjects of its signatures match {label}");
            CheckFailure::Unchecked(more)
        };
        for check in checks.iter().take(most) {
            let Err(failure) = session.ask(host, check) else { return Ok(check) };
            self.told.none_found |= matches!(failure, CheckFailure::NoSignatures);
            if failure.severity() > worst.severity() {
                worst = failure;
            }
        }
        Err(worst)
    }

    /// How those of the batch stand to those who have agreed.
    fn standing(
        &self,
        batch: &SignerBatch<'s>,
        checks: &[Check],
        steps: &Steps,
    ) -> Result<Standing, OutOfSteps> {
        if self.duplicates == DuplicateSigners::Accepted {
            return Ok(Standing::Distinct);
        }
        let counts_once = self.duplicates == DuplicateSigners::CountOnce;
        let mut standing = Standing::Distinct;
        for (signers, met) in &self.met {
            if counts_once {
                for signer in signers {
                    if batch.is_alternative_of(signer, steps)? {
                        standing = Standing::Alternative;
                    }
                }
            }
            let meets_both = |met: &Check| {
                checks.iter().any(|check| one_signature_meets_both(&met.all_of, &check.all_of))
            };
            if met.iter().any(meets_both) {
                if !batch.is_apart_from(signers) {
                    return Ok(Standing::Shared(labels(signers)));
                }
                if counts_once {
                    standing = Standing::Alternative;
                }
            }
        }
        Ok(standing)
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
        let mut told = self.told;
        if told.none_found {
            told.note(session.why_none_found(host));
        }
        let nobody_else = told.worst.is_none() && self.agreed.is_empty();
        let worst = if nobody_else { told.expired } else { told.worst };
        Err(match worst {
            Some(CheckFailure::Withheld(words)) => Reason::Withheld(words),
            Some(CheckFailure::Moved { expected, answered }) => {
                Reason::Moved { expected, answered }
            }
            Some(CheckFailure::Signer(label, error)) => Reason::Signer(label, error),
            Some(CheckFailure::Unchecked(words)) => Reason::Unchecked(words),
            Some(CheckFailure::NoSignatures) if self.agreed.is_empty() => {
                Reason::NotSigned { has_referrers: false }
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
                agreed: self.agreed.len() + told.presumed,
                needed: self.needed,
                missing: told.missing.into_iter().map(|(_, label)| label).collect(),
                annotated: told.annotated,
                uncertified: told.uncertified,
            },
        })
    }
}

impl<'s> Told<'s> {
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
}
