//! Sources that were once converted to something weaker, or to something that cannot be used, without a clear word:
//! what is said of each, how heavy it is, and what is decided on images.

use std::fmt::Write;

use signed_images_convert::{Converted, Weight};

use crate::world::Verdict::{self, Pinned, Refused, Untouched, Warned};
use crate::world::{MAIN, RELEASE, Signatures, verdict};
use crate::{of_text, root, settings};

fn converted(name: &str) -> Vec<Converted> {
    let path = root().join(format!("convert/tests/losses/{name}.yaml"));
    of_text(name, &std::fs::read_to_string(path).unwrap()).policies
}

/// Input, the heaviest that is said, and where, in the source.
const SAID: [(&str, Option<Weight>, &[&str]); 36] = [
    (
        "annotations-of-a-certificate",
        Some(Weight::Less),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[0]"],
    ),
    ("pass-with-match", Some(Weight::Stricter), &["spec.match"]),
    ("pass-with-policy", Some(Weight::Stricter), &["spec.policy"]),
    ("signers-with-match", Some(Weight::Less), &["spec.match"]),
    ("fail-below-pass", Some(Weight::Stricter), &["spec.images[0]"]),
    ("fail-below-pass-of-all", Some(Weight::Stricter), &["spec.images[0]"]),
    ("fail-beside-signers", Some(Weight::Less), &["spec.authorities"]),
    ("fail-that-warns", Some(Weight::Stricter), &["spec.mode"]),
    ("pass-of-a-tag", Some(Weight::Note), &["spec.images[0]", "spec.images[1]", "spec.images[2]"]),
    ("pass-of-all-beside-a-rule", Some(Weight::Note), &[]),
    (
        "both-must-sign-one-widened",
        Some(Weight::Less),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[0].keyless"],
    ),
    (
        "several-that-cannot-be-said",
        Some(Weight::Open),
        &[
            "spec.rules[0].verifyImages[0].attestors[0].entries[0].keys.kms",
            "spec.rules[0].verifyImages[0].attestors[0].entries[1].keys.kms",
            "spec.rules[0].verifyImages[0].attestors[0].entries[2].keys.kms",
        ],
    ),
    ("notary", Some(Weight::Less), &["spec.rules[0].verifyImages[0].attestations[0]"]),
    (
        "wildcards-in-selectors",
        Some(Weight::Stricter),
        &[
            "spec.rules[0].match.any[0].resources.namespaceSelector.matchLabels.env",
            "spec.rules[0].match.any[0].resources.namespaceSelector.matchLabels.own*",
            "spec.rules[0].match.any[0].resources.namespaceSelector.matchExpressions[0]",
        ],
    ),
    ("one-entry-enforces", Some(Weight::Note), &[]),
    ("subject-with-a-star-after-a-file", Some(Weight::Note), &[]),
    ("subject-without-the-ref", Some(Weight::Note), &[]),
    (
        "subject-with-a-plus",
        Some(Weight::Less),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[0].keyless"],
    ),
    (
        "issuer-that-goes-on",
        Some(Weight::Open),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[0].keyless"],
    ),
    (
        "issuer-with-a-star",
        Some(Weight::Open),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[0].keyless"],
    ),
    (
        "subject-beside-an-expression",
        Some(Weight::Stricter),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[0].keyless.subjectRegExp"],
    ),
    (
        "issuer-beside-an-expression",
        Some(Weight::Less),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[0].keyless.issuerRegExp"],
    ),
    (
        "variables",
        Some(Weight::Less),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[3].keys.publicKeys"],
    ),
    (
        "variables-in-images",
        Some(Weight::Stricter),
        &["spec.rules[0].verifyImages[0].imageReferences[0]"],
    ),
    (
        "several-keys-of-a-config-map",
        Some(Weight::Less),
        &["spec.rules[0].verifyImages[0].attestors[0].entries[0].keys.publicKeys"],
    ),
    ("fields-of-the-policy", Some(Weight::Less), &["spec.rules[0].verifyImages[0].futureCheck"]),
    ("custom-kinds", Some(Weight::Less), &["spec.rules[0].imageExtractors.Task[1]"]),
    (
        "image-validating-policy-off",
        Some(Weight::Stricter),
        &[
            "spec.failurePolicy",
            "spec.evaluation.admission.enabled",
            "spec.attestors[0].cosign.source.repository",
            "spec.validations[0]",
        ],
    ),
    (
        "image-validating-policy-required",
        Some(Weight::Less),
        &["spec.validationConfigurations.required"],
    ),
    ("part-of-a-kind", Some(Weight::Stricter), &["spec.rules[0].match.any[0].resources.kinds"]),
    ("exactly-one-of-two", Some(Weight::Less), &["spec.validations[0]"]),
    ("image-policy-that-is-refused", Some(Weight::Less), &[""]),
    (
        "conditions",
        Some(Weight::Less),
        &[
            "spec.rules[0].verifyImages[0].attestations[0].conditions[0].all[1]",
            "spec.rules[0].verifyImages[0].attestations[0].conditions[0].all[2]",
            "spec.rules[0].verifyImages[0].attestations[0].conditions[0].all[3]",
            "spec.rules[0].verifyImages[0].attestations[0].conditions[0].all[4]",
            "spec.rules[0].verifyImages[0].attestations[0].conditions[0].all[5]",
            "spec.rules[0].verifyImages[0].attestations[0].conditions[1].any",
            "spec.rules[0].verifyImages[0].attestations[1]",
            "spec.rules[0].verifyImages[0].attestations[2].attestors[0].entries[0].attestor",
        ],
    ),
    (
        "policies-on-statements",
        Some(Weight::Less),
        &[
            "spec.authorities[0].attestations[0].policy",
            "spec.authorities[0].attestations[1].policy",
            "spec.authorities[0].attestations[1].policy.configMapRef",
            "spec.authorities[1].attestations[0]",
        ],
    ),
    (
        "payloads",
        Some(Weight::Less),
        &[
            "spec.validations[1]",
            "spec.validations[2]",
            "spec.validations[3]",
            "spec.validations[4]",
        ],
    ),
    (
        "reports-by-certificates",
        Some(Weight::Less),
        &["spec.rules[0].verifyImages[0].attestations[0]"],
    ),
];

