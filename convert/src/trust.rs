//! Who must have signed, as other tools nest it → groups of signers.
//!
//! - What can be said in a source? At least so many of several, each of which may be such a demand again.
//! - What can be said in `rules`? Every rule that selects an image must hold, and each takes `allOf` and one
//!   `anyOf` with `minimumMatches`.
//! - How is the one made the other? A flat demand is a group. A nested one is brought into conjunctive
//!   form: at least k of n hold if, and only if, one of every n - k + 1 holds.
//! - What if one signature could satisfy two signers of a group? A group wants distinct ones. Where any one
//!   will do, the one that takes in the other is enough; where all must, the narrower, if both say just what the
//!   source says; otherwise, again, the conjunctive form.
//! - What of remarks? A signer that goes leaves its remarks to the one that stays.

use super::remark::Remarks;
use super::signer::{Identity, Signer};

/// More groups than this are not written.
const MAX_GROUPS: usize = 32;

/// A demand of a source.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trust {
    Signer(Signer),
    /// At least so many of these.
    AtLeast(usize, Vec<Trust>),
}

/// Signers of whom so many must have signed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) minimum: usize,
    pub(super) signers: Vec<Signer>,
}

impl Group {
    pub(super) fn is_all(&self) -> bool {
        self.minimum == self.signers.len()
    }

    fn is(&self, other: &Self) -> bool {
        let pairs = self.signers.iter().zip(&other.signers);
        self.minimum == other.minimum
            && self.signers.len() == other.signers.len()
            && pairs.into_iter().all(|(a, b)| a.is(b))
    }

    fn take_remarks(&mut self, other: Self) {
        for (signer, same) in self.signers.iter_mut().zip(other.signers) {
            signer.remarks.extend(same.remarks);
        }
    }
}

/// Too much to be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl Trust {
    pub(super) fn all(of: Vec<Self>) -> Self {
        Self::AtLeast(of.len(), of)
    }

    pub(super) fn any(of: Vec<Self>) -> Self {
        Self::AtLeast(1, of)
    }

    /// These, with what is remarked on them of that policy.
    #[must_use]
    pub(super) fn of(self, policy: &str) -> Self {
        match self {
            Self::Signer(mut signer) => {
                signer.remarks = signer.remarks.of(policy);
                Self::Signer(signer)
            }
            Self::AtLeast(minimum, of) => {
                Self::AtLeast(minimum, of.into_iter().map(|part| part.of(policy)).collect())
            }
        }
    }

    /// The groups that together say the same; `remarks` says where they do not quite.
    pub(super) fn groups(self, remarks: &mut Remarks) -> Result<Vec<Group>, TooMany> {
        match self {
            Self::Signer(signer) => Ok(vec![Group { minimum: 1, signers: vec![signer] }]),
            Self::AtLeast(minimum, of) if minimum == of.len() => {
                let mut groups = Vec::new();
                for part in of {
                    groups.extend(part.groups(remarks)?);
                }
                Ok(merged(groups))
            }
            Self::AtLeast(minimum, of) => {
                let flat: Option<Vec<Signer>> = of.iter().map(Self::signer).collect();
                match flat {
                    Some(signers) if minimum > 1 && are_distinct(&signers) => {
                        Ok(vec![Group { minimum, signers }])
                    }
                    _ => {
                        clauses(Self::AtLeast(minimum, of)).map(|clauses| any_ofs(clauses, remarks))
                    }
                }
            }
        }
    }

    pub(super) fn has_certificates(&self) -> bool {
        self.has(&|signer| matches!(signer.identity, Identity::Certificate { .. }))
    }

    /// Whether one of those who are named is such.
    pub(super) fn has(&self, is_such: &dyn Fn(&Signer) -> bool) -> bool {
        match self {
            Self::Signer(signer) => is_such(signer),
            Self::AtLeast(_, of) => of.iter().any(|part| part.has(is_such)),
        }
    }

    /// Everybody who is named.
    pub(super) fn signers(self) -> Vec<Self> {
        match self {
            Self::Signer(_) => vec![self],
            Self::AtLeast(_, of) => of.into_iter().flat_map(Self::signers).collect(),
        }
    }

    fn signer(&self) -> Option<Signer> {
        match self {
            Self::Signer(signer) => Some(signer.clone()),
            Self::AtLeast(1, of) => match of.as_slice() {
                [only] => only.signer(),
                _ => None,
            },
            Self::AtLeast(..) => None,
        }
    }
}

