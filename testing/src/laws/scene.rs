//! Requests, settings and host scripts made of meaningful parts.

use super::host::digest;
use super::trust::settings;
use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

/// Settings that demand a signature of every image.
pub(super) const EVERY_IMAGE: &str =
    r#"{"rules":[{"images":["**"],"allOf":[{"kind":"githubAction","owner":"acme"}]}]}"#;

/// A payload of `validate`, and the host's script.
pub(super) fn build(u: &mut Unstructured<'_>) -> Result<(String, Vec<u8>)> {
    let script = (0..u.int_in_range(0..=6)?)
        .map(|_| {
            u.ratio(1, 2).and_then(|yes| if yes { Ok(b'0') } else { u.int_in_range(b'0'..=b';') })
        })
        .collect::<Result<Vec<u8>>>()?;
    let (group, kind, way) = *u.choose(&KINDS)?;
    let object = object(way, u)?;
    let operation = *u.choose(&["CREATE", "CREATE", "UPDATE", "UPDATE", "UPDATE", "DELETE"])?;
    let old = if operation == "UPDATE" { other_images(&object, u)? } else { Value::Null };
    let object = written(&object, u)?;
    let settings = settings(u)?;
    let request = format!(
        r#"{{"kind":{{"group":"{group}","version":"v1","kind":"{kind}"}},"operation":"{operation}","object":{object},"oldObject":{old}}}"#
    );
    Ok((format!(r#"{{"request":{request},"settings":{settings}}}"#), script))
}

/// Group, kind, and the way to what holds containers.
const KINDS: [(&str, &str, &str); 9] = [
    ("", "Pod", "/spec"),
    ("", "Pod", "/spec"),
    ("apps", "Deployment", "/spec/template/spec"),
    ("apps", "ReplicaSet", "/spec/template/spec"),
    ("batch", "CronJob", "/spec/jobTemplate/spec/template/spec"),
    ("tekton.dev", "Task", "/spec"),
    ("kubevirt.io", "VirtualMachine", "/spec/template/spec"),
    ("acme.com", "Widget", "/spec/pod"),
    ("autoscaling", "Scale", "/spec"),
];

fn object(way: &str, u: &mut Unstructured<'_>) -> Result<Value> {
    let mut object = json!({"images": elements(u, false)?});
    for list in ["containers", "initContainers", "ephemeralContainers", "steps"] {
        if list == "containers" || u.ratio(1, 4)? {
            object[list] = elements(u, false)?;
        }
    }
    if u.ratio(1, 4)? {
        object["volumes"] = elements(u, true)?;
    }
    for key in way.rsplit('/').filter(|key| !key.is_empty()) {
        object = json!({key: object});
    }
    if u.ratio(1, 4)? {
        let owner = json!([{"kind": "Job", "controller": u.arbitrary::<bool>()?}]);
        object["metadata"] = json!({"ownerReferences": owner, "deletionTimestamp": null});
    }
    Ok(object)
}

fn elements(u: &mut Unstructured<'_>, are_volumes: bool) -> Result<Value> {
    let mut elements = Vec::new();
    for _ in 0..u.int_in_range(0..=3)? {
        let mut element = Map::new();
        if u.ratio(7, 8)? {
            element.insert("name".to_owned(), json!(u.choose(&["a", "b", "c"])?));
        }
        if u.ratio(15, 16)? {
            let image = image(u)?;
            let image = if are_volumes { json!({"reference": image}) } else { image };
            element.insert("image".to_owned(), image.clone());
            element.insert("containerDisk".to_owned(), json!({"image": image}));
        }
        elements.push(if u.ratio(1, 32)? { Value::Null } else { element.into() });
    }
    Ok(elements.into())
}

fn image(u: &mut Unstructured<'_>) -> Result<Value> {
    if u.ratio(1, 24)? {
        let odd = [
            json!(1),
            json!(""),
            json!([]),
            json!("Foo/bar"),
            json!("a b"),
            json!(u.arbitrary::<&str>()?),
        ];
        return Ok(u.choose(&odd)?.clone());
    }
    let registry = u.choose(&[
        "",
        "",
        "ghcr.io/",
        "ghcr.io/",
        "GHCR.io:443/",
        "docker.io/",
        "index.docker.io/",
        "localhost:5000/",
    ])?;
    let name = u.choose(&["acme/app", "acme/app", "acme/team/tool", "nginx", "library/nginx"])?;
    let tag = u.choose(&["", ":1", ":1", ":2", ":latest"])?;
    let (a, b) = (format!("@{}", digest('a')), format!("@{}", digest('b')));
    let pins = ["", "", "", "", a.as_str(), b.as_str()];
    let pin = u.choose(&pins)?;
    Ok(json!(format!("{registry}{name}{tag}{pin}")))
}

/// The object as it was before: images the same, pinned, others, or none.
fn other_images(object: &Value, u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match object {
        Value::String(text) if text.len() > 1 => match u.int_in_range(0..=4)? {
            0 | 1 => json!(text),
            2 => json!(format!("{text}@{}", digest('a'))),
            3 => image(u)?,
            _ => Value::Null,
        },
        Value::Array(list) => {
            let mut old =
                list.iter().map(|element| other_images(element, u)).collect::<Result<Vec<_>>>()?;
            if u.ratio(1, 8)? {
                old.reverse();
            }
            old.into()
        }
        Value::Object(map) => {
            let old = map.iter().map(|(key, value)| Ok((key.clone(), other_images(value, u)?)));
            let mut old = old.collect::<Result<Map<_, _>>>()?;
            if old.contains_key("deletionTimestamp") && u.arbitrary()? {
                old.insert("deletionTimestamp".to_owned(), json!("2027-01-01T00:00:00Z"));
            }
            old.into()
        }
        other => other.clone(),
    })
}

/// The same object in another layout, with what decoding would lose.
fn written(object: &Value, u: &mut Unstructured<'_>) -> Result<String> {
    let text = if u.arbitrary()? { object.to_string() } else { format!("{object:#}") };
    Ok(match u.int_in_range(0..=3)? {
        0 => text.replace("app", r"\u0061pp").replace('/', r"\/"),
        1 => text.replacen('{', r#"{"spare":[1.00,-0,1E2,"\"{"],"#, 1),
        _ => text,
    })
}
