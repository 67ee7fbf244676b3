//! Whether an image is signed, and by whom.
//!
//! - Which signatures count? Those that the trust root vouches for: in the tag `sha256-<hex>.sig` beside the
//!   image, or referring to it as Sigstore bundles.
//! - What is answered? The digest that the signatures were looked up for. The tag is resolved once; from then
//!   on the digest is asked for.
//! - Must every signer have signed? Yes; a list is all-of. A certificate and the annotations asked for beside
//!   it may be satisfied by two signatures, as at Kubewarden's host.

use std::future::Future;
use std::sync::Arc;

use kubewarden_policy_sdk::host_capabilities::verification::VerificationResponse;
use oci_client::Reference;
use sigstore::cosign::signature_layers::SignatureLayer;
use sigstore::cosign::verification_constraint::{
    AnnotationVerifier, CertificateVerifier, VerificationConstraintVec,
};
use sigstore::cosign::{Client, ClientBuilder, CosignCapabilities, verify_constraints};
use sigstore::errors::SigstoreError;
use sigstore::registry::{Auth, Certificate, CertificateEncoding, OciReference};

use super::error::HostError;
use super::question::Annotations;
use super::registry::{Registries, TIMEOUT};
use super::signer::Signer;
use super::trust::{Need, Trust};

/// What verifies images.
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) registries: Arc<Registries>,
    pub(crate) trust: Trust,
}

/// A certificate that must have signed.
#[derive(Debug)]
pub(crate) struct CertificateSigner<'a> {
    pub(crate) certificate: &'a [u8],
    pub(crate) chain: Option<&'a [Vec<u8>]>,
    pub(crate) require_rekor_bundle: bool,
    pub(crate) annotations: &'a Annotations,
}

/// The signatures of an image.
struct Signatures {
    digest: String,
    layers: Vec<SignatureLayer>,
}

impl Verifier {
    /// Whether every one of `signers` signed `image`.
    pub(crate) async fn signed_by(
        &self,
        image: &str,
        need: Need,
        signers: &[Signer],
    ) -> Result<VerificationResponse, HostError> {
        let signatures = self.signatures(image, need).await?;
        let missing: Vec<&Signer> =
            signers.iter().filter(|signer| !signer.signed(&signatures.layers)).collect();
        if missing.is_empty() {
            return Ok(signatures.trusted());
        }
        // A signer is made of texts, which always have a YAML form.
        let signers = missing
            .iter()
            .map(|signer| yaml_serde::to_string(signer).unwrap_or_default())
            .collect();
        Err(HostError::MissingSignatures { signers })
    }

    /// Whether the key of a certificate signed `image`.
    pub(crate) async fn signed_by_certificate(
        &self,
        image: &str,
        signer: CertificateSigner<'_>,
    ) -> Result<VerificationResponse, HostError> {
        let need = if signer.require_rekor_bundle { Need::TrustRoot } else { Need::Nothing };
        let signatures = self.signatures(image, need).await?;
        let constraints = signer.constraints().map_err(HostError::Certificate)?;
        verify_constraints(&signatures.layers, constraints.iter())
            .map(|()| signatures.trusted())
            .map_err(|_unsatisfied| HostError::CertificateUnsatisfied)
    }

    async fn signatures(&self, image: &str, need: Need) -> Result<Signatures, HostError> {
        let reference: Reference = image.parse()?;
        let auth = Auth::from(&self.registries.credentials.auth(reference.registry()));
        let root = self.trust.root(need).await?;
        let mut builder = ClientBuilder::default()
            .with_oci_client_config(self.registries.sources.sigstore(reference.registry()));
        if let Some(root) = root {
            builder = builder.with_trust_repository(root)?;
        }
        let client = builder.build()?;
        let found = in_time(image, find(client, &reference, &auth)).await?;
        if found.signatures.layers.is_empty() {
            return Err(self.why_none(&reference, &found.tag).await);
        }
        Ok(found.signatures)
    }

    /// There is nothing that can be believed: is there something that cannot?
    async fn why_none(&self, image: &Reference, tag: &str) -> HostError {
        match self.registries.manifest(tag).await {
            Ok(_) => SigstoreError::SigstoreNoVerifiedLayer.into(),
            Err(_) => HostError::Unsigned { image: image.whole() },
        }
    }
}

/// What was found, and under which tag signatures were looked for.
struct Found {
    signatures: Signatures,
    tag: String,
}

/// Finds the signatures of an image, all by the digest that its tag stands for now.
async fn find(mut client: Client, reference: &Reference, auth: &Auth) -> Result<Found, HostError> {
    let image: OciReference = reference.whole().parse()?;
    let (tag, digest) = client.triangulate(&image, auth).await?;
    let pinned = OciReference::with_digest(
        reference.registry().to_owned(),
        reference.repository().to_owned(),
        digest.clone(),
    );
    let layers = client.trusted_signature_layers(auth, &pinned).await?;
    Ok(Found { signatures: Signatures { digest, layers }, tag: tag.whole() })
}

impl Signatures {
    fn trusted(self) -> VerificationResponse {
        VerificationResponse { is_trusted: true, digest: self.digest }
    }
}

impl CertificateSigner<'_> {
    fn constraints(&self) -> Result<VerificationConstraintVec, SigstoreError> {
        let chain: Option<Vec<Certificate>> = self.chain.map(|chain| {
            chain
                .iter()
                .map(|certificate| Certificate {
                    encoding: CertificateEncoding::Pem,
                    data: certificate.clone(),
                })
                .collect()
        });
        let certificate = CertificateVerifier::from_pem(
            self.certificate,
            self.require_rekor_bundle,
            chain.as_deref(),
        )?;
        let mut constraints: VerificationConstraintVec = vec![Box::new(certificate)];
        if let Some(annotations) = self.annotations.clone() {
            constraints.push(Box::new(AnnotationVerifier { annotations }));
        }
        Ok(constraints)
    }
}

async fn in_time<T>(
    image: &str,
    answer: impl Future<Output = Result<T, HostError>>,
) -> Result<T, HostError> {
    tokio::time::timeout(TIMEOUT, answer).await.unwrap_or_else(|_elapsed| {
        Err(HostError::SignatureTimeout { image: image.to_owned(), after: TIMEOUT })
    })
}
