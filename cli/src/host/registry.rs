//! What a registry says about an image: its digest, its manifest, its configuration.
//!
//! - Which spelling of an image? Any that the OCI client reads; the policy asks in the canonical one.
//! - What about an index of several platforms? Digest and manifest are the index's own; only a configuration is
//!   looked up in the image of this machine's platform.

use std::future::Future;
use std::time::Duration;

use oci_client::errors::OciDistributionError;
use oci_client::manifest::{OciImageManifest, OciManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde::Serialize;
use serde_json::Value;

use super::error::HostError;
use crate::credentials::Credentials;
use crate::sources::Sources;

/// Longer than any policy server waits (a webhook has at most 30 s), short enough for a person.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// How registries are reached and logged in to.
#[derive(Debug, Clone, Default)]
pub struct Registries {
    /// How they are reached.
    pub sources: Sources,
    /// How they are logged in to.
    pub credentials: Credentials,
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

impl Registries {
    pub(crate) async fn digest(&self, image: &str) -> Result<Digest, HostError> {
        let (client, reference, auth) = self.find(image)?;
        let digest = in_time(image, client.fetch_manifest_digest(&reference, &auth)).await?;
        Ok(Digest { digest })
    }

    pub(crate) async fn manifest(&self, image: &str) -> Result<OciManifest, HostError> {
        let (client, reference, auth) = self.find(image)?;
        let (manifest, _digest) = in_time(image, client.pull_manifest(&reference, &auth)).await?;
        Ok(manifest)
    }

    pub(crate) async fn manifest_and_config(
        &self,
        image: &str,
    ) -> Result<ManifestAndConfig, HostError> {
        let (client, reference, auth) = self.find(image)?;
        let (manifest, digest, config) =
            in_time(image, client.pull_manifest_and_config(&reference, &auth)).await?;
        let config = serde_json::from_str(&config)
            .map_err(|source| HostError::Configuration { image: image.to_owned(), source })?;
        Ok(ManifestAndConfig { manifest, digest, config })
    }

    fn find(&self, image: &str) -> Result<(Client, Reference, RegistryAuth), HostError> {
        let reference: Reference = image.parse()?;
        let (client, auth) = self.client(&reference)?;
        Ok((client, reference, auth))
    }

    /// How to ask about it.
    pub(crate) fn client(
        &self,
        reference: &Reference,
    ) -> Result<(Client, RegistryAuth), OciDistributionError> {
        let client = Client::try_from(self.sources.oci(reference.registry()))?;
        Ok((client, self.credentials.auth(reference.registry())))
    }
}

async fn in_time<T>(
    image: &str,
    answer: impl Future<Output = Result<T, OciDistributionError>>,
) -> Result<T, HostError> {
    match tokio::time::timeout(TIMEOUT, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_elapsed) => {
            Err(HostError::RegistryTimeout { image: image.to_owned(), after: TIMEOUT })
        }
    }
}
