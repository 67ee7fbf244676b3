//! Whether an image is signed, and by whom.
//!
//! - Which signatures count? Those that the trust root vouches for, and whose certificate and log entry were made for
//!   them ([`evidence`]), in either format ([`super::signatures`]).
//! - What is answered? The digest that the signatures were looked up for. The tag is resolved once; from then
//!   on the digest is asked for.
//! - What is asked ahead? All that the client will ask, as soon as it is known ([`super::ahead`]).
//! - Must every signer have signed? Yes; a list is all-of.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use kubewarden_policy_sdk::host_capabilities::verification::VerificationResponse;
use oci_client::Reference;
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OciManifest;
use sigstore::cosign::signature_layers::SignatureLayer;
use sigstore::cosign::{Client, ClientBuilder, CosignCapabilities, verify_constraints};
use sigstore::errors::SigstoreError;
use sigstore::registry::{Auth, ClientConfig, ClientProtocol, OciReference};
use sigstore::trust::sigstore::SigstoreTrustRoot;
use tokio::sync::{Mutex, OnceCell};
use tracing::warn;

use super::certificate_signer::CertificateSigner;
use super::error::HostError;
use super::evidence;
use super::registry::{Registries, TIMEOUT};
use super::signatures::{Signatures, signature_tag};
use super::signer::Signer;
use super::trust::{Need, Trust};
use crate::transport::gateway::{Referrers, unreachable};

/// What verifies images.
pub(crate) struct Verifier {
    pub(super) registries: Arc<Registries>,
    pub(super) trust: Trust,
    /// One at a time uses a client, as at Kubewarden's host: what it asks has been asked ahead, so nobody waits long.
    with_root: OnceCell<Mutex<Client>>,
    without_root: OnceCell<Mutex<Client>>,
    /// The digests of images of which this was told.
    in_bundles: std::sync::Mutex<HashSet<String>>,
}

/// Kubewarden 1.36 links sigstore 0.13, which reads no bundles.
const OF_BUNDLES: &str = "verified by a Sigstore bundle, which policy servers before 1.37 do not read: sign with \
    `--new-bundle-format=false --use-signing-config=false` for them";

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { registries, trust, .. } = self;
        f.debug_struct("Verifier")
            .field("registries", registries)
            .field("trust", trust)
            .finish_non_exhaustive()
    }
}

impl Verifier {
    pub(crate) fn new(registries: Arc<Registries>, trust: Trust) -> Self {
        Self {
            registries,
            trust,
            with_root: OnceCell::new(),
            without_root: OnceCell::new(),
            in_bundles: std::sync::Mutex::default(),
        }
    }

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
        if !missing.is_empty() {
            return Err(Signer::missing(&missing));
        }
        self.tell_of_bundles(image, &signatures, |layers| {
            signers.iter().all(|signer| signer.signed(layers))
        });
        Ok(signatures.trusted())
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
        let hold = |layers: &[SignatureLayer]| verify_constraints(layers, constraints.iter());
        hold(&signatures.layers).map_err(|_unsatisfied| HostError::CertificateUnsatisfied)?;
        self.tell_of_bundles(image, &signatures, |layers| hold(layers).is_ok());
        Ok(signatures.trusted())
    }

    /// Warns, once for each image, when older policy servers would not find enough signatures.
    fn tell_of_bundles(
        &self,
        image: &str,
        signatures: &Signatures,
        are_enough: impl Fn(&[SignatureLayer]) -> bool,
    ) {
        let digest = &signatures.digest;
        if signatures.are_needed_as_bundles(are_enough)
            && self.in_bundles.lock().is_ok_and(|mut told| told.insert(digest.clone()))
        {
            warn!("`{image}`: {OF_BUNDLES}");
        }
    }

    async fn signatures(&self, image: &str, need: Need) -> Result<Signatures, HostError> {
        let reference: Reference = image.parse()?;
        let root = self.trust.root(need).await?;
        let signatures = self.found(image, &reference, root).await?;
        if signatures.layers.is_empty() {
            return Err(self.why_none(&reference, &signatures.digest).await);
        }
        Ok(signatures)
    }

    /// The signatures that hold, which may be none.
    pub(super) async fn found(
        &self,
        image: &str,
        reference: &Reference,
        root: Option<&SigstoreTrustRoot>,
    ) -> Result<Signatures, HostError> {
        in_time(image, Box::pin(self.find(reference, root))).await
    }

    async fn client(&self, root: Option<&SigstoreTrustRoot>) -> Result<&Mutex<Client>, HostError> {
        let (client, referrers) = match root {
            Some(_) => (&self.with_root, Referrers::Asked),
            None => (&self.without_root, Referrers::None),
        };
        let make = || async {
            let gateway =
                self.registries.gateway(referrers).await.map_err(SigstoreError::IOError)?;
            let config = ClientConfig {
                protocol: ClientProtocol::Http,
                http_proxy: Some(gateway),
                ..ClientConfig::default()
            };
            let mut builder = ClientBuilder::default().with_oci_client_config(config);
            if let Some(root) = root {
                builder = builder.with_trust_repository(root)?;
            }
            Ok(Mutex::new(builder.build()?))
        };
        client.get_or_try_init(make).await
    }

    /// Finds the signatures of an image, all by the digest that its tag stands for now.
    async fn find(
        &self,
        image: &Reference,
        root: Option<&SigstoreTrustRoot>,
    ) -> Result<Signatures, HostError> {
        let digest = self.registries.resolve(image).await.map_err(|error| {
            SigstoreError::RegistryFetchManifestError {
                image: image.whole(),
                error: self.words(error),
            }
        })?;
        self.registries.ask_ahead(image, &digest, root.is_some()).await;
        let pinned = OciReference::with_digest(
            image.registry().to_owned(),
            image.repository().to_owned(),
            digest.clone(),
        );
        let mut client = self.client(root).await?.lock().await;
        let layers = client.trusted_signature_layers(&Auth::Anonymous, &pinned).await?;
        let layers = layers.into_iter().map(evidence::held).collect();
        Ok(Signatures { digest, layers })
    }

    /// There is nothing that can be believed: is there something that cannot?
    pub(super) async fn why_none(&self, image: &Reference, digest: &str) -> HostError {
        let tag = signature_tag(image, digest);
        let Ok(manifest) = self.registries.manifest(&tag.whole()).await else {
            return HostError::Unsigned { image: image.whole() };
        };
        if let OciManifest::Image(manifest) = &manifest {
            let pulled = self.registries.pull_blobs(&tag, manifest).await;
            if let Some(error) = pulled.into_iter().find_map(Result::err) {
                let error = self.words(error);
                return SigstoreError::RegistryPullError { image: tag.whole(), error }.into();
            }
        }
        SigstoreError::SigstoreNoVerifiedLayer.into()
    }

    fn words(&self, error: OciDistributionError) -> String {
        match unreachable(&error) {
            Some(reason) => reason.to_owned(),
            None => self.registries.told(error).to_string(),
        }
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
