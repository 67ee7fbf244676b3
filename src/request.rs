//! Stage 1: JSON → [`AdmissionRequest`]. Reads what decides about the request and leaves the objects as raw
//! JSON.
//!
//! *Why not typed objects?* The answer must be the request's own bytes with image strings replaced:
//! unknown fields, number formats and key order survive only where nothing was decoded.

use crate::json::{Key, Optional, Pick, PickError, pick, string};
use memchr::{memchr2, memchr2_iter};
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The deepest nesting: the API server's decoder stops there (`maxNestingDepth` of Go's `encoding/json`).
const MAX_DEPTH: usize = 10_000;

/// A request to review.
#[derive(Debug)]
pub struct AdmissionRequest<'r> {
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

/// Reads a payload: the request, and the settings, which come with every request. What else is in the
/// request is passed; `resource` too: the audit scanner puts the kind there.
///
/// ```
/// use signed_images_policy::request::{self, Operation};
///
/// let payload = br#"{"request": {"operation": "CREATE", "kind": {"group": "apps", "kind": "Deployment"},
///                     "object": {"spec": 1.0e2}}, "settings": {}}"#;
/// let (request, settings) = request::read(payload).unwrap();
/// assert_eq!((request.kind.to_string().as_str(), request.operation), ("apps/Deployment", Operation::Create));
/// // Left as it is written.
/// assert_eq!(request.object.unwrap().get(), r#"{"spec": 1.0e2}"#);
/// assert_eq!(settings.get(), "{}");
/// ```
///
/// # Errors
/// When it has another shape.
pub fn read(payload: &[u8]) -> Result<(AdmissionRequest<'_>, &RawValue), String> {
    let payload = Payload::read(text(payload)?)?;
    let missing = |key| move || format!("`{key}` is missing");
    let [kind, operation, object, old_object] = payload.request.ok_or_else(missing("request"))?;
    let request = AdmissionRequest {
        kind: group_kind(kind.ok_or_else(missing("kind"))?)?,
        operation: read_operation(operation.ok_or_else(missing("operation"))?)?,
        object,
        old_object,
    };
    Ok((request, payload.settings.ok_or_else(missing("settings"))?))
}

/// What the host sends, read in one go: objects are most of it.
#[derive(Default)]
struct Payload<'r> {
    request: Option<[Option<&'r RawValue>; 4]>,
    settings: Option<&'r RawValue>,
    /// The key that was found twice.
    twice: Option<&'static str>,
    /// Whether the request is being read, or the payload that it is in.
    is_in_request: bool,
}

impl<'r> Payload<'r> {
    fn read(text: &'r str) -> Result<Self, String> {
        let mut payload = Self::default();
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = reader.deserialize_map(&mut payload).and_then(|()| reader.end());
        let Err(error) = read else { return Ok(payload) };
        let place = if payload.is_in_request { "`request`: " } else { "" };
        Err(match payload.twice {
            Some(key) => format!("{place}{}", PickError::Twice(key)),
            None if error.is_data() => format!("{place}{}", PickError::NotAnObject),
            None => not_json(&error),
        })
    }
}

impl<'r> Visitor<'r> for &mut Payload<'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut members: A) -> Result<(), A::Error> {
        let (mut has_request, mut has_settings) = (false, false);
        while let Some(key) = members.next_key_seed(Key)? {
            let seen = match &*key {
                "request" => &mut has_request,
                "settings" => &mut has_settings,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let is_request = key == "request";
            if std::mem::replace(seen, true) {
                self.twice = Some(if is_request { "request" } else { "settings" });
                return Err(A::Error::custom("twice"));
            }
            if is_request {
                self.is_in_request = true;
                let names = ["kind", "operation", "object", "oldObject"];
                self.request =
                    members.next_value_seed(Optional(Pick { names, twice: &mut self.twice }))?;
                self.is_in_request = false;
            } else {
                self.settings = members.next_value()?;
            }
        }
        Ok(())
    }
}

/// One JSON value, checked.
///
/// # Errors
/// When it is none, or too deeply nested.
pub fn raw(bytes: &[u8]) -> Result<&RawValue, String> {
    serde_json::from_str(text(bytes)?).map_err(|error| not_json(&error))
}

fn not_json(error: &serde_json::Error) -> String {
    format!("it is not valid JSON: {error}")
}

/// UTF-8, and nested no deeper than is read.
fn text(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    if may_be_deep(bytes) && depth(bytes) > MAX_DEPTH {
        return Err(format!("it is nested more than {MAX_DEPTH} levels deep"));
    }
    Ok(text)
}

/// A quick test that rules out most texts: nesting deeper than N needs N + 1 opening brackets, and after the last of
/// these N + 1 closing ones.
fn may_be_deep(text: &[u8]) -> bool {
    let opened = memchr2_iter(b'[', b'{', text).nth(MAX_DEPTH);
    let rest = opened.and_then(|at| text.get(at..)).unwrap_or_default();
    memchr2_iter(b']', b'}', rest).nth(MAX_DEPTH).is_some()
}

/// How deeply a text that is JSON is nested.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'"' => rest = after_string(rest),
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        rest = match rest.get(at..) {
            Some([b'"', after @ ..]) => return after,
            Some([b'\\', _, after @ ..]) => after,
            _ => &[],
        };
    }
    &[]
}

fn group_kind(json: &RawValue) -> Result<GroupKind, String> {
    let [group, kind] =
        pick(json, ["group", "kind"]).map_err(|error| format!("`kind`: {error}"))?;
    let kind = kind.and_then(string).ok_or("`kind.kind` is missing or not a string")?;
    let group = match group {
        Some(group) => string(group).ok_or("`kind.group` is not a string")?,
        None => "".into(),
    };
    Ok(GroupKind { group: group.into_owned(), kind: kind.into_owned() })
}

/// An operation of another name brings in who knows what.
fn read_operation(json: &RawValue) -> Result<Operation, String> {
    match json.get() {
        "\"CREATE\"" => Ok(Operation::Create),
        "\"UPDATE\"" => Ok(Operation::Update),
        "\"DELETE\"" => Ok(Operation::Delete),
        "\"CONNECT\"" => Ok(Operation::Connect),
        _ => Err("`operation` is not one of CREATE, UPDATE, DELETE, CONNECT".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_of_strings() {
        for (text, expected) in
            [("1", 0), ("[]", 1), ("{\"a\":[{}],\"b\":[]}", 3), ("[\"[[{\\\"[\",{}]", 2)]
        {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_deepest_nesting() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(raw(nested(MAX_DEPTH).as_bytes()).is_ok());
        let error = raw(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
        assert_eq!(error, "it is nested more than 10000 levels deep");
        let wide = format!("[{}[]]", "[],".repeat(MAX_DEPTH));
        assert!(raw(wide.as_bytes()).is_ok());
    }
}
