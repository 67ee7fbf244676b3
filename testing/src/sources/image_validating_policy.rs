//! `ImageValidatingPolicy` of Kyverno, as far as its expressions count attestors.
//!
//! Source: `pkg/image/verification/evaluator/policy.go` (which images, digests, that all validations must hold) and
//! `pkg/cel/libs/imageverify/impl.go` (how attestors are counted) of kyverno/kyverno.

use yaml_serde::Value;

use super::glob::wildcard;
use super::policy_controller::is_identity;
use super::{DIGEST, Name, Pod, Signatures, Verdict, blocks, elements, is_signed_by, text, texts};

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

/// `images.containers.map(image, verifyImageSignatures(image, [attestors.a, attestors.b])).all(e, e > 0)`; any other
/// expression does not hold.
fn holds(expression: &str, spec: &Value, signatures: &Signatures) -> bool {
    let expression: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
    let Some((_, rest)) = expression.split_once("verifyImageSignatures(image,[") else {
        return false;
    };
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
