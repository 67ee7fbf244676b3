//! The rule of a conversion, over generated policies and images: whatever the source refuses the converted policy
//! refuses, or it is said at that place that it does not.
//!
//! What the source says is told by the models of `testing/src/sources/`.

mod attestations;

use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::{Value, json};
use signed_images_convert::{Converted, Weight};
use signed_images_testing::sources::{self, Pod};

use crate::world::{self, GITHUB, key};
use crate::{DIGEST, NOW, of_text, reports, settings};

const KEYS: [&str; 4] = ["p256", "p384", "cosign", "p256-second"];
const GOOGLE: &str = "https://accounts.google.com";
const IDENTITIES: [(&str, &str); 5] = [
    (GITHUB, "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1"),
    (GITHUB, "https://github.com/acme/web/.github/workflows/ci.yml@refs/heads/main"),
    (GITHUB, "https://github.com/acme-evil/app/.github/workflows/release.yml@refs/tags/v1"),
    (GOOGLE, "builder@acme.example"),
    (
        "https://issuer.acme.example/a",
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
    ),
];
/// The namespace of every Pod.
const NAMESPACE: [(&str, &str); 4] = [
    ("kubernetes.io/metadata.name", "shop"),
    ("env", "production"),
    ("team", "a"),
    ("policy.sigstore.dev/include", "true"),
];

pub(crate) fn image() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "(ghcr\\.io|quay\\.io|localhost:5000)/(acme|evil)/(app|web)",
        "ghcr\\.io/acme/(team/)?app",
        "(docker\\.io/|index\\.docker\\.io/)?(nginx|acme/app|library/nginx)",
    ];
    let suffix = prop_oneof![
        Just(String::new()),
        Just(":v1".to_owned()),
        Just(":v1-rc".to_owned()),
        Just(format!("@{DIGEST}")),
        Just(format!(":v1@{DIGEST}")),
    ];
    (name, suffix).prop_map(|(name, suffix)| format!("{name}{suffix}"))
}

pub(crate) fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "(ghcr\\.io|quay\\.io|docker\\.io|index\\.docker\\.io)/(acme|evil|\\*)/(app|web|\\*|\\*\\*|a\\*)",
        2 => "(ghcr\\.io/\\*|ghcr\\.io/acme/\\*|\\*|\\*\\*|ghcr\\.io/\\*\\*)",
        1 => "(ghcr\\.io|\\*|\\*\\*|g\\*|localhost:5000)/(\\*\\*|\\*|acme\\*|\\*/app\\*)(:v1|:\\*|:\\*-rc|@\\*)?",
        1 => "(\\*|\\*\\*|nginx|nginx\\*|\\*/\\*|\\*app|acme/\\*|ghcr\\.io/acme/app:v1|ghcr\\.io/\\?\\?\\?\\?/app\\*|\\{\\{ registry \\}\\}/\\*)",
    ]
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(pattern(), 1..3)
}

fn signatures() -> impl Strategy<Value = world::Signatures> {
    let keys = proptest::sample::subsequence(KEYS.to_vec(), 0..=KEYS.len());
    let identities = proptest::sample::subsequence(IDENTITIES.to_vec(), 0..=2);
    (keys, identities).prop_map(|(keys, identities)| world::Signatures {
        keys: keys.into_iter().map(key).collect(),
        identities: identities
            .into_iter()
            .map(|(issuer, subject)| (issuer.to_owned(), subject.to_owned()))
            .collect(),
        reports: Vec::new(),
    })
}

/// With reports on the image.
fn attested() -> impl Strategy<Value = world::Signatures> {
    let names = proptest::sample::subsequence(reports::REPORTS.to_vec(), 0..=3).prop_shuffle();
    (signatures(), names, proptest::collection::vec(signatures(), 3)).prop_map(
        |(mut image, names, signers)| {
            image.reports = reports::reports(names, signers);
            image
        },
    )
}

