//! Stage 4: rules → questions to the host → a verified digest or a refusal.

mod cluster_keys;
mod failure;
mod image_session;
mod log_entry;
pub mod outcome;
pub mod signatures;
mod signer_batch;
pub mod signer_checks;
mod threshold;
pub mod verifier;
