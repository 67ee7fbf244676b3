//! `ClusterPolicy` of Kyverno.
//!
//! Source: `pkg/engine/internal/imageverifier.go` (what is verified, `ExpandStaticKeys`), `pkg/utils/image/infos.go` (what
//! an image is called), `pkg/engine/api/engineresponse.go` (`ruleAction`), `pkg/image/verifiers/cpol/cosign/cosign.go`
//! (`matchCertificateData`), `pkg/engine/handlers/validation/validate_image.go` (digests, `required`),
//! `pkg/utils/match/labels.go` and `pkg/engine/wildcards` (selectors) of kyverno/kyverno.

mod conditions;
mod operators;

use yaml_serde::Value;

use super::glob::wildcard;
use super::{
    Name, Pod, Signatures, Verdict, blocks, elements, fits, is_match, is_signed_by, text, texts,
};

/// What Kyverno says of the image under that policy.
#[must_use]
pub fn verdict(policy: &Value, pod: &Pod<'_>) -> Verdict {
    let Some(spec) = policy.get("spec") else { return Verdict::Admitted };
    let mut places = Vec::new();
    for (rule, path) in elements(spec, "rules", "spec") {
        if enforces(rule, spec) && applies(rule, pod) {
            for (entry, path) in elements(rule, "verifyImages", &path) {
                places.extend(refused(entry, &path, pod));
            }
        }
    }
    if places.is_empty() { Verdict::Admitted } else { Verdict::Refused(places) }
}

/// Any entry that enforces makes the rule enforce; else the first that says anything decides, else the policy.
fn enforces(rule: &Value, spec: &Value) -> bool {
    let enforce = |text: &str| text.eq_ignore_ascii_case("enforce");
    let entries = elements(rule, "verifyImages", "");
    let actions: Vec<&str> =
        entries.iter().filter_map(|(entry, _)| text(entry, "failureAction")).collect();
    match actions.as_slice() {
        [] => text(spec, "validationFailureAction").is_some_and(enforce),
        actions => actions.iter().copied().any(enforce),
    }
}

fn applies(rule: &Value, pod: &Pod<'_>) -> bool {
    let matched = rule.get("match").is_none_or(|block| filters(block, pod));
    let excluded = rule.get("exclude").is_some_and(|block| filters(block, pod));
    matched && !excluded
}

fn filters(block: &Value, pod: &Pod<'_>) -> bool {
    let (any, all) = (elements(block, "any", ""), elements(block, "all", ""));
    let holds = |(filter, _): &(&Value, String)| {
        filter.get("resources").is_none_or(|resources| selected(resources, pod))
    };
    match (any.as_slice(), all.as_slice()) {
        ([], []) => block.get("resources").is_none_or(|resources| selected(resources, pod)),
        ([], all) => all.iter().all(holds),
        (any, _) => any.iter().any(holds),
    }
}

fn selected(resources: &Value, pod: &Pod<'_>) -> bool {
    let label = |key: &str| {
        pod.namespace.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| *value)
    };
    let kinds = texts(resources, "kinds");
    let namespaces = texts(resources, "namespaces");
    let own = label("kubernetes.io/metadata.name");
    let is_kind = kinds.is_empty() || kinds.iter().any(|kind| is_pod(kind));
    let is_there =
        namespaces.is_empty() || namespaces.iter().any(|namespace| wildcard(namespace, own));
    let selector = resources.get("namespaceSelector");
    is_kind && is_there && selector.is_none_or(|selector| with_wildcards(selector, pod.namespace))
}

/// `Pod`, `v1/Pod`, `P*`, `*/*`: but for that one, nothing with a subresource (`ParseKindSelector` in
/// `pkg/utils/kube/kind.go`).
fn is_pod(kind: &str) -> bool {
    let is_version = |text: &str| wildcard(text, "v1");
    match kind.split(['/', '.']).collect::<Vec<_>>().as_slice() {
        ["*", "*"] => true,
        [kind] => wildcard(kind, "Pod"),
        [version, kind] => is_version(version) && wildcard(kind, "Pod"),
        [group, version, kind] => {
            wildcard(group, "") && is_version(version) && wildcard(kind, "Pod")
        }
        _ => false,
    }
}

/// Keys and values of `matchLabels` may be wildcards.
fn with_wildcards(selector: &Value, labels: &[(&str, &str)]) -> bool {
    let wanted = selector.get("matchLabels").and_then(Value::as_mapping).into_iter().flatten();
    let has_labels = wanted.into_iter().all(|(key, value)| {
        let (key, value) = (key.as_str().unwrap_or_default(), value.as_str().unwrap_or_default());
        labels.iter().any(|(k, v)| wildcard(key, k) && wildcard(value, v))
    });
    has_labels && fits(selector, labels)
}

/// The places of what the image does not satisfy.
fn refused(entry: &Value, path: &str, pod: &Pod<'_>) -> Vec<String> {
    let attestors = elements(entry, "attestors", path);
    let attestations = elements(entry, "attestations", path);
    let name = canonical(pod.image);
    let is_one = |key: &str| texts(entry, key).iter().any(|pattern| wildcard(pattern, &name));
    if !is_one("imageReferences") {
        return Vec::new();
    }
    let flag = |key: &str| entry.get(key).and_then(Value::as_bool) != Some(false);
    let mut places = Vec::new();
    if !flag("mutateDigest") && flag("verifyDigest") && !name.contains('@') {
        places.push(format!("{path}.mutateDigest"));
    }
    if attestors.is_empty() && attestations.is_empty() {
        // Nobody verifies the image, and it must have been verified.
        places.extend(flag("required").then(|| path.to_owned()));
        return places;
    }
    if is_one("skipImageReferences") {
        return places;
    }
    let unheld = attestors.iter().filter(|(set, _)| !set_holds(set, pod.signatures));
    places.extend(unheld.map(|(_, place)| place.clone()));
    for (attestation, path) in attestations {
        places.extend(conditions::refused(attestation, &path, pod.signatures, pod.now));
    }
    places
}

