//! The cluster: objects that hold keys, or not.

use super::Temper;
use super::words;
use crate::generate::fixtures::{BAD_KEYS, KEYS};
use base64::Engine;
use serde_json::{Value, json};

impl Temper {
    pub(super) fn get_resource(&self, question: &Value) -> Result<Vec<u8>, String> {
        let text = |key: &str| question[key].as_str().unwrap_or_default();
        let (kind, namespace, name) = (text("kind"), text("namespace"), text("name"));
        let roll = self.roll(&["object", kind, namespace, name]) % 64;
        if let Some(words) = refusal(roll, kind, namespace, name) {
            return Err(words);
        }
        let written = |text: &str| match kind {
            "Secret" => base64::engine::general_purpose::STANDARD.encode(text),
            _ => text.to_owned(),
        };
        // That of the object `two` is a key that settings hold as well.
        let key = if name == "two" { KEYS[5] } else { KEYS[8] };
        let entry = match roll {
            6 => json!(written(&[KEYS[8], KEYS[2]].concat())),
            7 => json!(written(BAD_KEYS[2])),
            8 => json!(written("no key")),
            9 => json!(key),
            10 => json!(12),
            11 => json!(null),
            12 => json!("/w=="),
            13 => json!(format!(" {}\n", written(key))),
            _ => json!(written(key)),
        };
        let data =
            json!({"other": written("x"), "cosign.pub": entry, "keys.pem": written(KEYS[4])});
        let object = json!({
            "apiVersion": "v1",
            "kind": kind,
            "metadata": {"name": name, "namespace": namespace},
            "data": if roll == 14 { Value::Null } else { data },
        });
        Ok(object.to_string().into_bytes())
    }
}

/// What hosts say where they give no object.
fn refusal(roll: u64, kind: &str, namespace: &str, name: &str) -> Option<String> {
    Some(match roll {
        0 => words::withheld("kubernetes/get_resource"),
        1 => format!(
            "Policy has not been granted access to Kubernetes v1/{kind} resources. The violation has been reported."
        ),
        2 => format!(
            "ApiError: {kind} \"{name}\" is forbidden: User \"policy-server\" cannot get resource: Forbidden"
        ),
        3 => format!(
            "Cannot find v1/{kind} named '{name}' inside of namespace 'Some(\"{namespace}\")'"
        ),
        4 => format!("{kind} \"{name}\" not found"),
        5 => "error trying to connect: deadline has elapsed".to_owned(),
        _ => return None,
    })
}
