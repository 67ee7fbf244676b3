//! From images with their signers to rules: the fewest that say the same.
//!
//! - Whom does a rule ask of a repository? Those who have signed every image of it that is signed, all of them. Where no
//!   one has, one of those who did.
//! - Which repositories share a rule? Those with the same signers.
//! - When does a rule have a folder (`ghcr.io/acme/**`) instead of its repositories? When two or more of them are below it,
//!   and no repository that was seen below it has other signers, or none. Never a registry as a whole.

use std::collections::{BTreeMap, BTreeSet};

use signed_images_policy::image::reference::Reference;

use super::signers::Signer;

/// An image, and what was found of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// As it was written.
    pub image: String,
    /// Which one that is.
    pub reference: Reference,
    /// What was found.
    pub found: Found,
}

/// What was found of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is signed, and these are verified.
    Signed(BTreeSet<Signer>),
    /// There are signatures, of which none is by a key that was given or by a certificate that holds.
    Unknown,
    /// It is signed in the bundle format alone.
    Bundles(BTreeSet<Signer>),
    /// Nobody signed it.
    Unsigned,
    /// It could not be found out.
    Unread(String),
}

/// A rule that is suggested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The patterns of its images.
    pub images: Vec<String>,
    /// Who must have signed.
    pub signers: Signers,
    /// The images that it was found by.
    pub seen: Vec<String>,
    /// How many of them each signer has signed, whom the rule does not ask for as well.
    pub signed: BTreeMap<Signer, usize>,
}

/// Who must have signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signers {
    /// All of these.
    AllOf(BTreeSet<Signer>),
    /// One of these.
    AnyOf(BTreeSet<Signer>),
}

/// The rules for what was seen.
///
/// ```
/// use signed_images::suggest::rules::{Found, Seen, Signers, suggest};
/// use signed_images::suggest::signers::{Certified, Signer};
/// use signed_images_policy::image::reference::Reference;
/// use std::collections::BTreeSet;
///
/// let release = |repository: &str, version: &str| {
///     let subject =
///         format!("https://github.com/acme/{repository}/.github/workflows/release.yml@refs/tags/{version}");
///     let issuer = "https://token.actions.githubusercontent.com";
///     Signer::of(&Certified { issuer, subject: &subject, repository: None })
/// };
/// let seen = |image: &str, signer: &Signer| Seen {
///     image: image.to_owned(),
///     reference: Reference::parse(image).unwrap(),
///     found: Found::Signed(BTreeSet::from([signer.clone()])),
/// };
/// // Each release has a Git tag of its own, which does not make it another signer.
/// let signer = release("shop", "v1");
/// assert_eq!(signer, release("shop", "v2"));
/// // Below one folder, all have the same signer: one rule is enough.
/// let rules = suggest(&[seen("ghcr.io/acme/cart:1", &signer), seen("ghcr.io/acme/till:2", &signer)]);
/// let [rule] = rules.as_slice() else { panic!("{rules:?}") };
/// assert_eq!(rule.images, ["ghcr.io/acme/**"]);
/// assert_eq!(rule.signers, Signers::AllOf(BTreeSet::from([signer])));
/// ```
#[must_use]
pub fn suggest(seen: &[Seen]) -> Vec<Rule> {
    let mut repositories: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
    for image in seen {
        repositories.entry(repository(&image.reference)).or_default().push(image);
    }
    let asked: BTreeMap<&str, Option<Signers>> =
        repositories.iter().map(|(name, images)| (name.as_str(), signers(images))).collect();
    let mut groups: BTreeMap<&Signers, Vec<&str>> = BTreeMap::new();
    for (name, signers) in &asked {
        if let Some(signers) = signers {
            groups.entry(signers).or_default().push(name);
        }
    }
    let mut rules: Vec<Rule> = groups
        .into_iter()
        .map(|(signers, names)| {
            let images = names.iter().filter_map(|name| repositories.get(*name)).flatten();
            let (mut seen, mut signed) = (Vec::new(), BTreeMap::new());
            for image in images {
                let Found::Signed(by) = &image.found else { continue };
                seen.push(image.image.clone());
                for signer in by {
                    *signed.entry(signer.clone()).or_default() += 1;
                }
            }
            Rule { images: patterns(&names, &asked), signers: signers.clone(), seen, signed }
        })
        .collect();
    rules.sort_by(|one, other| one.images.cmp(&other.images));
    rules
}

fn repository(reference: &Reference) -> String {
    format!("{}/{}", reference.registry(), reference.repository())
}

/// Who is to be asked of a repository, if anybody has signed there.
fn signers(images: &[&Seen]) -> Option<Signers> {
    let mut signed = images.iter().filter_map(|image| match &image.found {
        Found::Signed(signers) => Some(signers),
        Found::Unknown | Found::Bundles(_) | Found::Unsigned | Found::Unread(_) => None,
    });
    let first = signed.next()?;
    let (mut all, mut any) = (first.clone(), first.clone());
    for signers in signed {
        all.retain(|signer| signers.contains(signer));
        any.extend(signers.iter().cloned());
    }
    Some(if all.is_empty() { Signers::AnyOf(apart(any)) } else { Signers::AllOf(apart(all)) })
}

/// Those of whom no two may be one signature: a rule takes no others.
fn apart(signers: BTreeSet<Signer>) -> BTreeSet<Signer> {
    let mut kept: BTreeSet<Signer> = BTreeSet::new();
    for signer in signers {
        // Workflows are last in order, and take the place of what they may be.
        kept.retain(|known| !known.may_be(&signer));
        kept.insert(signer);
    }
    kept
}

