//! What a registry keeps with an image, under tags: cosign's `.sig` manifest, and the index of what refers to the image.
//!
//! *Is that trusted?* No. Whoever may push to the repository writes both. It chooses what the host is asked about, and
//! what is said of a refusal.
//!
//! Source: <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md> (annotations of layers).

use crate::host::error::first_line;
use crate::host::{self, Host, HostError, HostErrorKind};
use crate::json::{elements, pick, string};
use crate::keys::certificate_identity::{CertificateIdentity, MAX_CERTIFICATE};
use crate::verify::failure::CheckFailure;
use crate::verify::outcome::SignatureFormat;
use serde_json::value::RawValue;
use std::rc::Rc;

/// Layers of one manifest. cosign itself reads no more signatures (`maxLayers`, `pkg/oci/remote`).
const MAX_LAYERS: usize = 1_000;

const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";

/// What the types of bundles begin with: `v0.3+json` and so on follows.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.";

/// Whom the certificates of a `.sig` manifest name, in the order of its layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureManifest {
    /// It has no layers: it is no manifest of signatures.
    NoManifest,
    /// It has more layers than are read.
    TooMany(usize),
    /// These; of layers with a certificate that can be read.
    Of(Vec<CertificateIdentity>),
}

impl SignatureManifest {
    /// Reads the manifest.
    #[must_use]
    pub fn read(manifest: &RawValue) -> Self {
        let Some(layers) = member(manifest, "layers").and_then(elements) else {
            return Self::NoManifest;
        };
        if layers.len() > MAX_LAYERS {
            return Self::TooMany(layers.len());
        }
        Self::Of(
            layers
                .into_iter()
                .filter_map(certificate)
                .filter_map(|pem| CertificateIdentity::read(&pem))
                .collect(),
        )
    }
}

/// The certificate in a layer's annotations.
fn certificate(layer: &RawValue) -> Option<String> {
    let pem = member(member(layer, "annotations")?, CERTIFICATE)?;
    // As JSON each line break takes two characters; what is far too long is not decoded.
    let pem = (pem.get().len() <= MAX_CERTIFICATE * 2).then(|| string(pem))??;
    Some(pem.into_owned())
}

fn member<'r>(json: &'r RawValue, name: &'static str) -> Option<&'r RawValue> {
    let [value] = pick(json, [name]).ok()?;
    value
}

/// Whom the certificates of the signatures name whose manifest has that reference.
pub(crate) fn identities(
    host: &mut Host<'_>,
    manifest: &str,
) -> Result<Rc<[CertificateIdentity]>, CheckFailure> {
    let unreadable =
        |why: &str| CheckFailure::Unchecked(format!("its signatures at `{manifest}` {why}"));
    let answer = host::oci_manifest(host, manifest).map_err(|error| match error {
        HostError::Refused { kind: HostErrorKind::Withheld, words } => {
            CheckFailure::Withheld(words)
        }
        HostError::Refused { kind: HostErrorKind::Absent, .. } => CheckFailure::NoSignatures,
        error => unreadable(&format!("could not be read: {}", first_line(&error.to_string()))),
    })?;
    match SignatureManifest::read(host::read(&answer)?) {
        SignatureManifest::Of(identities) => Ok(identities.into()),
        SignatureManifest::NoManifest => Err(unreadable("are no manifest with layers")),
        SignatureManifest::TooMany(count) => {
            Err(unreadable(&format!("are {count}; at most {MAX_LAYERS} are read")))
        }
    }
}

/// Whether the index of that reference has a bundle. Where there is none, or none to be read, nobody knows.
pub(crate) fn signature_format(host: &mut Host<'_>, index: &str) -> SignatureFormat {
    let index = host::oci_manifest(host, index);
    match index.as_deref().map(host::read) {
        Ok(Ok(index)) if lists_a_bundle(index) == Some(true) => SignatureFormat::Bundle,
        _ => SignatureFormat::Unknown,
    }
}

