//! What is measured: payloads of `validate`, and what the policy must answer to each.
//!
//! - Why is the answer checked? A request that is refused is quick, and its measurement would pass unseen.
//! - How is it checked? The images must be pinned and every other byte must be the request's own; the host
//!   must have been asked once for each distinct image.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{manifest, settings};

/// What the host answers whenever it is asked about an image.
pub const DIGEST: &str = "sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1";

const IMAGE: &str = "ghcr.io/acme/shop/checkout:1.4.2";
const PATTERN: &str = "ghcr.io/acme/**";
const MANY: usize = 30;
/// How many environment variables make an object of 10 KB, and of 650 KB.
const SMALL: usize = 30;
const LARGE: usize = 2_640;

/// A request, and what must come of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// What the policy is given.
    pub payload: String,
    /// How often the host is asked.
    pub questions: usize,
    object: String,
    pins: usize,
}

/// Whose answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The policy's: the images are pinned.
    Policy,
    /// The floor's: the object comes back as it was.
    Floor,
}

/// Why a measurement would mean nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongAnswer {
    /// The answer cannot be read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// The request was refused.
    #[error("the request is rejected: {0}")]
    Rejected(String),
    /// The object came back otherwise than it must.
    #[error("the object is not answered as it must be")]
    Object,
}

#[derive(Deserialize)]
struct Answer<'a> {
    accepted: bool,
    message: Option<String>,
    #[serde(borrow)]
    mutated_object: Option<&'a RawValue>,
}

impl Scenario {
    /// Checks an answer.
    ///
    /// # Errors
    /// When it is not what it must be.
    pub fn check(&self, subject: Subject, answer: &[u8]) -> Result<(), WrongAnswer> {
        let answer: Answer<'_> = serde_json::from_slice(answer)
            .map_err(|error| WrongAnswer::Unreadable(error.to_string()))?;
        if !answer.accepted {
            return Err(WrongAnswer::Rejected(answer.message.unwrap_or_default()));
        }
        let object = answer.mutated_object.map(RawValue::get);
        let is_right = match (subject, self.pins, object) {
            (Subject::Floor, _, Some(object)) => object == self.object,
            (Subject::Policy, 0, None) => true,
            (Subject::Policy, pins, Some(object)) => {
                let pin = format!("@{DIGEST}");
                pins > 0
                    && object.matches(&pin).count() == pins
                    && object.replace(&pin, "") == self.object
            }
            _ => false,
        };
        if is_right { Ok(()) } else { Err(WrongAnswer::Object) }
    }

    /// The size of what is reviewed, in bytes.
    #[must_use]
    pub fn object_bytes(&self) -> usize {
        self.object.len()
    }
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
    let different: Vec<String> =
        (0..MANY).map(|index| format!("ghcr.io/acme/shop/service-{index:02}:1.4.2")).collect();
    let small = || manifest::deployment(IMAGE, 2, SMALL);
    let large = || manifest::deployment(IMAGE, 2, LARGE);
    vec![
        created("pod", "Pod", manifest::pod(&[IMAGE.to_owned()]), 1, (1, 1)),
        created("deployment-10k", "Deployment", small(), 1, (1, 1)),
        created("30-images", "Pod", manifest::pod(&different), 1, (MANY, MANY)),
        created("30-of-one", "Pod", manifest::pod(&vec![IMAGE.to_owned(); MANY]), 1, (1, MANY)),
        created("object-650k", "Deployment", large(), 1, (1, 1)),
        created("1-rule", "Deployment", small(), 1, (1, 1)),
        created("100-rules", "Deployment", small(), 100, (1, 1)),
        created("1000-rules", "Deployment", small(), 1_000, (1, 1)),
        updated("update-10k", SMALL),
        updated("update-650k", LARGE),
    ]
}

/// A new object: so many questions are asked, and so many images pinned.
fn created(
    name: &'static str,
    kind: &str,
    object: String,
    rules: usize,
    (questions, pins): (usize, usize),
) -> Scenario {
    let payload = payload(kind, "CREATE", &object, "null", rules);
    Scenario { name, payload, questions, object, pins }
}

/// A stored object that is scaled: its image stays as it is, pinned.
fn updated(name: &'static str, variables: usize) -> Scenario {
    let image = format!("{IMAGE}@{DIGEST}");
    let old = manifest::deployment(&image, 2, variables);
    let object = manifest::deployment(&image, 3, variables);
    let payload = payload("Deployment", "UPDATE", &object, &old, 1);
    Scenario { name, payload, questions: 0, object, pins: 0 }
}

fn payload(kind: &str, operation: &str, object: &str, old: &str, rules: usize) -> String {
    let (group, resource) = match kind {
        "Pod" => ("", "pods"),
        _ => ("apps", "deployments"),
    };
    let settings = settings::rules(rules, PATTERN);
    format!(
        r#"{{"request":{{"uid":"1f2b5f35-9d0d-4c57-8c5c-7d7f1a0d9a55","kind":{{"group":"{group}","version":"v1","kind":"{kind}"}},"resource":{{"group":"{group}","version":"v1","resource":"{resource}"}},"requestKind":{{"group":"{group}","version":"v1","kind":"{kind}"}},"requestResource":{{"group":"{group}","version":"v1","resource":"{resource}"}},"name":"checkout","namespace":"shop","operation":"{operation}","userInfo":{{"username":"system:serviceaccount:flux-system:kustomize-controller","uid":"6c2f1d0a-9e0d-4f2a-9a6f-2b1c9a7e4d33","groups":["system:serviceaccounts","system:authenticated"]}},"object":{object},"oldObject":{old},"dryRun":false,"options":{{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions"}}}},"settings":{settings}}}"#
    )
}