/// Subjects and issuers: as texts, as wildcards, as expressions.
fn identity() -> impl Strategy<Value = Value> {
    let expressions = [
        r"^https://github\.com/acme/.*$",
        r"https://github\.com/acme/app/.+",
        r"^https://github\.com/acme",
        r"^https://github\.com/acme/[a-z]{3}/.github/.*",
        r"https://github\.com/acme/app/\.github/workflows/release\.yml",
        r".*@acme\.example$",
        r"^https://github\.com/(acme|other)/.*",
        ".*",
    ];
    let wildcards = [
        "https://github.com/acme/*",
        "https://github.com/acme/app/.github/workflows/release.yml*",
        "https://github.com/acme*",
        "https://github.com/acme/*/.github/workflows/*.yml@refs/tags/v?",
        "*@acme.example",
        "*",
        "{{ subject }}",
    ];
    let subject = prop_oneof![
        3 => proptest::sample::select(IDENTITIES.to_vec()).prop_map(|(_, subject)| json!({"subject": subject})),
        3 => proptest::sample::select(expressions.to_vec()).prop_map(|text| json!({"subjectRegExp": text})),
        2 => proptest::sample::select(wildcards.to_vec()).prop_map(|text| json!({"subject": text})),
        1 => (proptest::sample::select(IDENTITIES.to_vec()), proptest::sample::select(expressions.to_vec()))
            .prop_map(|((_, subject), text)| json!({"subject": subject, "subjectRegExp": text})),
    ];
    let issuers = [
        json!({"issuer": GITHUB}),
        json!({"issuer": GOOGLE}),
        json!({"issuer": "https://*"}),
        json!({"issuerRegExp": r"^https://token\.actions\.githubusercontent\.com$"}),
        json!({"issuerRegExp": r"https://issuer\.acme\.example/.+"}),
        json!({"issuerRegExp": ".*"}),
        json!({"issuer": GITHUB, "issuerRegExp": "https://accounts.*"}),
    ];
    (subject, proptest::sample::select(issuers.to_vec())).prop_map(|(mut subject, issuer)| {
        let fields = subject.as_object_mut().unwrap();
        fields.extend(issuer.as_object().unwrap().clone());
        subject
    })
}

fn one_key() -> impl Strategy<Value = Value> {
    proptest::collection::vec(proptest::sample::select(KEYS.to_vec()), 1..3)
        .prop_map(|names| Value::from(names.into_iter().map(key).collect::<Vec<_>>().concat()))
}

/// An entry of `attestors` of Kyverno's.
fn kyverno_entry() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => one_key().prop_map(|keys| json!({"keys": {"publicKeys": keys, "rekor": {"url": "x", "ignoreTlog": true}}})),
        3 => identity().prop_map(|mut identity| {
            identity["ctlog"] = json!({"ignoreSCT": true});
            json!({"keyless": identity})
        }),
        1 => Just(json!({"keys": {"kms": "awskms:///a"}})),
        1 => Just(json!({"keys": {"publicKeys": "{{ keys.data.a }}"}})),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        kyverno_set(inner).prop_map(|set| json!({"attestor": set}))
    })
}

fn kyverno_set(entry: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    proptest::collection::vec(entry, 1..4).prop_flat_map(|entries| {
        (0..=entries.len()).prop_map(move |count| match count {
            0 => json!({"entries": entries}),
            count => json!({"count": count, "entries": entries}),
        })
    })
}

fn kyverno_verification() -> impl Strategy<Value = Value> {
    let sets = proptest::collection::vec(kyverno_set(kyverno_entry()), 0..3);
    let action = proptest::sample::select(vec![
        None,
        Some("Enforce"),
        Some("Enforce"),
        Some("Enforce"),
        Some("Audit"),
    ]);
    let skipped = proptest::option::weighted(0.3, patterns());
    let flags = proptest::sample::select(vec![
        json!({}),
        json!({"mutateDigest": false}),
        json!({"mutateDigest": false, "verifyDigest": false}),
    ]);
    let more =
        proptest::sample::select(vec![json!({}), json!({}), json!({"validate": {"deny": {}}})]);
    let attestor = kyverno_set(kyverno_entry());
    let attestations = proptest::option::weighted(0.5, attestations::of_kyverno(attestor));
    (patterns(), sets, action, skipped, flags, more, attestations).prop_map(
        |(images, sets, action, skipped, flags, more, attestations)| {
            let mut entry = json!({"imageReferences": images, "attestors": sets});
            let fields = entry.as_object_mut().unwrap();
            fields.extend(action.map(|action| ("failureAction".to_owned(), json!(action))));
            fields
                .extend(skipped.map(|skipped| ("skipImageReferences".to_owned(), json!(skipped))));
            fields.extend(flags.as_object().unwrap().clone());
            fields.extend(more.as_object().unwrap().clone());
            fields.extend(attestations.map(|some| ("attestations".to_owned(), some.into())));
            entry
        },
    )
}