/// `docker.io` where no registry is written, and no `library/`; a digest stands for the tag.
#[must_use]
pub fn canonical(image: &str) -> String {
    let name = Name::of(image);
    let registry = name.registry.unwrap_or("docker.io");
    let path = name.path;
    match name.digest {
        Some(digest) => format!("{registry}/{path}@{digest}"),
        None => format!("{registry}/{path}:{}", name.tag.unwrap_or("latest")),
    }
}

/// Every key of an entry counts for itself.
fn set_holds(set: &Value, signatures: &Signatures) -> bool {
    let (mut count, mut held) = (0, 0);
    for (entry, _) in elements(set, "entries", "") {
        for holds in entry_holds(entry, signatures) {
            count += 1;
            held += u64::from(holds);
        }
    }
    let wanted = set.get("count").and_then(Value::as_u64).filter(|count| *count > 0);
    held >= wanted.unwrap_or(count)
}

fn entry_holds(entry: &Value, signatures: &Signatures) -> Vec<bool> {
    if let Some(nested) = entry.get("attestor") {
        return vec![set_holds(nested, signatures)];
    }
    if let Some(keys) = entry.get("keys") {
        let keys = text(keys, "publicKeys").map(blocks).unwrap_or_default();
        if keys.is_empty() {
            return vec![false];
        }
        return keys.iter().map(|key| is_signed_by(key, signatures)).collect();
    }
    let keyless = entry.get("keyless");
    vec![keyless.is_some_and(|keyless| {
        signatures.identities.iter().any(|(issuer, subject)| is_identity(keyless, issuer, subject))
    })]
}

/// Of subject and expression either is enough; of issuers, all that are given must match.
fn is_identity(keyless: &Value, issuer: &str, subject: &str) -> bool {
    let exact = text(keyless, "subject").map(|wanted| wildcard(wanted, subject));
    let expression = text(keyless, "subjectRegExp").map(|wanted| is_match(wanted, subject));
    let is_subject = match (exact, expression) {
        (None, None) => true,
        (a, b) => a == Some(true) || b == Some(true),
    };
    // What else the certificate says is not known.
    keyless.get("additionalExtensions").is_none()
        && is_subject
        && text(keyless, "issuer").is_none_or(|wanted| wildcard(wanted, issuer))
        && text(keyless, "issuerRegExp").is_none_or(|wanted| is_match(wanted, issuer))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value as Json, json};

    use super::*;

    fn places(resources: &Json, entry: &Json, namespace: &[(&str, &str)]) -> String {
        let policy = json!({"spec": {"validationFailureAction": "Enforce", "rules": [{
            "match": {"any": [{"resources": resources}]}, "verifyImages": [entry],
        }]}});
        let signatures = Signatures {
            identities: vec![("i".to_owned(), "s".to_owned())],
            ..Signatures::default()
        };
        let pod =
            Pod { image: "ghcr.io/app", signatures: &signatures, namespace, now: Duration::ZERO };
        match verdict(&yaml_serde::to_value(policy).unwrap(), &pod) {
            Verdict::Admitted => String::new(),
            Verdict::Refused(places) => places.join(" "),
        }
    }

    #[test]
    fn rules_that_are_about_a_pod() {
        let entry = json!({"imageReferences": ["*"]});
        let kinds = |kind: &str| json!({"kinds": [kind]});
        let env = |operator: &str| {
            let expression = json!({"key": "env", "operator": operator, "values": ["prod"]});
            json!({"kinds": ["Pod"], "namespaceSelector": {"matchExpressions": [expression]}})
        };
        let rows = [
            (kinds("Pod"), true),
            (kinds("v1/Pod"), true),
            (kinds("P*"), true),
            (kinds("*/*"), true),
            (kinds("*/v1/Pod"), true),
            (kinds("apps/v1/Pod"), false),
            (kinds("v2/Pod"), false),
            (kinds("Pod/status"), false),
            (kinds("v1/Pod.status"), false),
            (env("In"), true),
            (env("NotIn"), false),
        ];
        for (resources, expected) in rows {
            let places = places(&resources, &entry, &[("env", "prod")]);
            assert_eq!(!places.is_empty(), expected, "{resources}");
        }
    }

    /// The identity has signed; the place in the entry.
    #[test]
    fn entries_that_refuse_a_tag() {
        let by = |more: Json| {
            let mut keyless = json!({"issuer": "i", "subject": "s"});
            keyless.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([{"entries": [{"keyless": keyless}]}])
        };
        let signed = by(json!({}));
        let extended = by(json!({"additionalExtensions": {"githubWorkflowTrigger": "push"}}));
        let rows = [
            (json!({"attestors": signed}), None),
            (json!({"attestors": extended}), Some(".attestors[0]")),
            (json!({}), Some("")),
            (json!({"required": false}), None),
            (json!({"required": false, "mutateDigest": false}), Some(".mutateDigest")),
            (
                json!({"attestors": signed, "mutateDigest": false, "skipImageReferences": ["*"]}),
                Some(".mutateDigest"),
            ),
            (json!({"attestors": signed, "skipImageReferences": ["*"]}), None),
        ];
        for (mut entry, expected) in rows {
            entry["imageReferences"] = json!(["*"]);
            let found = places(&json!({}), &entry, &[]);
            let expected = expected.map(|place| format!("spec.rules[0].verifyImages[0]{place}"));
            assert_eq!(found, expected.unwrap_or_default(), "{entry}");
        }
    }
}
