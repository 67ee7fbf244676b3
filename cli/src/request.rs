//! The admission request: a file's text, with what the host itself needs picked out of it.
//!
//! - What may the file hold? An `AdmissionReview` with a `request`, or the bare `AdmissionRequest`, as for
//!   `kwctl run`.
//! - What does the policy get? The request's own bytes. Nothing is parsed and written back, so key order and
//!   the spelling of numbers survive.
//! - What is checked? The fields that the API server always sends: `uid`, `kind`, `resource`, `operation`,
//!   `userInfo`.
//! - And without a file? An object is put into a request to create it ([`Created`]); an image alone into a
//!   [`Pod`] of one container.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A request, ready to be given to the policy.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the answer must carry back.
    pub uid: String,
    /// The request as it came.
    pub raw: Box<RawValue>,
    /// The reviewed object as it came; absent when it is `null`, as on DELETE.
    pub object: Option<Box<RawValue>>,
}

/// An object that a request is to create.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Created<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) json: &'a str,
}

/// A Pod of one container.
#[derive(Debug)]
pub(crate) struct Pod<'a> {
    name: &'a str,
    pub(crate) json: String,
    /// Where its image begins, as a text of the JSON.
    pub(crate) image: usize,
}

/// Why a request was not understood.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The file could not be read.
    #[error("cannot be read: {source}")]
    Read {
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not an admission request.
    #[error("not an admission request: {source}")]
    Malformed {
        /// What is wrong, and on which line.
        source: serde_json::Error,
    },
}

/// Where an admission request is looked for in the file.
#[derive(Deserialize)]
#[serde(expecting = "an AdmissionReview or an AdmissionRequest, as a JSON object")]
struct Envelope<'a> {
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Review<'a> {
    #[serde(borrow)]
    request: &'a RawValue,
}

#[derive(Deserialize)]
struct ReviewFields<'a> {
    #[serde(borrow)]
    request: Fields<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an admission request, as a JSON object")]
struct Fields<'a> {
    uid: String,
    #[serde(rename = "kind")]
    _kind: Kind,
    #[serde(rename = "resource")]
    _resource: Resource,
    #[serde(rename = "operation")]
    _operation: String,
    #[serde(rename = "userInfo")]
    _user_info: UserInfo,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with group, version and kind")]
struct Kind {
    #[serde(rename = "group")]
    _group: String,
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "kind")]
    _name: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with group, version and resource")]
struct Resource {
    #[serde(rename = "group")]
    _group: String,
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "resource")]
    _name: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct UserInfo {
    #[serde(rename = "username")]
    _username: Option<IgnoredAny>,
}

impl Request {
    /// Reads the request in the file `path`; `-` is the standard input.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no admission request.
    pub fn read(path: &Path) -> Result<Self, RequestError> {
        let text = crate::text::read(path).map_err(|source| RequestError::Read { source })?;
        Self::parse(&text)
    }

    /// Reads a request from its text.
    ///
    /// # Errors
    /// When the text is neither an `AdmissionReview` nor an `AdmissionRequest`.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        Self::from_json(text).map_err(|source| RequestError::Malformed { source })
    }

    fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let envelope: Envelope<'_> = serde_json::from_str(text)?;
        let is_review = envelope.kind.is_some_and(|kind| kind.get() == "\"AdmissionReview\"");
        let (raw, fields) = if is_review {
            let fields: ReviewFields<'_> = serde_json::from_str(text)?;
            let review: Review<'_> = serde_json::from_str(text)?;
            (review.request.to_owned(), fields.request)
        } else {
            let fields = serde_json::from_str(text)?;
            (RawValue::from_string(text.trim().to_owned())?, fields)
        };
        Ok(Self { uid: fields.uid, raw, object: fields.object.map(ToOwned::to_owned) })
    }
}

impl Created<'_> {
    /// The request to create it.
    ///
    /// # Errors
    /// When its JSON is none.
    pub(crate) fn request(self) -> Result<Request, RequestError> {
        let Self { group, version, kind, resource, namespace, name, json } = self;
        let kind = json!({"group": group, "version": version, "kind": kind});
        let resource = json!({"group": group, "version": version, "resource": resource});
        let request = json!({
            "uid": "00000000-0000-4000-8000-000000000000",
            "kind": kind,
            "resource": resource,
            "requestKind": kind,
            "requestResource": resource,
            "name": name.unwrap_or_default(),
            "namespace": namespace.unwrap_or("default"),
            "operation": "CREATE",
            "userInfo": {"username": "signed-images", "groups": ["system:authenticated"]},
            "dryRun": true,
        });
        let mut text = request.to_string();
        text.pop();
        Request::parse(&format!("{text},\"object\":{json}}}"))
    }
}

impl<'a> Pod<'a> {
    /// A Pod with a container of this image; both have this name.
    pub(crate) fn new(name: &'a str, image: &str) -> Self {
        let quoted = Value::from(name);
        let before = format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":{quoted}}},"spec":{{"containers":[{{"name":{quoted},"image":"#
        );
        let json = format!("{before}{}}}]}}}}", Value::from(image));
        Self { name, json, image: before.len() }
    }

    /// The request to create it.
    ///
    /// # Errors
    /// When the image is a text that no request can hold.
    pub(crate) fn request(&self) -> Result<Request, RequestError> {
        let pod = Created {
            group: "",
            version: "v1",
            kind: "Pod",
            resource: "pods",
            namespace: None,
            name: Some(self.name),
            json: &self.json,
        };
        pod.request()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = r#"{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"operation":"CREATE","userInfo":{},"object":{"b":1.50,"a":2}}"#;

    #[test]
    fn the_bytes_survive() {
        let review = format!(
            r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{BARE}}}"#
        );
        for text in [BARE, review.as_str()] {
            let request = Request::parse(text).unwrap();
            assert_eq!(request.uid, "u");
            assert_eq!(request.raw.get(), BARE);
            assert_eq!(request.object.unwrap().get(), r#"{"b":1.50,"a":2}"#);
        }
    }

    #[test]
    fn an_image_is_put_into_a_pod() {
        let pod = Pod::new("a", "i\"1");
        assert_eq!(pod.json.split_at(pod.image).1, r#""i\"1"}]}}"#);
        let request = pod.request().unwrap();
        assert_eq!(request.object.unwrap().get(), pod.json);
        let raw: Value = serde_json::from_str(request.raw.get()).unwrap();
        assert_eq!((&raw["name"], &raw["operation"]), (&json!("a"), &json!("CREATE")));
        assert_eq!(raw["object"]["metadata"]["name"], "a");
        assert_eq!(raw["object"]["spec"]["containers"], json!([{"name": "a", "image": "i\"1"}]));
    }

    #[test]
    fn a_null_object_is_no_object() {
        let text = BARE.replace(r#"{"b":1.50,"a":2}"#, "null");
        assert!(Request::parse(&text).unwrap().object.is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows = [
            ("", "EOF while parsing a value at line 1 column 0"),
            (
                "[]",
                "expected an AdmissionReview or an AdmissionRequest, as a JSON object at line 1 column 2",
            ),
            ("{\n}", "missing field `uid` at line 2 column 1"),
            (r#"{"kind":"AdmissionReview"}"#, "missing field `request` at line 1 column 26"),
            (
                r#"{"kind":"AdmissionReview","request":[]}"#,
                "expected an admission request, as a JSON object",
            ),
            (&BARE.replace("\"u\"", "1"), "invalid type: integer `1`, expected a string"),
            (&BARE.replace("\"userInfo\":{},", ""), "missing field `userInfo`"),
        ];
        for (text, expected) in rows {
            let message = Request::parse(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