/// What a rule is about; Pods of the one namespace may be of it.
fn kyverno_match() -> impl Strategy<Value = Value> {
    let resources = vec![
        json!({"kinds": ["Pod"]}),
        json!({"kinds": ["Pod"]}),
        json!({"kinds": ["Pod"]}),
        json!({"kinds": ["Pod"]}),
        json!({"kinds": ["v1/Pod"]}),
        json!({"kinds": ["Pod"], "namespaces": ["shop"]}),
        json!({"kinds": ["Pod"], "namespaces": ["sh*"]}),
        json!({"kinds": ["Pod"], "namespaces": ["other"]}),
        json!({"kinds": ["Pod"], "namespaceSelector": {"matchLabels": {"env": "prod*"}}}),
        json!({"kinds": ["Pod"], "namespaceSelector": {"matchLabels": {"te?m": "a"}}}),
        json!({"kinds": ["Pod"], "namespaceSelector": {"matchLabels": {"team": "a", "env": "production"}}}),
        json!({"kinds": ["Pod"], "namespaceSelector": {"matchLabels": {"team": "b"}}}),
        json!({"kinds": ["Pod"], "namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}]}}),
        json!({"kinds": ["Pod"], "namespaceSelector": {"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["production"]}]}}),
    ];
    let filter = proptest::sample::select(resources).prop_map(|one| json!({"resources": one}));
    let filters = proptest::collection::vec(filter, 1..3);
    (proptest::sample::select(vec!["any", "all"]), filters)
        .prop_map(|(key, filters)| json!({key: filters}))
}

fn kyverno() -> impl Strategy<Value = Value> {
    let excluded = proptest::sample::select(vec![
        Value::Null,
        json!({"any": [{"resources": {"namespaces": ["other"]}}]}),
        json!({"any": [{"resources": {"namespaces": ["o*"]}}]}),
    ]);
    let entries = proptest::collection::vec(kyverno_verification(), 1..3);
    let rule = (kyverno_match(), excluded, entries).prop_map(|(matched, excluded, entries)| {
        json!({"name": "r", "match": matched, "exclude": excluded, "verifyImages": entries})
    });
    let action = proptest::sample::select(vec![
        Value::Null,
        json!("Enforce"),
        json!("Enforce"),
        json!("Audit"),
    ]);
    (proptest::collection::vec(rule, 1..3), action).prop_map(|(rules, action)| {
        json!({
            "apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "p"},
            "spec": {"rules": rules, "validationFailureAction": action},
        })
    })
}

fn authority() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => one_key().prop_map(|keys| json!({"key": {"data": keys}})),
        3 => proptest::collection::vec(identity(), 1..3).prop_map(|identities| {
            json!({"keyless": {"identities": identities, "insecureIgnoreSCT": true}})
        }),
        2 => Just(json!({"static": {"action": "pass"}})),
        2 => Just(json!({"static": {"action": "fail"}})),
        1 => one_key().prop_map(|keys| json!({"key": {"data": keys}, "attestations": [{"name": "a", "predicateType": "vuln"}]})),
    ]
}

fn image_policies() -> impl Strategy<Value = Vec<Value>> {
    let matched = proptest::sample::select(vec![
        Value::Null,
        Value::Null,
        Value::Null,
        json!([{"group": "apps", "version": "v1", "resource": "deployments"}]),
        json!([{"version": "v1", "resource": "pods"}]),
    ]);
    let mode =
        proptest::sample::select(vec![Value::Null, Value::Null, json!("enforce"), json!("warn")]);
    let policy = proptest::sample::select(vec![
        Value::Null,
        Value::Null,
        Value::Null,
        json!({"type": "cue", "data": "a: 1"}),
    ]);
    let spec = (patterns(), proptest::collection::vec(authority(), 1..3), matched, mode, policy);
    let spec = spec.prop_map(|(images, authorities, matched, mode, policy)| {
        let images: Vec<Value> = images.into_iter().map(|glob| json!({"glob": glob})).collect();
        json!({"images": images, "authorities": authorities, "match": matched, "mode": mode, "policy": policy})
    });
    proptest::collection::vec(spec, 1..4).prop_map(|specs| {
        let policy = |(index, spec)| {
            json!({
                "apiVersion": "policy.sigstore.dev/v1beta1", "kind": "ClusterImagePolicy",
                "metadata": {"name": format!("p{index}")}, "spec": spec,
            })
        };
        specs.into_iter().enumerate().map(policy).map(without_null).collect()
    })
}

fn image_validating_policy() -> impl Strategy<Value = Value> {
    let cosign = prop_oneof![
        one_key()
            .prop_map(|keys| json!({"key": {"data": keys}, "ctlog": {"insecureIgnoreTlog": true}})),
        proptest::collection::vec(identity(), 1..3).prop_map(|identities| {
            json!({"keyless": {"identities": identities}, "ctlog": {"insecureIgnoreSCT": true}})
        }),
    ];
    let expressions = [
        "images.containers.map(image, verifyImageSignatures(image, [attestors.a0])).all(e, e > 0)",
        "images.containers.map(image, verifyImageSignatures(image, [attestors.a0, attestors.a1])).all(e, e >= 2)",
        "images.containers.map(image, verifyImageSignatures(image, [attestors.a0, attestors.a1])).all(e, e == 1)",
        "images.containers.map(image, verifyImageSignatures(image, [attestors.a0, attestors.a1])).all(e, e > 0)",
        "images.containers.map(image, verifyAttestationSignatures(image, attestations.s, [attestors.a0])).all(e, e > 0)",
        "images.containers.map(image, verifyImageSignatures(image, [attestors.a0])).all(e, e >= 0)",
        "object.spec.x == 1",
        "true",
    ];
    let validations =
        proptest::collection::vec(proptest::sample::select(expressions.to_vec()), 1..3);
    let actions = proptest::sample::select(vec![Value::Null, json!(["Deny"]), json!(["Audit"])]);
    let flags = proptest::sample::select(vec![
        Value::Null,
        json!({"mutateDigest": false}),
        json!({"mutateDigest": false, "verifyDigest": false}),
        json!({"required": false}),
    ]);
    (proptest::collection::vec(cosign, 2), proptest::option::of(patterns()), validations, actions, flags).prop_map(
        |(cosign, images, validations, actions, flags)| {
            let attestor = |(index, cosign)| json!({"name": format!("a{index}"), "cosign": cosign});
            let attestors: Vec<Value> = cosign.into_iter().enumerate().map(attestor).collect();
            let globs: Vec<Value> =
                images.into_iter().flatten().filter(|glob| !glob.contains('{')).map(|glob| json!({"glob": glob})).collect();
            let validations: Vec<Value> = validations.into_iter().map(|one| json!({"expression": one})).collect();
            json!({
                "apiVersion": "policies.kyverno.io/v1", "kind": "ImageValidatingPolicy", "metadata": {"name": "p"},
                "spec": {
                    "attestors": attestors, "matchImageReferences": globs, "validations": validations,
                    "validationActions": actions, "validationConfigurations": flags,
                },
            })
        },
    )
}

/// How often what was seen.
#[derive(Debug, Default)]
struct Counts {
    pods: usize,
    refused_by_the_source: usize,
    refused_by_both: usize,
    told: usize,
    admitted_by_both: usize,
    refused_by_the_conversion_alone: usize,
}

static COUNTS: Mutex<[Option<Counts>; 7]> = Mutex::new([const { None }; 7]);

/// Whether one of the policies, in a cluster, refuses the image.
fn refuses(policies: &[Converted], image: &str, signatures: &world::Signatures) -> bool {
    policies.iter().any(|policy| {
        let document: yaml_serde::Value = yaml_serde::from_str(&policy.text).unwrap();
        let selector = document["spec"].get("namespaceSelector");
        let is_asked = selector.is_none_or(|selector| sources::selects(selector, &NAMESPACE));
        is_asked
            && world::verdict(&settings(&policy.text), image, signatures) == world::Verdict::Refused
    })
}

/// Whether something that is lost is said of one of these places, or of what they are part of.
fn is_told(policies: &[Converted], places: &[String]) -> bool {
    policies.iter().flat_map(|policy| &policy.remarks).any(|remark| {
        let is_loss = match remark.weight {
            Weight::Less | Weight::Open => true,
            Weight::Stricter | Weight::Unchecked(_) | Weight::Chosen | Weight::Note => false,
        };
        is_loss
            && places.iter().any(|place| {
                let (of, place) = place.split_once(' ').unwrap_or(("", place));
                let is_of = remark.policy.contains(of);
                is_of && (remark.path.starts_with(place) || place.starts_with(&remark.path))
            })
    })
}

pub(crate) fn compared(
    index: usize,
    document: &str,
    pods: &[(String, world::Signatures)],
    judge: &dyn Fn(&Pod<'_>) -> sources::Verdict,
) -> Result<(), TestCaseError> {
    let conversion = of_text("f", document);
    let unconverted: Vec<&str> =
        conversion.refused.iter().map(|(place, _)| place.as_str()).collect();
    for (image, signatures) in pods {
        let signed = sources::Signatures {
            keys: signatures.keys.clone(),
            identities: signatures.identities.clone(),
            reports: signatures.reports.clone(),
        };
        let pod = Pod { image, signatures: &signed, namespace: &NAMESPACE, now: NOW };
        let source = judge(&pod);
        let refused = refuses(&conversion.policies, image, signatures);
        let mut counts = COUNTS.lock().unwrap();
        let counts = counts[index].get_or_insert_default();
        counts.pods += 1;
        match (&source, refused) {
            (sources::Verdict::Refused(_), true) => counts.refused_by_both += 1,
            (sources::Verdict::Refused(places), false) => {
                // A document that is refused is told by the exit code, and none is left of it.
                let is_told = is_told(&conversion.policies, places) || !unconverted.is_empty();
                let texts: Vec<&str> =
                    conversion.policies.iter().map(|one| one.text.as_str()).collect();
                prop_assert!(
                    is_told,
                    "{image} {signatures:?}: {places:?}\n{document}\n{}",
                    texts.join("---\n")
                );
                counts.told += 1;
            }
            (sources::Verdict::Admitted, true) => counts.refused_by_the_conversion_alone += 1,
            (sources::Verdict::Admitted, false) => counts.admitted_by_both += 1,
        }
        counts.refused_by_the_source += usize::from(source != sources::Verdict::Admitted);
    }
    Ok(())
}

fn pods() -> impl Strategy<Value = Vec<(String, world::Signatures)>> {
    proptest::collection::vec((image(), attested()), 6)
}

fn without_null(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_null(value))).collect())
        }
        Value::Array(elements) => elements.into_iter().map(without_null).collect(),
        value => value,
    }
}

