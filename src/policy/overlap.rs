//! Whether one signature could satisfy two signers.
//!
//! *Why does it matter?* `minimumMatches: 2` asks for two parties. Two spellings of one party would let it
//! pass with one. At set-up, `settings/check.rs` refuses such signers; at a request, when keys have been read from
//! the cluster, `verify/threshold.rs` counts them once.
//!
//! *And one party with two values of one annotation?* No signature has both, so such signers are alternatives, and
//! stand side by side. They count once all the same.

use crate::keys::certificate::{Certificate, CertificateError};
use crate::keys::public_key::{PublicKey, key_material};
use crate::policy::signer::{Annotations, GITHUB_ISSUER, Identity, KeySource, Signer};
use crate::policy::steps::{OutOfSteps, Steps};
use crate::policy::subject_pattern::{MAX_SUBJECT, SubjectPattern};
use std::borrow::Cow;
use std::cell::OnceCell;

/// What signatures of an identity are told by: read once, however many others it is compared with.
pub(crate) struct SignerEvidence<'i> {
    keys: Vec<Vec<u8>>,
    /// Its certificate, if it is told by one.
    certificate: Option<Result<Certificate, CertificateError>>,
    /// Where its keys are, when they are not known.
    source: Option<&'i KeySource>,
    subjects: Option<Subjects<'i>>,
}

impl<'i> SignerEvidence<'i> {
    pub(crate) fn of(identity: &'i Identity) -> Self {
        let mut evidence = Self {
            keys: Vec::new(),
            certificate: None,
            source: None,
            subjects: subjects(identity),
        };
        match identity {
            Identity::PublicKey(source) => {
                evidence.keys = public_keys(source);
                evidence.source = evidence.keys.is_empty().then_some(source);
            }
            Identity::Certificate { certificate, .. } => {
                let certificate = Certificate::parse(certificate);
                let key = certificate.iter().map(|known| key_material(known.public_key()).to_vec());
                evidence.keys = key.collect();
                evidence.certificate = Some(certificate);
            }
            Identity::Keyless { .. }
            | Identity::KeylessPrefix { .. }
            | Identity::KeylessPattern { .. }
            | Identity::GithubActions { .. } => {}
        }
        evidence
    }

    /// Whether it has keys, which can be read.
    pub(crate) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Its certificate.
    pub(crate) fn certificate(&self) -> Result<&Certificate, CertificateError> {
        match &self.certificate {
            Some(certificate) => certificate.as_ref().map_err(CertificateError::clone),
            None => Err(CertificateError::NotPem),
        }
    }

    /// Whether one signature could satisfy both. Keys in the cluster are compared by where they are; what they hold is
    /// compared when it is read. Patterns of subjects are compared in no more steps than are left.
    pub(crate) fn meets(&self, other: &Self, steps: &Steps) -> Result<bool, OutOfSteps> {
        if self.source.is_some() && self.source == other.source || share(&self.keys, &other.keys) {
            return Ok(true);
        }
        match (&self.subjects, &other.subjects) {
            (Some(a), Some(b)) => a.meets(b, steps),
            (None, _) | (_, None) => Ok(false),
        }
    }
}

/// A signer, and what its signatures are told by, once that was asked.
pub(crate) struct PartySigner<'s> {
    signer: &'s Signer,
    evidence: OnceCell<SignerEvidence<'s>>,
    pems: OnceCell<Vec<String>>,
}

impl<'s> PartySigner<'s> {
    pub(crate) fn new(signer: &'s Signer) -> Self {
        Self { signer, evidence: OnceCell::new(), pems: OnceCell::new() }
    }