/// Whether an index of what refers to an image names a Sigstore bundle: by its type, which is all that cosign
/// writes into an index of its own, or by the annotations that it gives a bundle, for hosts that leave out the type
/// (`ImageIndexEntry`, `oci-client`).
fn lists_a_bundle(index: &RawValue) -> Option<bool> {
    let manifests = elements(member(index, "manifests")?)?;
    Some(manifests.into_iter().any(|manifest| is_bundle(manifest) == Some(true)))
}

fn is_bundle(manifest: &RawValue) -> Option<bool> {
    let [kind, annotations] = pick(manifest, ["artifactType", "annotations"]).ok()?;
    if kind.and_then(string).is_some_and(|kind| kind.starts_with(BUNDLE)) {
        return Some(true);
    }
    let [content] = pick(annotations?, ["dev.sigstore.bundle.content"]).ok()?;
    Some(content.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const WORKFLOW: &str = include_str!("../../tests/fixtures/certificates/workflow.pem");
    const PERSON: &str = include_str!("../../tests/fixtures/certificates/person.pem");

    const RELEASE: &str =
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2";

    /// The limit is that of the PEM, however it is written as JSON.
    #[test]
    fn the_longest_certificate_of_a_layer() {
        let padded = |length: usize| "\n".repeat(length - WORKFLOW.len()) + WORKFLOW;
        let named = |pem: &str| read(&json!({"layers": [layer(pem)]}));
        let identity = CertificateIdentity::read(WORKFLOW).unwrap();
        assert_eq!(named(&padded(MAX_CERTIFICATE)), SignatureManifest::Of(vec![identity]));
        assert_eq!(named(&padded(MAX_CERTIFICATE + 1)), SignatureManifest::Of(Vec::new()));
    }

    fn read(manifest: &Value) -> SignatureManifest {
        let text = manifest.to_string();
        SignatureManifest::read(serde_json::from_str(&text).unwrap())
    }

    fn layer(certificate: &str) -> Value {
        json!({"annotations": {"dev.sigstore.cosign/certificate": certificate}})
    }

    #[test]
    fn layers_without_a_certificate_name_nobody() {
        let layers = json!([
            {},
            {"annotations": null},
            {"annotations": []},
            {"annotations": {"dev.sigstore.cosign/certificate": null}},
            {"annotations": {"dev.sigstore.cosign/certificate": [WORKFLOW]}},
            {"annotations": {"dev.sigstore.cosign/chain": WORKFLOW}},
            "layer",
            null,
            layer(PERSON),
            layer("-----BEGIN CERTIFICATE-----"),
            layer(WORKFLOW),
            layer(WORKFLOW),
        ]);
        let SignatureManifest::Of(identities) = read(&json!({"layers": layers})) else {
            panic!("no identities")
        };
        let subjects: Vec<&str> =
            identities.iter().map(|identity| identity.subject.as_str()).collect();
        assert_eq!(subjects, ["ann@acme.com", RELEASE, RELEASE]);
    }

    #[test]
    fn what_is_no_manifest_of_signatures() {
        for other in
            [json!({}), json!([]), json!(null), json!({"layers": {}}), json!({"manifests": []})]
        {
            assert_eq!(read(&other), SignatureManifest::NoManifest, "{other}");
        }
        let twice = r#"{"layers": [], "layers": []}"#;
        let twice = serde_json::from_str(twice).unwrap();
        assert_eq!(SignatureManifest::read(twice), SignatureManifest::NoManifest);
        assert_eq!(read(&json!({"layers": []})), SignatureManifest::Of(Vec::new()));
    }

    #[test]
    fn as_many_layers_as_are_read() {
        let manifest = |count| json!({"layers": vec![layer(PERSON); count]});
        let SignatureManifest::Of(identities) = read(&manifest(MAX_LAYERS)) else {
            panic!("no identities")
        };
        assert_eq!(identities.len(), MAX_LAYERS);
        assert_eq!(read(&manifest(MAX_LAYERS + 1)), SignatureManifest::TooMany(MAX_LAYERS + 1));
    }
}
