//! The answer: what the policy said, as the `AdmissionResponse` that the API server gets.
//!
//! - Which fields, in which order? Those of
//!   [`admission/v1`](https://pkg.go.dev/k8s.io/api/admission/v1#AdmissionResponse), written as Kubewarden's
//!   hosts write them: `auditAnnotations` and `warnings` always, the rest when there is something to say.
//! - What is the patch? The difference between the request's object and the policy's `mutated_object`, as a
//!   JSON patch ([RFC 6902](https://www.rfc-editor.org/rfc/rfc6902)) in base64.
//! - What if the module traps? The request is refused with code 500.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kubewarden_policy_sdk::response::ValidationResponse;
use serde::Serialize;
use serde_json::Value;

use crate::request::Request;

const MUTATED_NOTHING: &str = "Incoming object is null, which happens only with DELETE operations, but the policy is attempting a mutation. This is not allowed";

/// An `AdmissionResponse`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The request's own.
    pub uid: String,
    /// Whether the object is let in.
    pub allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    /// The JSON patch, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Facts for the audit log.
    pub audit_annotations: Option<BTreeMap<String, String>>,
    /// What `kubectl` shows beside the result.
    pub warnings: Option<Vec<String>>,
}

/// The part of `metav1.Status` that policies fill in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The reason, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The HTTP status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
}

impl Answer {
    /// Translates the bytes that `validate` answered. What cannot be understood is a refusal.
    #[must_use]
    pub fn new(request: &Request, answer: &[u8]) -> Self {
        serde_json::from_slice(answer)
            .map_err(|error| format!("invalid response from policy: {error}"))
            .and_then(|answer| Self::translate(request, answer))
            .unwrap_or_else(|reason| Self::internal_error(request, &reason))
    }

    /// The refusal that stands for a policy that failed.
    #[must_use]
    pub fn internal_error(request: &Request, reason: &str) -> Self {
        Self::refusal(request, format!("internal server error: {reason}"), Some(500))
    }

    fn refusal(request: &Request, message: String, code: Option<u16>) -> Self {
        Self {
            uid: request.uid.clone(),
            status: Some(Status { message: Some(message), code }),
            ..Self::default()
        }
    }

    fn translate(request: &Request, answer: ValidationResponse) -> Result<Self, String> {
        let patch = match (&request.object, &answer.mutated_object) {
            (_, None) => None,
            (None, Some(_)) => return Ok(Self::refusal(request, MUTATED_NOTHING.to_owned(), None)),
            (Some(object), Some(mutated)) => {
                patch(object.get(), mutated).map_err(|error| error.to_string())?
            }
        };
        let has_status = answer.message.is_some() || answer.code.is_some();
        Ok(Self {
            uid: request.uid.clone(),
            allowed: answer.accepted,
            patch_type: patch.is_some().then_some("JSONPatch"),
            patch,
            status: has_status.then_some(Status { message: answer.message, code: answer.code }),
            audit_annotations: answer.audit_annotations.map(BTreeMap::from_iter),
            warnings: answer.warnings,
        })
    }
}

fn patch(object: &str, mutated: &Value) -> Result<Option<String>, serde_json::Error> {
    let object: Value = serde_json::from_str(object)?;
    let patch = json_patch::diff(&object, mutated);
    if patch.is_empty() {
        return Ok(None);
    }
    serde_json::to_vec(&patch).map(|json| Some(STANDARD.encode(json)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(object: &str) -> Request {
        let text = format!(
            r#"{{"uid":"u","kind":{{"group":"","version":"v1","kind":"Pod"}},"resource":{{"group":"","version":"v1","resource":"pods"}},"operation":"CREATE","userInfo":{{}},"object":{object}}}"#
        );
        Request::parse(&text).unwrap()
    }

    #[test]
    fn answers_are_written_as_kubewarden_writes_them() {
        // [{"op":"replace","path":"/a","value":2}]
        let patch = "W3sib3AiOiJyZXBsYWNlIiwicGF0aCI6Ii9hIiwidmFsdWUiOjJ9XQ==";
        let patched = format!(
            r#"{{"uid":"u","allowed":true,"patchType":"JSONPatch","patch":"{patch}","auditAnnotations":null,"warnings":null}}"#
        );
        let rows = [
            (
                r#"{"accepted":true}"#,
                r#"{"uid":"u","allowed":true,"auditAnnotations":null,"warnings":null}"#,
            ),
            (
                r#"{"accepted":false,"message":"no","code":403,"warnings":["w"],"audit_annotations":{"b":"2","a":"1"}}"#,
                r#"{"uid":"u","allowed":false,"status":{"message":"no","code":403},"auditAnnotations":{"a":"1","b":"2"},"warnings":["w"]}"#,
            ),
            (r#"{"accepted":true,"mutated_object":{"a":2}}"#, patched.as_str()),
            // A mutation that changes nothing is none.
            (
                r#"{"accepted":true,"mutated_object":{"a":1}}"#,
                r#"{"uid":"u","allowed":true,"auditAnnotations":null,"warnings":null}"#,
            ),
            (
                "{}",
                r#"{"uid":"u","allowed":false,"status":{"message":"internal server error: invalid response from policy: missing field `accepted` at line 1 column 2","code":500},"auditAnnotations":null,"warnings":null}"#,
            ),
        ];
        for (answer, expected) in rows {
            let answer = Answer::new(&request(r#"{"a":1}"#), answer.as_bytes());
            assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
        }
    }

    #[test]
    fn nothing_cannot_be_mutated() {
        let answer = Answer::new(&request("null"), br#"{"accepted":true,"mutated_object":{}}"#);
        assert!(!answer.allowed);
        assert_eq!(answer.status.unwrap().message.as_deref(), Some(MUTATED_NOTHING));
    }
}