    pub(crate) fn signer(&self) -> &'s Signer {
        self.signer
    }

    pub(crate) fn evidence(&self) -> &SignerEvidence<'s> {
        self.evidence.get_or_init(|| SignerEvidence::of(&self.signer.identity))
    }

    /// The keys that its settings hold, as the host is asked about them.
    pub(crate) fn pems(&self) -> &[String] {
        self.pems.get_or_init(|| match &self.signer.identity {
            Identity::PublicKey(KeySource::Inline(pem)) => {
                let keys = PublicKey::parse_all(pem).unwrap_or_default();
                keys.iter().map(PublicKey::to_pem).collect()
            }
            Identity::PublicKey(KeySource::Object { .. })
            | Identity::Keyless { .. }
            | Identity::KeylessPrefix { .. }
            | Identity::KeylessPattern { .. }
            | Identity::GithubActions { .. }
            | Identity::Certificate { .. } => Vec::new(),
        })
    }
}

/// Whether both demand one annotation, with different values. A signature has one value of each.
fn annotations_differ(a: &Annotations, b: &Annotations) -> bool {
    a.iter().any(|(key, value)| b.get(key).is_some_and(|other| other != value))
}

/// Whether no signature satisfies both, whoever made it. Of a certificate this is not known: the host takes its
/// annotations from any signature.
pub(crate) fn are_apart(a: &Signer, b: &Signer) -> bool {
    let is_certificate = |signer: &Signer| matches!(signer.identity, Identity::Certificate { .. });
    !is_certificate(a) && !is_certificate(b) && annotations_differ(&a.annotations, &b.annotations)
}

/// Whether both are one party that has signed with different values of one annotation, in either way.
pub(crate) fn are_alternatives(
    a: &PartySigner<'_>,
    b: &PartySigner<'_>,
    steps: &Steps,
) -> Result<bool, OutOfSteps> {
    Ok(are_apart(a.signer, b.signer) && a.evidence().meets(b.evidence(), steps)?)
}

/// How many parties these signers are: alternatives of one another are one.
pub(crate) fn parties(signers: &[Signer], steps: &Steps) -> Result<usize, OutOfSteps> {
    // Who demands no annotation is apart from nobody.
    let annotated = signers.iter().filter(|signer| !signer.annotations.is_empty());
    let annotated: Vec<PartySigner<'_>> = annotated.map(PartySigner::new).collect();
    // Each signer's party, by the first of its signers.
    let mut party: Vec<usize> = Vec::with_capacity(annotated.len());
    for (index, signer) in annotated.iter().enumerate() {
        // Of each party, whether it is the signer's too.
        let mut joined = vec![false; index];
        for (other, party) in annotated.iter().zip(&party) {
            if let Some(joined) = joined.get_mut(*party)
                && !*joined
            {
                *joined = are_alternatives(signer, other, steps)?;
            }
        }
        let own = joined.iter().position(|joined| *joined).unwrap_or(index);
        for of in party.iter_mut().filter(|of| joined.get(**of) == Some(&true)) {
            *of = own;
        }
        party.push(own);
    }
    let parties = party.iter().enumerate().filter(|(index, party)| index == *party).count();
    Ok(signers.len() - annotated.len() + parties)
}

/// Whether they have a key in common.
fn share(a: &[Vec<u8>], b: &[Vec<u8>]) -> bool {
    a.iter().any(|key| b.iter().any(|other| key.len() == other.len() && ends_on(key, other)))
}

/// Whether one text ends on the other. They are compared from their ends, where names and keys differ soonest.
fn ends_on(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text.iter().rev().zip(end.iter().rev()).all(|(a, b)| a == b)
}

fn is_same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a.len() == b.len() && ends_on(a.as_bytes(), b.as_bytes())
}

fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|own| is_same(own, start))
}

/// What the keys of that source consist of; nothing when they are elsewhere, or cannot be read.
fn public_keys(source: &KeySource) -> Vec<Vec<u8>> {
    let keys = match source {
        KeySource::Inline(pem) => PublicKey::parse_all(pem).unwrap_or_default(),
        KeySource::Object { .. } => Vec::new(),
    };
    keys.iter().map(|key| key.key_material().to_vec()).collect()
}

