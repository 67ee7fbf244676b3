//! A module, put into a registry as `kwctl push` puts it: the same module gives the same digest.
//!
//! - What is written? One layer, an empty configuration, and a manifest with the annotations of the module's
//!   metadata; those of several lines are left out.
//! - Who says what the digest is? The manifest's bytes, not the registry: it is what is signed afterwards.

use std::collections::BTreeMap;

use hyper::header::HeaderValue;
use oci_client::Reference;
use oci_client::client::{Config, ImageLayer};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciImageManifest};
use sha2::{Digest, Sha256};

use crate::host::Registries;
use crate::metadata::{Metadata, annotations};
use crate::registry::{RegistryError, WASM_CONFIG_MEDIA_TYPE, WASM_LAYER_MEDIA_TYPE, in_time};

/// The annotation of a manifest that tells where the source is
/// (<https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md>); tools for updates read it.
const IMAGE_SOURCE: &str = "org.opencontainers.image.source";

/// A module, ready to be pushed.
pub struct Artifact {
    layer: ImageLayer,
    config: Config,
    manifest: Vec<u8>,
}

impl Artifact {
    /// The artifact of a module with this metadata.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn new(module: Vec<u8>, metadata: Option<&Metadata>) -> serde_json::Result<Self> {
        let layer = ImageLayer::new(module, WASM_LAYER_MEDIA_TYPE.to_owned(), None);
        let config = Config::new("{}", WASM_CONFIG_MEDIA_TYPE.to_owned(), None);
        let annotations = metadata.and_then(|metadata| metadata.annotations.as_ref());
        let annotations = annotations.map(manifest_annotations);
        let layers = std::slice::from_ref(&layer);
        let manifest = OciImageManifest::build(layers, &config, annotations);
        // As a value, its keys are sorted: the same manifest is always written in the same bytes.
        let manifest = serde_json::to_vec(&serde_json::to_value(&manifest)?)?;
        Ok(Self { layer, config, manifest })
    }

    /// The digest of the manifest.
    #[must_use]
    pub fn digest(&self) -> String {
        format!("sha256:{:x}", Sha256::digest(&self.manifest))
    }

    /// Pushes it, and gives the reference that means it and nothing else.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub async fn push(
        &self,
        to: &Reference,
        registries: &Registries,
    ) -> Result<String, RegistryError> {
        let host = to.registry();
        let client = registries.client().await.map_err(|error| RegistryError::new(host, error))?;
        let pushed = async {
            for (data, digest) in [
                (&self.layer.data, self.layer.sha256_digest()),
                (&self.config.data, self.config.sha256_digest()),
            ] {
                client.push_blob(to, data.clone(), &digest).await?;
            }
            let media_type = HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
            client.push_manifest_raw(to, self.manifest.clone(), media_type).await
        };
        in_time(host, pushed).await?;
        Ok(format!("{host}/{}@{}", to.repository(), self.digest()))
    }
}

fn manifest_annotations(annotations: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut kept: BTreeMap<String, String> = annotations
        .iter()
        .filter(|(_, value)| value.lines().count() <= 1)
        .map(|(key, value)| (key.clone(), value.trim().to_owned()))
        .collect();
    if let Some(source) = kept.get(annotations::SOURCE).cloned() {
        kept.entry(IMAGE_SOURCE.to_owned()).or_insert(source);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = "\
rules: [{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
mutating: true
annotations:
  io.kubewarden.policy.title: a
  io.kubewarden.policy.description: \"one line \\n\"
  io.kubewarden.policy.usage: \"two\\nlines\"
  io.kubewarden.policy.source: https://example.com/a
";

    fn manifest(metadata: Option<&Metadata>) -> (String, String) {
        let artifact = Artifact::new(b"\0asm".to_vec(), metadata).unwrap();
        (String::from_utf8(artifact.manifest.clone()).unwrap(), artifact.digest())
    }

    /// The bytes that `kwctl push` 1.36 sends for such a module.
    #[test]
    fn the_manifest_is_written_as_kubewarden_writes_it() {
        let end = r#""config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":"application/vnd.wasm.config.v1+json","size":2},"layers":[{"digest":"sha256:cd5d4935a48c0672cb06407bb443bc0087aff947c6b864bac886982c73b3027f","mediaType":"application/vnd.wasm.content.layer.v1+wasm","size":4}],"schemaVersion":2}"#;
        let (text, digest) = manifest(None);
        assert_eq!(text, format!("{{{end}"));
        assert_eq!(digest, format!("sha256:{:x}", Sha256::digest(&text)));
        let metadata = Metadata::parse(METADATA).unwrap();
        let annotations = r#"{"annotations":{"io.kubewarden.policy.description":"one line","io.kubewarden.policy.source":"https://example.com/a","io.kubewarden.policy.title":"a","org.opencontainers.image.source":"https://example.com/a"},"#;
        assert_eq!(manifest(Some(&metadata)).0, format!("{annotations}{end}"));
    }

    #[test]
    fn a_source_of_its_own_is_kept() {
        let annotations = [(annotations::SOURCE, "a"), (IMAGE_SOURCE, "b")];
        let annotations = annotations.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        assert_eq!(manifest_annotations(&annotations), annotations);
    }
}
