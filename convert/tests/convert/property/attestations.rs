//! What policies ask of reports.

use proptest::prelude::*;
use serde_json::{Value, json};
use signed_images_testing::sources::policy_controller::predicates::POLICIES;

use crate::reports::{REPORTS, REVIEW, SLSA, SLSA_1, VULN, reports};
use crate::world::{MAIN, Signatures, key};

/// A key, an operator, and a value as JSON.
type Condition = (&'static str, &'static str, &'static str);

/// A type, and conditions that reports of it may satisfy.
const KYVERNO: [(&str, &[Condition]); 5] = [
    (
        VULN,
        &[
            (
                "{{ time_since('', '{{ metadata.scanFinishedOn }}', '') }}",
                "LessThanOrEquals",
                "\"168h\"",
            ),
            ("{{ time_since('', '{{ metadata.scanFinishedOn }}', '') }}", "LessThan", "\"24h\""),
            ("{{ time_since('', metadata.scanFinishedOn, '') }}", "LessThan", "\"90m\""),
            (
                "{{ scanner.result.Results[].Vulnerabilities[].Severity }}",
                "AllNotIn",
                "[\"HIGH\",\"CRITICAL\"]",
            ),
            (
                "{{ scanner.result.Results[].Vulnerabilities[?Severity=='CRITICAL'][] | length(@) }}",
                "Equals",
                "0",
            ),
            (
                "{{ length(scanner.result.Results[].Vulnerabilities[?Severity=='CRITICAL']) }}",
                "Equals",
                "0",
            ),
            ("{{ scanner.uri }}", "Equals", "\"*trivy*\""),
        ],
    ),
    ("cosign.sigstore.dev/attestation/vuln/v1", &[("{{ scanner.uri }}", "NotEquals", "\"x\"")]),
    (
        SLSA,
        &[
            ("{{ builder.id }}", "Equals", "\"https://acme.io/builder@v1\""),
            ("{{ builder.id }}", "Equals", "\"https://acme.io/*\""),
            (
                "{{ regex_match('^https://acme.io/builder@v1$', '{{ builder.id }}') }}",
                "Equals",
                "true",
            ),
            (
                "{{ regex_match('^https://acme.io/builder@v[0-9]$', '{{ builder.id }}') }}",
                "Equals",
                "true",
            ),
            ("{{ regex_match('https://.*/builder', '{{ builder.id }}') }}", "Equals", "true"),
            ("{{ buildType }}", "Equals", "\"make\""),
            ("{{ buildType }}", "AnyIn", "[\"make\",\"bazel\"]"),
            ("{{ builder.missing }}", "Equals", "\"make\""),
        ],
    ),
    (
        SLSA_1,
        &[
            ("{{ runDetails.builder.id }}", "AnyIn", "[\"https://acme.io/builder@v1\"]"),
            ("{{ buildDefinition.buildType }}", "Equals", "\"make\""),
            ("{{ buildDefinition.missing || 'none' }}", "Equals", "\"none\""),
        ],
    ),
    (
        REVIEW,
        &[
            ("{{ branch }}", "Equals", "\"main\""),
            ("{{ branch }}", "Equals", "\"*a*\""),
            ("{{ branch }}", "NotEquals", "\"dev\""),
            ("{{ branch }}", "AllIn", "[\"main\"]"),
            ("{{ branch }}", "AnyNotIn", "[\"main\"]"),
            ("{{ by }}", "AnyIn", "[\"ann\"]"),
            ("{{ by }}", "AnyIn", "[\"bob\",\"eve\"]"),
            ("{{ by }}", "AllIn", "[\"ann\"]"),
            ("{{ by[0] }}", "Equals", "\"ann\""),
            ("{{ score }}", "GreaterThanOrEquals", "8"),
            ("{{ score }}", "LessThan", "8"),
            ("{{ score }}", "GreaterThan", "7"),
            ("{{ score }}", "Equals", "8"),
            ("{{ level }}", "Equals", "\"2\""),
            ("{{ level }}", "Equals", "2"),
            ("{{ level }}", "LessThanOrEquals", "3"),
            ("{{ level }}", "Equals", "\"2*\""),
            ("{{ level }}", "Equals", "\"2000m\""),
            ("{{ level }}", "NotEquals", "\"2000m\""),
            ("{{ level }}", "AllNotIn", "\"1-3\""),
            ("{{ by }}", "AllIn", "\"ann\""),
            ("{{ by }}", "In", "[\"ann\",\"bob\"]"),
            ("{{ done }}", "Equals", "true"),
            ("{{ time_since('', at, '') }}", "LessThanOrEquals", "\"48h\""),
        ],
    ),
];

fn kyverno_conditions(of: &'static [Condition]) -> impl Strategy<Value = Value> {
    let one = proptest::sample::select(of).prop_map(|(key, operator, value)| {
        let value: Value = serde_json::from_str(value).unwrap();
        json!({"key": key, "operator": operator, "value": value})
    });
    let blocks = proptest::sample::select(vec!["all", "all", "all", "any"]);
    let block = (blocks, proptest::collection::vec(one, 1..3))
        .prop_map(|(block, some)| json!({block: some}));
    proptest::collection::vec(block, 0..3).prop_map(Value::from)
}

/// `attestations` of an entry of Kyverno's, by attestors of that kind.
pub(super) fn of_kyverno(
    attestor: impl Strategy<Value = Value> + 'static,
) -> impl Strategy<Value = Vec<Value>> {
    let attestor = attestor.boxed();
    let attestation = proptest::sample::select(KYVERNO.to_vec()).prop_flat_map(move |(of, conditions)| {
        let attestors = proptest::collection::vec(attestor.clone(), 0..2);
        let key = proptest::sample::select(vec!["type", "predicateType"]);
        (kyverno_conditions(conditions), attestors, key)
            .prop_map(move |(conditions, attestors, key)| json!({key: of, "conditions": conditions, "attestors": attestors}))
    });
    proptest::collection::vec(attestation, 1..3)
}

/// Signers of images and reports, so few that they are often those who are asked for.
const SIGNERS: [&[&str]; 5] = [&["p256"], &["p256"], &["p384"], &["p256", MAIN], &[MAIN]];

/// A policy of Kyverno's on all images that asks for reports.
pub(super) fn kyverno() -> impl Strategy<Value = Value> {
    let by_key = |name| json!({"keys": {"publicKeys": key(name), "rekor": {"ignoreTlog": true}}});
    let (issuer, subject) = MAIN.split_once(' ').unwrap();
    let entries = vec![
        by_key("p256"),
        by_key("p256"),
        json!({"keys": {"publicKeys": key("p256") + &key("p384"), "rekor": {"ignoreTlog": true}}}),
        json!({"keyless": {"issuer": issuer, "subject": subject, "ctlog": {"ignoreSCT": true}}}),
        json!({"attestor": {"entries": [by_key("p256")]}}),
    ];
    let one = proptest::sample::select(entries).prop_map(|entry| json!({"entries": [entry]}));
    let some = json!({"count": 1, "entries": [by_key("p256"), by_key("p384")]});
    let set = prop_oneof![3 => one, 1 => Just(some)];
    let own = proptest::sample::select(vec![json!([{"entries": [by_key("p256")]}]), json!([])]);
    let entry = (own, of_kyverno(set)).prop_map(|(own, attestations)| {
        json!({"imageReferences": ["*"], "attestors": own, "attestations": attestations})
    });
    let rule = entry.prop_map(|entry| json!({"name": "r", "match": {}, "verifyImages": [entry]}));
    rule.prop_map(|rule| {
        json!({
            "apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "p"},
            "spec": {"validationFailureAction": "Enforce", "rules": [rule]},
        })
    })
}

/// Images that are signed, with reports on them.
pub(super) fn pods() -> impl Strategy<Value = Vec<(String, Signatures)>> {
    let signers = || proptest::sample::select(SIGNERS.to_vec()).prop_map(Signatures::by);
    let names = proptest::sample::subsequence(REPORTS.to_vec(), 0..=4).prop_shuffle();
    let signed = (signers(), names, proptest::collection::vec(signers(), 4));
    let signed = signed.prop_map(|(mut image, names, signers)| {
        image.reports = reports(names, signers);
        ("ghcr.io/acme/app".to_owned(), image)
    });
    proptest::collection::vec(signed, 12)
}

/// An image policy of policy-controller's on all images that asks for reports.
pub(super) fn image_policies() -> impl Strategy<Value = Vec<Value>> {
    let types = vec![VULN, VULN, SLSA, REVIEW, REVIEW];
    let policies: Vec<Value> = POLICIES
        .iter()
        .map(|(language, data, _)| json!({"type": language, "data": data}))
        .collect();
    let policy = proptest::option::weighted(0.8, proptest::sample::select(policies));
    let attestation = (proptest::sample::select(types), policy)
        .prop_map(|(of, policy)| json!({"name": "a", "predicateType": of, "policy": policy}));
    let (issuer, subject) = MAIN.split_once(' ').unwrap();
    let authorities = vec![
        json!({"key": {"data": key("p256")}}),
        json!({"key": {"data": key("p256")}}),
        json!({"keyless": {"identities": [{"issuer": issuer, "subject": subject}], "insecureIgnoreSCT": true}}),
    ];
    let attestations = proptest::collection::vec(attestation, 1..3);
    let authority = (proptest::sample::select(authorities), attestations).prop_map(
        |(mut authority, attestations)| {
            authority["attestations"] = attestations.into();
            authority
        },
    );
    let others = vec![None, None, Some(json!({"key": {"data": key("p384")}}))];
    (authority, proptest::sample::select(others)).prop_map(|(authority, other)| {
        let authorities: Vec<Value> = other.into_iter().chain([authority]).collect();
        let spec = json!({"images": [{"glob": "**"}], "authorities": authorities});
        let policy = json!({
            "apiVersion": "policy.sigstore.dev/v1beta1", "kind": "ClusterImagePolicy",
            "metadata": {"name": "p0"}, "spec": spec,
        });
        vec![super::without_null(policy)]
    })
}

/// An `ImageValidatingPolicy` on all images that asks for reports.
pub(super) fn image_validating_policy() -> impl Strategy<Value = Value> {
    let expressions = [
        "verifyImageSignatures(image, [attestors.a])).all(e, e > 0)",
        "verifyAttestationSignatures(image, attestations.review, [attestors.a])).all(e, e > 0)",
        "verifyAttestationSignatures(image, attestations.review, [attestors.a])).all(e, e > 0)",
        "verifyAttestationSignatures(image, attestations.review, [attestors.a, attestors.b])).all(e, e >= 2)",
        "verifyAttestationSignatures(image, attestations.build, [attestors.a, attestors.b])).all(e, e >= 1)",
        "verifyAttestationSignatures(image, attestations.other, [attestors.a])).all(e, e > 0)",
        "extractPayload(image, attestations.review).predicate.branch == 'main').all(e, e)",
        "extractPayload(image, attestations.review).predicate.score >= 8).all(e, e)",
        "extractPayload(image, attestations.review).predicate.done == true).all(e, e)",
        "extractPayload(image, attestations.review).branch == 'main').all(e, e)",
        "extractPayload(image, attestations.review).predicate.branch != 'dev').all(e, e)",
        r"extractPayload(image, attestations.build).predicate.builder.id.matches('^https://acme\\.io/')).all(e, e)",
    ];
    let all =
        "(images.containers + images.initContainers + images.ephemeralContainers).map(image, ";
    let one = proptest::sample::select(expressions.to_vec())
        .prop_map(move |text| json!({"expression": format!("{all}{text}")}));
    proptest::collection::vec(one, 1..4).prop_map(|validations| {
        let attestor = |name, of| json!({"name": name, "cosign": {"key": {"data": key(of)}, "ctlog": {"insecureIgnoreTlog": true}}});
        json!({
            "apiVersion": "policies.kyverno.io/v1", "kind": "ImageValidatingPolicy", "metadata": {"name": "p"},
            "spec": {
                "attestors": [attestor("a", "p256"), attestor("b", "p384")],
                "attestations": [
                    {"name": "review", "intoto": {"type": REVIEW}},
                    {"name": "build", "intoto": {"type": SLSA}},
                    {"name": "other", "referrer": {"type": "sbom"}},
                ],
                "validations": validations,
            },
        })
    })
}
