//! Stage 1: bytes → [`Review`]. Reads what decides about the request and leaves the objects as raw JSON.
//!
//! *Why not typed objects?* The answer must be the request's own bytes with image strings replaced:
//! unknown fields, number formats and key order survive only where nothing was decoded.

use serde::Deserialize;
use serde_json::value::RawValue;

/// What the host hands to `validate`: `{"request": …, "settings": …}`.
#[derive(Debug, Deserialize)]
pub struct Payload<'r> {
    /// The admission request.
    #[serde(borrow)]
    pub request: Review<'r>,
    /// The policy's settings; they come with every request.
    #[serde(borrow)]
    pub settings: &'r RawValue,
}

/// The parts of an `AdmissionRequest` (`admission.k8s.io/v1`) that this policy looks at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review<'r> {
    /// Group and kind of the object. `resource` is not looked at: the audit scanner puts the kind there.
    pub kind: GroupKind,
    /// What is done with the object.
    pub operation: Operation,
    /// The object as it will be stored.
    #[serde(borrow)]
    pub object: Option<&'r RawValue>,
    /// The object as it is stored now.
    #[serde(borrow)]
    pub old_object: Option<&'r RawValue>,
}

/// What a request does. An operation of another name is not read, and so rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// A new object.
    Create,
    /// A change to a stored object.
    Update,
    /// Removes an object: brings in no image.
    Delete,
    /// Opens a stream (`exec`, `attach`): brings in no image.
    Connect,
}

/// Group and kind of an object, always compared together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GroupKind {
    /// The API group; empty for the core group.
    #[serde(default)]
    pub group: String,
    /// The kind.
    pub kind: String,
}

impl std::fmt::Display for GroupKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.kind)
        } else {
            write!(f, "{}/{}", self.group, self.kind)
        }
    }
}
