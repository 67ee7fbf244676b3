//! What no order, spelling, place or repetition may change: settings, images and a host that answers
//! consistently, made at random.

#![cfg(test)]

use base64::Engine;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use signed_images_policy::image::pattern::{ImagePattern, Match};
use signed_images_policy::image::reference::Reference;
use signed_images_policy::request::GroupKind;
use signed_images_policy::validate;
use signed_images_policy::workload::kinds::{self, Workload};
use signed_images_policy::workload::path::{ImagePath, Presence, Step};
use std::collections::BTreeMap;
use std::time::Duration;

/// Images that patterns tell apart, in several spellings each.
const IMAGES: [&[&str]; 4] = [
    &["ghcr.io/acme/app:1", "GHCR.io/acme/app:1", "ghcr.io:443/acme/app:1"],
    &["ghcr.io/acme/app:2"],
    &["ghcr.io/acme/team/tool", "ghcr.io/acme/team/tool:latest"],
    &["nginx", "docker.io/nginx", "library/nginx:latest", "index.docker.io/library/nginx"],
];

const PATTERNS: [&str; 6] = [
    "**",
    "ghcr.io/acme/*",
    "ghcr.io/acme/app:1",
    "ghcr.io/**",
    "nginx",
    "docker.io/library/*:latest",
];

const SIGNERS: usize = 4;

/// Which signers have signed which images: what the host answers from.
type Signed = [[bool; SIGNERS]; IMAGES.len()];

/// An Ed25519 key (RFC 8410) for each signer: twelve bytes of header and the key.
fn key(signer: usize) -> String {
    let header = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der: Vec<u8> = header.into_iter().chain([u8::try_from(signer).unwrap() + 1; 32]).collect();
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

/// Each image has one digest, whoever asks and however.
fn digest(image: usize) -> String {
    format!("sha256:{}", format!("{image}").repeat(64))
}

fn number(question: &str) -> usize {
    let asked = Reference::parse(question).unwrap();
    let is = |image: usize| match asked.digest() {
        Some(given) => given.as_str() == digest(image),
        None => Reference::parse(IMAGES[image][0]).unwrap() == asked,
    };
    (0..IMAGES.len()).find(|image| is(*image)).unwrap()
}

fn answer(signed: &Signed, operation: &str, question: &[u8]) -> Result<Vec<u8>, String> {
    let question: Value = serde_json::from_slice(question).unwrap();
    let image = number(question["image"].as_str().or(question.as_str()).unwrap());
    let has_signed = |pem: &Value| (0..SIGNERS).any(|at| signed[image][at] && key(at) == *pem);
    if operation == "v1/manifest_digest" {
        Ok(json!({"digest": digest(image)}).to_string().into_bytes())
    } else if question["pub_keys"].as_array().unwrap().iter().all(has_signed) {
        Ok(json!({"is_trusted": true, "digest": digest(image)}).to_string().into_bytes())
    } else {
        Err("Image verification failed: missing signatures".to_owned())
    }
}

/// Accepted or not, and the images of the containers by their names.
#[derive(Debug, PartialEq)]
struct Verdict {
    accepted: bool,
    images: BTreeMap<String, String>,
}

fn review(
    rules: &[Value],
    kind: (&str, &str),
    object: &Value,
    signed: &Signed,
) -> (Verdict, Value) {
    let payload = json!({
        "settings": {"rules": rules},
        "request": {"kind": {"group": kind.0, "kind": kind.1}, "operation": "CREATE", "object": object},
    });
    let host = &mut |_: &'static str, operation: &'static str, question: &[u8]| {
        answer(signed, operation, question)
    };
    let bytes = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
    let given: Value = serde_json::from_slice(&bytes).unwrap();
    let answered = given.get("mutated_object").unwrap_or(object);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let containers = answered["spec"]["containers"].as_array().cloned().unwrap_or_default();
    let images =
        containers.iter().map(|each| (text(&each["name"]), text(&each["image"]))).collect();
    (Verdict { accepted: given["accepted"].as_bool().unwrap(), images }, given)
}

fn review_pod(rules: &[Value], containers: &[Value], signed: &Signed) -> Verdict {
    review(rules, ("", "Pod"), &json!({"spec": {"containers": containers}}), signed).0
}

fn signers() -> impl Strategy<Value = Vec<Value>> {
    let signer =
        |at: usize| json!({"kind": "pubKey", "owner": format!("signer {at}"), "key": key(at)});
    subsequence((0..SIGNERS).map(signer).collect::<Vec<_>>(), 1..=SIGNERS).prop_shuffle()
}

fn any_of() -> impl Strategy<Value = Value> {
    (signers(), any::<prop::sample::Index>()).prop_map(|(signatures, minimum)| {
        json!({"minimumMatches": minimum.index(signatures.len()) + 1, "signatures": signatures})
    })
}

/// A rule that is not satisfied by everything or nothing, most of the time.
fn rule() -> impl Strategy<Value = Value> {
    let trust = prop_oneof![
        signers().prop_map(|signers| json!({"allOf": signers})),
        any_of().prop_map(|any_of| json!({"anyOf": any_of})),
        (signers(), any_of()).prop_map(|(all, any)| json!({"allOf": all, "anyOf": any})),
    ];
    (trust, select(&PATTERNS[..]), prop::bool::weighted(0.2)).prop_map(
        |(mut rule, pattern, warns)| {
            rule["images"] = json!([pattern]);
            rule["enforcement"] = json!(if warns { "warn" } else { "reject" });
            rule
        },
    )
}

fn rules() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(rule(), 1..4)
}

