//! Stage 1: bytes → [`Review`]. Reads what decides about the request and leaves the objects as raw JSON.
//!
//! *Why not typed objects?* The answer must be the request's own bytes with image strings replaced:
//! unknown fields, number formats and key order survive only where nothing was decoded.

use crate::json::Object;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt;

/// What the host hands to `validate`.
#[derive(Deserialize)]
struct Payload<'r> {
    #[serde(borrow)]
    request: Request<'r>,
    #[serde(borrow)]
    settings: &'r RawValue,
}

/// The parts of an `AdmissionRequest` (`admission.k8s.io/v1`) that this policy looks at. `resource` is not
/// among them: the audit scanner puts the kind there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'r> {
    #[serde(borrow)]
    kind: &'r RawValue,
    #[serde(borrow)]
    operation: &'r RawValue,
    #[serde(borrow, default)]
    object: Option<&'r RawValue>,
    #[serde(borrow, default)]
    old_object: Option<&'r RawValue>,
}

/// A request to review.
#[derive(Debug)]
pub struct Review<'r> {
    /// Group and kind of the object.
    pub kind: GroupKind,
    /// What is done with the object.
    pub operation: Operation,
    /// The object as it will be stored.
    pub object: Option<&'r RawValue>,
    /// The object as it is stored now.
    pub old_object: Option<&'r RawValue>,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.kind)
        } else {
            write!(f, "{}/{}", self.group, self.kind)
        }
    }
}

/// Reads a payload: the request, and the settings, which come with every request.
///
/// # Errors
/// When it is not JSON of that shape.
pub fn read(payload: &[u8]) -> Result<(Review<'_>, &RawValue), String> {
    let text = std::str::from_utf8(payload).map_err(|error| error.to_string())?;
    let Payload { request, settings } =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let review = Review {
        kind: group_kind(request.kind)?,
        operation: operation(request.operation)?,
        object: request.object,
        old_object: request.old_object,
    };
    Ok((review, settings))
}

fn group_kind(raw: &RawValue) -> Result<GroupKind, String> {
    let object = Object::read(raw.get()).map_err(|error| format!("`kind`: {error}"))?;
    let kind = object.text("kind").ok_or("`kind` has no readable `kind`")?;
    let group = match object.get("group") {
        Some(_) => object.text("group").ok_or("`kind` has no readable `group`")?,
        None => String::new(),
    };
    Ok(GroupKind { group, kind })
}

/// An operation of another name brings in who knows what.
fn operation(raw: &RawValue) -> Result<Operation, String> {
    match raw.get() {
        "\"CREATE\"" => Ok(Operation::Create),
        "\"UPDATE\"" => Ok(Operation::Update),
        "\"DELETE\"" => Ok(Operation::Delete),
        "\"CONNECT\"" => Ok(Operation::Connect),
        _ => Err("`operation` is not one of CREATE, UPDATE, DELETE, CONNECT".to_owned()),
    }
}
