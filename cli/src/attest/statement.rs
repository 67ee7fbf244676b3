//! The statement: in-toto's frame around a predicate
//! (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>).

use std::collections::BTreeMap;

use oci_client::Reference;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signed_images_policy::policy::predicate_type::PredicateType;

use super::place;

const V1: &str = "https://in-toto.io/Statement/v1";
const V0: &str = "https://in-toto.io/Statement/v0.1";

/// A statement, its predicate as it was written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub(super) predicate_type: String,
    pub(super) predicate: Box<RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Subject {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

impl Statement {
    /// What is said about this image.
    pub(super) fn new(
        image: &Reference,
        predicate_type: &PredicateType,
        predicate: Box<RawValue>,
    ) -> Self {
        let digest = [("sha256".to_owned(), place::hex(image).to_owned())].into();
        Self {
            kind: V1.to_owned(),
            subject: vec![Subject { name: Some(place::written(image)), digest }],
            predicate_type: predicate_type.uri().to_owned(),
            predicate,
        }
    }

    /// Whether it is a statement, and about this image.
    pub(super) fn is_about(&self, image: &Reference) -> bool {
        let digest = place::hex(image);
        let is_it = |subject: &Subject| subject.digest.get("sha256").is_some_and(|of| of == digest);
        [V1, V0].contains(&self.kind.as_str()) && self.subject.iter().any(is_it)
    }
}
