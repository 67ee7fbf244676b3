//! Other tools' engines as small models: which images a policy of theirs is about, and how signatures are counted.
//!
//! - What for? `signed-images convert` is held to them: what the source refuses, the converted policy refuses, or the
//!   conversion says at that place that it does not.
//! - What do they leave out? How signatures are verified: a model is told who has signed. Logs, timestamps,
//!   annotations and what the cluster holds are not of it.
//! - What of what they cannot know (preconditions, other expressions)? They take it the way in which an image is
//!   refused.
//! - Are they right? Their patterns are compared with the engines' own code (`tests/matchers/`). They were put to the cases
//!   of the engines' own tests (kyverno/kyverno at 111e07b, sigstore/policy-controller at f925c0c), as far as these need no
//!   more than a model knows: they say the same, or refuse more.

pub mod glob;
pub mod image_validating_policy;
pub mod kyverno;
pub mod policy_controller;

use std::time::Duration;

use regex::Regex;
use yaml_serde::Value;

/// Who has signed an image.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    /// Public keys, PEM.
    pub keys: Vec<String>,
    /// Issuers and subjects.
    pub identities: Vec<(String, String)>,
    /// Of an image: reports on it, one of a type.
    pub reports: Vec<Report>,
}

/// A signed report on an image.
#[derive(Clone, Debug)]
pub struct Report {
    /// The URI of its type.
    pub predicate_type: String,
    /// What it says.
    pub predicate: serde_json::Value,
    /// Who has signed it.
    pub signatures: Signatures,
}

/// An image in a Pod.
#[derive(Clone, Debug)]
pub struct Pod<'p> {
    /// As it is written.
    pub image: &'p str,
    /// Who has signed it.
    pub signatures: &'p Signatures,
    /// The labels of its namespace, its name among them.
    pub namespace: &'p [(&'p str, &'p str)],
    /// Since the Unix epoch.
    pub now: Duration,
}

/// What an engine says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The Pod is let in.
    Admitted,
    /// It is refused, on account of what stands at these places of the policy.
    Refused(Vec<String>),
}

/// The digest that every image without one has.
pub const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// An image's name, as the engines' parsers take it apart.
#[derive(Debug)]
pub(crate) struct Name<'i> {
    /// None, where it is Docker Hub's and not written.
    registry: Option<&'i str>,
    path: &'i str,
    tag: Option<&'i str>,
    digest: Option<&'i str>,
}

impl<'i> Name<'i> {
    pub(crate) fn of(image: &'i str) -> Self {
        let (name, digest) = match image.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (image, None),
        };
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (name, None),
        };
        let (registry, path) = match repository.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
                (Some(first), path)
            }
            _ => (None, repository),
        };
        Self { registry, path, tag, digest }
    }
}

/// An element of a list, and its place.
pub(crate) fn elements<'v>(of: &'v Value, key: &str, path: &str) -> Vec<(&'v Value, String)> {
    let list = of.get(key).and_then(Value::as_sequence).into_iter().flatten().enumerate();
    list.map(|(index, element)| (element, format!("{path}.{key}[{index}]"))).collect()
}

pub(crate) fn text<'v>(of: &'v Value, key: &str) -> Option<&'v str> {
    of.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

pub(crate) fn texts<'v>(of: &'v Value, key: &str) -> Vec<&'v str> {
    let list = of.get(key).and_then(Value::as_sequence).into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

/// Whether one of the keys in the text has signed.
pub(crate) fn is_signed_by(key: &str, signatures: &Signatures) -> bool {
    signatures.keys.iter().any(|signed| signed.trim() == key.trim())
}

/// Each of the PEM blocks in the text.
pub(crate) fn blocks(text: &str) -> Vec<String> {
    const END: &str = "-----END PUBLIC KEY-----";
    let parts = text.split_inclusive(END).filter(|part| part.contains("-----BEGIN"));
    parts.map(|part| part.trim().to_owned()).collect()
}

/// Whether an expression matches somewhere in the text.
pub(crate) fn is_match(expression: &str, text: &str) -> bool {
    Regex::new(expression).is_ok_and(|expression| expression.is_match(text))
}

/// Whether Kubernetes' selector selects what has these labels.
#[must_use]
pub fn selects(selector: &Value, labels: &[(&str, &str)]) -> bool {
    let value = |key: &str| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
    let wanted = selector.get("matchLabels").and_then(Value::as_mapping).into_iter().flatten();
    let has_labels = wanted.into_iter().all(|(key, wanted)| {
        key.as_str().and_then(value).is_some_and(|value| Some(value) == wanted.as_str())
    });
    has_labels && fits(selector, labels)
}

/// Whether the expressions of a selector hold.
pub(crate) fn fits(selector: &Value, labels: &[(&str, &str)]) -> bool {
    let value = |key: &str| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
    let expressions = elements(selector, "matchExpressions", "");
    expressions.iter().all(|(expression, _)| {
        let values = texts(expression, "values");
        let value = text(expression, "key").and_then(value);
        match text(expression, "operator") {
            Some("In") => value.is_some_and(|value| values.contains(&value)),
            Some("NotIn") => value.is_none_or(|value| !values.contains(&value)),
            Some("Exists") => value.is_some(),
            Some("DoesNotExist") => value.is_none(),
            other => panic!("{other:?} is no operator"),
        }
    })
}