/// Most images are signed by most signers, so that many are accepted.
fn signed() -> impl Strategy<Value = Signed> {
    prop::array::uniform4(prop::array::uniform4(prop::bool::weighted(0.8)))
}

fn containers() -> impl Strategy<Value = Vec<Value>> {
    let images =
        prop::collection::vec((0..IMAGES.len()).prop_flat_map(|at| select(IMAGES[at])), 1..5);
    images.prop_map(|images| {
        let container = |(at, image)| json!({"name": format!("c{at}"), "image": image});
        images.into_iter().enumerate().map(container).collect()
    })
}

/// What a rule comes to: it is about other images, or enough have signed, or not.
fn is_satisfied(rule: &Value, image: usize, signed: &Signed) -> Option<bool> {
    let pattern = ImagePattern::parse(rule["images"][0].as_str().unwrap()).unwrap();
    let text = Reference::parse(IMAGES[image][0]).unwrap();
    if pattern.matches(&text) == Match::No {
        return None;
    }
    let has_signed =
        |signer: &&Value| (0..SIGNERS).any(|at| signed[image][at] && key(at) == signer["key"]);
    let count = |list: &Value| {
        list.as_array().map_or((0, 0), |all| (all.iter().filter(has_signed).count(), all.len()))
    };
    let (all_of, any_of) = (count(&rule["allOf"]), count(&rule["anyOf"]["signatures"]));
    let minimum = rule["anyOf"]["minimumMatches"].as_u64().unwrap_or_default();
    Some(all_of.0 == all_of.1 && any_of.0 as u64 >= minimum)
}

/// The same rules with their signers in another order.
fn turned(rules: &[Value]) -> Vec<Value> {
    let mut rules = rules.to_vec();
    for rule in &mut rules {
        for list in ["/allOf", "/anyOf/signatures"] {
            if let Some(signers) = rule.pointer_mut(list).and_then(Value::as_array_mut) {
                signers.rotate_left(1);
            }
        }
    }
    rules
}

