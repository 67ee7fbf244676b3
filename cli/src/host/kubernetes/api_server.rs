//! Objects of a real cluster, from its API server.
//!
//! - Which cluster? The one that [`crate::cluster`] finds, with the rights of the kubeconfig's user, where a policy
//!   server has its service account's.
//! - When is it looked for? When the policy asks. One that reads nothing needs no cluster.
//! - How is a kind found? As Kubewarden's host finds it: the API server says under which path it has it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use kube::Error;
use kube::api::{Api, DynamicObject};
use kube::core::GroupVersion;
use kube::discovery::{self, Scope};
use kube::error::DiscoveryError;
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::super::error::HostError;
use super::super::question::ResourceQuestion;
use crate::cluster::{Access, ClusterError, Connection, causes};

/// An API server that takes longer for an object is stuck.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// The API server of a cluster.
pub struct ApiServer {
    access: Access,
    answer_timeout: Duration,
    connection: OnceCell<Connection>,
}

impl ApiServer {
    /// The one that is found so.
    #[must_use]
    pub fn new(access: Access) -> Self {
        Self { access, answer_timeout: ANSWER_TIMEOUT, connection: OnceCell::new() }
    }

    /// The one of this kubeconfig's current context.
    #[must_use]
    pub fn of_kubeconfig(path: PathBuf) -> Self {
        Self::new(Access { kubeconfig: Some(path), context: None })
    }

    pub(super) async fn get(&self, question: &ResourceQuestion) -> Result<Value, HostError> {
        let connection = self.connection.get_or_try_init(|| self.connect()).await?;
        match timeout(self.answer_timeout, connection.get(question)).await {
            Ok(answer) => answer,
            Err(_) => Err(HostError::ApiServer {
                server: connection.server.clone(),
                reason: format!("no answer after {} seconds", self.answer_timeout.as_secs()),
            }),
        }
    }

    async fn connect(&self) -> Result<Connection, HostError> {
        self.access.connect().await.map_err(|error| match error {
            ClusterError::None { reason } => HostError::NoCluster {
                hint: format!(
                    "{reason}; set KUBECONFIG to a kubeconfig, or pass a folder of manifests with \
                     --kubernetes-manifests"
                ),
            },
            ClusterError::Server { server, reason } => HostError::ApiServer { server, reason },
        })
    }
}

impl Connection {
    async fn get(&self, question: &ResourceQuestion) -> Result<Value, HostError> {
        let api = self.api(question).await?;
        match api.get_opt(&question.name).await {
            Ok(Some(object)) => serde_json::to_value(object).map_err(HostError::Answer),
            Ok(None) => Err(HostError::NoSuchObject {
                api_version: question.api_version.clone(),
                kind: question.kind.clone(),
                name: question.name.clone(),
                namespace: question.namespace.clone(),
            }),
            Err(error) => Err(self.failed(error)),
        }
    }

    async fn api(&self, question: &ResourceQuestion) -> Result<Api<DynamicObject>, HostError> {
        let ResourceQuestion { api_version, kind, namespace, .. } = question;
        let no_such_kind =
            || HostError::NoSuchKind { api_version: api_version.clone(), kind: kind.clone() };
        let version: GroupVersion = api_version.parse().map_err(|_| no_such_kind())?;
        let (resource, capabilities) =
            match discovery::pinned_kind(&self.client, &version.with_kind(kind)).await {
                Err(Error::Discovery(DiscoveryError::MissingKind(_))) => Err(no_such_kind()),
                Err(error) => Err(self.failed(error)),
                Ok(found) => Ok(found),
            }?;
        let client = self.client.clone();
        match (capabilities.scope, namespace) {
            (Scope::Cluster, _) => Ok(Api::all_with(client, &resource)),
            (Scope::Namespaced, Some(namespace)) => {
                Ok(Api::namespaced_with(client, namespace, &resource))
            }
            (Scope::Namespaced, None) => {
                Err(HostError::NoNamespace { api_version: api_version.clone(), kind: kind.clone() })
            }
        }
    }

    /// An answer that says no, as it is; or why there was none.
    fn failed(&self, error: Error) -> HostError {
        match error {
            Error::Api(_) => HostError::Kubernetes(error.into()),
            _ => HostError::ApiServer { server: self.server.clone(), reason: causes(&error) },
        }
    }
}

impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiServer").field("access", &self.access).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[tokio::test]
    async fn a_silent_server_is_given_up() {
        // The system takes the connection; nobody answers on it.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\n\
             users: [{{name: u, user: {{token: t}}}}]\n"
        );
        std::fs::write(&path, kubeconfig).unwrap();
        let server = ApiServer {
            answer_timeout: Duration::from_millis(50),
            ..ApiServer::of_kubeconfig(path)
        };
        let question = ResourceQuestion {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            name: "keys".to_owned(),
            namespace: Some("trust".to_owned()),
            disable_cache: true,
            field_masks: None,
        };
        let error = server.get(&question).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("kubernetes API server `http://{address}/`: no answer after 0 seconds")
        );
    }
}
