//! A report as it lies in a registry: a manifest whose config is the statement.
//!
//! - Why the config? It is the one part of an artifact that a policy's host reads.
//! - Are two reports of one statement the same? Yes: the manifest is always written in the same bytes.

use oci_client::manifest::{IMAGE_CONFIG_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signed_images_policy::policy::predicate_type::{ARTIFACT_TYPE, NAME};

/// What the manifest says that the statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConfigType {
    /// What it is.
    Statement,
    /// An image's config: for registries that take no other.
    ImageConfig,
}

/// A report.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) statement: Vec<u8>,
    /// The descriptor of the image.
    subject: Value,
    /// What it is called, where it has a name.
    name: Option<String>,
}

/// The descriptor of an image, by its manifest.
pub(super) fn descriptor(manifest: &[u8], digest: &str) -> Value {
    let read: Value = serde_json::from_slice(manifest).unwrap_or_default();
    let media_type = match read.get("mediaType").and_then(Value::as_str) {
        Some(media_type) => media_type,
        None if read.get("manifests").is_some() => oci_client::manifest::OCI_IMAGE_INDEX_MEDIA_TYPE,
        None => OCI_IMAGE_MEDIA_TYPE,
    };
    json!({"mediaType": media_type, "digest": digest, "size": manifest.len()})
}

/// As registries have it.
pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

impl Report {
    pub(super) fn new(statement: Vec<u8>, subject: Value, name: Option<String>) -> Self {
        Self { statement, subject, name }
    }

    pub(super) fn manifest(&self, config: ConfigType) -> Vec<u8> {
        let media_type = match config {
            ConfigType::Statement => "application/vnd.in-toto+json",
            ConfigType::ImageConfig => IMAGE_CONFIG_MEDIA_TYPE,
        };
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_IMAGE_MEDIA_TYPE,
            "artifactType": ARTIFACT_TYPE,
            "config": {
                "mediaType": media_type,
                "digest": digest(&self.statement),
                "size": self.statement.len(),
            },
            "layers": [],
            "subject": self.subject,
        });
        if let (Some(name), Some(manifest)) = (&self.name, manifest.as_object_mut()) {
            manifest.insert("annotations".to_owned(), json!({NAME: name}));
        }
        manifest.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_written_as_the_format_says() {
        let image = br#"{"schemaVersion":2,"layers":[]}"#;
        let subject = descriptor(image, "sha256:aa");
        let report = Report::new(b"{}".to_vec(), subject.clone(), None);
        let manifest = String::from_utf8(report.manifest(ConfigType::Statement)).unwrap();
        assert_eq!(
            manifest,
            r#"{"artifactType":"application/vnd.signed-images.attestation.v1+json","config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":"application/vnd.in-toto+json","size":2},"layers":[],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2,"subject":{"digest":"sha256:aa","mediaType":"application/vnd.oci.image.manifest.v1+json","size":31}}"#
        );
        let manifest = String::from_utf8(report.manifest(ConfigType::ImageConfig)).unwrap();
        assert!(manifest.contains(r#""mediaType":"application/vnd.oci.image.config.v1+json""#));
        let named = Report::new(b"{}".to_vec(), subject, Some("trivy".to_owned()));
        let manifest = String::from_utf8(named.manifest(ConfigType::Statement)).unwrap();
        assert!(manifest.starts_with(r#"{"annotations":{"reportName":"trivy"},"artifactType""#));
    }

    #[test]
    fn the_subject_is_what_the_image_is() {
        let rows: [(&[u8], &str); 3] = [
            (br#"{"manifests":[]}"#, "application/vnd.oci.image.index.v1+json"),
            (br#"{"layers":[]}"#, "application/vnd.oci.image.manifest.v1+json"),
            (br#"{"mediaType":"a/b"}"#, "a/b"),
        ];
        for (manifest, expected) in rows {
            assert_eq!(descriptor(manifest, "sha256:aa")["mediaType"], expected);
        }
    }
}
