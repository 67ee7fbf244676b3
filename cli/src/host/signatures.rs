//! The signatures of an image that hold: where they are, and in which format.
//!
//! - Which formats? The tag `sha256-<hex>.sig` beside the image, as cosign 2 writes it; and Sigstore bundles, which refer to
//!   the image.

use kubewarden_policy_sdk::host_capabilities::verification::VerificationResponse;
use oci_client::Reference;
use sigstore::cosign::bundle_content::BundleContent;
use sigstore::cosign::signature_layers::SignatureLayer;

/// The signatures of an image.
pub(super) struct Signatures {
    pub(super) digest: String,
    pub(super) layers: Vec<SignatureLayer>,
}

impl Signatures {
    pub(super) fn trusted(self) -> VerificationResponse {
        VerificationResponse { is_trusted: true, digest: self.digest }
    }

    /// Whether they are not enough without those in the bundle format.
    pub(super) fn are_needed_as_bundles(
        &self,
        are_enough: impl Fn(&[SignatureLayer]) -> bool,
    ) -> bool {
        let (bundles, others): (Vec<_>, Vec<_>) = self.layers.iter().cloned().partition(is_bundle);
        !bundles.is_empty() && !are_enough(&others)
    }
}

/// Where cosign keeps the signatures of an image.
pub(super) fn signature_tag(image: &Reference, digest: &str) -> Reference {
    let tag = format!("{}.sig", digest.replace(':', "-"));
    Reference::with_tag(image.registry().to_owned(), image.repository().to_owned(), tag)
}

/// Whether a signature is in the bundle format.
pub(super) fn is_bundle(layer: &SignatureLayer) -> bool {
    matches!(layer.bundle, Some(BundleContent::SigstoreBundle(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(bundle: Option<BundleContent>) -> SignatureLayer {
        let payload = serde_json::json!({
            "critical": {
                "identity": {"docker-reference": "a"},
                "image": {"docker-manifest-digest": "sha256:a"},
                "type": "cosign container image signature",
            },
            "optional": null,
        });
        SignatureLayer {
            simple_signing: serde_json::from_value(payload).unwrap(),
            oci_digest: String::new(),
            certificate_signature: None,
            bundle,
            signature: None,
            raw_data: Vec::new(),
        }
    }

    #[test]
    #[expect(
        clippy::default_trait_access,
        reason = "the entry's type is of a crate that is no dependency"
    )]
    fn what_older_policy_servers_lack_is_known() {
        let (tag, bundle) = (None, Some(BundleContent::SigstoreBundle(Default::default())));
        let rows = [
            (vec![&tag], 1, false),
            (vec![&bundle], 1, true),
            (vec![&bundle, &tag], 1, false),
            (vec![&bundle, &tag], 2, true),
            (vec![&tag, &tag], 2, false),
        ];
        for (layers, needed, expected) in rows {
            let layers: Vec<_> = layers.into_iter().cloned().map(layer).collect();
            let signatures = Signatures { digest: String::new(), layers };
            let needs = signatures.are_needed_as_bundles(|layers| layers.len() >= needed);
            assert_eq!(needs, expected, "{needed} of {:?}", signatures.layers);
        }
    }
}
