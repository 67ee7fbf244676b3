//! What is put to the policy: an object, as a request to create it.
//!
//! - What does the policy get? What the API server would send. An image alone is put into a Pod of one
//!   container.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::kinds::resource;
use super::tree::Json;
use crate::request::Request;

/// Something that is put to the policy.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) object: Object,
    pub(super) request: Request,
    pub(super) operation: Operation,
    /// The object as JSON; its request holds the same bytes.
    pub(super) json: Json,
    /// How often each text of the document is used in it.
    pub(super) uses: HashMap<usize, usize>,
}

/// Whether images of a stored object may be spared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Other,
}

/// An object, by its name.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    /// From 1; none for an image of the command line.
    pub(super) line: Option<usize>,
}

/// How the Pod of an image alone begins.
pub(super) const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"image"},"spec":{"containers":[{"name":"image","image":"#;

impl Object {
    /// The Pod of an image alone, which has no name that anybody gave.
    pub(super) fn pod() -> Self {
        Self {
            group: String::new(),
            version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace: None,
            name: None,
            line: None,
        }
    }
}

/// The request to create a Pod of this image alone.
pub(super) fn pod(image: &str) -> Option<Request> {
    create(&Object::pod(), &pod_json(image)).ok()
}

/// The object of that request.
pub(super) fn pod_json(image: &str) -> String {
    format!("{POD}{}}}]}}}}", Value::from(image))
}

/// The request to create an object.
///
/// # Errors
/// When the JSON is none.
pub(super) fn create(object: &Object, json: &str) -> Result<Request, String> {
    let Object { group, version, kind, namespace, name, .. } = object;
    let kind_of = json!({"group": group, "version": version, "kind": kind});
    let resource_of = json!({"group": group, "version": version, "resource": resource(kind)});
    let request = json!({
        "uid": "00000000-0000-4000-8000-000000000000",
        "kind": kind_of,
        "resource": resource_of,
        "requestKind": kind_of,
        "requestResource": resource_of,
        "name": name.clone().unwrap_or_default(),
        "namespace": namespace.as_deref().unwrap_or("default"),
        "operation": "CREATE",
        "userInfo": {"username": "signed-images", "groups": ["system:authenticated"]},
        "dryRun": true,
    });
    let mut text = request.to_string();
    text.pop();
    Request::parse(&format!("{text},\"object\":{json}}}")).map_err(|error| error.to_string())
}