#[test]
fn what_is_lost_is_said_at_its_place() {
    let mut all = String::new();
    for (name, heaviest, places) in SAID {
        let policies = converted(name);
        let weight = policies.iter().filter_map(Converted::weight).min();
        assert_eq!(weight, heaviest, "{name}");
        let remarks: Vec<_> = policies.iter().flat_map(|policy| &policy.remarks).collect();
        for place in places {
            let is_there = |weight, path: &str| weight == heaviest && path == *place;
            let found = remarks.iter().any(|one| is_there(Some(one.weight), &one.path));
            assert!(found, "{name}: {place}: {remarks:#?}");
        }
        writeln!(all, "{name}").unwrap();
        for remark in remarks.iter().filter(|remark| remark.weight != Weight::Note) {
            let of = format!("{} `{}`", remark.policy, remark.path);
            writeln!(all, "  {:?}: {of}: {}", remark.weight, remark.text).unwrap();
        }
    }
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("losses", all);
    });
}

/// Every source is in the table.
#[test]
fn all_sources_are_looked_at() {
    let folder = std::fs::read_dir(root().join("convert/tests/losses")).unwrap();
    assert_eq!(folder.count(), SAID.len());
}

/// Input, image, who signed it, verdict.
const VERDICTS: [(&str, &str, &[&str], Verdict); 26] = [
    ("pass-with-match", "ghcr.io/acme/app", &[], Refused),
    ("pass-with-policy", "ghcr.io/acme/app", &[], Refused),
    ("signers-with-match", "ghcr.io/acme/app", &[], Refused),
    ("signers-with-match", "ghcr.io/acme/app", &["p256"], Pinned),
    ("fail-below-pass", "ghcr.io/evil/app", &[], Refused),
    ("fail-below-pass-of-all", "ghcr.io/evil/app", &[], Refused),
    ("fail-beside-signers", "ghcr.io/acme/old/app", &[], Refused),
    ("fail-beside-signers", "ghcr.io/acme/app", &["p256"], Pinned),
    ("fail-that-warns", "ghcr.io/evil/app", &[], Refused),
    ("pass-of-a-tag", "ghcr.io/acme/app:v1", &[], Refused),
    ("pass-of-a-tag", "nginx", &[], Refused),
    ("pass-of-all-beside-a-rule", "nginx", &[], Refused),
    ("pass-of-all-beside-a-rule", "nginx", &["p256"], Pinned),
    // The signer of the narrow subject alone is not both of them.
    ("one-entry-enforces", "ghcr.io/other/app", &[], Refused),
    ("one-entry-enforces", "ghcr.io/other/app", &["p256"], Pinned),
    ("subject-with-a-star-after-a-file", "ghcr.io/acme/app", &[APP], Pinned),
    ("subject-with-a-star-after-a-file", "ghcr.io/acme/app", &[MAIN], Refused),
    ("subject-without-the-ref", "ghcr.io/acme/app", &[APP], Pinned),
    ("subject-without-the-ref", "ghcr.io/acme/app", &[RELEASE], Refused),
    ("subject-beside-an-expression", "ghcr.io/acme/app", &[MAIN], Refused),
    ("wildcards-in-selectors", "ghcr.io/acme/app", &["p256"], Pinned),
    ("fields-of-the-policy", "ghcr.io/acme/app", &["p256"], Pinned),
    ("fields-of-the-policy", "ghcr.io/acme/app", &["p384"], Refused),
    ("variables-in-images", "quay.io/any/app", &[], Refused),
    ("exactly-one-of-two", "ghcr.io/acme/app", &["p256"], Refused),
    ("exactly-one-of-two", "ghcr.io/acme/app", &["p256", "p384"], Pinned),
];

