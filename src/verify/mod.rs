//! Stage 4: rules → questions to the host → a verified digest or a refusal.

mod budget;
mod cluster_keys;
mod failure;
mod image_manifest;
mod image_session;
pub mod log_entry;
pub mod outcome;
mod requirement_checker;
pub mod signature_manifest;
mod signer_batch;
pub mod signer_checks;
mod threshold;
mod trust_checker;
pub mod verifier;
