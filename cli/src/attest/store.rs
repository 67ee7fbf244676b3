//! What is read from a repository and written to it, one thing at a time.

use hyper::body::Bytes;
use hyper::header::HeaderValue;
use oci_client::Reference;
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageIndex,
};
use serde_json::Value;

use super::report::digest;
use crate::host::{ANONYMOUS, Registries};
use crate::registry::{RegistryError, in_time};

/// Many registries give no more at once.
const TAGS_AT_ONCE: usize = 1000;
/// Every kind of manifest.
const MANIFESTS: [&str; 4] = [
    OCI_IMAGE_MEDIA_TYPE,
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
];

/// Repositories of all registries, as these are reached and logged in to.
pub(super) struct Store<'a>(pub(super) &'a Registries);

/// A manifest as it was sent.
pub(super) struct Manifest {
    pub(super) bytes: Bytes,
    pub(super) digest: String,
}

impl Manifest {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    pub(super) fn media_type(&self) -> String {
        let json = self.json();
        let media_type = json.get("mediaType").and_then(Value::as_str);
        media_type.unwrap_or(OCI_IMAGE_MEDIA_TYPE).to_owned()
    }
}

impl Store<'_> {
    pub(super) async fn manifest(&self, of: &Reference) -> Result<Manifest, RegistryError> {
        let work = async {
            let client = self.0.client().await?;
            client.pull_manifest_raw(of, &ANONYMOUS, &MANIFESTS).await
        };
        let (bytes, digest) = in_time(of.registry(), work).await?;
        Ok(Manifest { bytes, digest })
    }

    pub(super) async fn blob(
        &self,
        of: &Reference,
        blob: &OciDescriptor,
    ) -> Result<Vec<u8>, RegistryError> {
        let work = async {
            let mut bytes = Vec::new();
            self.0.client().await?.pull_blob(of, blob, &mut bytes).await?;
            Ok(bytes)
        };
        in_time(of.registry(), work).await
    }

    pub(super) async fn referrers(&self, of: &Reference) -> Result<OciImageIndex, RegistryError> {
        let work = async { self.0.client().await?.pull_referrers(of, None).await };
        in_time(of.registry(), work).await
    }

    /// All tags of a repository.
    pub(super) async fn tags(&self, of: &Reference) -> Result<Vec<String>, RegistryError> {
        let work = async {
            let client = self.0.client().await?;
            let mut tags: Vec<String> = Vec::new();
            loop {
                let last = tags.last().map(String::as_str);
                let more = client.list_tags(of, &ANONYMOUS, Some(TAGS_AT_ONCE), last).await?.tags;
                // Who does not know `last` says the same again.
                if more.first().is_none_or(|tag| tags.contains(tag)) {
                    return Ok(tags);
                }
                tags.extend(more);
            }
        };
        in_time(of.registry(), work).await
    }

    pub(super) async fn push_blob(
        &self,
        to: &Reference,
        bytes: Vec<u8>,
    ) -> Result<(), RegistryError> {
        let work = async {
            let digest = digest(&bytes);
            self.0.client().await?.push_blob(to, bytes, &digest).await
        };
        in_time(to.registry(), work).await.map(drop)
    }

    pub(super) async fn push_manifest(
        &self,
        to: &Reference,
        manifest: impl Into<Bytes>,
        media_type: &str,
    ) -> Result<(), RegistryError> {
        let work = async {
            let media_type = HeaderValue::from_str(media_type)
                .map_err(|error| OciDistributionError::GenericError(Some(error.to_string())))?;
            self.0.client().await?.push_manifest_raw(to, manifest, media_type).await
        };
        in_time(to.registry(), work).await.map(drop)
    }
}
