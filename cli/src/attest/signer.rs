//! Whose signature a report must have, as the host is asked about it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use kubewarden_policy_sdk::host_capabilities::verification::KeylessInfo;
use serde_json::Value;
use signed_images_policy::keys::public_key::{KeyError, PublicKey};
use signed_images_policy::policy::predicate_type::{ANNOTATION, PredicateType};

use super::place::Name;
use crate::host::{HostError, Live, Question};

/// The annotation that tells a report of one name from those of others: nobody signs a tag.
const NAME: &str = "reportName";
/// How the URIs begin by which cosign names keys that are held elsewhere.
const HELD_ELSEWHERE: &str = "://";

/// What the signature of a report must say.
#[derive(Debug, Clone)]
pub(crate) struct Annotations(BTreeMap<String, String>);

/// Who must have signed.
#[derive(Debug, Clone)]
pub(crate) enum Signer {
    /// The holder of a key.
    Key {
        /// Where its public half is.
        path: PathBuf,
        /// As PEM.
        pem: String,
    },
    /// An identity of Sigstore.
    Identity {
        /// The OIDC issuer.
        issuer: String,
        /// The subject, exactly.
        subject: String,
    },
}

/// Why a key cannot be verified with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignerError {
    #[error(
        "--key `{0}`: only the public key is needed here: `cosign public-key --key {0} >cosign.pub`, then --key \
         cosign.pub"
    )]
    HeldElsewhere(String),
    #[error("cannot read key `{}`: {source}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("key `{}`: {source}", .path.display())]
    Key { path: PathBuf, source: KeyError },
    #[error("key `{}`: it contains {count} keys, but a report is verified with one", .path.display())]
    Several { path: PathBuf, count: usize },
}

/// Why a report does not count as signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unverified {
    /// There is no signature.
    #[error(
        "`{report}` has no signature that policy servers can read; with cosign 3, sign with \
         `--new-bundle-format=false --use-signing-config=false`"
    )]
    Unsigned { report: String },
    /// It is somebody else's, or lacks the annotation.
    #[error(
        "`{report}` is signed, but not by {signer} with `{annotations}`; with cosign 3, sign with \
         `--new-bundle-format=false --use-signing-config=false`"
    )]
    Signer { report: String, signer: String, annotations: Annotations },
    /// It lacks what the settings ask for.
    #[error("`{report}` is not signed as the settings require: {reason}")]
    Entry { report: String, reason: String },
    /// The host found another manifest.
    #[error("`{report}`: the answer is about another digest")]
    Digest { report: String },
    /// It could not be asked.
    #[error("`{report}` could not be verified: {source}")]
    Host { report: String, source: HostError },
}

impl Signer {
    /// The holder of the one key in the file.
    pub(crate) fn key(path: &Path) -> Result<Self, SignerError> {
        if let Some(uri) = path.to_str().filter(|path| path.contains(HELD_ELSEWHERE)) {
            return Err(SignerError::HeldElsewhere(uri.to_owned()));
        }
        let text = crate::text::read(path)
            .map_err(|source| SignerError::Read { path: path.to_owned(), source })?;
        let keys = PublicKey::parse_all(&text)
            .map_err(|source| SignerError::Key { path: path.to_owned(), source })?;
        match keys.as_slice() {
            [key] => Ok(Self::Key { path: path.to_owned(), pem: key.to_pem() }),
            keys => Err(SignerError::Several { path: path.to_owned(), count: keys.len() }),
        }
    }

    /// Whether this signer signed the report, for a policy's host.
    pub(super) fn verify(
        &self,
        report: &str,
        digest: &str,
        annotations: &Annotations,
        live: &Live,
    ) -> Result<(), Unverified> {
        let answer = live.ask(&self.question(report, annotations));
        let report = report.to_owned();
        match answer {
            Ok(answer) => {
                let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                let is_trusted = answer.get("is_trusted").and_then(Value::as_bool) == Some(true);
                let is_it =
                    is_trusted && answer.get("digest").and_then(Value::as_str) == Some(digest);
                if is_it { Ok(()) } else { Err(Unverified::Digest { report }) }
            }
            Err(HostError::Unsigned { .. }) => Err(Unverified::Unsigned { report }),
            Err(HostError::MissingSignatures { .. }) => {
                let (signer, annotations) = (self.to_string(), annotations.clone());
                Err(Unverified::Signer { report, signer, annotations })
            }
            Err(source) => Err(Unverified::Host { report, source }),
        }
    }

    fn question(&self, report: &str, annotations: &Annotations) -> Question {
        let annotations = Some(annotations.0.clone());
        let image = report.to_owned();
        match self {
            Self::Key { pem, .. } => {
                Question::SigstorePubKeyVerify { image, pub_keys: vec![pem.clone()], annotations }
            }
            Self::Identity { issuer, subject } => {
                let identity = KeylessInfo { issuer: issuer.clone(), subject: subject.clone() };
                Question::SigstoreKeylessVerify { image, keyless: vec![identity], annotations }
            }
        }
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { path, .. } => write!(f, "the key `{}`", path.display()),
            Self::Identity { issuer, subject } => write!(f, "`{subject}` of `{issuer}`"),
        }
    }
}

impl Annotations {
    /// The type, which tells a report from an image by the same signer; and the name, where there is one.
    pub(crate) fn new(predicate_type: &PredicateType, name: Option<&Name>) -> Self {
        let mut annotations =
            BTreeMap::from([(ANNOTATION.to_owned(), predicate_type.uri().to_owned())]);
        annotations.extend(name.map(|Name(name)| (NAME.to_owned(), name.clone())));
        Self(annotations)
    }

    /// The name, where there is one.
    pub(super) fn name(&self) -> Option<String> {
        self.0.get(NAME).cloned()
    }

    /// As `cosign sign` takes them.
    pub(crate) fn options(&self) -> Vec<String> {
        let options = self.0.iter().map(|(key, value)| ["-a".to_owned(), format!("{key}={value}")]);
        options.flatten().collect()
    }
}

impl fmt::Display for Annotations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.options().join(" "))
    }
}
