//! `ClusterImagePolicy` of policy-controller.
//!
//! Source: `pkg/apis/config/image_policies.go` (`GetMatchingPolicies`), `pkg/webhook/validator.go` (`ValidatePolicy`, and
//! that every image has a digest before) of sigstore/policy-controller; `no-match-policy` is its default, `deny`.

pub mod predicates;

use yaml_serde::Value;

use super::glob::image_glob;
use super::{
    DIGEST, Name, Pod, Signatures, Verdict, blocks, elements, is_match, is_signed_by, text,
};

/// What policy-controller says of the image under all of these policies. A place is that of one of them, after its name
/// and a space.
#[must_use]
pub fn verdict(policies: &[Value], pod: &Pod<'_>) -> Verdict {
    let name = canonical(pod.image);
    let (mut about, mut left_out, mut places) = (0, Vec::new(), Vec::new());
    for policy in policies {
        let Some(spec) = policy.get("spec") else { continue };
        let of = policy.get("metadata").and_then(|of| text(of, "name")).unwrap_or_default();
        let globs = elements(spec, "images", "spec");
        if !globs
            .iter()
            .any(|(image, _)| text(image, "glob").is_some_and(|glob| image_glob(glob, &name)))
        {
            left_out.push(format!("{of} spec.images"));
            continue;
        }
        if !is_of_pods(spec) {
            left_out.push(format!("{of} spec.match"));
            continue;
        }
        about += 1;
        if text(spec, "mode") == Some("warn") {
            continue;
        }
        let authorities = elements(spec, "authorities", "spec");
        if !authorities.iter().any(|(authority, _)| holds(authority, pod)) {
            places.push(format!("{of} spec.authorities"));
        } else if spec.get("policy").is_some() {
            places.push(format!("{of} spec.policy"));
        }
    }
    match (about, places.is_empty()) {
        (0, _) => Verdict::Refused(left_out),
        (_, true) => Verdict::Admitted,
        (_, false) => Verdict::Refused(places),
    }
}

fn is_of_pods(spec: &Value) -> bool {
    let wanted = elements(spec, "match", "spec");
    let is_pods = |(one, _): &(&Value, String)| {
        text(one, "resource") == Some("pods")
            && matches!(text(one, "version"), Some("v1" | "*"))
            && text(one, "group").is_none()
            && one.get("selector").is_none()
    };
    wanted.is_empty() || wanted.iter().any(is_pods)
}

/// `index.docker.io/library/nginx@sha256:…`.
#[must_use]
pub fn canonical(image: &str) -> String {
    let name = Name::of(image);
    let digest = name.digest.unwrap_or(DIGEST);
    let registry = match name.registry {
        None | Some("docker.io" | "registry-1.docker.io") => "index.docker.io",
        Some(registry) => registry,
    };
    let library =
        if registry == "index.docker.io" && !name.path.contains('/') { "library/" } else { "" };
    format!("{registry}/{library}{}@{digest}", name.path)
}

/// With attestations, an authority looks at nothing else.
fn holds(authority: &Value, pod: &Pod<'_>) -> bool {
    if let Some(fixed) = authority.get("static") {
        return text(fixed, "action") == Some("pass");
    }
    let attestations = elements(authority, "attestations", "");
    if attestations.is_empty() {
        return has_signed(authority, pod.signatures);
    }
    attestations.iter().all(|(attestation, _)| {
        pod.signatures.reports.iter().any(|report| {
            text(attestation, "predicateType")
                .is_some_and(|name| uri(name) == report.predicate_type)
                && has_signed(authority, &report.signatures)
                && attestation
                    .get("policy")
                    .is_none_or(|policy| predicates::satisfies(policy, report, pod.now))
        })
    })
}

/// What cosign's short names are for (`PredicateTypeMap`, `cmd/cosign/cli/options/predicate.go` of sigstore/cosign).
fn uri(name: &str) -> &str {
    match name {
        "vuln" => "https://cosign.sigstore.dev/attestation/vuln/v1",
        "slsaprovenance" => "https://slsa.dev/provenance/v0.2",
        other => other,
    }
}

fn has_signed(authority: &Value, signatures: &Signatures) -> bool {
    if let Some(key) = authority.get("key") {
        let keys = text(key, "data").map(blocks).unwrap_or_default();
        return keys.iter().any(|key| is_signed_by(key, signatures));
    }
    let identities = authority.get("keyless").map(|keyless| elements(keyless, "identities", ""));
    identities.unwrap_or_default().iter().any(|(identity, _)| {
        signatures.identities.iter().any(|(issuer, subject)| is_identity(identity, issuer, subject))
    })
}

pub(super) fn is_identity(identity: &Value, issuer: &str, subject: &str) -> bool {
    let is = |text: Option<&str>, expression: Option<&str>, value: &str| match (text, expression) {
        (_, Some(expression)) => is_match(expression, value),
        (Some(text), None) => text == value,
        (None, None) => true,
    };
    is(text(identity, "issuer"), text(identity, "issuerRegExp"), issuer)
        && is(text(identity, "subject"), text(identity, "subjectRegExp"), subject)
}
