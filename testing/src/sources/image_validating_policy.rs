//! `ImageValidatingPolicy` of Kyverno, as far as its expressions count attestors and compare what attestations say.
//!
//! Source: `pkg/image/verification/evaluator/policy.go` (which images, digests, that all validations must hold,
//! `required`) and `pkg/cel/libs/imageverify/impl.go` (how attestors are counted) of kyverno/kyverno.

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
    let is_one = |one: &Value, text: &str| match (one.get("expression"), super::text(one, "glob")) {
        (Some(_), _) => true,
        (None, glob) => glob.is_some_and(|glob| wildcard(glob, text)),
    };
    let is_about = |text: &str| globs.is_empty() || globs.iter().any(|(one, _)| is_one(one, text));
    // What is pinned is what is about the policy, by its full name.
    let is_pinned = image != pod.image && is_about(&full(pod.image));
    let image = if is_pinned { &image } else { pod.image };
    let is_about = is_about(image);
    let validations = elements(spec, "validations", "spec");
    let expressions = || validations.iter().filter_map(|(one, _)| text(one, "expression"));
    let is_satisfied = |expression: &str| {
        // What asks the images holds where there is none.
        !is_about && is_of_images(expression) || holds(expression, spec, pod.signatures)
    };
    let mut places: Vec<String> = validations
        .iter()
        .filter(|(one, _)| !text(one, "expression").is_some_and(is_satisfied))
        .map(|(_, place)| place.clone())
        .collect();
    if is_about && flag("verifyDigest") && !image.contains('@') {
        // A glob may match a short name and not the full one: then it is not pinned.
        let place =
            if flag("mutateDigest") { "matchImageReferences" } else { "validationConfigurations" };
        places.push(format!("spec.{place}"));
    }
    let is_verified =
        |one: &str| counted(one, spec, pod.signatures).is_some_and(|(count, _)| count > 0);
    if is_about && flag("required") && !expressions().any(is_verified) {
        places.push("spec.validations".to_owned());
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

fn is_of_images(expression: &str) -> bool {
    let functions = ["verifyImageSignatures(", "verifyAttestationSignatures(", "extractPayload("];
    functions.iter().any(|function| expression.contains(function))
}

/// `true`, `images.containers.map(image, verifyImageSignatures(image, [attestors.a, attestors.b])).all(e, e > 0)`, the
/// same of attestations, and what these say; any other expression does not hold.
fn holds(expression: &str, spec: &Value, signatures: &Signatures) -> bool {
    if let Some((count, condition)) = counted(expression, spec, signatures) {
        return is_enough(count, &condition);
    }
    let expression = without_spaces(expression);
    let Some((name, says)) = expression
        .split_once("extractPayload(image,attestations.")
        .and_then(|(_, rest)| rest.split_once(')'))
    else {
        return expression == "true";
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

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Of an expression that counts: whose signatures verify, and what it asks of the count.
fn counted(expression: &str, spec: &Value, signatures: &Signatures) -> Option<(usize, String)> {
    let expression = without_spaces(expression);
    if let Some((_, rest)) = expression.split_once("verifyImageSignatures(image,[") {
        return signed(rest, spec, signatures);
    }
    let (_, rest) = expression.split_once("verifyAttestationSignatures(image,attestations.")?;
    let (name, rest) = rest.split_once(",[")?;
    match report(name, spec, signatures) {
        Some(report) => signed(rest, spec, &report.signatures),
        None => signed(rest, spec, &Signatures::default()),
    }
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
fn signed(rest: &str, spec: &Value, signatures: &Signatures) -> Option<(usize, String)> {
    let (names, condition) = rest.split_once("])).all(e,e")?;
    let known = elements(spec, "attestors", "");
    let called = names.split(',').filter_map(|name| name.strip_prefix("attestors."));
    let count = called
        .filter(|name| {
            let of = known.iter().find(|(one, _)| super::text(one, "name") == Some(name));
            of.is_some_and(|(attestor, _)| attests(attestor, signatures))
        })
        .count();
    Some((count, condition.trim_end_matches(')').to_owned()))
}

fn is_enough(count: usize, condition: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ALL: &str =
        "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)";
    const NONE: &str =
        "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e >= 0)";

    /// References, expression, flags, image, the places that refuse it where nobody has signed.
    #[test]
    fn images_that_nobody_has_signed() {
        let own = json!([{"glob": "ghcr.io/*"}]);
        let expression = json!([{"glob": "quay.io/*"}, {"expression": "ref == 'ghcr.io/app'"}]);
        let short = json!([{"glob": "nginx*"}]);
        let off = json!({"required": false});
        let rows = [
            (&own, ALL, json!({}), "ghcr.io/app", "spec.validations[0] spec.validations"),
            (&own, ALL, json!({}), "quay.io/app", ""),
            (&own, NONE, json!({}), "ghcr.io/app", "spec.validations"),
            (&own, NONE, off.clone(), "ghcr.io/app", ""),
            (&own, "true", json!({}), "ghcr.io/app", "spec.validations"),
            (&own, "true", off.clone(), "ghcr.io/app", ""),
            (&own, "object.spec.x == 1", json!({}), "quay.io/app", "spec.validations[0]"),
            (&expression, ALL, off.clone(), "ghcr.io/app", "spec.validations[0]"),
            (&short, "true", off, "nginx", "spec.matchImageReferences"),
        ];
        for (references, expression, flags, image, expected) in rows {
            let policy = json!({"spec": {
                "matchImageReferences": references, "validations": [{"expression": expression}],
                "validationConfigurations": flags, "attestors": [{"name": "a"}],
            }});
            let signatures = Signatures::default();
            let pod = Pod { image, signatures: &signatures, namespace: &[], now: Duration::ZERO };
            let places = match verdict(&yaml_serde::to_value(policy).unwrap(), &pod) {
                Verdict::Admitted => Vec::new(),
                Verdict::Refused(places) => places,
            };
            assert_eq!(places.join(" "), expected, "{references} {expression} {image}");
        }
    }
}