const APP: &str = "https://token.actions.githubusercontent.com https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main";

#[test]
fn nothing_is_weaker_than_what_was_said() {
    for (name, image, signers, expected) in VERDICTS {
        let policies = converted(name);
        let found = verdict(&settings(&policies[0].text), image, &Signatures::by(signers));
        assert_eq!(found, expected, "{name}: {image} signed by {signers:?}");
    }
    assert!(matches!(Warned, Verdict::Warned) && matches!(Untouched, Verdict::Untouched));
}

/// Of several who must sign, none goes: each is asked for, or has a place of its own to be filled in.
#[test]
fn required_signers_stay() {
    let rows = [
        ("both-must-sign-one-widened", 2, "urlPrefix: https://github.com/acme/app/\n"),
        ("several-that-cannot-be-said", 3, "minimumMatches: 2"),
        ("notary", 4, "minimumMatches: 2"),
        ("variables", 6, "REPLACE WITH THE SIGNER"),
        ("several-keys-of-a-config-map", 2, "key: b"),
    ];
    for (name, count, part) in rows {
        let text = &converted(name)[0].text;
        assert_eq!(
            text.matches("kind: pubKey").count() + text.matches("kind: genericIssuer").count(),
            count,
            "{text}"
        );
        assert!(text.contains(part), "{name}: {text}");
    }
}

/// A variable of the source is said, and never copied.
#[test]
fn variables_are_not_copied() {
    for name in ["variables", "variables-in-images", "several-keys-of-a-config-map"] {
        let policies = converted(name);
        let settings = settings(&policies[0].text).to_string();
        assert!(!settings.contains("{{"), "{name}: {settings}");
    }
}

#[test]
fn wildcards_of_selectors_ask_for_the_label() {
    let text = &converted("wildcards-in-selectors")[0].text;
    let document: serde_json::Value = yaml_serde::from_str(text).unwrap();
    let expected = serde_json::json!({
        "matchLabels": {"team": "a"},
        "matchExpressions": [{"key": "env", "operator": "Exists"}],
    });
    assert_eq!(document["spec"]["namespaceSelector"], expected);
}

#[test]
fn custom_kinds_are_reviewed() {
    let text = &converted("custom-kinds")[0].text;
    let document: serde_json::Value = yaml_serde::from_str(text).unwrap();
    let expected = serde_json::json!([
        {"apiGroup": "example.com", "kind": "Pipeline", "images": ["/spec/stages/*/image", "/spec/tools/*/ref"]},
    ]);
    assert_eq!(
        document["spec"]["settings"]["extraWorkloads"], expected,
        "Tekton's tasks are built in"
    );
    let rules = document["spec"]["rules"].as_array().unwrap();
    let sent = |resource: &str| rules.iter().any(|rule| rule["resources"][0] == resource);
    assert!(sent("pipelines") && sent("tasks"));
}
