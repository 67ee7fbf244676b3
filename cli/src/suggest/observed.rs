//! An image → who signed it, asked of its registry.
//!
//! - Which trust root? The one that `check` uses: Sigstore's public instance, or the one that was given. Without one, only
//!   keys that were given can be found.
//! - What is asked? The signatures, once an image; every key that was given is tried on them.

use signed_images_policy::image::reference::Reference;

use super::rules::{Found, Seen};
use super::signers::{Certified, Signer};
use crate::host::{Live, Signed};

/// What is found of an image that parses.
#[must_use]
pub fn observe(image: &str, reference: &Reference, keys: &[String], host: &Live) -> Seen {
    let found = match host.signed(&reference.to_string(), keys) {
        Ok(signed) => found(&signed),
        Err(reason) => Found::Unread(reason),
    };
    Seen { image: image.to_owned(), reference: reference.clone(), found }
}

fn found(signed: &Signed) -> Found {
    match signed {
        Signed::By(signatures) => {
            let signers = |is_bundle: bool| {
                signatures
                    .iter()
                    .filter(|signature| signature.is_bundle == is_bundle)
                    .flat_map(|signature| {
                        let keys = signature.keys.iter().copied().map(Signer::Key);
                        let certificate = signature.certificate.as_ref().map(|certificate| {
                            Signer::of(&Certified {
                                issuer: &certificate.issuer,
                                subject: &certificate.subject,
                                repository: certificate.repository.as_deref(),
                            })
                        });
                        keys.chain(certificate)
                    })
                    .collect::<std::collections::BTreeSet<_>>()
            };
            let (tags, bundles) = (signers(false), signers(true));
            match (tags.is_empty(), bundles.is_empty()) {
                (false, _) => Found::Signed(tags),
                (true, false) => Found::Bundles(bundles),
                (true, true) => Found::Unknown,
            }
        }
        Signed::Unbelieved => Found::Unknown,
        Signed::No => Found::Unsigned,
    }
}
