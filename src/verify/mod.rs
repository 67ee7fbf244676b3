//! Stage 4: rules → questions to the host → a verified digest or a refusal.

mod budget;
mod cluster_keys;
mod failure;
mod image_session;
pub mod log_entry;
mod manifest;
pub mod outcome;
mod requirements;
pub mod signatures;
mod signer_batch;
pub mod signer_checks;
mod signers;
mod threshold;
pub mod verifier;
