//! `attestations` of a `ClusterPolicy`: what reports do not satisfy.
//!
//! - By whom? `attestors` as for images, but nobody is expanded: of several keys in one text the first counts, and what
//!   names no key and no identity takes any keyless signature (`verifyAttestations` in
//!   `pkg/engine/internal/imageverifier.go`, `buildCosignOptions` in `pkg/image/verifiers/cpol/cosign/cosign.go`).
//! - What do conditions compare? `JMESPath` on the predicate (`jmespath`, with Kyverno's functions), by operators.
//! - What is not of it? Kyverno's own context, and attestations of a type by others than the attestor: there, they refuse
//!   the image.

use std::time::Duration;

use jmespath::functions::{ArgumentType, CustomFunction, Signature};
use jmespath::{Context, JmespathError, Rcvar, Runtime, Variable};
use regex::{Captures, Regex};
use yaml_serde::Value;

use super::super::{Report, Signatures, blocks, elements, is_match, is_signed_by, text};
use super::{is_identity, operators};

/// What the report of the type, if there is one, does not satisfy; `path` is the place of the attestation.
pub(super) fn refused(
    attestation: &Value,
    path: &str,
    signatures: &Signatures,
    now: Duration,
) -> Vec<String> {
    let wanted = text(attestation, "type").or_else(|| text(attestation, "predicateType"));
    let report = wanted
        .and_then(|wanted| signatures.reports.iter().find(|report| is_of_type(report, wanted)));
    match report {
        Some(report) if is_signed(attestation, &report.signatures) => {
            refused_conditions(attestation, path, &report.predicate, now)
        }
        Some(_) | None => vec![path.to_owned()],
    }
}

fn is_signed(attestation: &Value, signatures: &Signatures) -> bool {
    let sets = elements(attestation, "attestors", "");
    if sets.is_empty() {
        return !signatures.identities.is_empty();
    }
    sets.iter().all(|(set, _)| {
        let entries = elements(set, "entries", "");
        let held = entries.iter().filter(|(entry, _)| is_by(entry, signatures));
        let wanted = set.get("count").and_then(Value::as_u64).filter(|count| *count > 0);
        held.count() as u64 >= wanted.unwrap_or(entries.len() as u64)
    })
}

/// What cosign wrote before version 2 is published again as what it writes now.
fn is_of_type(report: &Report, wanted: &str) -> bool {
    let own = report.predicate_type.as_str();
    own == wanted || own.strip_prefix("https://") == Some(wanted)
}

fn is_by(entry: &Value, signatures: &Signatures) -> bool {
    if let Some(keys) = entry.get("keys") {
        let keys = text(keys, "publicKeys").map(blocks).unwrap_or_default();
        return keys.first().is_some_and(|key| is_signed_by(key, signatures));
    }
    let keyless = entry.get("keyless");
    signatures.identities.iter().any(|(issuer, subject)| {
        keyless.is_none_or(|keyless| is_identity(keyless, issuer, subject))
    })
}

/// One that cannot be evaluated refuses the image, too.
fn refused_conditions(
    attestation: &Value,
    path: &str,
    predicate: &serde_json::Value,
    now: Duration,
) -> Vec<String> {
    let mut refused = Vec::new();
    for (block, path) in elements(attestation, "conditions", path) {
        let any: Vec<Option<bool>> = elements(block, "any", "")
            .iter()
            .map(|(condition, _)| holds_for(condition, predicate, now))
            .collect();
        if any.contains(&None) || !any.is_empty() && !any.contains(&Some(true)) {
            refused.push(format!("{path}.any"));
        }
        for (condition, path) in elements(block, "all", &path) {
            if holds_for(condition, predicate, now) != Some(true) {
                refused.push(path);
            }
        }
    }
    refused
}

/// None, where an expression cannot be evaluated.
fn holds_for(condition: &Value, predicate: &serde_json::Value, now: Duration) -> Option<bool> {
    let key = substituted(text(condition, "key")?, predicate, now)?;
    let value: serde_json::Value = serde_json::to_value(condition.get("value")?).ok()?;
    operators::holds(text(condition, "operator")?, &key, &value)
}

/// The value of a key: what its variables are, the innermost first.
fn substituted(
    key: &str,
    predicate: &serde_json::Value,
    now: Duration,
) -> Option<serde_json::Value> {
    let innermost = Regex::new(r"\{\{([^{}]*)\}\}").ok()?;
    let mut key = key.to_owned();
    loop {
        let Some(found) = innermost.captures(&key) else { return Some(key.into()) };
        let whole = found.get(0)?.as_str() == key;
        let value = evaluated(found.get(1)?.as_str().trim(), predicate, now)?;
        if whole {
            return Some(value);
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        key = innermost.replace(&key, |_: &Captures<'_>| text.clone()).into_owned();
    }
}

fn evaluated(
    expression: &str,
    predicate: &serde_json::Value,
    now: Duration,
) -> Option<serde_json::Value> {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    let texts = |count| Signature::new(vec![ArgumentType::String; count], None);
    runtime.register_function(
        "time_since",
        Box::new(CustomFunction::new(
            texts(3),
            Box::new(move |of, context| {
                let age = argument(of, 1).and_then(|text| text.parse::<jiff::Timestamp>().ok());
                let age = age.ok_or_else(|| failed(context))?.as_second();
                let now = i64::try_from(now.as_secs()).map_err(|_| failed(context))?;
                Ok(Rcvar::new(Variable::String(format!("{}s", now - age))))
            }),
        )),
    );
    runtime.register_function(
        "regex_match",
        Box::new(CustomFunction::new(
            texts(2),
            Box::new(|of, context| {
                let matches = argument(of, 0).zip(argument(of, 1));
                let (expression, text) = matches.ok_or_else(|| failed(context))?;
                Ok(Rcvar::new(Variable::Bool(is_match(&expression, &text))))
            }),
        )),
    );
    let value = runtime.compile(expression).ok()?.search(predicate).ok()?;
    serde_json::to_value(&value).ok()
}

fn argument(of: &[Rcvar], index: usize) -> Option<String> {
    of.get(index).and_then(|value| value.as_string().cloned())
}

fn failed(context: &Context<'_>) -> JmespathError {
    let reason = jmespath::ErrorReason::Parse("it cannot be evaluated".to_owned());
    JmespathError::new(context.expression, context.offset, reason)
}
