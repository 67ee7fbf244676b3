//! Whether a certificate and a log entry were made for the signature that they stand beside.
//!
//! - Why is that asked? The certificate is the authority's, and the entry is the log's, whatever they stand beside. They
//!   prove who signed an image when the certificate's key made this signature, and the entry is about this payload,
//!   this signature and this certificate.
//! - What becomes of a signature of which that is not so? It counts as one without a certificate: its own key may still
//!   verify it.
//! - Which entries? Those that the policy reads too ([`LoggedSignature`]). Entries of the bundle format are held to their
//!   bundle by `sigstore` itself.

use sha2::{Digest, Sha256};
use signed_images_policy::verify::log_entry::LoggedSignature;
use sigstore::cosign::bundle::Bundle;
use sigstore::cosign::bundle_content::BundleContent;
use sigstore::cosign::signature_layers::SignatureLayer;
use sigstore::crypto::Signature;

/// The signature, without a certificate that was not made for it.
pub(super) fn held(mut layer: SignatureLayer) -> SignatureLayer {
    if !is_signed_by_its_certificate(&layer) || !is_in_the_log(&layer) {
        layer.certificate_signature = None;
    }
    layer
}

fn is_signed_by_its_certificate(layer: &SignatureLayer) -> bool {
    let (Some(certificate), Some(signature)) = (&layer.certificate_signature, &layer.signature)
    else {
        return false;
    };
    let signature = Signature::Base64Encoded(signature.as_bytes());
    certificate.verification_key.verify_signature(signature, &layer.raw_data).is_ok()
}

fn is_in_the_log(layer: &SignatureLayer) -> bool {
    match &layer.bundle {
        Some(BundleContent::RekorBundle(entry)) => is_about(entry, layer),
        Some(BundleContent::SigstoreBundle(_)) => true,
        None => false,
    }
}

/// The certificate is in the entry too; that its key made the signature says the same.
fn is_about(entry: &Bundle, layer: &SignatureLayer) -> bool {
    LoggedSignature::read(&entry.payload.body).is_some_and(|logged| {
        logged.payload == format!("{:x}", Sha256::digest(&layer.raw_data))
            && Some(logged.signature) == layer.signature
    })
}
