//! Policies of other tools, converted: what is written, that the policy takes it, and what it then decides.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
#![expect(clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use signed_images_convert::{Conversion, Converted, Options, Source, Weight, convert};
use signed_images_policy::host::Host;
use signed_images_policy::validate_settings;

use crate::world::Verdict::{Pinned, Refused, Untouched, Warned};
use crate::world::{BUILDER, DEEP, FORK, MAIN, RELEASE, Signatures, Verdict, key, verdict};

mod attested;
mod globs;
mod losses;
mod matchers;
mod property;
mod reports;
mod surroundings;
mod world;

/// In 2027.
const NOW: Duration = Duration::from_hours(57 * 8_766);
const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn inputs() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("convert/tests/sources")).unwrap();
    let mut inputs: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(inputs.len() >= 10, "{inputs:?}");
    inputs
}

fn converted(path: &Path) -> Vec<Converted> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    of_text(name, &text).policies
}

fn of_text(name: &str, text: &str) -> Conversion {
    let (sources, error) = Source::parse(name, text);
    assert!(error.is_none(), "{name}: {error:?}");
    convert(&sources, &Options::default())
}

fn settings(text: &str) -> Value {
    let document: Value = yaml_serde::from_str(text).unwrap();
    document["spec"]["settings"].clone()
}

/// What each input becomes, with its comments.
#[test]
fn conversions() {
    for path in inputs() {
        let texts: Vec<String> = converted(&path).into_iter().map(|policy| policy.text).collect();
        let version = format!(":v{}", env!("CARGO_PKG_VERSION"));
        let text = texts.join("---\n").replace(&version, ":vVERSION");
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(name, text);
        });
    }
}

