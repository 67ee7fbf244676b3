//! Signatures that somebody says an image has, instead of a registry: what a test of settings supposes.
//!
//! - What digest has the image? Its own, where it is named by one; else one made of its name.
//! - What holds of a signature? What is told of it: its key, or the identity of its certificate, and its annotations.
//! - What cannot be answered? Whether a certificate signed, and which identities there are, which a pattern of subjects
//!   is compared with. The policy hears that nobody answers, so that the image counts as not checked.

use std::collections::BTreeMap;

use kubewarden_policy_sdk::host_capabilities::verification::VerificationResponse;
use oci_client::Reference;
use oci_client::errors::OciDistributionError;
use sha2::{Digest as _, Sha256};
use signed_images_policy::policy::signer::GITHUB_ISSUER;
use sigstore::cosign::signature_layers::CertificateSubject;

use super::error::HostError;
use super::question::{Annotations, Question};
use super::registry::Digest;
use super::signer::Signer;
use super::{certificate, json};

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// By whom.
    pub by: By,
    /// What was said when it was made.
    pub annotations: BTreeMap<String, String>,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Whoever holds this key: its public half, as PEM.
    Key(String),
    /// Whoever has shown this identity.
    Identity {
        /// Who vouches for it.
        issuer: String,
        /// Who it is.
        subject: String,
    },
}

/// All that is told of an image.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Its signatures.
    pub signatures: Vec<Signature>,
}

const UNKNOWN: &str =
    "the test does not contain what the policy asks: run it with a registry, without `signatures`";

impl Told {
    pub(super) fn answer(&self, question: &Question) -> Result<Vec<u8>, HostError> {
        match question {
            Question::OciManifestDigest { image } if !is_beside_an_image(image)? => {
                json(&Digest { digest: digest(image)? })
            }
            // Nothing lies beside an image without signatures, and no identity beside one that has keys alone.
            Question::OciManifestDigest { image } | Question::OciManifest { image }
                if !self.has_identities() =>
            {
                let absent = format!("no manifest {image}");
                Err(HostError::Registry(OciDistributionError::ImageManifestNotFoundError(absent)))
            }
            Question::SigstorePubKeyVerify { image, pub_keys, annotations } => {
                self.signed_by(image, &Signer::keys(pub_keys, annotations)?)
            }
            Question::SigstoreKeylessVerify { image, keyless, annotations } => {
                self.signed_by(image, &Signer::identities(keyless, annotations)?)
            }
            Question::SigstoreKeylessPrefixVerify { image, keyless_prefix, annotations } => {
                self.signed_by(image, &Signer::prefixes(keyless_prefix, annotations)?)
            }
            Question::SigstoreGithubActionsVerify { image, owner, repo, annotations } => {
                self.signed_by(image, &Signer::workflow(owner, repo.as_deref(), annotations)?)
            }
            Question::CryptoIsCertificateTrusted { request } => {
                json(&certificate::verify(request)?)
            }
            Question::OciManifestDigest { .. }
            | Question::OciManifest { .. }
            | Question::OciManifestAndConfig { .. }
            | Question::SigstoreCertificateVerify { .. }
            | Question::KubernetesGetResource(_) => {
                Err(HostError::Unreachable { reason: UNKNOWN.to_owned() })
            }
        }
    }

    fn has_identities(&self) -> bool {
        self.signatures.iter().any(|signature| matches!(signature.by, By::Identity { .. }))
    }

    fn signed_by(&self, image: &str, signers: &[Signer]) -> Result<Vec<u8>, HostError> {
        if self.signatures.is_empty() {
            return Err(HostError::Unsigned { image: image.to_owned() });
        }
        let missing: Vec<&Signer> = signers
            .iter()
            .filter(|signer| !self.signatures.iter().any(|s| s.is_of(signer)))
            .collect();
        if missing.is_empty() {
            return json(&VerificationResponse { is_trusted: true, digest: digest(image)? });
        }
        Err(Signer::missing(&missing))
    }
}

impl Signature {
    fn is_of(&self, signer: &Signer) -> bool {
        match (signer, &self.by) {
            (Signer::PubKey { key, annotations, .. }, By::Key(own)) => {
                is_same_key(key, own) && self.says(annotations)
            }
            (Signer::GenericIssuer { issuer, subject, annotations }, By::Identity { .. }) => {
                self.is_by(issuer, |own| subject.is(&CertificateSubject::Uri(own.to_owned())))
                    && self.says(annotations)
            }
            (Signer::GithubAction { owner, repo, annotations }, By::Identity { .. }) => {
                self.is_by(GITHUB_ISSUER, |own| is_workflow(own, owner, repo.as_deref()))
                    && self.says(annotations)
            }
            (Signer::PubKey { .. }, By::Identity { .. })
            | (Signer::GenericIssuer { .. } | Signer::GithubAction { .. }, By::Key(_)) => false,
        }
    }

    fn is_by(&self, issuer: &str, fits: impl Fn(&str) -> bool) -> bool {
        match &self.by {
            By::Identity { issuer: own, subject } => own == issuer && fits(subject),
            By::Key(_) => false,
        }
    }

    fn says(&self, wanted: &Annotations) -> bool {
        let mut wanted = wanted.iter().flatten();
        wanted.all(|(key, value)| self.annotations.get(key) == Some(value))
    }
}

/// `https://github.com/OWNER/REPO/.github/workflows/…`
fn is_workflow(subject: &str, owner: &str, repo: Option<&str>) -> bool {
    let mut parts = subject.strip_prefix("https://github.com/").unwrap_or_default().split('/');
    parts.next() == Some(owner)
        && parts.next().is_some_and(|own| repo.is_none_or(|repo| own == repo))
}

/// PEM is the same however its lines are broken.
fn is_same_key(one: &str, other: &str) -> bool {
    let letters = |pem: &str| pem.split_whitespace().collect::<String>();
    letters(one) == letters(other)
}

/// Whether that is a tag under which something is kept about an image.
fn is_beside_an_image(image: &str) -> Result<bool, HostError> {
    let reference: Reference = image.parse()?;
    let is_tag = reference.digest().is_none();
    Ok(is_tag && reference.tag().is_some_and(|tag| tag.starts_with("sha256-")))
}

fn digest(image: &str) -> Result<String, HostError> {
    let reference: Reference = image.parse()?;
    let made = || {
        let hash = Sha256::digest(reference.whole().as_bytes());
        hash.iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    };
    Ok(reference.digest().map_or_else(made, ToOwned::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_are_known_by_owner_and_repository() {
        let subject = "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main";
        let rows = [
            ("acme", None, true),
            ("acme", Some("app"), true),
            ("acme", Some("other"), false),
            ("ac", None, false),
        ];
        for (owner, repo, expected) in rows {
            assert_eq!(is_workflow(subject, owner, repo), expected, "{owner}/{repo:?}");
        }
        assert!(!is_workflow("https://github.com.evil/acme/app", "acme", None));
        assert!(!is_workflow("https://github.com/acme", "acme", None));
    }
}
