//! A signer that must be found among the trusted signatures of an image.
//!
//! - What makes a signature fit? Its key or identity, and every annotation that is asked for; both on the same
//!   signature.
//! - What does a prefix mean? The identity is a URL that begins with it, where the prefix ends with a `/`, so
//!   that `https://github.com/acme` does not cover `https://github.com/acme-evil/x`.
//! - Where is a signer seen? In the YAML of the error that says which were missing, under the names of
//!   Kubewarden's verification configuration.

use kubewarden_policy_sdk::host_capabilities::verification::{KeylessInfo, KeylessPrefixInfo};
use serde::Serialize;
use signed_images_policy::policy::signer::GITHUB_ISSUER;
use sigstore::cosign::signature_layers::{
    CertificateSignature, CertificateSubject, SignatureLayer,
};
use sigstore::cosign::verification_constraint::{
    AnnotationVerifier, PublicKeyVerifier, VerificationConstraint,
};
use url::Url;

use super::error::HostError;
use super::question::Annotations;

/// A signer, with the annotations that its signature must carry.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub(crate) enum Signer {
    PubKey { owner: Option<String>, key: String, annotations: Annotations },
    GenericIssuer { issuer: String, subject: Subject, annotations: Annotations },
    GithubAction { owner: String, repo: Option<String>, annotations: Annotations },
}

/// Whose certificate it must be.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Subject {
    Equal(String),
    UrlPrefix(Url),
}

impl Signer {
    pub(crate) fn keys(keys: &[String], annotations: &Annotations) -> Result<Vec<Self>, HostError> {
        let signers = keys.iter().map(|key| Self::PubKey {
            owner: None,
            key: key.clone(),
            annotations: annotations.clone(),
        });
        at_least_one(signers.collect(), "Must provide at least one pub key")
    }

    pub(crate) fn identities(
        identities: &[KeylessInfo],
        annotations: &Annotations,
    ) -> Result<Vec<Self>, HostError> {
        let signers = identities.iter().map(|identity| Self::GenericIssuer {
            issuer: identity.issuer.clone(),
            subject: Subject::Equal(identity.subject.clone()),
            annotations: annotations.clone(),
        });
        at_least_one(signers.collect(), "Must provide keyless info")
    }

    pub(crate) fn prefixes(
        prefixes: &[KeylessPrefixInfo],
        annotations: &Annotations,
    ) -> Result<Vec<Self>, HostError> {
        let signer = |prefix: &KeylessPrefixInfo| {
            Ok(Self::GenericIssuer {
                issuer: prefix.issuer.clone(),
                subject: Subject::prefix(&prefix.url_prefix).map_err(|_no_url| HostError::Died)?,
                annotations: annotations.clone(),
            })
        };
        let signers = prefixes.iter().map(signer).collect::<Result<_, HostError>>()?;
        at_least_one(signers, "Must provide keyless info")
    }

    pub(crate) fn workflow(
        owner: &str,
        repo: Option<&str>,
        annotations: &Annotations,
    ) -> Result<Vec<Self>, HostError> {
        if owner.is_empty() {
            return Err(HostError::NoSigner("Must provide owner info"));
        }
        Ok(vec![Self::GithubAction {
            owner: owner.to_owned(),
            repo: repo.map(ToOwned::to_owned),
            annotations: annotations.clone(),
        }])
    }

    /// The error that says that these are missing, as Kubewarden's verification configuration has them.
    pub(super) fn missing(signers: &[&Self]) -> HostError {
        // A signer is made of texts, which always have a YAML form.
        let yaml = signers.iter().map(|signer| yaml_serde::to_string(signer).unwrap_or_default());
        HostError::MissingSignatures { signers: yaml.collect() }
    }

    /// Whether one of the signatures is this signer's.
    pub(crate) fn signed(&self, signatures: &[SignatureLayer]) -> bool {
        match self {
            Self::PubKey { key, .. } => {
                PublicKeyVerifier::try_from(key.as_bytes()).is_ok_and(|key| {
                    signatures
                        .iter()
                        .any(|signature| self.is_annotated(signature) && holds(&key, signature))
                })
            }
            Self::GenericIssuer { issuer, subject, .. } => {
                self.certified(signatures, |certificate| {
                    certificate.issuer.as_ref() == Some(issuer) && subject.is(&certificate.subject)
                })
            }
            Self::GithubAction { owner, repo, .. } => self.certified(signatures, |certificate| {
                is_github_workflow(certificate, owner, repo.as_deref())
            }),
        }
    }

    fn certified(
        &self,
        signatures: &[SignatureLayer],
        fits: impl Fn(&CertificateSignature) -> bool,
    ) -> bool {
        signatures.iter().any(|signature| {
            self.is_annotated(signature)
                && signature.certificate_signature.as_ref().is_some_and(&fits)
        })
    }

    fn is_annotated(&self, signature: &SignatureLayer) -> bool {
        let (Self::PubKey { annotations, .. }
        | Self::GenericIssuer { annotations, .. }
        | Self::GithubAction { annotations, .. }) = self;
        annotations.as_ref().is_none_or(|annotations| {
            let annotations = annotations.clone();
            holds(&AnnotationVerifier { annotations }, signature)
        })
    }
}

impl Subject {
    /// A prefix, completed with the `/` that keeps it from covering its namesakes.
    fn prefix(prefix: &str) -> Result<Self, url::ParseError> {
        let url = Url::parse(prefix)?;
        if url.as_str().ends_with('/') {
            return Ok(Self::UrlPrefix(url));
        }
        Url::parse(&format!("{url}/")).map(Self::UrlPrefix)
    }

    pub(super) fn is(&self, subject: &CertificateSubject) -> bool {
        let (CertificateSubject::Email(subject) | CertificateSubject::Uri(subject)) = subject;
        match self {
            Self::Equal(expected) => subject == expected,
            Self::UrlPrefix(prefix) => subject.starts_with(prefix.as_str()),
        }
    }
}

fn at_least_one(signers: Vec<Signer>, nobody: &'static str) -> Result<Vec<Signer>, HostError> {
    if signers.is_empty() {
        return Err(HostError::NoSigner(nobody));
    }
    Ok(signers)
}

fn holds(constraint: &impl VerificationConstraint, signature: &SignatureLayer) -> bool {
    constraint.verify(signature).unwrap_or(false)
}

fn is_github_workflow(certificate: &CertificateSignature, owner: &str, repo: Option<&str>) -> bool {
    let CertificateSubject::Uri(subject) = &certificate.subject else {
        return false;
    };
    let is_on_github = Url::parse(subject).is_ok_and(|url| url.host_str() == Some("github.com"));
    let Some((signing_owner, signing_repo)) = certificate
        .github_workflow_repository
        .as_deref()
        .and_then(|repository| repository.split_once('/'))
    else {
        return false;
    };
    certificate.issuer.as_deref() == Some(GITHUB_ISSUER)
        && is_on_github
        && signing_owner == owner
        && repo.is_none_or(|repo| signing_repo == repo)
}
