//! A signer of the settings → what the host is asked about. Keys and certificates are read here, and their periods of
//! validity looked at.
//!
//! *Why compare what is asked?* Keys in the cluster are known only now: two signers whom the settings tell apart may
//! hold one key, and one signature counts once.

use crate::host::verification::{AllOf, Check, Credential};
use crate::keys::certificate::{Certificate, CertificateError};
use crate::keys::public_key::{KeyError, PublicKey, key_material};
use crate::policy::signer::{Annotations, Identity, KeySource, Signer};
use crate::policy::subject_pattern::SubjectPattern;
use kubewarden_policy_sdk::host_capabilities::verification::{KeylessInfo, KeylessPrefixInfo};
use std::fmt;
use std::time::Duration;

/// How the host is asked about a signer.
#[derive(Clone, Debug)]
pub(crate) enum Checks<'s> {
    /// By this check.
    One(Check),
    /// By several, of which any one satisfies the signer: one for each of its keys.
    AnyOf(Vec<Check>),
    /// By one for each subject that matches: which ones do is known when an image is looked at.
    Subjects { issuer: &'s str, pattern: &'s SubjectPattern, annotations: &'s Annotations },
}

/// Why a signer cannot be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerError {
    /// Its key is not where it should be.
    Source(String),
    /// Its key cannot be read.
    Key(KeyError),
    /// Its certificate cannot be used.
    Certificate(CertificateError),
    /// It has a key or an identity of the signer of this label, who has agreed already.
    Shared(String),
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(why) => f.write_str(why),
            Self::Key(error) => error.fmt(f),
            Self::Certificate(error) => error.fmt(f),
            Self::Shared(label) => {
                write!(f, "it contains a key of {label}, and one signature cannot count twice")
            }
        }
    }
}

impl std::error::Error for SignerError {}

/// The checks of a signer at that time, and how long the first of its certificates to expire is still valid; none where
/// there is none. `read` finds the PEM of a key source.
///
/// # Errors
/// When a key or certificate cannot be used.
pub(crate) fn checks<'s>(
    signer: &'s Signer,
    now: Duration,
    read: &mut dyn FnMut(&KeySource) -> Result<String, String>,
) -> Result<(Checks<'s>, Option<Duration>), SignerError> {
    let annotations = &signer.annotations;
    let check = |all_of| Check { all_of, annotations: annotations.clone() };
    let mut remaining = None;
    let checks = match &signer.identity {
        Identity::PublicKey(source) => {
            let keys: Vec<Check> = each_key(source, read)?.into_iter().map(check).collect();
            match <[Check; 1]>::try_from(keys) {
                Ok([only]) => Checks::One(only),
                Err(several) => Checks::AnyOf(several),
            }
        }
        Identity::Keyless { issuer, subject } => Checks::One(check(keyless(issuer, subject))),
        Identity::KeylessPrefix { issuer, url_prefix } => {
            let (issuer, url_prefix) = (issuer.clone(), url_prefix.clone());
            let below = KeylessPrefixInfo { issuer, url_prefix };
            Checks::One(check(AllOf::KeylessPrefix(vec![below])))
        }
        Identity::KeylessPattern { issuer, pattern } => {
            Checks::Subjects { issuer, pattern, annotations }
        }
        Identity::GithubActions { owner, repo } => {
            let (owner, repo) = (owner.clone(), repo.clone());
            Checks::One(check(AllOf::GithubActions { owner, repo }))
        }
        Identity::Certificate { certificate, chain, rekor_bundle } => {
            let mut usable = |pem: &String| {
                let certificate = Certificate::parse(pem)?;
                certificate.check_validity(now)?;
                let left = certificate.remaining(now);
                remaining = Some(remaining.map_or(left, |least: Duration| least.min(left)));
                Ok(certificate)
            };
            let certificate = usable(certificate).map_err(SignerError::Certificate)?;
            let certificate = Credential {
                pem: certificate.to_pem(),
                key_material: key_material(certificate.public_key()).to_vec(),
            };
            let mut link = |pem| Ok(usable(pem)?.to_pem());
            let chain = chain.as_ref().map(|chain| chain.iter().map(&mut link).collect());
            let chain = chain.transpose().map_err(SignerError::Certificate)?;
            let rekor_bundle = *rekor_bundle;
            Checks::One(check(AllOf::Certificate { certificate, chain, rekor_bundle }))
        }
    };
    Ok((checks, remaining))
}

/// The holder of any one of the keys is the signer.
fn each_key(
    source: &KeySource,
    read: &mut dyn FnMut(&KeySource) -> Result<String, String>,
) -> Result<Vec<AllOf>, SignerError> {
    let pem = read(source).map_err(SignerError::Source)?;
    let keys = PublicKey::parse_all(&pem).map_err(|error| match source {
        KeySource::Inline(_) => SignerError::Key(error),
        KeySource::Object { .. } => SignerError::Source(format!("{source}: {error}")),
    })?;
    let credential = |key: &PublicKey| Credential {
        pem: key.to_pem(),
        key_material: key.key_material().to_vec(),
    };
    Ok(keys.iter().map(|key| AllOf::PublicKeys(vec![credential(key)])).collect())
}

/// That identity, exactly.
pub(crate) fn keyless(issuer: &str, subject: &str) -> AllOf {
    let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
    AllOf::Keyless(vec![KeylessInfo { issuer, subject }])
}

