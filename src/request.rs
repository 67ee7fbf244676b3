//! Stage 1: JSON → [`AdmissionRequest`]. Reads what decides about the request and leaves the objects as raw JSON.
//!
//! *Why not typed objects?* The answer must be the request's own bytes with image strings replaced:
//! unknown fields, number formats and key order survive only where nothing was decoded.

use signed_images_json::Json;
use std::fmt;

/// A request to review.
#[derive(Debug)]
pub struct AdmissionRequest<'r> {
    /// Group and kind of the object.
    pub kind: GroupKind,
    /// What is done with the object.
    pub operation: Operation,
    /// The object as it will be stored.
    pub object: Option<Json<'r>>,
    /// The object as it is stored now.
    pub old_object: Option<Json<'r>>,
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

/// Reads a payload: the request, and the settings, which come with every request. What else is in the
/// request is passed; `resource` too: the audit scanner puts the kind there.
///
/// # Errors
/// When it has another shape.
pub fn read(payload: Json<'_>) -> Result<(AdmissionRequest<'_>, Json<'_>), String> {
    let missing = |key| move || format!("`{key}` is missing");
    let [request, settings] =
        payload.pick(["request", "settings"]).map_err(|error| error.to_string())?;
    let [kind, name, object, old_object] = request
        .ok_or_else(missing("request"))?
        .pick(["kind", "operation", "object", "oldObject"])
        .map_err(|error| format!("`request`: {error}"))?;
    let review = AdmissionRequest {
        kind: group_kind(kind.ok_or_else(missing("kind"))?)?,
        operation: operation(name.ok_or_else(missing("operation"))?)?,
        object,
        old_object,
    };
    Ok((review, settings.ok_or_else(missing("settings"))?))
}

fn group_kind(json: Json<'_>) -> Result<GroupKind, String> {
    let [group, kind] = json.pick(["group", "kind"]).map_err(|error| format!("`kind`: {error}"))?;
    let kind = kind.and_then(Json::string).ok_or("`kind` has no readable `kind`")?;
    let group = match group {
        Some(group) => group.string().ok_or("`kind` has no readable `group`")?,
        None => "".into(),
    };
    Ok(GroupKind { group: group.into_owned(), kind: kind.into_owned() })
}

/// An operation of another name brings in who knows what.
fn operation(json: Json<'_>) -> Result<Operation, String> {
    match json.text() {
        "\"CREATE\"" => Ok(Operation::Create),
        "\"UPDATE\"" => Ok(Operation::Update),
        "\"DELETE\"" => Ok(Operation::Delete),
        "\"CONNECT\"" => Ok(Operation::Connect),
        _ => Err("`operation` is not one of CREATE, UPDATE, DELETE, CONNECT".to_owned()),
    }
}
