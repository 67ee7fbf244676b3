//! Who can have signed an image, and what the host is asked to find that out.

use crate::certificate::{Certificate, CertificateError};
use crate::keys::{KeyError, PublicKey};
use serde::{Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// Annotations that a signature must carry, by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations(Vec<(String, String)>);

impl Annotations {
    /// Adds one; in whatever order they come, they are equal.
    pub fn insert(&mut self, key: String, value: String) {
        let at = self.0.partition_point(|(known, _)| *known < key);
        self.0.insert(at, (key, value));
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Annotations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// One party whose signature can satisfy a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// What messages call it.
    pub label: String,
    /// Where it stands in the settings.
    pub place: String,
    /// How its signatures are told.
    pub identity: Identity,
    /// What its signatures must carry besides.
    pub annotations: Annotations,
}

/// How the signatures of a party are told from others. The texts are those of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Whoever holds one of the keys in this PEM text.
    PublicKey(String),
    /// A certificate of a Sigstore CA with this issuer and subject.
    Keyless {
        /// The OIDC issuer.
        issuer: String,
        /// The subject, exactly.
        subject: String,
    },
    /// A certificate of a Sigstore CA with this issuer and a subject below this URL.
    KeylessPrefix {
        /// The OIDC issuer.
        issuer: String,
        /// The URL; it ends in `/`.
        url_prefix: String,
    },
    /// A GitHub Actions workflow of this owner.
    GithubActions {
        /// The user or organisation.
        owner: String,
        /// One of its repositories; none is all of them.
        repo: Option<String>,
    },
    /// Whoever holds the key of this certificate.
    Certificate {
        /// The certificate, PEM.
        certificate: String,
        /// Its chain, PEM, the root last.
        chain: Option<Vec<String>>,
        /// Whether the signature must be in the transparency log.
        rekor_bundle: RekorBundle,
    },
}

/// Whether a signature must carry a proof of its entry in the transparency log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RekorBundle {
    /// It must.
    Required,
    /// It may.
    Optional,
}

/// A question about an image, but for the image. Equal checks get equal answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Whose signatures must be there: all of those listed.
    pub all_of: AllOf,
    /// What each of these signatures must carry.
    pub annotations: Annotations,
}

/// The lists that one call can ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllOf {
    /// Public keys, PEM.
    PublicKeys(Vec<String>),
    /// Issuers and subjects.
    Keyless(Vec<(String, String)>),
    /// Issuers and URL prefixes.
    KeylessPrefix(Vec<(String, String)>),
    /// Owner and repository.
    GithubActions(String, Option<String>),
    /// A certificate, its chain, and whether the log is asked for.
    Certificate(String, Option<Vec<String>>, RekorBundle),
}

/// Why a signer cannot be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerError {
    /// Its key cannot be read.
    Key(KeyError),
    /// Its certificate cannot be used.
    Certificate(CertificateError),
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Certificate(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SignerError {}

impl Signer {
    /// The checks of which any one satisfies this signer; there is at least one.
    ///
    /// # Errors
    /// When a key or certificate cannot be used at that time.
    pub fn checks(&self, now: Duration) -> Result<Vec<Check>, SignerError> {
        let alternatives = match &self.identity {
            Identity::PublicKey(pem) => PublicKey::parse_all(pem)
                .map_err(SignerError::Key)?
                .iter()
                .map(|key| AllOf::PublicKeys(vec![key.to_pem()]))
                .collect(),
            Identity::Keyless { issuer, subject } => {
                vec![AllOf::Keyless(vec![(issuer.clone(), subject.clone())])]
            }
            Identity::KeylessPrefix { issuer, url_prefix } => {
                vec![AllOf::KeylessPrefix(vec![(issuer.clone(), url_prefix.clone())])]
            }
            Identity::GithubActions { owner, repo } => {
                vec![AllOf::GithubActions(owner.clone(), repo.clone())]
            }
            Identity::Certificate { certificate, chain, rekor_bundle } => {
                vec![
                    certificate_check(certificate, chain.as_deref(), *rekor_bundle, now)
                        .map_err(SignerError::Certificate)?,
                ]
            }
        };
        Ok(alternatives
            .into_iter()
            .map(|all_of| Check { all_of, annotations: self.annotations.clone() })
            .collect())
    }
}

fn certificate_check(
    certificate: &str,
    chain: Option<&[String]>,
    rekor_bundle: RekorBundle,
    now: Duration,
) -> Result<AllOf, CertificateError> {
    let usable = |pem: &String| {
        let certificate = Certificate::parse(pem)?;
        certificate.check_validity(now).map(|()| certificate.to_pem())
    };
    Ok(AllOf::Certificate(
        usable(&certificate.to_owned())?,
        chain.map(|chain| chain.iter().map(usable).collect()).transpose()?,
        rekor_bundle,
    ))
}

impl Check {
    /// Adds what the other check asks for to this one, when one call can ask about both.
    #[must_use]
    pub fn merge(&mut self, other: &Self) -> Merged {
        if self.annotations != other.annotations {
            return Merged::No;
        }
        match (&mut self.all_of, &other.all_of) {
            (AllOf::PublicKeys(mine), AllOf::PublicKeys(others)) => mine.extend_from_slice(others),
            (AllOf::Keyless(mine), AllOf::Keyless(others))
            | (AllOf::KeylessPrefix(mine), AllOf::KeylessPrefix(others)) => {
                mine.extend_from_slice(others);
            }
            _ => return Merged::No,
        }
        Merged::Yes
    }
}

/// Whether two checks became one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// One call asks about both.
    Yes,
    /// They stay apart.
    No,
}
