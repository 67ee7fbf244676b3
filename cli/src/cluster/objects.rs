//! What a cluster runs.
//!
//! - Which kinds? Those that are asked for and that the cluster has, in the version that it prefers.
//! - Which objects? All, or those of one namespace; but for those that run nothing any more ([`is_over`]).
//! - What is left out of each? Its status, and who manages which field: no policy of images reads them.
//! - And what the user may not list? It is told, kind by kind.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::api::{Api, DynamicObject, ListParams};
use kube::core::Status;
use kube::discovery::{self, ApiResource};
use kube::error::DiscoveryError;
use kube::{Client, Error};
use serde_json::Value;
use signed_images_policy::request::GroupKind;
use tokio::time::timeout;

use super::{ClusterError, Connection, causes};

/// As many as `kubectl` asks for at once.
const PAGE: u32 = 500;
/// An API server that takes longer for a page is stuck.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// The objects of a cluster.
#[derive(Debug, Default)]
pub struct Objects {
    /// As JSON, in the order of their kinds.
    pub running: Vec<Value>,
    /// Kinds that could not be listed, and why not.
    pub unread: Vec<(GroupKind, String)>,
    /// Kinds that the cluster does not have.
    pub absent: Vec<GroupKind>,
    /// How many objects run nothing any more, by their kinds.
    pub over: BTreeMap<String, usize>,
}

/// Lists the objects of these kinds.
///
/// # Errors
/// When the API server does not answer.
pub async fn list(
    connection: &Connection,
    kinds: &[GroupKind],
    namespace: Option<&str>,
) -> Result<Objects, ClusterError> {
    let mut objects = Objects::default();
    let mut groups: BTreeMap<&str, Vec<&GroupKind>> = BTreeMap::new();
    for kind in kinds {
        groups.entry(&kind.group).or_default().push(kind);
    }
    for (group, kinds) in groups {
        let found = match discovery::group(&connection.client, group).await {
            Ok(found) => Some(found),
            Err(Error::Discovery(DiscoveryError::MissingApiGroup(_))) => None,
            Err(error) => {
                let reason = connection.refusal(error)?;
                objects.unread.extend(kinds.into_iter().map(|kind| (kind.clone(), reason.clone())));
                continue;
            }
        };
        for kind in kinds {
            let resource = found.as_ref().and_then(|group| group.recommended_kind(&kind.kind));
            match resource {
                None => objects.absent.push(kind.clone()),
                Some((resource, _)) => match connection.list(&resource, namespace).await? {
                    Ok(listed) => listed.into_iter().for_each(|object| objects.add(object)),
                    Err(reason) => objects.unread.push((kind.clone(), reason)),
                },
            }
        }
    }
    Ok(objects)
}

impl Connection {
    /// The objects of a kind, or why they may not be listed.
    async fn list(
        &self,
        resource: &ApiResource,
        namespace: Option<&str>,
    ) -> Result<Result<Vec<Value>, String>, ClusterError> {
        let client: Client = self.client.clone();
        let api: Api<DynamicObject> = match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, resource),
            None => Api::all_with(client, resource),
        };
        let mut listed = Vec::new();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let answer = timeout(PAGE_TIMEOUT, api.list(&page)).await;
            let objects = match answer.map_err(|_| self.silent())? {
                Ok(objects) => objects,
                Err(error) => return self.refusal(error).map(Err),
            };
            listed.extend(objects.items.into_iter().map(|object| json(object, resource)));
            match objects.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(Ok(listed)),
            }
        }
    }

    /// What the API server says when it answers no.
    fn refusal(&self, error: Error) -> Result<String, ClusterError> {
        match error {
            Error::Api(status) => {
                let Status { message, .. } = *status;
                Ok(message)
            }
            error => {
                Err(ClusterError::Server { server: self.server.clone(), reason: causes(&error) })
            }
        }
    }

    fn silent(&self) -> ClusterError {
        let reason = format!("no answer after {} seconds", PAGE_TIMEOUT.as_secs());
        ClusterError::Server { server: self.server.clone(), reason }
    }
}

impl Objects {
    fn add(&mut self, mut object: Value) {
        if is_over(&object) {
            let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
            *self.over.entry(kind.to_owned()).or_default() += 1;
            return;
        }
        if let Some(map) = object.as_object_mut() {
            map.remove("status");
        }
        self.running.push(object);
    }
}

/// Items of a list do not say what they are.
fn json(mut object: DynamicObject, resource: &ApiResource) -> Value {
    object.metadata.managed_fields = None;
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(map) = value.as_object_mut() {
        map.insert("apiVersion".to_owned(), resource.api_version.clone().into());
        map.insert("kind".to_owned(), resource.kind.clone().into());
    }
    value
}

/// Whether an object runs nothing any more, and nobody will run it again as it is: a Pod that has ended; what a
/// controller has scaled to none, such as the `ReplicaSet` of an older revision; a Job of a `CronJob` that has ended.
fn is_over(object: &Value) -> bool {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let items =
        |pointer: &str| object.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let is_controlled = items("/metadata/ownerReferences")
        .any(|owner| owner.get("controller") == Some(&true.into()));
    let has_ended = |condition: &Value| {
        let is = |key, wanted: &[&str]| {
            condition.get(key).and_then(Value::as_str).is_some_and(|text| wanted.contains(&text))
        };
        is("type", &["Complete", "Failed"]) && is("status", &["True"])
    };
    match text("/kind") {
        "Pod" => ["Succeeded", "Failed"].contains(&text("/status/phase")),
        "Job" => is_controlled && items("/status/conditions").any(has_ended),
        _ => is_controlled && object.pointer("/spec/replicas") == Some(&0.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_runs_nothing_any_more_is_over() {
        let controlled = json!({"ownerReferences": [{"controller": true}]});
        let ended = json!({"conditions": [{"type": "Complete", "status": "True"}]});
        let rows = [
            (json!({"kind": "Pod", "status": {"phase": "Running"}}), false),
            (json!({"kind": "Pod", "status": {"phase": "Succeeded"}}), true),
            (json!({"kind": "Pod"}), false),
            (json!({"kind": "ReplicaSet", "metadata": controlled, "spec": {"replicas": 0}}), true),
            (json!({"kind": "ReplicaSet", "metadata": controlled, "spec": {"replicas": 1}}), false),
            (json!({"kind": "ReplicaSet", "spec": {"replicas": 0}}), false),
            (
                json!({"kind": "Deployment", "metadata": {"ownerReferences": [{}]}, "spec": {"replicas": 0}}),
                false,
            ),
            (json!({"kind": "Job", "metadata": controlled, "status": ended}), true),
            (json!({"kind": "Job", "metadata": controlled}), false),
            (json!({"kind": "Job", "status": ended}), false),
        ];
        for (object, expected) in rows {
            assert_eq!(is_over(&object), expected, "{object}");
        }
    }
}
