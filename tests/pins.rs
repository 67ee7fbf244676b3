//! What was admitted and pinned is admitted again as it was pinned, whatever the settings.

#![cfg(test)]

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use signed_images_policy::image::reference::Reference;
use signed_images_policy::validate;
use std::time::Duration;

const TAGS: [&str; 5] = ["", ":latest", ":dev-1", ":prod-1", ":1a"];

/// Patterns of `rules` and `exempt`.
const PATTERNS: [&str; 10] = [
    "**",
    "ghcr.io/acme/app",
    "ghcr.io/acme/app:dev*",
    "ghcr.io/acme/app:prod*",
    "ghcr.io/acme/app:latest",
    "ghcr.io/acme/app:*1*",
    "ghcr.io/acme/app@sha256:a*",
    "ghcr.io/acme/app:dev*@sha256:a*",
    "**@sha256:b*",
    "**:prod-1",
];

/// Patterns of `signatures`.
const WILDCARDS: [&str; 10] = [
    "*",
    "ghcr.io/acme/app",
    "ghcr.io/acme/app:dev*",
    "ghcr.io/acme/app:prod-?",
    "*:latest",
    "ghcr.io/acme/app:1a",
    "ghcr.io/acme/app:1?*",
    "*@sha256:a*",
    "ghcr.io/acme/app:dev-1@*",
    "*b*",
];

const KEYS: [&str; 3] = [
    include_str!("fixtures/keys/p256.pem"),
    include_str!("fixtures/keys/ed25519.pem"),
    include_str!("fixtures/keys/p384.pem"),
];

/// Of each tag, which digest it has; of each digest, who has signed it.
#[derive(Clone, Copy, Debug)]
struct Registry {
    digests: [usize; TAGS.len()],
    signed: [[bool; KEYS.len()]; 2],
}

impl Registry {
    fn answer(&self, question: &[u8]) -> Result<Vec<u8>, String> {
        let question: Value = serde_json::from_slice(question).unwrap();
        let image =
            Reference::parse(question["image"].as_str().or(question.as_str()).unwrap()).unwrap();
        let digest = if let Some(digest) = image.digest() {
            usize::from(digest.as_str().ends_with('b'))
        } else {
            let tag = format!(":{}", image.tag().unwrap());
            let at = TAGS.iter().position(|known| *known == tag);
            self.digests[at.unwrap()]
        };
        let has_signed = |pem: &Value| {
            let signer = KEYS.iter().position(|key| pem.as_str().unwrap().trim() == key.trim());
            self.signed[digest][signer.unwrap()]
        };
        let digest = format!("sha256:{}", ["a", "b"][digest].repeat(64));
        if question["pub_keys"].as_array().is_none_or(|keys| keys.iter().all(has_signed)) {
            Ok(json!({"is_trusted": true, "digest": digest}).to_string().into_bytes())
        } else {
            Err("Image verification failed: missing signatures".to_owned())
        }
    }

    /// The answer, and the object as it is then.
    fn review(&self, settings: &Value, object: &Value, old: Option<&Value>) -> (Value, Value) {
        let operation = if old.is_some() { "UPDATE" } else { "CREATE" };
        let payload = json!({
            "settings": settings,
            "request": {
                "kind": {"group": "", "kind": "Pod"}, "operation": operation,
                "object": object, "oldObject": old,
            },
        });
        let host = &mut |_: &'static str, _: &'static str, question: &[u8]| self.answer(question);
        let answer = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let object = answer.get("mutated_object").unwrap_or(object).clone();
        (answer, object)
    }
}

fn registry() -> impl Strategy<Value = Registry> {
    let digests = prop::array::uniform5(0..2_usize);
    let signed = prop::array::uniform2(prop::array::uniform3(prop::bool::weighted(0.8)));
    (digests, signed).prop_map(|(mut digests, signed)| {
        digests[0] = digests[1];
        Registry { digests, signed }
    })
}

fn some(of: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(of.to_vec(), 1..=most).prop_shuffle()
}

fn settings() -> impl Strategy<Value = Value> {
    let rule = (some(&PATTERNS, 2), prop::option::weighted(0.4, some(&PATTERNS[1..], 2)), select(&KEYS[..]), prop::bool::weighted(0.2))
        .prop_map(|(images, exclude, key, warns)| {
            json!({
                "images": images, "exclude": exclude, "enforcement": if warns { "warn" } else { "reject" },
                "allOf": [{"kind": "pubKey", "key": key}],
            })
        });
    let entry = (some(&WILDCARDS, 2), select(&KEYS[..]))
        .prop_map(|(images, key)| json!({"images": images, "pubKeys": [key]}));
    (
        prop::collection::vec(rule, 0..4),
        prop::collection::vec(entry, 0..3),
        prop::option::weighted(0.2, some(&PATTERNS[1..], 2)),
        select(&["accept", "warn", "reject"][..]),
        select(&["skip", "verify"][..]),
    )
        .prop_map(|(rules, signatures, exempt, unmatched, unchanged)| {
            json!({
                "rules": rules, "signatures": signatures, "exempt": exempt,
                "unmatchedImages": unmatched, "unchangedImages": unchanged,
            })
        })
}

fn pod(image: &str) -> Value {
    json!({"spec": {"containers": [{"name": "app", "image": image}]}})
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn what_was_pinned_is_admitted_as_pinned(settings in settings(), tag in select(&TAGS[..]), registry in registry()) {
        let object = pod(&format!("ghcr.io/acme/app{tag}"));
        let (answer, pinned) = registry.review(&settings, &object, None);
        if pinned != object {
            let (again, same) = registry.review(&settings, &pinned, None);
            prop_assert_eq!(&again["accepted"], &json!(true), "{} then {}", answer, again);
            prop_assert_eq!(&same, &pinned);
        }
    }

    /// So is what an update pins: anew, or as the stored object has it.
    #[test]
    fn what_an_update_pins_stays(
        settings in settings(), tag in select(&TAGS[..]), old in select(&TAGS[..]), registry in registry(),
    ) {
        let (_, stored) = registry.review(&settings, &pod(&format!("ghcr.io/acme/app{old}")), None);
        let object = pod(&format!("ghcr.io/acme/app{tag}"));
        let (answer, pinned) = registry.review(&settings, &object, Some(&stored));
        if pinned != object {
            for old in [Some(&stored), Some(&pinned), None] {
                let (again, same) = registry.review(&settings, &pinned, old);
                prop_assert_eq!(&again["accepted"], &json!(true), "{} then {}", answer, again);
                prop_assert_eq!(&same, &pinned);
            }
        }
    }
}