/// All signers that must sign in one group, but for those that another's signature satisfies as well.
fn merged(groups: Vec<Group>) -> Vec<Group> {
    let (all, mut others): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(Group::is_all);
    let signers: Vec<Signer> = all.into_iter().flat_map(|group| group.signers).collect();
    let mut needed: Vec<Signer> = Vec::new();
    for signer in signers {
        keep(&mut needed, signer, |kept, other| {
            let settled = kept.is_settled() && other.is_settled();
            kept.is(other) || settled && other.covers(kept)
        });
    }
    // Those whom one signature could satisfy nevertheless are asked for apart.
    let mut parts: Vec<Vec<Signer>> = Vec::new();
    for signer in needed {
        match parts.iter_mut().find(|part| !part.iter().any(|other| other.meets(&signer))) {
            Some(part) => part.push(signer),
            None => parts.push(vec![signer]),
        }
    }
    let parts = parts.into_iter().map(|signers| Group { minimum: signers.len(), signers });
    let mut groups: Vec<Group> = parts.collect();
    groups.append(&mut others);
    groups
}

/// Adds a signer to others, unless one of them stands for it; those that it stands for go.
fn keep(
    signers: &mut Vec<Signer>,
    mut signer: Signer,
    stands_for: impl Fn(&Signer, &Signer) -> bool,
) {
    if let Some(kept) = signers.iter_mut().find(|kept| stands_for(kept, &signer)) {
        kept.remarks.extend(signer.remarks);
        return;
    }
    let gone: Vec<Signer> = signers.extract_if(.., |other| stands_for(&signer, other)).collect();
    for gone in gone {
        signer.remarks.extend(gone.remarks);
    }
    signers.push(signer);
}

fn are_distinct(signers: &[Signer]) -> bool {
    let pairs = signers.iter().enumerate();
    !pairs
        .flat_map(|(index, signer)| {
            signers.iter().skip(index + 1).map(move |other| (signer, other))
        })
        .any(|(signer, other)| signer.meets(other))
}

/// The conjunctive form: of each clause, one signer.
fn clauses(trust: Trust) -> Result<Vec<Vec<Signer>>, TooMany> {
    match trust {
        Trust::Signer(signer) => Ok(vec![vec![signer]]),
        Trust::AtLeast(minimum, of) => {
            let parts: Vec<Vec<Vec<Signer>>> =
                of.into_iter().map(clauses).collect::<Result<_, _>>()?;
            let mut all = Vec::new();
            for choice in choices(&parts, (parts.len() + 1).saturating_sub(minimum))? {
                all.extend(one_of(&choice)?);
                if all.len() > MAX_GROUPS {
                    return Err(TooMany);
                }
            }
            Ok(all)
        }
    }
}

/// Every choice of so many elements.
fn choices<T>(of: &[T], count: usize) -> Result<Vec<Vec<&T>>, TooMany> {
    let Some((first, rest)) = of.split_first() else {
        return Ok(if count == 0 { vec![Vec::new()] } else { Vec::new() });
    };
    if count == 0 {
        return Ok(vec![Vec::new()]);
    }
    let mut all = choices(rest, count - 1)?;
    for choice in &mut all {
        choice.insert(0, first);
    }
    all.extend(choices(rest, count)?);
    if all.len() > MAX_GROUPS { Err(TooMany) } else { Ok(all) }
}

/// One of several conjunctive forms, as one.
fn one_of(forms: &[&Vec<Vec<Signer>>]) -> Result<Vec<Vec<Signer>>, TooMany> {
    let mut all = vec![Vec::new()];
    for form in forms {
        let longer = |clause: &Vec<Signer>| {
            let clause = clause.clone();
            form.iter().map(move |other| [clause.clone(), other.clone()].concat())
        };
        all = all.iter().flat_map(longer).collect();
        if all.len() > MAX_GROUPS {
            return Err(TooMany);
        }
    }
    Ok(all)
}

