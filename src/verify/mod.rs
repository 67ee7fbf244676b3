//! Stage 4: rules → questions to the host → a verified digest or a refusal.

mod cluster_keys;
mod session;
mod signatures;
mod threshold;
pub mod verifier;