const KINDS: [(&str, &str); 26] = [
    ("", "Pod"),
    ("", "PodTemplate"),
    ("", "ReplicationController"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("argoproj.io", "Rollout"),
    ("serving.knative.dev", "Service"),
    ("serving.knative.dev", "Configuration"),
    ("serving.knative.dev", "Revision"),
    ("apps.kruise.io", "CloneSet"),
    ("apps.kruise.io", "StatefulSet"),
    ("apps.kruise.io", "DaemonSet"),
    ("tekton.dev", "Task"),
    ("tekton.dev", "ClusterTask"),
    ("tekton.dev", "StepAction"),
    ("tekton.dev", "TaskRun"),
    ("tekton.dev", "Pipeline"),
    ("tekton.dev", "PipelineRun"),
    ("kubevirt.io", "VirtualMachine"),
    ("kubevirt.io", "VirtualMachineInstance"),
    ("kubevirt.io", "VirtualMachineInstanceReplicaSet"),
    ("pool.kubevirt.io", "VirtualMachinePool"),
];

/// Writes a value at the end of a path; every list on it has one element.
fn put(object: &mut Value, path: &[&Step], value: &Value) {
    match path.split_first() {
        None => *object = value.clone(),
        Some((Step::Each, rest)) => {
            if object.get(0).is_none() {
                *object = json!([Map::new()]);
            }
            put(&mut object[0], rest, value);
        }
        Some((Step::Key { name, .. }, rest)) => {
            if !object.is_object() {
                *object = json!({});
            }
            put(&mut object[&**name], rest, value);
        }
    }
}

/// An object with the image in that place alone; lists that must be there are empty.
fn holding(image: &str, path: &ImagePath, workload: &Workload) -> Value {
    let mut object = json!({});
    let is_list = |at: &usize, path: &[&Step]| path.get(*at) == Some(&&Step::Each);
    for other in workload.images() {
        let other: Vec<&Step> = other.steps().collect();
        let must =
            |at: &usize| matches!(&other[*at - 1], Step::Key { presence: Presence::Required, .. });
        let lists = (1..other.len()).filter(|at| is_list(at, &other) && must(at));
        for end in lists {
            put(&mut object, &other[..end], &json!([]));
        }
    }
    put(&mut object, &path.steps().collect::<Vec<_>>(), &json!(image));
    object
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Neither more nor less than the settings say.
    #[test]
    fn who_has_signed_decides(rules in rules(), image in 0..IMAGES.len(), signed in signed()) {
        let text = IMAGES[image][0];
        let verdict = review_pod(&rules, &[json!({"name": "app", "image": text})], &signed);
        let of = |enforcement: &str| -> Vec<bool> {
            let rules = rules.iter().filter(|rule| rule["enforcement"] == enforcement);
            rules.filter_map(|rule| is_satisfied(rule, image, &signed)).collect()
        };
        let (rejecting, warning) = (of("reject"), of("warn"));
        prop_assert_eq!(verdict.accepted, rejecting.iter().all(|satisfied| *satisfied));
        let is_vouched_for = rejecting.iter().chain(&warning).any(|satisfied| *satisfied);
        let pin = if verdict.accepted && is_vouched_for { format!("@{}", digest(image)) } else { String::new() };
        prop_assert_eq!(&verdict.images["app"], &format!("{text}{pin}"));
    }

    #[test]
    fn no_order_changes_a_verdict(
        (rules, other_rules) in rules().prop_flat_map(|rules| (Just(rules.clone()), Just(turned(&rules)).prop_shuffle())),
        (containers, others) in containers().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
        signed in signed(),
    ) {
        let verdict = review_pod(&rules, &containers, &signed);
        prop_assert_eq!(&verdict, &review_pod(&other_rules, &containers, &signed));
        prop_assert_eq!(&verdict, &review_pod(&rules, &others, &signed));
    }

    /// With `unmatchedImages: accept`: where it is `reject`, a rule is what lets an image in.
    #[test]
    fn one_more_rule_lets_nobody_in(
        rules in rules(), more in rule(), at: prop::sample::Index,
        containers in containers(), signed in signed(),
    ) {
        let mut all = rules.clone();
        all.insert(at.index(rules.len() + 1), more);
        let (before, after) =
            (review_pod(&rules, &containers, &signed), review_pod(&all, &containers, &signed));
        prop_assert!(before.accepted || !after.accepted);
        // What was pinned stays pinned, to the same digest.
        if after.accepted {
            for (name, image) in &before.images {
                prop_assert!(!image.contains('@') || after.images[name] == *image);
            }
        }
    }

    /// A host that keeps its answers is asked the same again, and so gives the same verdict.
    #[test]
    fn a_warm_host_changes_nothing(
        rules in rules(), containers in containers(), signed in signed(),
    ) {
        let payload = json!({
            "settings": {"rules": rules},
            "request": {
                "kind": {"group": "", "kind": "Pod"}, "operation": "CREATE",
                "object": {"spec": {"containers": containers}},
            },
        });
        let mut kept: BTreeMap<Vec<u8>, Result<Vec<u8>, String>> = BTreeMap::new();
        let mut cold = 0;
        let host = &mut |_: &'static str, operation: &'static str, question: &[u8]| {
            let new = || {
                cold += 1;
                answer(&signed, operation, question)
            };
            kept.entry([operation.as_bytes(), question].concat()).or_insert_with(new).clone()
        };
        let first = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
        let second = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
        prop_assert_eq!(first, second);
        prop_assert_eq!(cold, kept.len());
    }

    #[test]
    fn every_spelling_of_an_image_has_one_verdict(
        rules in rules(), image in 0..IMAGES.len(), signed in signed(),
    ) {
        let verdicts = IMAGES[image].iter().map(|text| {
            let verdict = review_pod(&rules, &[json!({"name": "app", "image": text})], &signed);
            let pin = verdict.images["app"].strip_prefix(text).map(str::to_owned);
            (verdict.accepted, pin)
        });
        let verdicts: Vec<_> = verdicts.collect();
        prop_assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", verdicts);
        prop_assert!(verdicts[0].1.is_some());
    }
}

proptest! {
    // Each of these is a hundred reviews.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_place_of_every_kind_is_judged_alike(
        rules in rules(), image in 0..IMAGES.len(), signed in signed(),
    ) {
        let text = IMAGES[image][0];
        let expected = review_pod(&rules, &[json!({"image": text})], &signed).accepted;
        for (group, kind) in KINDS {
            let of = GroupKind { group: group.to_owned(), kind: kind.to_owned() };
            let workload = kinds::built_in(&of).expect(kind);
            for path in workload.images() {
                let object = holding(text, path, &workload);
                let (verdict, answer) = review(&rules, (group, kind), &object, &signed);
                prop_assert_eq!(verdict.accepted, expected, "{} {}: {}", kind, object, answer);
            }
        }
    }
}