fn any_ofs(clauses: Vec<Vec<Signer>>, remarks: &mut Remarks) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for clause in clauses {
        let mut signers: Vec<Signer> = Vec::new();
        for signer in clause {
            let meets = |other: &Signer| {
                !other.covers(&signer) && !signer.covers(other) && other.meets(&signer)
            };
            if signers.iter().any(meets) {
                remarks.stricter(
                    "",
                    "a signer that is named twice with different annotations is taken with the first \
                     of them alone: of those of whom any will do, each must be another",
                );
            } else {
                keep(&mut signers, signer, Signer::covers);
            }
        }
        let group = Group { minimum: 1, signers };
        match groups.iter_mut().find(|other| other.is(&group)) {
            Some(other) => other.take_remarks(group),
            None => groups.push(group),
        }
    }
    merged(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::{Identity, Subject};
    use proptest::prelude::*;

    const ISSUER: &str = "https://issuer.example";

    fn signer(subject: &str) -> Signer {
        let subject = match subject.strip_suffix('*') {
            Some(prefix) => Subject::UrlPrefix(prefix.to_owned()),
            None => Subject::Equal(subject.to_owned()),
        };
        let identity = Identity::Keyless { issuer: Some(ISSUER.to_owned()), subject };
        Signer::new(identity, Remarks::default())
    }

    fn text(trust: Trust) -> String {
        let groups = trust.groups(&mut Remarks::default()).unwrap();
        let name = |signer: &Signer| match &signer.identity {
            Identity::Keyless { subject: Subject::Equal(text), .. } => text.clone(),
            Identity::Keyless { subject: Subject::UrlPrefix(text), .. } => format!("{text}*"),
            _ => String::new(),
        };
        let group = |group: &Group| {
            let names: Vec<String> = group.signers.iter().map(name).collect();
            format!("{} of {}", group.minimum, names.join(" "))
        };
        groups.iter().map(group).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn groups() {
        let one = |name| Trust::Signer(signer(name));
        let rows = [
            (one("a"), "1 of a"),
            (Trust::all(vec![one("a"), one("b")]), "2 of a b"),
            (Trust::any(vec![one("a"), one("b")]), "1 of a b"),
            (Trust::AtLeast(2, vec![one("a"), one("b"), one("c")]), "2 of a b c"),
            (Trust::all(vec![one("a"), Trust::any(vec![one("b"), one("c")])]), "1 of a, 1 of b c"),
            (
                Trust::any(vec![one("a"), Trust::all(vec![one("b"), one("c")])]),
                "1 of a b, 1 of a c",
            ),
            (Trust::all(vec![one("a"), one("a")]), "1 of a"),
            (Trust::any(vec![one("a"), one("a")]), "1 of a"),
            // What satisfies the narrower satisfies the wider, too.
            (Trust::all(vec![one("x/*"), one("x/y")]), "1 of x/y"),
            (Trust::any(vec![one("x/*"), one("x/y")]), "1 of x/*"),
            (
                Trust::AtLeast(2, vec![one("x/*"), one("x/y"), one("z")]),
                "1 of x/*, 1 of x/* z, 1 of x/y z",
            ),
        ];
        for (trust, expected) in rows {
            assert_eq!(text(trust), expected);
        }
    }

    fn trust() -> impl Strategy<Value = Trust> {
        let leaf = "(a|b|c|d|x/\\*|x/y)".prop_map(|name| Trust::Signer(signer(&name)));
        leaf.prop_recursive(3, 12, 4, |inner| {
            proptest::collection::vec(inner, 1..4)
                .prop_flat_map(|of| (1..=of.len(), Just(of)))
                .prop_map(|(minimum, of)| Trust::AtLeast(minimum, of))
        })
    }

    /// Whether signatures of these subjects satisfy the demand.
    fn holds(trust: &Trust, signed: &[&str]) -> bool {
        match trust {
            Trust::Signer(wanted) => signed.iter().any(|subject| wanted.covers(&signer(subject))),
            Trust::AtLeast(minimum, of) => {
                of.iter().filter(|part| holds(part, signed)).count() >= *minimum
            }
        }
    }

    proptest! {
        #[test]
        fn groups_say_the_same(trust in trust()) {
            let Ok(groups) = trust.clone().groups(&mut Remarks::default()) else { return Ok(()) };
            let subjects = ["a", "b", "c", "d", "x/y", "x/z"];
            for choice in 0..64_u32 {
                let signed: Vec<&str> = subjects.into_iter().enumerate()
                    .filter(|(index, _)| choice & (1 << index) != 0)
                    .map(|(_, subject)| subject)
                    .collect();
                let said = groups.iter().all(|group| {
                    let signers = group.signers.iter().cloned().map(Trust::Signer).collect();
                    holds(&Trust::AtLeast(group.minimum, signers), &signed)
                });
                prop_assert_eq!(said, holds(&trust, &signed), "{:?}: {:?}", signed, groups);
            }
            for group in &groups {
                prop_assert!(are_distinct(&group.signers), "{group:?}");
            }
        }
    }
}
