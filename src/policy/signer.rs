//! Who can have signed an image, and what the host is asked to find that out.

use crate::keys::certificate::{Certificate, CertificateError};
use crate::keys::public_key::{KeyError, PublicKey};
use crate::policy::place::Place;
use crate::policy::subject_pattern::SubjectPattern;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Annotations that a signature must carry, by their keys.
pub type Annotations = BTreeMap<String, String>;

/// One party whose signature can satisfy a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// What messages call it.
    pub label: String,
    /// Where it stands in the settings.
    pub place: Place,
    /// How its signatures are told.
    pub identity: Identity,
    /// What its signatures must carry besides.
    pub annotations: Annotations,
}

/// How the signatures of a party are told from others. The texts are those of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Whoever holds one of these keys.
    PublicKey(KeySource),
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
    /// A certificate of a Sigstore CA with this issuer and a subject that matches.
    KeylessPattern {
        /// The OIDC issuer.
        issuer: String,
        /// What the subject must match.
        pattern: SubjectPattern,
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

/// Where the PEM text of one or several public keys is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In the settings.
    Inline(String),
    /// In the cluster.
    Object {
        /// The kind of object.
        kind: ObjectKind,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The entry of its data.
        entry: String,
    },
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("the settings"),
            Self::Object { kind, namespace, name, entry } => {
                write!(f, "entry `{entry}` of {} `{namespace}/{name}`", kind.name())
            }
        }
    }
}

/// Kinds of objects that keys are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl ObjectKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
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
                write!(f, "it holds a key of {label}, and one signature counts once")
            }
        }
    }
}

impl std::error::Error for SignerError {}

/// What a signer is asked about with.
#[derive(Clone, Debug)]
pub struct Checks {
    /// Any one of these satisfies the signer. There is at least one, but for a pattern of subjects: which
    /// ones match is known when an image is looked at.
    pub any_of: Vec<Check>,
    /// How long the first of its certificates to expire is still valid; none where there is none.
    pub remaining: Option<Duration>,
}

impl Signer {
    /// The checks of this signer at that time. `read` finds the text of a key source.
    ///
    /// # Errors
    /// When a key or certificate cannot be used.
    pub fn checks(
        &self,
        now: Duration,
        read: &mut dyn FnMut(&KeySource) -> Result<String, String>,
    ) -> Result<Checks, SignerError> {
        let mut remaining = None;
        let pair = |issuer: &String, subject: &String| vec![(issuer.clone(), subject.clone())];
        let alternatives = match &self.identity {
            Identity::PublicKey(source) => {
                let pem = read(source).map_err(SignerError::Source)?;
                let keys = PublicKey::parse_all(&pem).map_err(|error| match source {
                    KeySource::Inline(_) => SignerError::Key(error),
                    KeySource::Object { .. } => SignerError::Source(format!("{source}: {error}")),
                })?;
                keys.iter().map(|key| AllOf::PublicKeys(vec![key.to_pem()])).collect()
            }
            Identity::Keyless { issuer, subject } => vec![AllOf::Keyless(pair(issuer, subject))],
            Identity::KeylessPrefix { issuer, url_prefix } => {
                vec![AllOf::KeylessPrefix(pair(issuer, url_prefix))]
            }
            Identity::KeylessPattern { .. } => Vec::new(),
            Identity::GithubActions { owner, repo } => {
                vec![AllOf::GithubActions(owner.clone(), repo.clone())]
            }
            Identity::Certificate { certificate, chain, rekor_bundle } => {
                let mut usable = |pem: &String| {
                    let certificate = Certificate::parse(pem)?;
                    certificate.check_validity(now)?;
                    let left = certificate.remaining(now);
                    remaining = Some(remaining.map_or(left, |least: Duration| least.min(left)));
                    Ok(certificate.to_pem())
                };
                let certificate = usable(certificate).map_err(SignerError::Certificate)?;
                let chain = chain.as_ref().map(|chain| chain.iter().map(usable).collect());
                let chain = chain.transpose().map_err(SignerError::Certificate)?;
                vec![AllOf::Certificate(certificate, chain, *rekor_bundle)]
            }
        };
        let check = |all_of| Check { all_of, annotations: self.annotations.clone() };
        Ok(Checks { any_of: alternatives.into_iter().map(check).collect(), remaining })
    }
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

/// What messages call an identity.
pub(crate) fn identity_label(issuer: &str, subject: &str) -> String {
    format!("`{subject}` of `{issuer}`")
}

/// Whether two checks became one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// One call asks about both.
    Yes,
    /// They stay apart.
    No,
}
