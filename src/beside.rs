//! What a registry keeps beside an image: cosign's classic signatures, and a list of what refers to the image.
//!
//! *Is that trusted?* No. It chooses what the host is asked about, and what is said of a refusal.

use crate::claim::{Claim, Claims, MAX_LAYERS};
use crate::host::{self, Denial, Host};
use crate::inquiry::{Miss, is_withheld};
use crate::message::{first_line, mentions};
use signed_images_json::Json;
use std::rc::Rc;

/// What the types of bundles begin with: `v0.3+json` and so on follows.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.";

/// In what form an image is signed that has no signature to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In none that is known of.
    Unknown,
    /// By a Sigstore bundle.
    Bundle,
}

/// What the certificates of the signatures claim whose manifest has that reference.
pub(crate) fn claims(host: &mut Host<'_>, manifest: &str) -> Result<Rc<[Claim]>, Miss> {
    let unreadable = |why: &str| Miss::Unchecked(format!("its signatures at `{manifest}` {why}"));
    let answer = host::oci_manifest(host, manifest).map_err(|denial| match denial {
        Denial::Error(words) if is_withheld(&words) => Miss::Withheld(words),
        Denial::Error(words) if is_absent(&words) => Miss::NoSignatures,
        denial => unreadable(&format!("could not be read: {}", first_line(&denial.to_string()))),
    })?;
    let document = host::document(&answer).map_err(|denial| Miss::Unchecked(denial.to_string()))?;
    match Claims::read(document.root()) {
        Claims::Of(claims) => Ok(claims.into()),
        Claims::NoManifest => Err(unreadable("are no manifest with layers")),
        Claims::TooMany(count) => {
            Err(unreadable(&format!("are {count}; at most {MAX_LAYERS} are read")))
        }
    }
}

/// Whether the list of that reference has a bundle. Where there is none, or none to be read, nobody knows.
pub(crate) fn layout(host: &mut Host<'_>, index: &str) -> Layout {
    let index = host::oci_manifest(host, index);
    match index.as_deref().map(host::document) {
        Ok(Ok(index)) if lists_a_bundle(index.root()) == Some(true) => Layout::Bundle,
        _ => Layout::Unknown,
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
