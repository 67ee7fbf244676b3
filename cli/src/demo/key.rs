//! A key made on the spot, and what it signs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sigstore::cosign::SignatureLayer;
use sigstore::crypto::SigningScheme;
use sigstore::crypto::signing_key::SigStoreSigner;
use sigstore::registry::OciReference;

use super::DemoError;

/// An ECDSA P-256 key, as `cosign generate-key-pair` makes them.
pub struct Key {
    signer: SigStoreSigner,
    public: String,
}

/// A signature as cosign writes it: a payload that names a digest, signed.
pub(super) struct Signature {
    /// The [simple signing](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md) payload.
    pub(super) payload: Vec<u8>,
    /// The signature of the payload, in base64.
    pub(super) signature: String,
}

impl Key {
    /// Makes a key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, DemoError> {
        let signer = SigningScheme::ECDSA_P256_SHA256_ASN1.create_signer()?;
        let public = signer.to_sigstore_keypair()?.public_key_to_pem()?;
        Ok(Self { signer, public })
    }

    /// The public half, as PEM.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    pub(super) fn sign(&self, repository: &str, digest: &str) -> Result<Signature, DemoError> {
        let reference: OciReference = repository.parse()?;
        let payload = SignatureLayer::new_unsigned(&reference, digest)?.raw_data;
        let signature = STANDARD.encode(self.signer.sign(&payload)?);
        Ok(Signature { payload, signature })
    }
}
