//! What is measured, by `cargo xtask bench` and `benches/stages.rs`: payloads of `validate`, the same on every machine.
//!
//! - Of which sizes? An ordinary Pod and Deployment, an object as large as etcd takes with ease, Pods of many
//!   containers, and policies of many rules.
//! - What is an update? A Deployment that is scaled: its image, which is pinned, stays as it is.

mod manifest;
mod settings;

/// What the host answers whenever it is asked about an image.
pub const DIGEST: &str = "sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1";

const IMAGE: &str = "ghcr.io/acme/shop/checkout:1.4.2";
const PATTERN: &str = "ghcr.io/acme/**";
const DEPLOYMENT: [&str; 3] = ["apps", "Deployment", "deployments"];
const MANY: usize = 30;
/// How many environment variables make an object of 10 KB, and of 650 KB.
const SMALL: usize = 32;
const LARGE: usize = 2_640;

/// A request, and what must come of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// What the policy is given.
    pub payload: String,
    /// The object in it.
    pub object: String,
    /// How often the host must be asked.
    pub questions: usize,
    /// How many images must be pinned.
    pub pins: usize,
}

/// The host of every scenario: it vouches for each image that it is asked about, and knows nothing else.
///
/// # Errors
/// When it is asked anything else.
pub fn host(namespace: &str, operation: &str, _payload: &[u8]) -> Result<Vec<u8>, String> {
    match (namespace, operation) {
        ("oci", "v2/verify") => {
            Ok(format!(r#"{{"is_trusted":true,"digest":"{DIGEST}"}}"#).into_bytes())
        }
        _ => Err(format!("{namespace}/{operation} is not answered here")),
    }
}

/// Every scenario, in the order that they are shown.
#[must_use]
pub fn all() -> Vec<Scenario> {
    let one = vec![IMAGE.to_owned()];
    let same = vec![IMAGE.to_owned(); MANY];
    let different: Vec<String> =
        (0..MANY).map(|index| format!("ghcr.io/acme/shop/service-{index:02}:1.4.2")).collect();
    vec![
        pod("pod", &one, 1),
        deployment("deployment-10k", SMALL, &settings::legacy(PATTERN)),
        pod("30-images", &different, MANY),
        pod("30-of-one", &same, 1),
        deployment("object-650k", LARGE, &settings::legacy(PATTERN)),
        deployment("1-rule", SMALL, &settings::rules(1, PATTERN)),
        deployment("100-rules", SMALL, &settings::rules(100, PATTERN)),
        deployment("1000-rules", SMALL, &settings::rules(1_000, PATTERN)),
        update("update-10k", SMALL),
        update("update-650k", LARGE),
    ]
}

/// A new Pod; so many of its images are distinct.
fn pod(name: &'static str, images: &[String], questions: usize) -> Scenario {
    let object = manifest::pod(images);
    let settings = settings::rules(1, PATTERN);
    let payload = payload(["", "Pod", "pods"], "CREATE", &object, "null", &settings);
    Scenario { name, payload, object, questions, pins: images.len() }
}

/// A new Deployment.
fn deployment(name: &'static str, variables: usize, settings: &str) -> Scenario {
    let object = manifest::deployment(IMAGE, 2, variables);
    let payload = payload(DEPLOYMENT, "CREATE", &object, "null", settings);
    Scenario { name, payload, object, questions: 1, pins: 1 }
}

/// A stored Deployment that is scaled.
fn update(name: &'static str, variables: usize) -> Scenario {
    let image = format!("{IMAGE}@{DIGEST}");
    let old = manifest::deployment(&image, 2, variables);
    let object = manifest::deployment(&image, 3, variables);
    let settings = settings::rules(1, PATTERN);
    let payload = payload(DEPLOYMENT, "UPDATE", &object, &old, &settings);
    Scenario { name, payload, object, questions: 0, pins: 0 }
}

fn payload(
    [group, kind, resource]: [&str; 3],
    operation: &str,
    object: &str,
    old: &str,
    settings: &str,
) -> String {
    let options = if operation == "UPDATE" { "UpdateOptions" } else { "CreateOptions" };
    format!(
        r#"{{"request":{{"uid":"1f2b5f35-9d0d-4c57-8c5c-7d7f1a0d9a55","kind":{{"group":"{group}","version":"v1","kind":"{kind}"}},"resource":{{"group":"{group}","version":"v1","resource":"{resource}"}},"requestKind":{{"group":"{group}","version":"v1","kind":"{kind}"}},"requestResource":{{"group":"{group}","version":"v1","resource":"{resource}"}},"name":"checkout","namespace":"shop","operation":"{operation}","userInfo":{{"username":"system:serviceaccount:flux-system:kustomize-controller","uid":"6c2f1d0a-9e0d-4f2a-9a6f-2b1c9a7e4d33","groups":["system:serviceaccounts","system:authenticated"]}},"object":{object},"oldObject":{old},"dryRun":false,"options":{{"apiVersion":"meta.k8s.io/v1","kind":"{options}"}}}},"settings":{settings}}}"#
    )
}
