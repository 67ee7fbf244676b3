//! Keys and certificates: PEM and DER.

pub mod certificate;
pub mod certificate_identity;
mod der;
pub mod public_key;
