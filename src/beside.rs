//! What a registry keeps beside an image: cosign's classic signatures, and a list of what refers to the image.
//!
//! *Is that trusted?* No. It chooses what the host is asked about, and what is said of a refusal.

use crate::claim::{Claim, Claims, MAX_LAYERS};
use crate::host::{self, Denial, Host};
use crate::inquiry::{Miss, is_withheld};
use crate::message::first_line;
use signed_images_json::Json;
use std::rc::Rc;

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

/// Whether an index of what refers to an image names a Sigstore bundle. Hosts leave out the type of an artifact
/// (`ImageIndexEntry`, `oci-client`), and keep the annotations that cosign gives it.
fn lists_a_bundle(index: Json<'_>) -> Option<bool> {
    let [manifests] = index.pick(["manifests"]).ok()?;
    let has_content = |manifest: Json<'_>| {
        let [annotations] = manifest.pick(["annotations"]).ok()?;
        let [content] = annotations?.pick(["dev.sigstore.bundle.content"]).ok()?;
        Some(content.is_some())
    };
    Some(manifests?.elements()?.any(|manifest| has_content(manifest) == Some(true)))
}

/// Whether the host's words say that the registry has no such manifest.
fn is_absent(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["not found", "manifest unknown", "name unknown"].iter().any(|known| words.contains(known))
}
