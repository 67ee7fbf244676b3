//! What a registry keeps with an image, under tags: cosign's `.sig` manifest, and the list of what refers to the image.
//!
//! *Is that trusted?* No. Whoever may push to the repository writes both. It chooses what the host is asked about, and
//! what is said of a refusal.
//!
//! Source: <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md> (annotations of layers).

use crate::host::error::first_line;
use crate::host::{self, Host, HostError, HostErrorKind};
use crate::image::reference::{Digest, Reference};
use crate::json::{elements, member, pick, string};
use crate::keys::certificate_identity::{CertificateIdentity, MAX_CERTIFICATE};
use crate::policy::steps::{OutOfSteps, Steps};
use crate::verify::failure::CheckFailure;
use serde_json::value::RawValue;
use std::rc::Rc;

/// Layers of one manifest. cosign itself reads no more signatures (`maxLayers`, `pkg/oci/remote`).
const MAX_LAYERS: usize = 1_000;

pub(super) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
pub(super) const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";

/// Whom the certificates of a `.sig` manifest name, in the order of its layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureManifest {
    /// It is no manifest.
    NoManifest,
    /// It is an index, or none of its layers is a signature.
    NoSignature,
    /// It has more layers than are read.
    TooMany(usize),
    /// Its certificates are longer than what is left to be read.
    TooLong,
    /// These; of layers with a certificate that can be read.
    Of(Vec<CertificateIdentity>),
}

impl SignatureManifest {
    /// Reads the manifest.
    #[must_use]
    pub fn read(manifest: &RawValue) -> Self {
        Self::read_within(manifest, &Steps::unlimited())
    }

    /// The same, in no more steps than are left: one for each byte of a certificate.
    fn read_within(manifest: &RawValue, steps: &Steps) -> Self {
        let Some(layers) = member(manifest, "layers").and_then(elements) else {
            let index = member(manifest, "manifests").and_then(elements);
            return index.map_or(Self::NoManifest, |_| Self::NoSignature);
        };
        if layers.len() > MAX_LAYERS {
            return Self::TooMany(layers.len());
        }
        let signatures: Vec<Signature<'_>> = layers.into_iter().filter_map(Signature::of).collect();
        if signatures.is_empty() {
            return Self::NoSignature;
        }
        let certificates = signatures.iter().filter_map(|signature| signature.certificate);
        let size = certificates.map(|pem| pem.get().len()).sum();
        if steps.take(size) == Err(OutOfSteps) {
            return Self::TooLong;
        }
        Self::Of(
            signatures
                .into_iter()
                .filter_map(Signature::certificate)
                .filter_map(|pem| CertificateIdentity::read(&pem))
                .collect(),
        )
    }
}

/// A layer that is a signature.
struct Signature<'r> {
    certificate: Option<&'r RawValue>,
}

impl<'r> Signature<'r> {
    fn of(layer: &'r RawValue) -> Option<Self> {
        let annotations = member(layer, "annotations")?;
        match pick(annotations, [SIGNATURE, CERTIFICATE]) {
            Ok([signature, certificate]) => signature.map(|_| Self { certificate }),
            // Of two of one name, neither counts.
            Err(_) => member(annotations, SIGNATURE).map(|_| Self { certificate: None }),
        }
    }

    /// PEM.
    fn certificate(self) -> Option<String> {
        let pem = self.certificate?;
        // As JSON each line break takes two characters; what is far too long is not decoded.
        let pem = (pem.get().len() <= MAX_CERTIFICATE * 2).then(|| string(pem))??;
        Some(pem.into_owned())
    }
}

/// The manifest of the signatures that has that tag, as the host gives it.
pub(crate) fn manifest(host: &mut Host<'_>, tag: &str) -> Result<Rc<[u8]>, CheckFailure> {
    match host::oci_manifest(host, tag) {
        Ok(answer) => Ok(answer.into()),
        Err(HostError::Refused { kind: HostErrorKind::Withheld, words }) => {
            Err(CheckFailure::Withheld(words))
        }
        Err(HostError::Refused { kind: HostErrorKind::Absent, .. }) => {
            Err(CheckFailure::NoSignatures)
        }
        Err(error) => Err(unreadable(tag, &error)),
    }
}

/// Whom the certificates of the signatures name whose manifest that is.
pub(crate) fn identities(
    manifest: &[u8],
    tag: &str,
    steps: &Steps,
) -> Result<Rc<[CertificateIdentity]>, CheckFailure> {
    match SignatureManifest::read_within(host::read(manifest)?, steps) {
        SignatureManifest::Of(identities) => Ok(identities.into()),
        SignatureManifest::NoSignature => Err(CheckFailure::InvalidSignatures),
        SignatureManifest::NoManifest => Err(CheckFailure::Unchecked(format!(
            "the manifest of its signatures at `{tag}` is not valid"
        ))),
        SignatureManifest::TooLong => Err(OutOfSteps.into()),
        SignatureManifest::TooMany(count) => Err(CheckFailure::Unchecked(format!(
            "it has {count} signatures at `{tag}`; at most {MAX_LAYERS} can be read"
        ))),
    }
}

/// The registry did not answer for the tag of the signatures.
pub(crate) fn unreadable(tag: &str, error: &HostError) -> CheckFailure {
    let words = error.to_string();
    CheckFailure::Unchecked(format!(
        "its signatures at `{tag}` could not be read: {}",
        first_line(&words)
    ))
}

/// Whether something is listed as referring to an image that has no signature at its tag. It may be a Sigstore bundle. The
/// list is not read: nobody has signed it, and a policy server keeps in memory what it has read.
pub(crate) fn has_referrers(host: &mut Host<'_>, image: &Reference, digest: &Digest) -> bool {
    host::manifest_digest(host, &image.referrers_tag(digest)).is_ok()
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

    fn layer(certificate: impl Into<Value>) -> Value {
        let certificate = certificate.into();
        json!({"annotations": {
            "dev.cosignproject.cosign/signature": "",
            "dev.sigstore.cosign/certificate": certificate,
        }})
    }

    #[test]
    fn layers_without_a_certificate_name_nobody() {
        let layers = json!([
            {},
            {"annotations": null},
            {"annotations": []},
            {"annotations": {"dev.sigstore.cosign/certificate": WORKFLOW}},
            layer(Value::Null),
            layer(json!([WORKFLOW])),
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
        let none =
            [json!({}), json!([]), json!(null), json!({"layers": {}}), json!({"manifests": {}})];
        for other in none {
            assert_eq!(read(&other), SignatureManifest::NoManifest, "{other}");
        }
        let unsigned = json!({"annotations": {"dev.sigstore.cosign/certificate": PERSON}});
        for other in
            [json!({"layers": []}), json!({"layers": [unsigned]}), json!({"manifests": []})]
        {
            assert_eq!(read(&other), SignatureManifest::NoSignature, "{other}");
        }
        let twice = r#"{"layers": [], "layers": []}"#;
        let twice = serde_json::from_str(twice).unwrap();
        assert_eq!(SignatureManifest::read(twice), SignatureManifest::NoManifest);
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
