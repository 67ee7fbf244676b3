//! Keys that are kept in the cluster: read through the host when a rule that needs them matches an image,
//! each object once a request.

use crate::host::error::first_line;
use crate::host::{self, Host, HostError, HostErrorKind};
use crate::json;
use crate::policy::signer::{KeySource, ObjectKind};
use base64::Engine;
use serde_json::value::RawValue;
use std::rc::Rc;

/// The objects read so far.
#[derive(Debug, Default)]
pub(crate) struct ClusterKeys {
    objects: Vec<(ObjectId, ObjectJson)>,
}

/// Kind, namespace and name.
type ObjectId = (ObjectKind, String, String);

/// An object as JSON, or why there is none.
type ObjectJson = Result<Rc<[u8]>, String>;

impl ClusterKeys {
    /// The PEM of a key source.
    pub(crate) fn read(
        &mut self,
        source: &KeySource,
        host: &mut Host<'_>,
    ) -> Result<String, String> {
        match source {
            KeySource::Inline(pem) => Ok(pem.clone()),
            KeySource::Object { kind, namespace, name, entry } => {
                let id = (*kind, namespace.clone(), name.clone());
                let place = format!("{} `{namespace}/{name}`", kind.name());
                let object = self.object(id, &place, host)?;
                let object = host::read(&object).map_err(|error| explain(&error, *kind, &place))?;
                let value =
                    entry_of(object, entry).ok_or_else(|| format!("there is no {source}"))?;
                decode(value, *kind).map_err(|why| format!("{source}: {why}"))
            }
        }
    }

    fn object(&mut self, id: ObjectId, place: &str, host: &mut Host<'_>) -> ObjectJson {
        if let Some((_, object)) = self.objects.iter().find(|(known, _)| *known == id) {
            return object.clone();
        }
        let (kind, namespace, name) = &id;
        let object = host::get_resource(host, kind.name(), namespace, name)
            .map(Rc::from)
            .map_err(|error| explain(&error, *kind, place));
        self.objects.push((id, object.clone()));
        object
    }
}

/// The value of an entry. Its name comes from the settings; one that stands twice is none.
fn entry_of<'o>(object: &'o RawValue, entry: &str) -> Option<&'o RawValue> {
    let [data] = json::pick(object, ["data"]).ok()?;
    let mut named = json::members(data?)?.into_iter().filter(|(key, _)| key == entry);
    let (_, value) = named.next()?;
    (named.next().is_none() && !json::is_null(value)).then_some(value)
}

/// What an entry says, which a Secret holds in base64.
fn decode(value: &RawValue, kind: ObjectKind) -> Result<String, &'static str> {
    let not_text = "it is not text";
    let value = json::string(value).ok_or(not_text)?;
    match kind {
        ObjectKind::ConfigMap => Ok(value.into_owned()),
        ObjectKind::Secret => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(&*value);
            String::from_utf8(bytes.map_err(|_| "it is not base64")?).map_err(|_| not_text)
        }
    }
}

/// What to add, for each way in which the host can refuse.
fn explain(error: &HostError, kind: ObjectKind, place: &str) -> String {
    let words = error.to_string();
    let line = first_line(&words);
    let kind = kind.name();
    let meaning = match error {
        HostError::Refused { kind, .. } => *kind,
        HostError::NotTrusted | HostError::Malformed(_) => HostErrorKind::Other,
    };
    match meaning {
        HostErrorKind::WithheldKubernetes => format!(
            "the policy may not read the {place}: add `apiVersion: v1, kind: {kind}` to its \
             `spec.contextAwareResources`"
        ),
        HostErrorKind::Withheld => {
            format!(
                "the policy server does not grant the host capability `kubernetes/get_resource`: {line}"
            )
        }
        HostErrorKind::Forbidden => format!(
            "the policy server's service account may not `get` the {place}: allow it with RBAC ({line})"
        ),
        HostErrorKind::Absent => format!("there is no {place}"),
        HostErrorKind::NoSignatures
        | HostErrorKind::InvalidSignatures
        | HostErrorKind::MissingSignatures
        | HostErrorKind::Other => {
            format!("the {place} could not be read: {line}")
        }
    }
}
