//! Who can have signed an image, as the settings say it.

use crate::policy::place::Place;
use crate::policy::subject_pattern::SubjectPattern;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// The issuer of the identities of GitHub's workflows
/// (<https://docs.github.com/en/actions/reference/security/oidc>).
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

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

/// How the signatures of a party are told from others. The strings are those of the settings.
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
        /// Its chain, PEM, the root last: certificates of one entry share it.
        chain: Option<Rc<Vec<String>>>,
        /// Whether the signature must be in the transparency log.
        rekor_bundle: RekorBundle,
    },
}

/// Where the PEM of one or several public keys is.
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
    /// The signature must carry it.
    Required,
    /// The signature may lack it.
    Optional,
}

/// What messages call an identity.
pub(crate) fn identity_label(issuer: &str, subject: &str) -> String {
    format!("`{subject}` of `{issuer}`")
}
