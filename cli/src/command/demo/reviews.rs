//! The requests of the show, as an API server would send them.

use serde_json::{Value, json};

use super::Images;
use crate::request::{Request, RequestError};

/// A request and what should become of it.
#[derive(Debug)]
pub(super) struct Review {
    /// What is asked for, in a few words.
    pub(super) title: &'static str,
    /// The images of the object.
    pub(super) images: Vec<String>,
    /// What the policy gets.
    pub(super) request: Request,
    /// What it should say.
    pub(super) expected: Expected,
}

/// What a policy should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// Let in, with this image in the place of the first.
    Pinned(String),
    /// Kept out, with this image named.
    Refused(String),
}

/// A kind of objects, with the name that its resource has.
struct Kind {
    group: &'static str,
    name: &'static str,
    resource: &'static str,
}

const POD: Kind = Kind { group: "", name: "Pod", resource: "pods" };
const DEPLOYMENT: Kind = Kind { group: "apps", name: "Deployment", resource: "deployments" };

/// A signed Pod, an unsigned Deployment, a Pod with both images.
pub(super) fn all(images: &Images) -> Result<Vec<Review>, RequestError> {
    let (signed, unsigned) = (&images.signed, &images.unsigned);
    let refused = || Expected::Refused(unsigned.clone());
    Ok(vec![
        Review {
            title: "Pod cart",
            images: vec![signed.clone()],
            request: request(&POD, "cart", &pod_spec(&[signed]))?,
            expected: Expected::Pinned(format!("{signed}@{}", images.signed_digest)),
        },
        Review {
            title: "Deployment till",
            images: vec![unsigned.clone()],
            request: request(&DEPLOYMENT, "till", &template("till", &pod_spec(&[unsigned])))?,
            expected: refused(),
        },
        Review {
            title: "Pod both",
            images: vec![signed.clone(), unsigned.clone()],
            request: request(&POD, "both", &pod_spec(&[signed, unsigned]))?,
            expected: refused(),
        },
    ])
}

fn pod_spec(images: &[&String]) -> Value {
    let containers: Vec<Value> =
        images.iter().map(|image| json!({"name": Images::app(image), "image": image})).collect();
    json!({"containers": containers})
}

fn template(app: &str, pod_spec: &Value) -> Value {
    json!({
        "replicas": 2,
        "selector": {"matchLabels": {"app": app}},
        "template": {"metadata": {"labels": {"app": app}}, "spec": pod_spec},
    })
}

fn request(kind: &Kind, name: &str, spec: &Value) -> Result<Request, RequestError> {
    let Kind { group, name: kind, resource } = kind;
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let request = json!({
        "uid": format!("demo-{name}"),
        "kind": {"group": group, "version": "v1", "kind": kind},
        "resource": {"group": group, "version": "v1", "resource": resource},
        "name": name,
        "namespace": "shop",
        "operation": "CREATE",
        "userInfo": {"username": "demo"},
        "object": {
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {"name": name, "namespace": "shop"},
            "spec": spec,
        },
    });
    Request::parse(&request.to_string())
}
