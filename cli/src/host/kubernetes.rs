//! Kubernetes objects that the policy reads.
//!
//! - Where do they come from? From a cluster ([`ApiServer`]) or from a folder that stands for one
//!   ([`Manifests`]).
//! - Which may the policy read? `ConfigMap`, `Secret` and the kinds that its metadata lists, and only with
//!   `--allow-context-aware`.

use serde_json::Value;

use super::error::HostError;
use super::question::ResourceQuestion;

mod api_server;
mod manifests;

pub use api_server::ApiServer;
pub use manifests::{Manifests, ManifestsError};

const NO_CLUSTER: &str = "pass a folder of manifests with --kubernetes-manifests";

/// The objects that there are.
#[derive(Debug, Default)]
pub enum Cluster {
    /// None were given.
    #[default]
    Unknown,
    /// Those of a folder.
    Manifests(Manifests),
    /// Those of a real cluster.
    ApiServer(Box<ApiServer>),
}

impl Cluster {
    pub(crate) async fn get(&self, question: &ResourceQuestion) -> Result<Value, HostError> {
        match self {
            Self::Unknown => Err(HostError::NoCluster { hint: NO_CLUSTER.to_owned() }),
            Self::Manifests(manifests) => manifests.get(question),
            Self::ApiServer(server) => server.get(question).await,
        }
    }
}
