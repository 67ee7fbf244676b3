//! Keys that are kept in the cluster: read through the host when a rule that needs them selects an image,
//! each object once a request.

use crate::host::{self, Denial, Host};
use crate::json::Object;
use crate::signer::{KeySource, ObjectKind};
use base64::Engine;
use serde_json::value::RawValue;

/// The objects read so far.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    objects: Vec<(ObjectId, Result<Box<RawValue>, String>)>,
}

type ObjectId = (ObjectKind, String, String);

impl Cluster {
    /// The text of a key source.
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
                entry_text(&object, *kind, entry)
                    .ok_or_else(|| format!("{source}: there is no such entry, or it is not text"))
            }
        }
    }

    fn object(
        &mut self,
        id: ObjectId,
        place: &str,
        host: &mut Host<'_>,
    ) -> Result<Box<RawValue>, String> {
        if let Some((_, object)) = self.objects.iter().find(|(known, _)| *known == id) {
            return object.clone();
        }
        let (kind, namespace, name) = &id;
        let object = host::get_resource(host, kind.name(), namespace, name)
            .map_err(|denial| explain(&denial, *kind, place));
        self.objects.push((id, object.clone()));
        object
    }
}

/// The text of one entry of the object's `data`, which a Secret holds in base64.
fn entry_text(object: &RawValue, kind: ObjectKind, entry: &str) -> Option<String> {
    let data = Object::read(object.get()).ok()?.get("data")?;
    let text = Object::read(data.get()).ok()?.text(entry)?;
    match kind {
        ObjectKind::ConfigMap => Some(text),
        ObjectKind::Secret => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
            String::from_utf8(bytes).ok()
        }
    }
}

/// What to add, for each way in which the host can refuse.
fn explain(denial: &Denial, kind: ObjectKind, place: &str) -> String {
    let words = denial.to_string();
    let line = words.lines().next().unwrap_or_default();
    let kind = kind.name();
    if words.contains("has not been granted access to Kubernetes") {
        return format!(
            "the policy may not read the {place}: add `apiVersion: v1, kind: {kind}` to its \
             `contextAwareResources`"
        );
    }
    if words.contains("has not been granted access") {
        return format!("add `kubernetes/get_resource` to the policy's `hostCapabilities`: {line}");
    }
    if words.contains("forbidden") || words.contains("Forbidden") {
        return format!(
            "the policy server's service account may not `get` the {place}: grant it by RBAC ({line})"
        );
    }
    if words.contains("Cannot find") || words.contains("not found") {
        return format!("there is no {place}");
    }
    format!("the {place} could not be read: {line}")
}
