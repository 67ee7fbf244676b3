//! What a client will ask a registry about the signatures of an image, asked before it does: all at once, where the client
//! would ask one thing after the other. Its own questions find the answers there ([`crate::transport`]).

use futures_util::future::join_all;
use oci_client::Reference;
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{OciDescriptor, OciImageManifest};

use super::registry::{ANONYMOUS, Registries};
use super::signatures::signature_tag;

impl Registries {
    /// What goes wrong is found again by who needs it.
    pub(super) async fn ask_ahead(&self, image: &Reference, digest: &str, with_referrers: bool) {
        let by_tag = self.pull(signature_tag(image, digest));
        let by_referrers = async {
            let Ok(client) = self.client().await else { return };
            let image = image.clone_with_digest(digest.to_owned());
            if with_referrers && let Ok(index) = client.pull_referrers(&image, None).await {
                let entries = index.manifests.into_iter();
                let bundles = entries.map(|entry| self.pull(image.clone_with_digest(entry.digest)));
                join_all(bundles).await;
            }
        };
        tokio::join!(by_tag, by_referrers);
    }

    async fn pull(&self, artifact: Reference) {
        let Ok(client) = self.client().await else { return };
        if let Ok((manifest, _)) = client.pull_image_manifest(&artifact, &ANONYMOUS).await {
            self.pull_blobs(&artifact, &manifest).await;
        }
    }

    /// Whether each blob of a manifest can be had.
    pub(super) async fn pull_blobs(
        &self,
        image: &Reference,
        manifest: &OciImageManifest,
    ) -> Vec<Result<(), OciDistributionError>> {
        let pull = async |blob: &OciDescriptor| {
            let client = self.client().await?;
            client.pull_blob(image, blob, tokio::io::sink()).await
        };
        let blobs = std::iter::once(&manifest.config).chain(&manifest.layers);
        join_all(blobs.map(pull)).await
    }
}
