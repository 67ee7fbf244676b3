//! Whoever signed an image, where nobody in particular is asked for: what `suggest` wants to know.
//!
//! - Is it the same that verifies for the policy? Yes: the same signatures, by the same trust root. Only the question is
//!   another one, so that it is none of the policy's.
//! - And "not signed"? Is said when the registry has no tag for the signatures; an error of its is an error here.

use oci_client::Reference;
use sigstore::cosign::signature_layers::{CertificateSubject, SignatureLayer};
use sigstore::errors::SigstoreError;

use super::Live;
use super::error::HostError;
use super::signatures::{is_bundle, signature_tag};
use super::signer::Signer;
use super::trust::Need;
use super::verifier::Verifier;
use crate::registry::RegistryError;
use crate::transport::gateway::unreachable;

/// The signatures of an image.
#[derive(Debug)]
pub enum Signed {
    /// These are there, and their certificates hold.
    By(Vec<Signature>),
    /// Some are there, and none holds.
    Unbelieved,
    /// There are none.
    No,
}

/// A signature.
#[derive(Debug)]
pub struct Signature {
    /// Which of the keys that were given verify it.
    pub keys: Vec<usize>,
    /// The certificate, if it has one that holds.
    pub certificate: Option<Certificate>,
    /// Whether it is in the bundle format.
    pub is_bundle: bool,
}

/// What a certificate says.
#[derive(Debug)]
pub struct Certificate {
    /// The OIDC issuer.
    pub issuer: String,
    /// The subject alternative name.
    pub subject: String,
    /// GitHub's repository that ran the workflow: `owner/repo`.
    pub repository: Option<String>,
}

impl Live {
    /// Who signed the image: these keys, and whoever has a certificate.
    ///
    /// # Errors
    /// Why that could not be found out.
    pub fn signed(&self, image: &str, keys: &[String]) -> Result<Signed, String> {
        let signed = self.runtime.block_on(self.verifier.signed(image, keys));
        signed.map_err(|error| error.to_string())
    }
}

impl Verifier {
    async fn signed(&self, image: &str, keys: &[String]) -> Result<Signed, HostError> {
        let reference: Reference = image.parse()?;
        let keys = if keys.is_empty() { Vec::new() } else { Signer::keys(keys, &None)? };
        let root = self.trust.root(Need::TrustRoot).await;
        let known = root.as_ref().ok().copied().flatten();
        let found = self.found(image, &reference, known).await?;
        if found.layers.is_empty() {
            return match self.why_none(&reference, &found.digest).await {
                HostError::Unsigned { .. } => self.unsigned(&reference, &found.digest).await,
                HostError::TrustedLayers(SigstoreError::SigstoreNoVerifiedLayer) => {
                    Ok(Signed::Unbelieved)
                }
                error => Err(error),
            };
        }
        let signatures: Vec<Signature> =
            found.layers.iter().map(|layer| Signature::of(layer, &keys)).collect();
        match root {
            // Without the root no certificate can have been found.
            Err(error) if signatures.iter().all(|signature| signature.keys.is_empty()) => {
                Err(error)
            }
            Err(_) | Ok(_) => Ok(Signed::By(signatures)),
        }
    }

    async fn unsigned(&self, image: &Reference, digest: &str) -> Result<Signed, HostError> {
        let tag = signature_tag(image, digest);
        let Err(error) = self.registries.resolve(&tag).await else {
            return Err(HostError::Unsigned { image: image.whole() });
        };
        if let Some(reason) = unreachable(&error) {
            return Err(HostError::Unreachable { reason: reason.to_owned() });
        }
        match RegistryError::new(image.registry(), error) {
            RegistryError::Absent { .. } => Ok(Signed::No),
            RegistryError::Other { source, .. } => Err(HostError::Registry(source)),
            error @ (RegistryError::Denied { .. }
            | RegistryError::Down { .. }
            | RegistryError::Slow { .. }) => {
                Err(HostError::Unreachable { reason: error.to_string() })
            }
        }
    }
}

impl Signature {
    fn of(layer: &SignatureLayer, keys: &[Signer]) -> Self {
        let signatures = std::slice::from_ref(layer);
        let keys = keys.iter().enumerate().filter(|(_, key)| key.signed(signatures));
        let certificate = layer.certificate_signature.as_ref().and_then(|certificate| {
            let (CertificateSubject::Email(subject) | CertificateSubject::Uri(subject)) =
                &certificate.subject;
            Some(Certificate {
                issuer: certificate.issuer.clone()?,
                subject: subject.clone(),
                repository: certificate.github_workflow_repository.clone(),
            })
        });
        Self {
            keys: keys.map(|(index, _)| index).collect(),
            certificate,
            is_bundle: is_bundle(layer),
        }
    }
}
