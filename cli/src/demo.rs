//! A world in one process: a registry, a key and images, for a show without a network.
//!
//! - Is anything faked? No. The registry speaks HTTP on a loopback port, the signature is made with the key
//!   and verified like any other; only nothing outlives the process.

mod key;
mod registry;

pub use key::{Key, Signature};
pub use registry::Registry;

/// Why the world could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No loopback port, or no task to listen on it.
    #[error("cannot start a registry on a loopback port: {0}")]
    Listen(#[from] std::io::Error),
    /// A key could not be made, or would not sign.
    #[error("cannot sign: {0}")]
    Sign(#[from] sigstore::errors::SigstoreError),
    /// A manifest has no JSON form.
    #[error("cannot write a manifest: {0}")]
    Manifest(#[from] serde_json::Error),
}
