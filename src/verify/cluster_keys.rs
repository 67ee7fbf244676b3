//! Keys that are kept in the cluster: read through the host when a rule that needs them selects an image,
//! each object once a request.

use crate::host::{self, Host, HostError};
use crate::policy::signer::{KeySource, ObjectKind};
use crate::response::message::first_line;
use base64::Engine;
use signed_images_json::Json;
use std::rc::Rc;

/// The objects read so far.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    objects: Vec<(ObjectId, ObjectText)>,
}

type ObjectId = (ObjectKind, String, String);

/// The text of an object, or why there is none.
type ObjectText = Result<Rc<[u8]>, String>;

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
                let object =
                    host::document(&object).map_err(|error| explain(&error, *kind, &place))?;
                let value = entry_of(object.root(), entry)
                    .ok_or_else(|| format!("there is no {source}"))?;
                entry_text(value, *kind).map_err(|why| format!("{source}: {why}"))
            }
        }
    }

    fn object(&mut self, id: ObjectId, place: &str, host: &mut Host<'_>) -> ObjectText {
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
fn entry_of<'o>(object: Json<'o>, entry: &str) -> Option<Json<'o>> {
    let [data] = object.pick(["data"]).ok()?;
    let mut named = data?.members()?.filter(|(key, _)| key == entry);
    let (_, value) = named.next()?;
    (named.next().is_none() && !value.is_null()).then_some(value)
}

/// The text of an entry, which a Secret holds in base64.
fn entry_text(value: Json<'_>, kind: ObjectKind) -> Result<String, &'static str> {
    let not_text = "it is not text";
    let text = value.string().ok_or(not_text)?;
    match kind {
        ObjectKind::ConfigMap => Ok(text.into_owned()),
        ObjectKind::Secret => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(&*text);
            String::from_utf8(bytes.map_err(|_| "it is not base64")?).map_err(|_| not_text)
        }
    }
}

/// What to add, for each way in which the host can refuse.
fn explain(error: &HostError, kind: ObjectKind, place: &str) -> String {
    let words = error.to_string();
    let line = first_line(&words);
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
