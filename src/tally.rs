//! How the signers of a rule stand: who has agreed, who is missing, and what that comes to.

use crate::host::Host;
use crate::inquiry::{Inquiry, MAX_CANDIDATES, Miss};
use crate::overlap::one_signature_meets_both;
use crate::signer::{
    AllOf, Annotations, Check, Identity, Merged, Signer, SignerError, identity_label,
};
use crate::subject::SubjectPattern;
use crate::verify::{Layout, Reason};
use std::borrow::Cow;

/// Signers that one call can ask about.
pub(crate) struct Group<'s> {
    signers: Vec<&'s Signer>,
    /// Any one of these satisfies them all; of a pattern, none is known before an image is looked at.
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

    /// What to ask about an image.
    fn checks_for(
        &self,
        inquiry: &mut Inquiry<'_>,
        host: &mut Host<'_>,
    ) -> Result<Cow<'_, [Check]>, Miss> {
        let known = self.checks.as_deref();
        let known = known.map_err(|error| Miss::Signer(self.label(), error.clone()))?;
        let Some((issuer, pattern, annotations)) = self.pattern() else {
            return Ok(Cow::Borrowed(known));
        };
        let check = |subject| Check {
            all_of: AllOf::Keyless(vec![(issuer.to_owned(), subject)]),
            annotations: annotations.clone(),
        };
        Ok(inquiry.candidates(host, issuer, pattern)?.into_iter().map(check).collect())
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
    uncertified: bool,
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
        let checks = match group.checks_for(inquiry, host) {
            Ok(checks) => checks,
            Err(miss) => return self.miss(&group.signers, miss),
        };
        if let Some(label) = self.shares(&checks) {
            let error = SignerError::Shared(label);
            return self.miss(&group.signers, Miss::Signer(group.label(), error));
        }
        let (asked, left_out) = match checks.split_at_checked(MAX_CANDIDATES) {
            Some(split) if group.pattern().is_some() => split,
            _ => (&*checks, [].as_slice()),
        };
        let mut worst = match left_out {
            [] => Miss::NoSignatures,
            _ => Miss::Unchecked(format!(
                "more than {MAX_CANDIDATES} subjects of its signatures match {}",
                group.label()
            )),
        };
        for check in asked {
            match inquiry.ask(host, check) {
                Ok(()) => {
                    self.met.extend(checks.iter().map(|check| (group.label(), check.clone())));
                    self.agreed.extend(group.agreed(check));
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
        self.uncertified |= matches!(miss, Miss::NoCertificates);
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
                Ok(()) => Reason::NotSigned(Layout::Unknown),
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