fn yaml(value: &Value) -> yaml_serde::Value {
    yaml_serde::to_value(value).unwrap()
}

fn documents(policies: &[Value]) -> String {
    json!({"kind": "List", "items": policies}).to_string()
}

const CASES: u32 = 100;

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    fn nothing_that_kyverno_refuses_is_let_in(policy in kyverno().prop_map(without_null), pods in pods()) {
        let model = yaml(&policy);
        compared(0, &policy.to_string(), &pods, &|pod| sources::kyverno::verdict(&model, pod))?;
    }

    fn nothing_that_kyverno_refuses_for_its_reports_is_let_in(policy in attestations::kyverno().prop_map(without_null), pods in attestations::pods()) {
        let model = yaml(&policy);
        compared(3, &policy.to_string(), &pods, &|pod| sources::kyverno::verdict(&model, pod))?;
    }

    fn nothing_that_policy_controller_refuses_is_let_in(policies in image_policies(), pods in pods()) {
        let model: Vec<yaml_serde::Value> = policies.iter().map(yaml).collect();
        compared(1, &documents(&policies), &pods, &|pod| {
            sources::policy_controller::verdict(&model, pod)
        })?;
    }

    fn nothing_that_policy_controller_refuses_for_its_reports_is_let_in(policies in attestations::image_policies(), pods in attestations::pods()) {
        let model: Vec<yaml_serde::Value> = policies.iter().map(yaml).collect();
        compared(4, &documents(&policies), &pods, &|pod| {
            sources::policy_controller::verdict(&model, pod)
        })?;
    }

    fn nothing_that_an_image_validating_policy_refuses_for_its_reports_is_let_in(policy in attestations::image_validating_policy(), pods in attestations::pods()) {
        let model = yaml(&policy);
        compared(5, &policy.to_string(), &pods, &|pod| {
            sources::image_validating_policy::verdict(&model, pod)
        })?;
    }

    fn nothing_that_an_image_validating_policy_refuses_is_let_in(policy in image_validating_policy().prop_map(without_null), pods in pods()) {
        let model = yaml(&policy);
        compared(2, &policy.to_string(), &pods, &|pod| {
            sources::image_validating_policy::verdict(&model, pod)
        })?;
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

/// Few of Kyverno's policies lose something: one run may have none that does.
const MOST_RUNS: usize = 20;

/// The properties, and that the generators reach every case; prints what they saw.
#[test]
fn what_the_source_refuses_is_refused_or_told() {
    let properties: [fn(); 6] = [
        nothing_that_kyverno_refuses_is_let_in,
        nothing_that_policy_controller_refuses_is_let_in,
        nothing_that_an_image_validating_policy_refuses_is_let_in,
        nothing_that_kyverno_refuses_for_its_reports_is_let_in,
        nothing_that_policy_controller_refuses_for_its_reports_is_let_in,
        nothing_that_an_image_validating_policy_refuses_for_its_reports_is_let_in,
    ];
    for (index, property) in properties.into_iter().enumerate() {
        let reaches_all = (0..MOST_RUNS).any(|_| {
            property();
            COUNTS.lock().unwrap()[index].as_ref().is_some_and(|counts| {
                counts.refused_by_both > 0 && counts.told > 0 && counts.admitted_by_both > 0
            })
        });
        let counts = COUNTS.lock().unwrap();
        println!("{:?}", counts[index]);
        assert!(reaches_all, "{:?}", counts[index]);
    }
}
