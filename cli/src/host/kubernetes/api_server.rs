//! Objects of a real cluster, from its API server.
//!
//! - Which cluster? That of the kubeconfig: the files in `KUBECONFIG`, else `~/.kube/config`; in a Pod without
//!   one, the Pod's own.
//! - When is it looked for? When the policy asks. One that reads nothing needs no cluster.
//! - With whose rights? With those of the kubeconfig's user, where a policy server has its service account's.
//! - How is a kind found? As Kubewarden's host finds it: the API server says under which path it has it.

use std::error::Error as _;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use kube::api::{Api, DynamicObject};
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersion;
use kube::discovery::{self, Scope};
use kube::error::DiscoveryError;
use kube::{Client, Error};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::super::error::HostError;
use super::super::question::ResourceQuestion;

/// An API server that does not take a connection in this time is down; a policy has two seconds by default.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An API server that takes longer for an object is stuck.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// The API server of a cluster.
pub struct ApiServer {
    kubeconfig: Option<PathBuf>,
    answer_timeout: Duration,
    connection: OnceCell<Connection>,
}

struct Connection {
    client: Client,
    server: String,
}

impl ApiServer {
    /// The one that `kubectl` would ask.
    #[must_use]
    pub fn of_environment() -> Self {
        Self { kubeconfig: None, answer_timeout: ANSWER_TIMEOUT, connection: OnceCell::new() }
    }

    /// The one of this kubeconfig's current context.
    #[must_use]
    pub fn of_kubeconfig(path: PathBuf) -> Self {
        Self { kubeconfig: Some(path), ..Self::of_environment() }
    }

    pub(super) async fn get(&self, question: &ResourceQuestion) -> Result<Value, HostError> {
        let connection = self.connection.get_or_try_init(|| self.connect()).await?;
        match timeout(self.answer_timeout, connection.get(question)).await {
            Ok(answer) => answer,
            Err(_) => Err(HostError::ApiServer {
                server: connection.server.clone(),
                reason: format!("no answer in {} seconds", self.answer_timeout.as_secs()),
            }),
        }
    }

    async fn connect(&self) -> Result<Connection, HostError> {
        let mut config = self.config().await.map_err(|error| no_cluster(&error))?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|error| no_cluster(&error))?;
        Ok(Connection { client, server })
    }

    async fn config(&self) -> Result<Config, Error> {
        let Some(path) = &self.kubeconfig else {
            return Config::infer().await.map_err(Error::InferConfig);
        };
        let kubeconfig = Kubeconfig::read_from(path)?;
        Ok(Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?)
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

fn no_cluster(error: &Error) -> HostError {
    // Inside of a cluster is where nobody meant to be.
    let reason = match error {
        Error::InferConfig(infer) => infer.source().map(ToString::to_string),
        _ => None,
    };
    let reason = reason.unwrap_or_else(|| causes(error));
    HostError::NoCluster {
        hint: format!(
            "{reason}; name a kubeconfig in KUBECONFIG, or give a folder of manifests with \
             --kubernetes-manifests"
        ),
    }
}

/// The error with its causes. Many texts end with their cause already.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |&error| error.source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiServer").field("kubeconfig", &self.kubeconfig).finish_non_exhaustive()
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
            format!("kubernetes API server `http://{address}/`: no answer in 0 seconds")
        );
    }
}
