//! The API server of a cluster, as `kubectl` would ask it.
//!
//! - Which cluster? That of the kubeconfig: the files in `KUBECONFIG`, else `~/.kube/config`, and in them the current
//!   context or the one that is named; in a Pod without a kubeconfig, the Pod's own.
//! - With whose rights? With those of the kubeconfig's user.
//! - What is asked? The policy's questions are in [`crate::host`]; [`objects`] lists what runs.

pub mod objects;

use std::error::Error as _;
use std::path::PathBuf;
use std::time::Duration;

use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Error};

/// An API server that does not take a connection in this time is down; a policy has two seconds by default.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How a cluster is found.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The kubeconfig, where it is not that of the environment.
    pub kubeconfig: Option<PathBuf>,
    /// One of its contexts, where it is not the current one.
    pub context: Option<String>,
}

/// A cluster that was found.
pub struct Connection {
    pub(crate) client: Client,
    /// Its address.
    pub server: String,
}

/// Why a cluster cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No kubeconfig leads to one.
    #[error("no cluster: {reason}")]
    None {
        /// Why not.
        reason: String,
    },
    /// It does not answer.
    #[error("kubernetes API server `{server}`: {reason}")]
    Server {
        /// Its address.
        server: String,
        /// Why not.
        reason: String,
    },
}

impl Access {
    /// Finds the cluster. Nothing is asked yet.
    ///
    /// # Errors
    /// When no kubeconfig leads to one.
    pub async fn connect(&self) -> Result<Connection, ClusterError> {
        let none = |error: &Error| ClusterError::None { reason: reason(error) };
        let mut config = self.config().await.map_err(|error| none(&error))?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|error| none(&error))?;
        Ok(Connection { client, server })
    }

    async fn config(&self) -> Result<Config, Error> {
        let options =
            KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        match (&self.kubeconfig, &self.context) {
            (Some(path), _) => {
                let kubeconfig = Kubeconfig::read_from(path)?;
                Ok(Config::from_custom_kubeconfig(kubeconfig, &options).await?)
            }
            (None, Some(_)) => Ok(Config::from_kubeconfig(&options).await?),
            (None, None) => Config::infer().await.map_err(Error::InferConfig),
        }
    }
}

/// Inside of a cluster is where nobody meant to be.
fn reason(error: &Error) -> String {
    let mut causes_of_it = std::iter::successors(error.source(), |&error| error.source());
    match causes_of_it.find_map(|cause| cause.downcast_ref()) {
        Some(KubeconfigError::LoadContext(name)) if name.is_empty() => {
            return "the kubeconfig has no current context: name one with --context".to_owned();
        }
        Some(KubeconfigError::LoadContext(name)) => {
            return format!("the kubeconfig has no context `{name}`");
        }
        Some(KubeconfigError::ReadConfig(cause, path)) => {
            let path = path.display();
            return format!(
                "cannot read the kubeconfig `{path}` (`KUBECONFIG` names another): {cause}"
            );
        }
        _ => {}
    }
    let reason = match error {
        Error::InferConfig(infer) => infer.source().map(ToString::to_string),
        _ => None,
    };
    reason.unwrap_or_else(|| causes(error))
}

/// The error with its causes. Many texts end with their cause already.
pub(crate) fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |&error| error.source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