/// The policy takes the settings, unless something must be filled in: then it refuses them.
#[test]
fn the_policy_takes_what_is_converted() {
    let mut open = 0;
    for path in inputs() {
        for policy in converted(&path) {
            let settings = settings(&policy.text).to_string();
            let trusting: &mut Host<'_> =
                &mut |_, _, _| Ok(br#"{"trusted":true,"reason":""}"#.to_vec());
            let answer = validate_settings(settings.as_bytes(), trusting, NOW);
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let placeholder = policy.text.contains("REPLACE WITH") || settings.contains(r#":"""#);
            assert_eq!(answer["valid"], !placeholder, "{}: {answer}", path.display());
            open += usize::from(placeholder);
            if placeholder {
                assert!(policy.remarks.iter().any(|remark| remark.weight == Weight::Open));
            }
        }
    }
    assert_eq!(open, 2, "the keys in a KMS");
}

/// Every remark is on top, below a title that says how much it matters.
#[test]
fn all_that_is_otherwise_is_said_on_top() {
    const TITLES: [&str; 4] = [
        "VERIFIES LESS THAN",
        "REFUSES WHAT ITS SOURCE ADMITS",
        "MUST BE FILLED IN",
        "NO POLICY SERVER CHECKS",
    ];
    for path in inputs() {
        for policy in converted(&path) {
            let head: Vec<&str> =
                policy.text.lines().take_while(|line| line.starts_with('#')).collect();
            let head = head.iter().map(|line| line.trim_start_matches('#').trim());
            let head = head.collect::<Vec<_>>().join(" ");
            let mut titles = [false; 4];
            for remark in &policy.remarks {
                let words: Vec<&str> = remark.text.split_whitespace().collect();
                assert!(head.contains(&words.join(" ")), "{}: {}", path.display(), remark.text);
                assert!(head.contains(&remark.path), "{}: {}", path.display(), remark.path);
                assert!(!remark.policy.is_empty(), "{}: {}", path.display(), remark.text);
                match remark.weight {
                    Weight::Less => titles[0] = true,
                    Weight::Stricter => titles[1] = true,
                    Weight::Open => titles[2] = true,
                    Weight::Unchecked(_) => titles[3] = true,
                    Weight::Chosen | Weight::Note => {}
                }
            }
            assert_eq!(TITLES.map(|title| head.contains(title)), titles, "{}", path.display());
        }
    }
}

/// Input, which of its policies, image, who signed it, verdict.
const VERDICTS: [(&str, usize, &str, &[&str], Verdict); 47] = [
    ("kyverno-attestors", 0, "ghcr.io/acme/app:1", &["p256", "p256-third"], Pinned),
    ("kyverno-attestors", 0, "ghcr.io/acme/team/app", &["p256", "p256-second"], Pinned),
    ("kyverno-attestors", 0, "ghcr.io/acme/app:1", &["p256"], Refused),
    ("kyverno-attestors", 0, "ghcr.io/acme/app:1", &["p256", "cosign"], Refused),
    ("kyverno-attestors", 0, "ghcr.io/acme/sandbox/app:1", &[], Untouched),
    ("kyverno-attestors", 0, "ghcr.io/acme/sandbox:1", &[], Refused),
    ("kyverno-attestors", 0, "ghcr.io/acme-evil/app:1", &[], Untouched),
    // An image that is called like the folder is not in it.
    ("kyverno-attestors", 0, "ghcr.io/acme:1", &[], Untouched),
    // Both entries select it: two of three, and either one key or both of two.
    ("kyverno-attestors", 0, "ghcr.io/acme/payments/app", &["p256", "p256-second"], Refused),
    ("kyverno-attestors", 0, "ghcr.io/acme/payments/app", &["p256", "p256-second", "p384"], Pinned),
    (
        "kyverno-attestors",
        0,
        "ghcr.io/acme/payments/app",
        &["p256", "p256-second", "cosign"],
        Pinned,
    ),
    ("kyverno-keyless-attestation", 0, "ghcr.io/acme/shop-web:1", &[MAIN], Refused),
    ("kyverno-keyless-attestation", 0, "ghcr.io/acme/shop-web:1", &[FORK], Refused),
    ("kyverno-keyless-attestation", 0, "ghcr.io/acme/shop-web:1", &[], Refused),
    ("kyverno-keyless-attestation", 0, "ghcr.io/acme/shop:1", &[], Untouched),
    // The tag pattern matches `v1.2`, and who knows what tag a digest has.
    ("kyverno-old-form", 0, "ghcr.io/acme/tools:v2", &[], Untouched),
    ("kyverno-old-form", 0, "ghcr.io/acme/tools:v1.2", &[], Refused),
    ("kyverno-old-form", 0, "registry.example.com/a/b", &["p256"], Pinned),
    ("kyverno-old-form", 0, "registry.example.com/a/b", &["p384"], Refused),
    ("kyverno-secret", 0, "ghcr.io/acme/app", &["p256"], Pinned),
    ("kyverno-secret", 0, "ghcr.io/acme/app", &["p384"], Refused),
    ("kyverno-secret", 0, "docker.io/acme/app", &[], Untouched),
    // A wildcard's star crosses slashes; the regular expression names what does.
    ("kyverno-wildcards", 0, "ghcr.io/acme/app:1", &[BUILDER, RELEASE], Pinned),
    ("kyverno-wildcards", 0, "ghcr.io/acme/app:1", &[DEEP], Pinned),
    ("kyverno-wildcards", 0, "ghcr.io/acme/app:1", &[MAIN], Refused),
    ("kyverno-wildcards", 0, "ghcr.io/acme/app:1", &[FORK], Refused),
    ("kyverno-wildcards", 0, "ghcr.io/acme/app:1", &["p256"], Refused),
    ("kyverno-wildcards", 0, "registry.example.com/app", &[RELEASE], Pinned),
    ("kyverno-wildcards", 0, "registry.example.com/app", &[DEEP], Refused),
    ("kyverno-wildcards", 0, "registry.example.com/app", &[MAIN], Refused),
    ("image-validating-policy", 0, "ghcr.io/acme/app", &["p384"], Pinned),
    ("image-validating-policy", 0, "ghcr.io/acme/app", &["cosign"], Refused),
    ("image-validating-policy", 1, "ghcr.io/acme/shop-web", &[MAIN], Warned),
    ("image-validating-policy", 1, "ghcr.io/acme/shop-web", &[FORK], Warned),
    ("image-validating-policy", 1, "ghcr.io/acme/web", &[], Untouched),
    ("cluster-image-policy", 0, "ghcr.io/acme/app", &["p256"], Pinned),
    ("cluster-image-policy", 0, "ghcr.io/acme/app", &["p384"], Pinned),
    ("cluster-image-policy", 0, "ghcr.io/acme/app", &["cosign"], Refused),
    ("cluster-image-policy", 0, "ghcr.io/acme", &["p256"], Refused),
    ("cluster-image-policy", 0, "registry.k8s.io/pause:3.10", &[], Untouched),
    ("cluster-image-policy", 0, "quay.io/acme/app", &["p256"], Refused),
    ("verification-config", 0, "nginx", &[MAIN, BUILDER], Pinned),
    ("verification-config", 0, "nginx", &[MAIN], Refused),
    ("verification-config", 0, "nginx", &[MAIN, "p256"], Pinned),
    ("verify-image-signatures", 0, "ghcr.io/acme/app", &["p256"], Pinned),
    ("verify-image-signatures", 0, "ghcr.io/acme/app", &["p384"], Refused),
    ("verify-image-signatures", 1, "ghcr.io/acme/app", &[MAIN], Pinned),
];

/// With what is to be filled in, filled in.
fn completed(text: &str) -> Value {
    let mut settings = settings(text);
    for rule in settings["rules"].as_array_mut().into_iter().flatten() {
        for pointer in ["/allOf", "/anyOf/signatures"] {
            let signers = rule.pointer_mut(pointer).and_then(Value::as_array_mut);
            for signer in signers.into_iter().flatten() {
                let is_open = signer["key"].as_str().is_some_and(|key| key.starts_with("REPLACE"));
                if is_open {
                    signer["key"] = json!(key("rsa3072"));
                }
            }
        }
    }
    settings
}

#[test]
fn converted_policies_decide_as_their_sources_do() {
    for (name, number, image, signers, expected) in VERDICTS {
        let path = root().join(format!("convert/tests/sources/{name}.yaml"));
        let policies = converted(&path);
        let settings = settings(&policies[number].text);
        let found = verdict(&settings, image, &Signatures::by(signers));
        assert_eq!(found, expected, "{name} {number}: {image} signed by {signers:?}");
    }
}

#[test]
fn a_key_from_a_kms_is_filled_in() {
    let path = root().join("convert/tests/sources/kyverno-kms.yaml");
    let policies = converted(&path);
    assert!(policies[0].text.contains("cosign public-key --key gcpkms://projects/acme/"));
    let settings = completed(&policies[0].text);
    let image = "gcr.io/acme-prod/base/alpine:3.22";
    let rows: [(&str, &[&str], Verdict); 4] = [
        (image, &["rsa3072"], Pinned),
        (image, &["p256"], Refused),
        (image, &[], Refused),
        ("gcr.io/acme-prod/base/debian:13", &[], Untouched),
    ];
    for (image, signers, expected) in rows {
        let found = verdict(&settings, image, &Signatures::by(signers));
        assert_eq!(found, expected, "{image} {signers:?}");
    }
}

/// Input, its place and what is wrong there.
const MISTAKES: [(&str, &str); 7] = [
    ("signatures: []\n---\na: [", "`f`, document 2, is not YAML or JSON: "),
    ("", "`f` holds no document"),
    (
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {rules: [{verifyImages: [{imageReferences: 1}]}]}",
        "`f`, document 1, ClusterPolicy without a name: `spec.rules[0].verifyImages[0].imageReferences`: invalid type: integer",
    ),
    (
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\nspec: {rules: [{verifyImages: [{image: a, attestors: [{count: 2, entries: [{keys: {kms: a}}]}]}]}]}",
        "`f`, document 1, ClusterPolicy `a`: `spec.rules[0].verifyImages[0].attestors[0]`: `count` is more than the 1 entries",
    ),
    (
        "kind: List\nitems: [{apiVersion: policy.sigstore.dev/v1beta1, kind: ClusterImagePolicy, metadata: {name: a}, spec: {mode: x}}]",
        "`f`, ClusterImagePolicy `a`: `spec`: `images` are missing",
    ),
    (
        "apiVersion: policies.kyverno.io/v1\nkind: ImageValidatingPolicy\nspec: {attestors: [{name: a, cosign: {}}]}",
        "`f`, document 1, ImageValidatingPolicy without a name: `spec.attestors[0].cosign`: give one of `key`, `keyless`, `certificate`",
    ),
    (
        "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nspec: {module: 'registry://a/verify-image-signatures:1', settings: 1}",
        "`f`, document 1, ClusterAdmissionPolicy without a name: `spec.settings`: must be a map",
    ),
];

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, expected) in MISTAKES {
        let (sources, error) = Source::parse("f", text);
        let message = if let Some(error) = error {
            error.to_string()
        } else {
            let conversion = convert(&sources, &Options::default());
            let (place, error) = &conversion.refused[0];
            format!("{place}: {error}")
        };
        assert!(message.starts_with(expected), "{text}: {message}");
    }
}

