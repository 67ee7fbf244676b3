//! What a registry says about an image: its digest, its manifest, its configuration.
//!
//! - Which spelling of an image? Any that the OCI client reads; the policy asks in the canonical one.
//! - What about an index of several platforms? Digest and manifest are the index's own; only a configuration is
//!   looked up in the image of this machine's platform.
//! - Who asks? The client that Kubewarden uses, which finds what is wrong with an answer in its own words, by way of
//!   the [`Gateway`].

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{OciImageManifest, OciManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::error::HostError;
use crate::credentials::Credentials;
use crate::sources::Sources;
use crate::transport::Transport;
use crate::transport::gateway::{Gateway, Referrers, unreachable};

/// As long as an API server waits for a webhook at most, short enough for a person.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);
/// Of requests under way. Larger registries take so many of one client; who does not says 429, and is asked again.
pub const AT_ONCE: usize = 16;
/// The gateway logs in.
pub(crate) const ANONYMOUS: RegistryAuth = RegistryAuth::Anonymous;

/// How registries are reached and logged in to.
pub struct Registries {
    pub(crate) transport: Arc<Transport>,
    client: OnceCell<Client>,
    with_referrers: OnceCell<Gateway>,
    without_referrers: OnceCell<Gateway>,
}

/// The answer to `v1/manifest_digest`.
#[derive(Debug, Serialize)]
pub(crate) struct Digest {
    pub(crate) digest: String,
}

/// The answer to `v1/oci_manifest_config`.
#[derive(Debug, Serialize)]
pub(crate) struct ManifestAndConfig {
    manifest: OciImageManifest,
    digest: String,
    config: Value,
}

impl fmt::Debug for Registries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registries").field("transport", &self.transport).finish_non_exhaustive()
    }
}

impl Default for Registries {
    fn default() -> Self {
        Self::new(Sources::default(), Credentials::default(), AT_ONCE)
    }
}

impl Registries {
    /// Registries that are reached and logged in to like this, with so many requests under way at most.
    #[must_use]
    pub fn new(sources: Sources, credentials: Credentials, at_once: usize) -> Self {
        Self {
            transport: Arc::new(Transport::new(sources, credentials, at_once)),
            client: OnceCell::new(),
            with_referrers: OnceCell::new(),
            without_referrers: OnceCell::new(),
        }
    }

    pub(crate) async fn digest(&self, image: &str) -> Result<Digest, HostError> {
        let reference: Reference = image.parse()?;
        let digest = self.in_time(image, self.resolve(&reference)).await?;
        Ok(Digest { digest })
    }

    pub(crate) async fn manifest(&self, image: &str) -> Result<OciManifest, HostError> {
        let reference: Reference = image.parse()?;
        let client = self.client().await.map_err(HostError::Registry)?;
        let (manifest, _digest) =
            self.in_time(image, client.pull_manifest(&reference, &ANONYMOUS)).await?;
        Ok(manifest)
    }

    pub(crate) async fn manifest_and_config(
        &self,
        image: &str,
    ) -> Result<ManifestAndConfig, HostError> {
        let reference: Reference = image.parse()?;
        let client = self.client().await.map_err(HostError::Registry)?;
        let (manifest, digest, config) =
            self.in_time(image, client.pull_manifest_and_config(&reference, &ANONYMOUS)).await?;
        let config = serde_json::from_str(&config)
            .map_err(|source| HostError::Configuration { image: image.to_owned(), source })?;
        Ok(ManifestAndConfig { manifest, digest, config })
    }

    /// The digest that an image has now.
    pub(crate) async fn resolve(
        &self,
        reference: &Reference,
    ) -> Result<String, OciDistributionError> {
        self.client().await?.fetch_manifest_digest(reference, &ANONYMOUS).await
    }

    /// What asks registries, of whichever image.
    pub(crate) async fn client(&self) -> Result<&Client, OciDistributionError> {
        let make = || async {
            let config = ClientConfig {
                protocol: ClientProtocol::Http,
                http_proxy: Some(self.gateway(Referrers::Asked).await?),
                ..ClientConfig::default()
            };
            Client::try_from(config)
        };
        self.client.get_or_try_init(make).await
    }

    /// What the client says, with the URL that was really asked.
    pub(crate) fn told(&self, error: OciDistributionError) -> OciDistributionError {
        let asked = |url: &str| self.transport.asked(url);
        match error {
            OciDistributionError::RegistryError { envelope, url } => {
                OciDistributionError::RegistryError { envelope, url: asked(&url) }
            }
            OciDistributionError::ServerError { code, url, message } => {
                OciDistributionError::ServerError { code, url: asked(&url), message }
            }
            OciDistributionError::UnauthorizedError { url } => {
                OciDistributionError::UnauthorizedError { url: asked(&url) }
            }
            other => other,
        }
    }

    async fn in_time<T>(
        &self,
        image: &str,
        answer: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, HostError> {
        match tokio::time::timeout(TIMEOUT, answer).await {
            Ok(answer) => answer.map_err(|error| match unreachable(&error) {
                Some(reason) => HostError::Unreachable { reason: reason.to_owned() },
                None => HostError::Registry(self.told(error)),
            }),
            Err(_elapsed) => {
                Err(HostError::RegistryTimeout { image: image.to_owned(), after: TIMEOUT })
            }
        }
    }

    /// The proxy for whatever speaks to registries by itself.
    pub(crate) async fn gateway(&self, referrers: Referrers) -> std::io::Result<String> {
        let cell = match referrers {
            Referrers::Asked => &self.with_referrers,
            Referrers::None => &self.without_referrers,
        };
        let start = || Gateway::start(Arc::clone(&self.transport), referrers);
        Ok(cell.get_or_try_init(start).await?.url().to_owned())
    }
}
