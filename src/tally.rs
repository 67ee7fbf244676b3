//! How the signers of a rule stand: who has agreed, who is missing, and what that comes to.

use crate::host::Host;
use crate::inquiry::{Inquiry, Miss};
use crate::overlap::one_signature_meets_both;
use crate::signer::{Check, Merged, Signer, SignerError};
use crate::verify::Reason;

/// Signers that one call can ask about.
pub(crate) struct Group<'s> {
    signers: Vec<&'s Signer>,
    /// Any one of these satisfies them all.
    checks: Result<Vec<Check>, SignerError>,
}

impl<'s> Group<'s> {
    pub(crate) fn new(signer: &'s Signer, checks: Result<Vec<Check>, SignerError>) -> Self {
        Self { signers: vec![signer], checks }
    }

    /// What its signers are called.
    fn label(&self) -> String {
        let labels: Vec<&str> = self.signers.iter().map(|signer| signer.label.as_str()).collect();
        labels.join(" or ")
    }

    fn join(&mut self, other: &Self, twins: Twins) -> Merged {
        match (self.checks.as_deref_mut(), other.checks.as_deref()) {
            (Ok([mine]), Ok([others])) if mine == others && twins == Twins::Taken => Merged::Yes,
            (Ok([mine]), Ok([others]))
                if twins == Twins::Taken
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
pub(crate) enum Twins {
    /// They count once.
    #[default]
    One,
    /// They are taken: to ask for one twice is to ask once.
    Taken,
}

/// Puts signers together where one call can ask about both.
pub(crate) fn groups(signers: Vec<Group<'_>>, twins: Twins) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for signer in signers {
        match groups
            .iter_mut()
            .find_map(|group| (group.join(&signer, twins) == Merged::Yes).then_some(group))
        {
            Some(group) => group.signers.extend(signer.signers),
            None => groups.push(signer),
        }
    }
    groups
}

/// How the signers of a rule stand.
#[derive(Default)]
pub(crate) struct Tally {
    twins: Twins,
    agreed: Vec<String>,
    /// How many more have signed by the host's words, which decide nothing.
    presumed: usize,
    missing: Vec<String>,
    /// What those who agreed could have signed with.
    met: Vec<(String, Check)>,
    /// The gravest of what went wrong, the first of several.
    worst: Option<Miss>,
    annotated: bool,
}

impl Tally {
    pub(crate) fn new(twins: Twins) -> Self {
        Self { twins, ..Self::default() }
    }

    pub(crate) fn agreed(&self) -> usize {
        self.agreed.len()
    }

    pub(crate) fn ask(
        &mut self,
        inquiry: &mut Inquiry<'_>,
        host: &mut Host<'_>,
        group: &Group<'_>,
    ) {
        let checks = match &group.checks {
            Ok(checks) => checks,
            Err(error) => {
                return self.miss(&group.signers, Miss::Signer(group.label(), error.clone()));
            }
        };
        if let Some(label) = self.shares(checks) {
            let error = SignerError::Shared(label);
            return self.miss(&group.signers, Miss::Signer(group.label(), error));
        }
        let mut worst = Miss::NoSignatures;
        for check in checks {
            match inquiry.ask(host, check) {
                Ok(()) => {
                    self.met.extend(checks.iter().map(|check| (group.label(), check.clone())));
                    self.agreed.extend(group.signers.iter().map(|signer| signer.label.clone()));
                    return;
                }
                Err(miss) if miss.gravity() > worst.gravity() => worst = miss,
                Err(_) => {}
            }
        }
        self.miss(&group.signers, worst);
    }

    /// The label of the signer who has agreed and could have met one of these checks with the same
    /// signature, where that counts once.
    fn shares(&self, checks: &[Check]) -> Option<String> {
        if self.twins == Twins::Taken {
            return None;
        }
        let is_met = |met: &Check| {
            checks.iter().any(|check| one_signature_meets_both(&met.all_of, &check.all_of))
        };
        let twin = self.met.iter().find(|(_, met)| is_met(met));
        twin.map(|(label, _)| label.clone())
    }

    fn miss(&mut self, signers: &[&Signer], miss: Miss) {
        let named = |signer: &&&Signer| miss.names(signer);
        let any_named = signers.iter().any(|signer| named(&signer));
        for signer in signers {
            if any_named && !named(&signer) {
                self.presumed += 1;
            } else {
                self.missing.push(signer.label.clone());
                self.annotated |= !signer.annotations.is_empty();
            }
        }
        if self.worst.as_ref().is_none_or(|worst| worst.gravity() < miss.gravity()) {
            self.worst = Some(miss);
        }
    }

    /// The labels of those who agreed, when that is enough.
    pub(crate) fn conclude(
        self,
        inquiry: &mut Inquiry<'_>,
        host: &mut Host<'_>,
        needed: usize,
    ) -> Result<Vec<String>, Reason> {
        if self.agreed.len() >= needed {
            return Ok(self.agreed);
        }
        Err(match self.worst {
            Some(Miss::Withheld(words)) => Reason::Withheld(words),
            Some(Miss::Moved { expected, answered }) => Reason::Moved { expected, answered },
            Some(Miss::Signer(label, error)) => Reason::Signer(label, error),
            Some(Miss::Unchecked(words)) => Reason::Unchecked(words),
            Some(Miss::NoSignatures) if self.agreed.is_empty() => match inquiry.reach(host) {
                Ok(()) => Reason::NotSigned,
                Err(words) => Reason::Unchecked(words),
            },
            _ => Reason::TooFewSigners {
                agreed: self.agreed.len() + self.presumed,
                needed,
                missing: self.missing,
                annotated: self.annotated,
            },
        })
    }
}
