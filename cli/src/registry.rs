//! Modules in registries: how they lie there, and what a registry says when it does not do what it was asked.
//!
//! - How does a module lie there? As `kwctl push` puts it: one layer that is the module, an empty
//!   configuration, and the metadata's annotations in the manifest.
//! - Which registries? Those of [`crate::host::Registries`], reached and logged in to as for images.

use std::future::Future;
use std::time::Duration;

use oci_client::errors::{OciDistributionError, OciEnvelope, OciErrorCode};

use crate::transport::gateway::unreachable;

pub use oci_client::manifest::{WASM_CONFIG_MEDIA_TYPE, WASM_LAYER_MEDIA_TYPE};

/// Long enough for a slow line, and an end for a registry that sends a byte now and then.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Why a registry did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// What was named is not there.
    #[error("registry `{registry}` has no such repository, tag or digest")]
    Absent {
        /// Its host.
        registry: String,
    },
    /// Not for us.
    #[error(
        "registry `{registry}` requires other credentials: log in with `docker login {registry}`, or pass Docker's \
         configuration with --docker-config-json-path"
    )]
    Denied {
        /// Its host.
        registry: String,
    },
    /// There was no answer.
    #[error("registry {reason}")]
    Down {
        /// Which one, and why.
        reason: String,
    },
    /// The answer took too long.
    #[error("registry `{registry}` did not finish after {} seconds", TIMEOUT.as_secs())]
    Slow {
        /// Its host.
        registry: String,
    },
    /// Anything else that it said, or that its answer was found to be.
    #[error("registry `{registry}`: {source}")]
    Other {
        /// Its host.
        registry: String,
        /// What it said.
        source: OciDistributionError,
    },
}

impl RegistryError {
    pub(crate) fn new(registry: &str, source: OciDistributionError) -> Self {
        if let Some(reason) = unreachable(&source) {
            return Self::Down { reason: reason.to_owned() };
        }
        let registry = registry.to_owned();
        match &source {
            OciDistributionError::ServerError { code: 404, .. } => Self::Absent { registry },
            OciDistributionError::RegistryError { envelope, .. }
                if has(
                    envelope,
                    &[
                        OciErrorCode::ManifestUnknown,
                        OciErrorCode::NameUnknown,
                        OciErrorCode::NotFound,
                    ],
                ) =>
            {
                Self::Absent { registry }
            }
            OciDistributionError::UnauthorizedError { .. }
            | OciDistributionError::AuthenticationFailure(_)
            | OciDistributionError::ServerError { code: 401 | 403, .. } => {
                Self::Denied { registry }
            }
            OciDistributionError::RegistryError { envelope, .. }
                if has(envelope, &[OciErrorCode::Unauthorized, OciErrorCode::Denied]) =>
            {
                Self::Denied { registry }
            }
            _ => Self::Other { registry, source },
        }
    }
}

fn has(envelope: &OciEnvelope, codes: &[OciErrorCode]) -> bool {
    envelope.errors.iter().any(|error| codes.contains(&error.code))
}

/// What `work` comes to, before the time is up.
pub(crate) async fn in_time<T>(
    registry: &str,
    work: impl Future<Output = Result<T, OciDistributionError>>,
) -> Result<T, RegistryError> {
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(done) => done.map_err(|error| RegistryError::new(registry, error)),
        Err(_elapsed) => Err(RegistryError::Slow { registry: registry.to_owned() }),
    }
}
