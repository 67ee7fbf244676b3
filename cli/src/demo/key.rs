//! A key made on the spot, and what it signs.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sigstore::cosign::SignatureLayer;
use sigstore::crypto::SigningScheme;
use sigstore::crypto::signing_key::{SigStoreKeyPair, SigStoreSigner};
use sigstore::registry::OciReference;

use super::DemoError;

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// An ECDSA P-256 key, as `cosign generate-key-pair` makes them.
pub struct Key {
    signer: SigStoreSigner,
    public: String,
}

/// A signature as cosign writes it.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The [payload](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md), which names a digest.
    pub payload: Vec<u8>,
    /// What stands beside the payload: its signature, and what vouches for the key.
    pub annotations: BTreeMap<String, String>,
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

    /// Reads a private key.
    ///
    /// # Errors
    /// When the text is not the PEM of an ECDSA P-256 key.
    pub fn parse(pem: &str) -> Result<Self, DemoError> {
        let pair = SigStoreKeyPair::from_pem(pem.as_bytes())?;
        let signer = pair.to_sigstore_signer(&SigningScheme::ECDSA_P256_SHA256_ASN1)?;
        Ok(Self { signer, public: pair.public_key_to_pem()? })
    }

    /// The public half, as PEM.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// Signs any bytes; the signature is in base64.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn sign_bytes(&self, bytes: &[u8]) -> Result<String, DemoError> {
        Ok(STANDARD.encode(self.signer.sign(bytes)?))
    }

    /// Signs the image in `repository` that has this digest.
    ///
    /// # Errors
    /// When the repository is not one, or the key does not sign.
    pub fn sign(&self, repository: &str, digest: &str) -> Result<Signature, DemoError> {
        let reference: OciReference = repository.parse()?;
        let payload = SignatureLayer::new_unsigned(&reference, digest)?.raw_data;
        let signature = self.sign_bytes(&payload)?;
        let annotations = [(SIGNATURE.to_owned(), signature)].into();
        Ok(Signature { payload, annotations })
    }
}
