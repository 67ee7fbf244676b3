//! What is put to the policy: an object, as a request to create it.
//!
//! - What does the policy get? What the API server would send.

use std::collections::HashMap;
use std::sync::Arc;

use super::kinds::resource;
use crate::manifest::tree::Origins;
use crate::request::{Created, Pod, Request, RequestError};

/// Something that is put to the policy.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) object: Object,
    pub(super) request: Request,
    pub(super) operation: Operation,
    /// Where the texts of the object came from.
    pub(super) origins: Origins,
    /// Of the texts of the document that are used several times in it, how often.
    pub(super) uses: Arc<HashMap<usize, usize>>,
    /// Of an object of a cluster, by whom it was made.
    pub(super) kinship: Option<Kinship>,
}

/// Which object of a cluster it is, and which one controls it: by their `uid`.
#[derive(Debug)]
pub(super) struct Kinship {
    pub(super) uid: String,
    pub(super) controller: Option<String>,
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

/// What the Pod of an image alone, and its container, are called.
const POD: &str = "image";

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

/// The Pod of an image alone.
pub(super) fn pod(image: &str) -> Pod<'_> {
    Pod::new(POD, image)
}

/// The request to create an object.
///
/// # Errors
/// When the JSON is none.
pub(super) fn create(object: &Object, json: &str) -> Result<Request, RequestError> {
    let created = Created {
        group: &object.group,
        version: &object.version,
        kind: &object.kind,
        resource: &resource(&object.kind),
        namespace: object.namespace.as_deref(),
        name: object.name.as_deref(),
        json,
    };
    created.request()
}
