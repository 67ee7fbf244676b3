//! Keys and certificates: PEM and DER.

mod block;
pub mod certificate;
pub mod certificate_identity;
mod der;
pub mod public_key;
