//! A signer of the settings → what the host is asked about. Keys and certificates are read here, and their periods of
//! validity looked at.
//!
//! *Why compare what is asked?* Keys in the cluster are known only now: two signers whom the settings tell apart may
//! hold one key, and one signature counts once.

use crate::host::verification::{AllOf, Check, Credential};
use crate::keys::certificate::{Certificate, CertificateError};
use crate::keys::public_key::{KeyError, PublicKey, key_material};
use crate::policy::signer::{Identity, KeySource, Signer};
use kubewarden_policy_sdk::host_capabilities::verification::{KeylessInfo, KeylessPrefixInfo};
use std::fmt;
use std::time::Duration;

/// What a signer is asked about with.
#[derive(Clone, Debug)]
pub(crate) struct Checks {
    /// Any one of these satisfies the signer. There is at least one, but for a pattern of subjects: which
    /// ones match is known when an image is looked at.
    pub(crate) any_of: Vec<Check>,
    /// How long the first of its certificates to expire is still valid; none where there is none.
    pub(crate) remaining: Option<Duration>,
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

/// The checks of a signer at that time. `read` finds the PEM of a key source.
///
/// # Errors
/// When a key or certificate cannot be used.
pub(crate) fn checks(
    signer: &Signer,
    now: Duration,
    read: &mut dyn FnMut(&KeySource) -> Result<String, String>,
) -> Result<Checks, SignerError> {
    let mut remaining = None;
    let alternatives = match &signer.identity {
        Identity::PublicKey(source) => each_key(source, read)?,
        Identity::Keyless { issuer, subject } => vec![keyless(issuer, subject)],
        Identity::KeylessPrefix { issuer, url_prefix } => {
            let (issuer, url_prefix) = (issuer.clone(), url_prefix.clone());
            vec![AllOf::KeylessPrefix(vec![KeylessPrefixInfo { issuer, url_prefix }])]
        }
        Identity::KeylessPattern { .. } => Vec::new(),
        Identity::GithubActions { owner, repo } => {
            vec![AllOf::GithubActions { owner: owner.clone(), repo: repo.clone() }]
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
            vec![AllOf::Certificate { certificate, chain, rekor_bundle: *rekor_bundle }]
        }
    };
    let check = |all_of| Check { all_of, annotations: signer.annotations.clone() };
    Ok(Checks { any_of: alternatives.into_iter().map(check).collect(), remaining })
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

/// Whether one signature could meet both, now that the keys are known.
pub(crate) fn one_signature_meets_both(a: &AllOf, b: &AllOf) -> bool {
    match (a, b) {
        (AllOf::Keyless(a), AllOf::Keyless(b)) => a.iter().any(|identity| b.contains(identity)),
        _ => a == b || share(credentials(a), credentials(b)),
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
            checks(&signer, Duration::from_hours(24 * 365 * 56), read)
                .unwrap()
                .any_of
                .remove(0)
                .all_of
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
        let identity = |subject: &&str| KeylessInfo {
            issuer: "https://a".to_owned(),
            subject: (*subject).to_owned(),
        };
        let asked = |subjects: &[&str]| AllOf::Keyless(subjects.iter().map(identity).collect());
        let rows = [
            (asked(&["a", "b"]), asked(&["b"]), true),
            (asked(&["a", "b"]), asked(&["b", "c"]), true),
            (asked(&["a", "b"]), asked(&["c"]), false),
        ];
        for (one, other, expected) in rows {
            assert_eq!(one_signature_meets_both(&one, &other), expected, "{one:?} {other:?}");
            assert_eq!(one_signature_meets_both(&other, &one), expected, "{other:?} {one:?}");
        }
    }
}
