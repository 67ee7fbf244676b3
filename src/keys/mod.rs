//! Keys and certificates: PEM and DER.

pub mod certificate;
mod der;
pub mod identity;
pub mod public_key;