/// The patterns of these repositories, of all that were seen.
fn patterns(names: &[&str], asked: &BTreeMap<&str, Option<Signers>>) -> Vec<String> {
    let of_them: BTreeSet<&str> = names.iter().copied().collect();
    let mut patterns = BTreeSet::new();
    for name in names {
        let shared = folders(name).find(|folder| {
            let below = || asked.keys().filter(|name| is_below(name, folder));
            below().count() > 1 && below().all(|name| of_them.contains(name))
        });
        patterns.insert(shared.map_or_else(|| (*name).to_owned(), |folder| format!("{folder}/**")));
    }
    patterns.into_iter().collect()
}

/// The folders of a repository, the shortest first, its registry left out.
fn folders(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').skip(1).filter_map(|(end, _)| name.get(..end))
}

fn is_below(name: &str, folder: &str) -> bool {
    name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> BTreeSet<Signer> {
        BTreeSet::from([Signer::Key(number)])
    }

    fn seen(image: &str, found: Found) -> Seen {
        let reference = Reference::parse(image).unwrap();
        Seen { image: image.to_owned(), reference, found }
    }

    fn signed(image: &str, keys: &[usize]) -> Seen {
        seen(image, Found::Signed(keys.iter().map(|key| Signer::Key(*key)).collect()))
    }

    /// Each rule as `patterns: all|any of keys`.
    fn suggested(seen: &[Seen]) -> Vec<String> {
        let shown = |signers: &BTreeSet<Signer>| {
            let keys = signers.iter().map(|signer| match signer {
                Signer::Key(key) => key.to_string(),
                other => format!("{other:?}"),
            });
            keys.collect::<Vec<_>>().join("+")
        };
        suggest(seen)
            .iter()
            .map(|rule| match &rule.signers {
                Signers::AllOf(signers) => {
                    format!("{}: all {}", rule.images.join(" "), shown(signers))
                }
                Signers::AnyOf(signers) => {
                    format!("{}: any {}", rule.images.join(" "), shown(signers))
                }
            })
            .collect()
    }

    #[test]
    fn repositories_with_the_same_signers_share_a_rule() {
        let rows: [(&[Seen], &[&str]); 9] = [
            (&[signed("ghcr.io/acme/app:1", &[0])], &["ghcr.io/acme/app: all 0"]),
            (
                &[signed("ghcr.io/acme/app:1", &[0]), signed("ghcr.io/acme/web:1", &[0])],
                &["ghcr.io/acme/**: all 0"],
            ),
            // another signer, or none, below the folder
            (
                &[
                    signed("ghcr.io/acme/a:1", &[0]),
                    signed("ghcr.io/acme/b:1", &[0]),
                    signed("ghcr.io/acme/c:1", &[1]),
                ],
                &["ghcr.io/acme/a ghcr.io/acme/b: all 0", "ghcr.io/acme/c: all 1"],
            ),
            (
                &[
                    signed("ghcr.io/acme/a:1", &[0]),
                    signed("ghcr.io/acme/b:1", &[0]),
                    seen("ghcr.io/acme/c:1", Found::Unsigned),
                ],
                &["ghcr.io/acme/a ghcr.io/acme/b: all 0"],
            ),
            // the longest folder that is theirs alone
            (
                &[
                    signed("ghcr.io/acme/x/a:1", &[0]),
                    signed("ghcr.io/acme/x/b:1", &[0]),
                    signed("ghcr.io/acme/c:1", &[1]),
                ],
                &["ghcr.io/acme/c: all 1", "ghcr.io/acme/x/**: all 0"],
            ),
            // never a registry
            (
                &[signed("registry.k8s.io/pause:3", &[0]), signed("registry.k8s.io/etcd:3", &[0])],
                &["registry.k8s.io/etcd registry.k8s.io/pause: all 0"],
            ),
            (&[signed("nginx", &[0]), signed("redis:7", &[0])], &["docker.io/library/**: all 0"]),
            // those who signed every tag; else any of them
            (&[signed("a/b:1", &[0, 1]), signed("a/b:2", &[1, 2])], &["docker.io/a/b: all 1"]),
            (&[signed("a/b:1", &[0]), signed("a/b:2", &[1])], &["docker.io/a/b: any 0+1"]),
        ];
        for (seen, expected) in rows {
            assert_eq!(suggested(seen), expected);
        }
    }

    #[test]
    fn what_nobody_trusted_signed_makes_no_rule() {
        let others = [
            Found::Unsigned,
            Found::Unknown,
            Found::Bundles(key(0)),
            Found::Unread("time-out".to_owned()),
        ];
        for found in others {
            assert_eq!(suggest(&[seen("ghcr.io/acme/app", found)]), []);
        }
    }

    #[test]
    fn a_workflow_takes_the_place_of_an_identity_that_it_may_be() {
        let identity = Signer::Identity {
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
            subject: super::super::signers::Subject::Equal(
                "https://github.com/acme/app/x".to_owned(),
            ),
        };
        let workflow = Signer::Workflow { owner: "acme".to_owned(), repo: "app".to_owned() };
        let both = BTreeSet::from([identity, workflow.clone(), Signer::Key(0)]);
        assert_eq!(apart(both), BTreeSet::from([workflow, Signer::Key(0)]));
    }
}