/// What is skipped, and why.
const SKIPPED: [(&str, &str, &str); 6] = [
    ("[]", "`f`, document 1", "it is no policy that is converted"),
    (
        "kind: Pod\napiVersion: v1",
        "`f`, document 1, Pod without a name",
        "`v1` `Pod` is not converted",
    ),
    ("a: 1", "`f`, document 1", "it is no policy that is converted"),
    (
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: labels}\nspec: {rules: [{validate: {}}]}",
        "`f`, document 1, ClusterPolicy `labels`",
        "it verifies no images",
    ),
    (
        "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nspec: {module: registry://a/b:1}",
        "`f`, document 1, ClusterAdmissionPolicy without a name",
        "only policies of `verify-image-signatures` are converted",
    ),
    (
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: all}\nspec: {images: [{glob: '**'}], authorities: [{static: {action: pass}}]}",
        "ClusterImagePolicy `all` (f, document 1)",
        "all images pass there",
    ),
];

#[test]
fn what_is_no_policy_of_images_is_skipped_and_told() {
    for (text, place, why) in SKIPPED {
        let conversion = of_text("f", text);
        assert_eq!(conversion.skipped, [(place.to_owned(), why.to_owned())], "{text}");
        assert!(conversion.policies.is_empty() && conversion.refused.is_empty(), "{text}");
    }
}

/// As `kubectl get clusterpolicies -o yaml` prints them.
#[test]
fn one_document_of_a_list_never_stops_the_rest() {
    let path = root().join("convert/tests/sources/kyverno-old-form.yaml");
    let good: Value = yaml_serde::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let policy = |name: &str, spec: Value| json!({"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": name}, "spec": spec});
    let wrong = policy("wrong", json!({"rules": [{"verifyImages": [{}]}]}));
    let other = policy("labels", json!({"rules": [{"validate": {}}]}));
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [wrong, other, good]});
    let conversion = of_text("f", &list.to_string());
    assert_eq!(conversion.policies.len(), 1);
    assert_eq!(conversion.skipped[0].0, "`f`, ClusterPolicy `labels`");
    let (place, error) = &conversion.refused[0];
    let expected = "`spec.rules[0].verifyImages[0]`: `imageReferences` are missing";
    assert_eq!(
        (place.as_str(), error.to_string().as_str()),
        ("`f`, ClusterPolicy `wrong`", expected)
    );
}