/// Whether one signature could meet both, now that the keys are known. Identities that are told in two ways were told
/// apart at set-up.
pub(crate) fn one_signature_meets_both(a: &AllOf, b: &AllOf) -> bool {
    match (a, b) {
        (AllOf::Keyless(a), AllOf::Keyless(b)) => a.iter().any(|identity| b.contains(identity)),
        (AllOf::KeylessPrefix(a), AllOf::KeylessPrefix(b)) => {
            a.iter().any(|below| b.contains(below))
        }
        (
            AllOf::GithubActions { owner, repo },
            AllOf::GithubActions { owner: other, repo: others },
        ) => (owner, repo) == (other, others),
        (
            AllOf::PublicKeys(_) | AllOf::Certificate { .. },
            AllOf::PublicKeys(_) | AllOf::Certificate { .. },
        ) => share(credentials(a), credentials(b)),
        (
            AllOf::PublicKeys(_)
            | AllOf::Keyless(_)
            | AllOf::KeylessPrefix(_)
            | AllOf::GithubActions { .. }
            | AllOf::Certificate { .. },
            _,
        ) => false,
    }
}

fn share(a: &[Credential], b: &[Credential]) -> bool {
    a.iter().any(|a| b.iter().any(|b| a.key_material == b.key_material))
}

fn credentials(all_of: &AllOf) -> &[Credential] {
    match all_of {
        AllOf::PublicKeys(keys) => keys,
        AllOf::Certificate { certificate, .. } => std::slice::from_ref(certificate),
        AllOf::Keyless(_) | AllOf::KeylessPrefix(_) | AllOf::GithubActions { .. } => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::signer::RekorBundle;

    const KEY: &str = include_str!("../../tests/fixtures/keys/p256.pem");
    const COMPRESSED: &str = include_str!("../../tests/fixtures/keys/p256-compressed.pem");
    const OTHER: &str = include_str!("../../tests/fixtures/keys/p256-second.pem");
    const RSA: &str = include_str!("../../tests/fixtures/keys/rsa2048.pem");
    const CERTIFIED: &str = include_str!("../../tests/fixtures/keys/signer.pem");
    const CERTIFICATE: &str = include_str!("../../tests/fixtures/certificates/signer.pem");

    #[test]
    fn keys_that_are_asked_for() {
        let asked = |identity: Identity| {
            let read = &mut |source: &KeySource| match source {
                KeySource::Inline(pem) => Ok(pem.clone()),
                KeySource::Object { .. } => Err(String::new()),
            };
            let (label, place, annotations) = Default::default();
            let signer = Signer { label, place, identity, annotations };
            match checks(&signer, Duration::from_hours(24 * 365 * 56), read).unwrap().0 {
                Checks::One(check) => check.all_of,
                other => panic!("{other:?}"),
            }
        };
        let keys = |pems: &[&str]| {
            let one = |pem: &&str| asked(Identity::PublicKey(KeySource::Inline((*pem).to_owned())));
            AllOf::PublicKeys(pems.iter().flat_map(|pem| credentials(&one(pem)).to_vec()).collect())
        };
        let certificate = |rekor_bundle| {
            asked(Identity::Certificate {
                certificate: CERTIFICATE.to_owned(),
                chain: None,
                rekor_bundle,
            })
        };
        let workflow = AllOf::GithubActions { owner: "acme".to_owned(), repo: None };
        let rows = [
            (keys(&[CERTIFIED]), certificate(RekorBundle::Required), true),
            (keys(&[KEY]), certificate(RekorBundle::Required), false),
            (certificate(RekorBundle::Optional), certificate(RekorBundle::Required), true),
            (keys(&[KEY]), keys(&[COMPRESSED]), true),
            (keys(&[KEY, OTHER]), keys(&[OTHER]), true),
            (keys(&[KEY]), keys(&[OTHER, RSA]), false),
            (keys(&[KEY]), workflow, false),
        ];
        for (a, b, met) in rows {
            assert_eq!(one_signature_meets_both(&a, &b), met, "{a:?} {b:?}");
            assert_eq!(one_signature_meets_both(&b, &a), met, "{b:?} {a:?}");
        }
    }

    #[test]
    fn identities_asked_about_together() {
        let below = |url: &&str| KeylessPrefixInfo {
            issuer: "https://a".to_owned(),
            url_prefix: (*url).to_owned(),
        };
        let prefixes = |urls: &[&str]| AllOf::KeylessPrefix(urls.iter().map(below).collect());
        let identity = |subject: &&str| KeylessInfo {
            issuer: "https://a".to_owned(),
            subject: (*subject).to_owned(),
        };
        let asked = |subjects: &[&str]| AllOf::Keyless(subjects.iter().map(identity).collect());
        let rows = [
            (asked(&["a", "b"]), asked(&["b"]), true),
            (asked(&["a", "b"]), asked(&["b", "c"]), true),
            (asked(&["a", "b"]), asked(&["c"]), false),
            (prefixes(&["https://b/", "https://c/"]), prefixes(&["https://c/"]), true),
            (prefixes(&["https://b/"]), prefixes(&["https://c/"]), false),
            (prefixes(&["https://b/"]), asked(&["https://b/"]), false),
        ];
        for (one, other, expected) in rows {
            assert_eq!(one_signature_meets_both(&one, &other), expected, "{one:?} {other:?}");
            assert_eq!(one_signature_meets_both(&other, &one), expected, "{other:?} {one:?}");
        }
    }
}
