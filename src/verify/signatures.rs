//! What a registry keeps beside an image: cosign's classic signatures, and a list of what refers to the image.
//!
//! *Is that trusted?* No. It chooses what the host is asked about, and what is said of a refusal.

use crate::host::{self, Host, HostError};
use crate::keys::identity::{CertificateIdentity, MAX_LAYERS, SignatureManifest};
use crate::response::message::{first_line, mentions};
use crate::verify::session::{CheckFailure, is_withheld};
use signed_images_json::Json;
use std::rc::Rc;

/// What the types of bundles begin with: `v0.3+json` and so on follows.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.";

/// In what form an image is signed that has no signature to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureFormat {
    /// In none that is known of.
    Unknown,
    /// By a Sigstore bundle.
    Bundle,
}

/// What the certificates of the signatures claim whose manifest has that reference.
pub(crate) fn identities(
    host: &mut Host<'_>,
    manifest: &str,
) -> Result<Rc<[CertificateIdentity]>, CheckFailure> {
    let unreadable =
        |why: &str| CheckFailure::Unchecked(format!("its signatures at `{manifest}` {why}"));
    let answer = host::oci_manifest(host, manifest).map_err(|error| match error {
        HostError::Error(words) if is_withheld(&words) => CheckFailure::Withheld(words),
        HostError::Error(words) if is_absent(&words) => CheckFailure::NoSignatures,
        error => unreadable(&format!("could not be read: {}", first_line(&error.to_string()))),
    })?;
    let document =
        host::document(&answer).map_err(|error| CheckFailure::Unchecked(error.to_string()))?;
    match SignatureManifest::read(document.root()) {
        SignatureManifest::Of(identities) => Ok(identities.into()),
        SignatureManifest::NoManifest => Err(unreadable("are no manifest with layers")),
        SignatureManifest::TooMany(count) => {
            Err(unreadable(&format!("are {count}; at most {MAX_LAYERS} are read")))
        }
    }
}

/// Whether the list of that reference has a bundle. Where there is none, or none to be read, nobody knows.
pub(crate) fn signature_format(host: &mut Host<'_>, index: &str) -> SignatureFormat {
    let index = host::oci_manifest(host, index);
    match index.as_deref().map(host::document) {
        Ok(Ok(index)) if lists_a_bundle(index.root()) == Some(true) => SignatureFormat::Bundle,
        _ => SignatureFormat::Unknown,
    }
}

/// Whether an index of what refers to an image names a Sigstore bundle: by its type, which is all that cosign
/// writes into an index of its own, or by the annotations that it gives a bundle, for hosts that leave out the type
/// (`ImageIndexEntry`, `oci-client`).
fn lists_a_bundle(index: Json<'_>) -> Option<bool> {
    let [manifests] = index.pick(["manifests"]).ok()?;
    Some(manifests?.elements()?.any(|manifest| is_bundle(manifest) == Some(true)))
}

fn is_bundle(manifest: Json<'_>) -> Option<bool> {
    let [kind, annotations] = manifest.pick(["artifactType", "annotations"]).ok()?;
    if kind.and_then(Json::string).is_some_and(|kind| kind.starts_with(BUNDLE)) {
        return Some(true);
    }
    let [content] = annotations?.pick(["dev.sigstore.bundle.content"]).ok()?;
    Some(content.is_some())
}

/// Whether the host's words say that the registry has no such manifest.
fn is_absent(words: &str) -> bool {
    mentions(words, &["not found", "manifest unknown", "name unknown"])
}
