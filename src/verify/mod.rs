//! Stage 4: rules → questions to the host → a verified digest or a refusal.

pub mod checks;
mod cluster_keys;
mod failure;
pub mod outcome;
mod session;
pub mod signatures;
mod threshold;
pub mod verifier;
