//! `ImageValidatingPolicy` of Kyverno, as far as its expressions count attestors and compare what attestations say.
//!
//! Source: `pkg/image/verification/evaluator/policy.go` (which images, digests, that all validations must hold) and
//! `pkg/cel/libs/imageverify/impl.go` (how attestors are counted) of kyverno/kyverno.

use serde_json::json;
use yaml_serde::Value;

use super::glob::wildcard;
use super::policy_controller::is_identity;
use super::{
    DIGEST, Name, Pod, Report, Signatures, Verdict, blocks, elements, is_match, is_signed_by, text,
    texts,
};

/// What Kyverno says of the image, in `containers`, under that policy.
#[must_use]
pub fn verdict(policy: &Value, pod: &Pod<'_>) -> Verdict {
    let Some(spec) = policy.get("spec") else { return Verdict::Admitted };
    let actions = texts(spec, "validationActions");
    if !actions.is_empty() && !actions.contains(&"Deny") {
        return Verdict::Admitted;
    }
    let flag = |key: &str| {
        let configurations = spec.get("validationConfigurations");
        let flag = configurations.and_then(|of| of.get(key)).and_then(Value::as_bool);
        flag != Some(false)
    };
    let image = if flag("mutateDigest") { pinned(pod.image) } else { pod.image.to_owned() };
    let globs = elements(spec, "matchImageReferences", "spec");
    let is_about = |text: &str| {
        globs.is_empty()
            || globs
                .iter()
                .any(|(one, _)| super::text(one, "glob").is_some_and(|glob| wildcard(glob, text)))
    };
    // What is pinned is what is about the policy, by its full name.
    let is_pinned = image != pod.image && is_about(&full(pod.image));
    if !is_about(if is_pinned { &image } else { pod.image }) {
        return Verdict::Admitted;
    }
    let mut places: Vec<String> = elements(spec, "validations", "spec")
        .into_iter()
        .filter(|(validation, _)| {
            !text(validation, "expression").is_some_and(|one| holds(one, spec, pod.signatures))
        })
        .map(|(_, place)| place)
        .collect();
    if !flag("mutateDigest") && flag("verifyDigest") && !pod.image.contains('@') {
        places.push("spec.validationConfigurations.mutateDigest".to_owned());
    }
    if places.is_empty() { Verdict::Admitted } else { Verdict::Refused(places) }
}

fn full(image: &str) -> String {
    super::kyverno::canonical(image)
}

fn pinned(image: &str) -> String {
    if Name::of(image).digest.is_some() {
        return image.to_owned();
    }
    format!("{}@{DIGEST}", full(image))
}

/// `images.containers.map(image, verifyImageSignatures(image, [attestors.a, attestors.b])).all(e, e > 0)`, the same of
/// attestations, and what these say; any other expression does not hold.
fn holds(expression: &str, spec: &Value, signatures: &Signatures) -> bool {
    let expression: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
    let of = |function: &str| expression.split_once(function).map(|(_, rest)| rest);
    if let Some(rest) = of("verifyImageSignatures(image,[") {
        return is_signed(rest, spec, signatures);
    }
    if let Some(rest) = of("verifyAttestationSignatures(image,attestations.") {
        let Some((name, rest)) = rest.split_once(",[") else { return false };
        let report = report(name, spec, signatures);
        return report.is_some_and(|report| is_signed(rest, spec, &report.signatures));
    }
    let Some((name, says)) =
        of("extractPayload(image,attestations.").and_then(|rest| rest.split_once(')'))
    else {
        return false;
    };
    // Before its signatures are verified, an attestation cannot be read.
    let is_verified = |(validation, _): &(&Value, String)| {
        let text = text(validation, "expression").unwrap_or_default();
        text.contains("verifyAttestationSignatures") && holds(text, spec, signatures)
    };
    let says = says.trim_end_matches(").all(e,e)");
    elements(spec, "validations", "").iter().any(is_verified)
        && report(name, spec, signatures).is_some_and(|report| is_said(&report.predicate, says))
}

fn report<'s>(name: &str, spec: &Value, signatures: &'s Signatures) -> Option<&'s Report> {
    let known = elements(spec, "attestations", "");
    let (attestation, _) = known.iter().find(|(one, _)| text(one, "name") == Some(name))?;
    let wanted = text(attestation.get("intoto")?, "type")?;
    signatures.reports.iter().find(|report| report.predicate_type == wanted)
}

/// A payload is a statement: nothing but `predicate` says something. What is not there is an error.
fn is_said(predicate: &serde_json::Value, says: &str) -> bool {
    let Some(says) = says.strip_prefix(".predicate") else { return false };
    let at = |path: &str| predicate.pointer(&path.replace('.', "/"));
    if let Some((path, expression)) = says.split_once(".matches('") {
        let text = at(path).and_then(serde_json::Value::as_str);
        let expression = expression.trim_end_matches("')").replace("\\\\", "\\");
        return text.is_some_and(|text| is_match(&expression, text));
    }
    let literal = |text: &str| {
        let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        quoted.map_or_else(|| serde_json::from_str(text).ok(), |text| Some(json!(text)))
    };
    if let Some((path, value)) = says.split_once("==") {
        return at(path).zip(literal(value)).is_some_and(|(found, wanted)| *found == wanted);
    }
    let Some((path, value)) = says.split_once(">=") else { return false };
    let found = at(path).and_then(serde_json::Value::as_f64);
    found.zip(value.parse().ok()).is_some_and(|(found, least)| found >= least)
}

/// `attestors.a,attestors.b])).all(e,e>0)`
fn is_signed(rest: &str, spec: &Value, signatures: &Signatures) -> bool {
    let Some((names, condition)) = rest.split_once("])).all(e,e") else { return false };
    let known = elements(spec, "attestors", "");
    let called = names.split(',').filter_map(|name| name.strip_prefix("attestors."));
    let count = called
        .filter(|name| {
            let of = known.iter().find(|(one, _)| super::text(one, "name") == Some(name));
            of.is_some_and(|(attestor, _)| attests(attestor, signatures))
        })
        .count();
    let condition = condition.trim_end_matches(')');
    let number =
        |operator: &str| condition.strip_prefix(operator).and_then(|text| text.parse().ok());
    match (number(">="), number("=="), number(">")) {
        (Some(minimum), _, _) => count >= minimum,
        (_, Some(exactly), _) => count == exactly,
        (_, _, Some(more)) => count > more,
        (None, None, None) => false,
    }
}

/// Of several keys in one text, the first counts.
fn attests(attestor: &Value, signatures: &Signatures) -> bool {
    let Some(cosign) = attestor.get("cosign") else { return false };
    if let Some(key) = cosign.get("key") {
        let keys = text(key, "data").map(blocks).unwrap_or_default();
        return keys.first().is_some_and(|key| is_signed_by(key, signatures));
    }
    let identities = cosign.get("keyless").map(|keyless| elements(keyless, "identities", ""));
    identities.unwrap_or_default().iter().any(|(identity, _)| {
        signatures.identities.iter().any(|(issuer, subject)| is_identity(identity, issuer, subject))
    })
}