/// The identities of an issuer that satisfy a signer.
struct Subjects<'i> {
    issuer: &'i str,
    subject: Subject<'i>,
}

enum Subject<'i> {
    Exactly(&'i str),
    Below(Cow<'i, str>),
    Matching(&'i SubjectPattern),
}

fn subjects(identity: &Identity) -> Option<Subjects<'_>> {
    match identity {
        Identity::Keyless { issuer, subject } => {
            Some(Subjects { issuer, subject: Subject::Exactly(subject) })
        }
        Identity::KeylessPrefix { issuer, url_prefix } => {
            Some(Subjects { issuer, subject: Subject::Below(Cow::Borrowed(url_prefix)) })
        }
        Identity::KeylessPattern { issuer, pattern } => {
            Some(Subjects { issuer, subject: Subject::Matching(pattern) })
        }
        Identity::GithubActions { owner, repo } => {
            let mut url = format!("https://github.com/{owner}/");
            if let Some(repo) = repo {
                url.push_str(repo);
                url.push('/');
            }
            Some(Subjects { issuer: GITHUB_ISSUER, subject: Subject::Below(Cow::Owned(url)) })
        }
        Identity::PublicKey(_) | Identity::Certificate { .. } => None,
    }
}

impl Subjects<'_> {
    fn meets(&self, other: &Self, steps: &Steps) -> Result<bool, OutOfSteps> {
        // Issuers are few, so they are compared where the subjects are alike, but for patterns.
        let is_one = || is_same(self.issuer, other.issuer);
        Ok(match (&self.subject, &other.subject) {
            (Subject::Exactly(a), Subject::Exactly(b)) => is_same(a, b) && is_one(),
            (Subject::Below(a), Subject::Below(b)) => {
                (begins_with(a, b) || begins_with(b, a)) && is_one()
            }
            (Subject::Exactly(exact), Subject::Below(url))
            | (Subject::Below(url), Subject::Exactly(exact)) => begins_with(exact, url) && is_one(),
            (Subject::Matching(a), Subject::Matching(b)) => is_one() && a.meets(b, steps)?,
            (Subject::Matching(pattern), Subject::Exactly(exact))
            | (Subject::Exactly(exact), Subject::Matching(pattern)) => {
                is_one() && pattern.matches_within(exact, steps)?
            }
            (Subject::Matching(pattern), Subject::Below(url))
            | (Subject::Below(url), Subject::Matching(pattern)) => {
                is_one()
                    && url.len() <= MAX_SUBJECT
                    && pattern.meets(&SubjectPattern::below(url), steps)?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../tests/fixtures/keys/p256.pem");
    const COMPRESSED: &str = include_str!("../../tests/fixtures/keys/p256-compressed.pem");
    const OTHER: &str = include_str!("../../tests/fixtures/keys/p256-second.pem");
    const RSA: &str = include_str!("../../tests/fixtures/keys/rsa2048.pem");

    fn one_signature_satisfies_both(a: &Identity, b: &Identity) -> bool {
        SignerEvidence::of(a).meets(&SignerEvidence::of(b), &Steps::unlimited()).unwrap()
    }

    fn inline(pem: &str) -> Identity {
        Identity::PublicKey(KeySource::Inline(pem.to_owned()))
    }

    fn spellings(pem: &str) -> Vec<String> {
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let narrow: Vec<&str> =
            body.as_bytes().chunks(20).map(|part| std::str::from_utf8(part).unwrap()).collect();
        let block =
            |body: &str| format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----");
        vec![
            pem.to_owned(),
            pem.replace('\n', "\r\n"),
            pem.trim_end().to_owned(),
            format!("\n\n{pem}\n\n"),
            format!("a comment\n{pem}"),
            block(&body),
            block(&narrow.join("\n")),
        ]
    }

    #[test]
    fn every_spelling_is_one_key() {
        for (pem, other) in [(KEY, OTHER), (RSA, KEY)] {
            for text in spellings(pem) {
                assert!(PublicKey::parse_all(&text).is_ok(), "{text}");
                assert!(one_signature_satisfies_both(&inline(pem), &inline(&text)), "{text}");
                assert!(!one_signature_satisfies_both(&inline(other), &inline(&text)), "{text}");
            }
        }
    }

    /// SEC 1 §2.3.3.
    #[test]
    fn a_compressed_point_is_the_same_point() {
        assert!(one_signature_satisfies_both(&inline(KEY), &inline(COMPRESSED)));
        assert!(one_signature_satisfies_both(&inline(COMPRESSED), &inline(KEY)));
        assert!(!one_signature_satisfies_both(&inline(COMPRESSED), &inline(OTHER)));
    }

    fn exact(issuer: &str, subject: &str) -> Identity {
        Identity::Keyless { issuer: issuer.to_owned(), subject: subject.to_owned() }
    }

    fn below(issuer: &str, url_prefix: &str) -> Identity {
        Identity::KeylessPrefix { issuer: issuer.to_owned(), url_prefix: url_prefix.to_owned() }
    }

    fn workflow(owner: &str, repo: Option<&str>) -> Identity {
        Identity::GithubActions { owner: owner.to_owned(), repo: repo.map(str::to_owned) }
    }

    fn matching(issuer: &str, pattern: &str) -> Identity {
        let pattern = SubjectPattern::new(pattern);
        Identity::KeylessPattern { issuer: issuer.to_owned(), pattern }
    }

    #[test]
    fn alternatives_are_one_party() {
        let signer = |identity: Identity, annotations: &[(&str, &str)]| Signer {
            label: String::new(),
            place: crate::policy::place::Place::default(),
            identity,
            annotations: annotations
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let (ci, cd) = ([("pipeline", "ci")], [("pipeline", "cd")]);
        let both = [("pipeline", "ci"), ("env", "prod")];
        let certificate = || Identity::Certificate {
            certificate: include_str!("../../tests/fixtures/certificates/signer.pem").to_owned(),
            chain: None,
            rekor_bundle: crate::policy::signer::RekorBundle::Required,
        };
        let rows = [
            (vec![signer(inline(KEY), &ci), signer(inline(KEY), &cd)], 1),
            (vec![signer(inline(KEY), &both), signer(inline(COMPRESSED), &cd)], 1),
            (vec![signer(inline(KEY), &ci), signer(inline(OTHER), &cd)], 2),
            (
                vec![
                    signer(inline(KEY), &ci),
                    signer(inline(OTHER), &ci),
                    signer(inline(KEY), &cd),
                ],
                2,
            ),
            // An owner, and two of its repositories.
            (
                vec![
                    signer(workflow("acme", Some("app")), &ci),
                    signer(workflow("acme", Some("web")), &ci),
                    signer(workflow("acme", None), &cd),
                ],
                1,
            ),
            (vec![signer(certificate(), &ci), signer(certificate(), &cd)], 2),
            (vec![], 0),
        ];
        for (signers, expected) in rows {
            assert_eq!(parties(&signers, &Steps::unlimited()), Ok(expected), "{signers:?}");
        }
        assert!(!are_apart(&signer(inline(KEY), &ci), &signer(inline(KEY), &[("env", "prod")])));
        assert!(!are_apart(&signer(certificate(), &ci), &signer(inline(KEY), &cd)));
    }

    /// Whatever could be one subject is one: patterns are refused when in doubt.
    #[test]
    fn patterns_of_identities() {
        const GITHUB: &str = GITHUB_ISSUER;
        const OTHER: &str = "https://issuer.example";
        const RELEASE: &str = "https://github.com/acme/*/release.yml@refs/tags/v*";
        let release = || matching(GITHUB, RELEASE);
        let rows = [
            (release(), release(), true),
            (release(), matching(OTHER, RELEASE), false),
            (release(), matching(GITHUB, "https://github.com/acme/app/**"), true),
            (release(), matching(GITHUB, "https://github.com/acme/app/*@refs/heads/*"), false),
            (release(), matching(GITHUB, "https://github.com/other/**"), false),
            (release(), matching(GITHUB, "https://github.com/**/v1"), true),
            (
                release(),
                exact(GITHUB, "https://github.com/acme/app/release.yml@refs/tags/v1"),
                true,
            ),
            (
                release(),
                exact(OTHER, "https://github.com/acme/app/release.yml@refs/tags/v1"),
                false,
            ),
            (
                release(),
                exact(GITHUB, "https://github.com/acme/app/release.yml@refs/heads/v1"),
                false,
            ),
            (release(), below(GITHUB, "https://github.com/acme/"), true),
            (release(), below(GITHUB, "https://github.com/acme/app/"), true),
            (release(), below(GITHUB, "https://github.com/acme/app/release.yml@refs/tags/"), true),
            (
                release(),
                below(GITHUB, "https://github.com/acme/app/release.yml@refs/heads/"),
                false,
            ),
            (release(), below(GITHUB, "https://github.com/acme/app/deeper/"), false),
            (release(), below(OTHER, "https://github.com/acme/"), false),
            (release(), workflow("acme", None), true),
            (release(), workflow("acme", Some("app")), true),
            (release(), workflow("other", None), false),
            (matching(OTHER, RELEASE), workflow("acme", None), false),
            (matching(OTHER, "*@acme.com"), exact(OTHER, "ann@acme.com"), true),
            (matching(OTHER, "*@acme.com"), matching(OTHER, "ann@*.com"), true),
            (matching(OTHER, "*@acme.com"), matching(OTHER, "*@other.com"), false),
            (release(), inline(KEY), false),
        ];
        for (a, b, met) in rows {
            assert_eq!(one_signature_satisfies_both(&a, &b), met, "{a:?} {b:?}");
            assert_eq!(one_signature_satisfies_both(&b, &a), met, "{b:?} {a:?}");
        }
    }

    #[test]
    fn identities() {
        const GITHUB: &str = GITHUB_ISSUER;
        const OTHER: &str = "https://issuer.example";
        let rows = [
            (exact(OTHER, "a"), exact(OTHER, "a"), true),
            (exact(OTHER, "a"), exact(OTHER, "A"), false),
            (exact(OTHER, "a"), exact(GITHUB, "a"), false),
            (exact(GITHUB, "https://github.com/acme/app"), workflow("acme", None), true),
            (exact(GITHUB, "https://github.com/acme"), workflow("acme", None), false),
            (exact(OTHER, "https://github.com/acme/app"), workflow("acme", None), false),
            (below(GITHUB, "https://github.com/"), workflow("acme", Some("app")), true),
            (below(GITHUB, "https://github.com/acme/app/"), workflow("acme", None), true),
            (below(GITHUB, "https://github.com/acme/web/"), workflow("acme", Some("app")), false),
            (below(OTHER, "https://github.com/acme/"), workflow("acme", None), false),
            (workflow("acme", None), workflow("acme", Some("app")), true),
            (workflow("acme", Some("app")), workflow("acme", Some("app-web")), false),
            (workflow("acme", None), workflow("acme-web", None), false),
            (below(OTHER, "https://a.example/b/"), below(OTHER, "https://a.example/b/c/"), true),
            (below(OTHER, "https://a.example/b/"), below(OTHER, "https://a.example/c/"), false),
            (inline(KEY), workflow("acme", None), false),
        ];
        for (a, b, met) in rows {
            assert_eq!(one_signature_satisfies_both(&a, &b), met, "{a:?} {b:?}");
            assert_eq!(one_signature_satisfies_both(&b, &a), met, "{b:?} {a:?}");
        }
    }
}
