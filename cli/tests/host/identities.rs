//! The host's verdict on certificates: identities, GitHub workflows and certificates of one's own, with an
//! authority and a transparency log made on the spot.

use crate::authority::{Authority, Identity};
use crate::world::World;
use serde_json::{Value, json};
use signed_images::demo::Signature;
use std::time::{SystemTime, UNIX_EPOCH};

const ISSUER: &str = "https://accounts.issuer.local";
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const WORKFLOW: &str = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1";

/// An image signed by one identity.
struct Case {
    world: World,
    certificate: String,
    root: String,
}

impl Case {
    fn new(identity: &Identity<'_>) -> Self {
        let authority = Authority::new();
        let world = World::new(authority.trust());
        let digest = world.registry.add_image("app", "certified", "certified").unwrap();
        let (signature, certificate) = authority.sign(&world.image(""), &digest, identity);
        world.registry.add_signature("app", &digest, signature).unwrap();
        Self { world, certificate, root: authority.root() }
    }

    fn ask(&self, mut question: Value) -> Result<Value, String> {
        question["image"] = self.world.image(":certified").into();
        self.world.ask("v2/verify", &question)
    }
}

fn keyless(issuer: &str, subject: &str) -> Value {
    json!({
        "type": "SigstoreKeylessVerify",
        "keyless": [{"issuer": issuer, "subject": subject}],
        "annotations": null,
    })
}

fn prefix(issuer: &str, prefix: &str) -> Value {
    json!({
        "type": "SigstoreKeylessPrefixVerify",
        "keyless_prefix": [{"issuer": issuer, "url_prefix": prefix}],
        "annotations": null,
    })
}

fn github(owner: &str, repo: Option<&str>) -> Value {
    json!({
        "type": "SigstoreGithubActionsVerify",
        "owner": owner,
        "repo": repo,
        "annotations": null,
    })
}

#[test]
fn an_identity_must_be_the_one_asked_for() {
    let person =
        Case::new(&Identity { issuer: ISSUER, subject: "jo@acme.local", repository: None });
    let workflow =
        Case::new(&Identity { issuer: GITHUB, subject: WORKFLOW, repository: Some("acme/app") });
    // Its certificate names another repository than its subject does, and no GitHub token made it.
    let pretender =
        Case::new(&Identity { issuer: ISSUER, subject: WORKFLOW, repository: Some("acme/app") });
    let rows = [
        (&person, keyless(ISSUER, "jo@acme.local"), true),
        (&person, keyless(ISSUER, "jo@acme.local.evil"), false),
        (&person, keyless(GITHUB, "jo@acme.local"), false),
        (&person, github("acme", None), false),
        (&workflow, keyless(GITHUB, WORKFLOW), true),
        (&workflow, prefix(GITHUB, "https://github.com/acme/"), true),
        (&workflow, prefix(GITHUB, "https://github.com/acme"), true),
        (&workflow, prefix(GITHUB, "https://github.com/acme/app"), true),
        (&workflow, prefix(GITHUB, "https://github.com/ac"), false),
        (&workflow, prefix(ISSUER, "https://github.com/acme/"), false),
        (&workflow, github("acme", None), true),
        (&workflow, github("acme", Some("app")), true),
        (&workflow, github("acme", Some("ap")), false),
        (&workflow, github("acm", None), false),
        (&pretender, github("acme", None), false),
        (&pretender, prefix(GITHUB, "https://github.com/acme/"), false),
    ];
    for (case, question, expected) in rows {
        let answer = case.ask(question.clone());
        assert_eq!(answer.is_ok(), expected, "{question}: {answer:?}");
        if let Err(report) = answer {
            assert!(report.contains("missing signatures"), "{report}");
        }
    }
}

#[test]
fn an_authority_must_be_the_trusted_one() {
    let identity = Identity { issuer: ISSUER, subject: "jo@acme.local", repository: None };
    let case = Case::new(&identity);
    let stranger = Authority::new();
    let digest = case.world.registry.add_image("app", "certified", "strange").unwrap();
    let (signature, _) = stranger.sign(&case.world.image(""), &digest, &identity);
    case.world.registry.add_signature("app", &digest, signature).unwrap();
    let report = case.ask(keyless(ISSUER, "jo@acme.local")).unwrap_err();
    assert!(report.contains("No Signature Layer passed verification"), "{report}");
}

type Forge = fn(&mut Signature, &Signature);

/// A certificate and a log entry are public, and can be put beside any signature.
#[test]
fn a_certificate_counts_for_the_signature_that_it_was_made_for() {
    const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
    const ENTRY: &str = "dev.sigstore.cosign/bundle";
    let authority = Authority::new();
    let world = World::new(authority.trust());
    let sign = |digest: &str| {
        let identity = Identity { issuer: ISSUER, subject: "jo@acme.local", repository: None };
        authority.sign(&world.image(""), digest, &identity).0
    };
    let genuine = sign(&world.digest);
    let rows: [(&str, Forge, bool); 4] = [
        ("its own", |_, _| {}, true),
        ("another certificate", |made, other| copy(made, other, &[CERTIFICATE]), false),
        ("another entry", |made, other| copy(made, other, &[ENTRY]), false),
        ("both of another", |made, other| copy(made, other, &[CERTIFICATE, ENTRY]), false),
    ];
    for (name, forge, expected) in rows {
        let digest = world.registry.add_image("app", "copied", name).unwrap();
        let mut signature = sign(&digest);
        forge(&mut signature, &genuine);
        world.registry.add_signature("app", &digest, signature).unwrap();
        let mut question = keyless(ISSUER, "jo@acme.local");
        question["image"] = format!("{}@{digest}", world.image("")).into();
        let answer = world.ask("v2/verify", &question);
        assert_eq!(answer.is_ok(), expected, "{name}: {answer:?}");
    }
}

fn copy(made: &mut Signature, other: &Signature, annotations: &[&str]) {
    for name in annotations {
        made.annotations.insert((*name).to_owned(), other.annotations[*name].clone());
    }
}

#[test]
fn a_missing_identity_is_named_as_kubewarden_names_it() {
    let case = Case::new(&Identity { issuer: ISSUER, subject: "jo@acme.local", repository: None });
    let rows = [
        (
            keyless("https://i", "s"),
            "kind: genericIssuer\nissuer: https://i\nsubject: !equal s\nannotations: null\n",
        ),
        (
            prefix("https://i", "https://u/x"),
            "kind: genericIssuer\nissuer: https://i\nsubject: !urlPrefix https://u/x/\nannotations: null\n",
        ),
        (github("o", None), "kind: githubAction\nowner: o\nrepo: null\nannotations: null\n"),
    ];
    for (question, expected) in rows {
        let report = case.ask(question).unwrap_err();
        assert!(report.ends_with(expected), "{report}");
    }
}

#[test]
fn nobody_is_no_signer() {
    let case = Case::new(&Identity { issuer: ISSUER, subject: "jo@acme.local", repository: None });
    let rows = [
        (
            json!({"type": "SigstoreKeylessVerify", "keyless": [], "annotations": null}),
            "Must provide keyless info",
        ),
        (
            json!({"type": "SigstoreKeylessPrefixVerify", "keyless_prefix": [], "annotations": null}),
            "Must provide keyless info",
        ),
        (github("", None), "Must provide owner info"),
    ];
    for (question, expected) in rows {
        let report = case.ask(question).unwrap_err();
        assert_eq!(report, format!("Callback evaluation failure: {expected}"));
    }
}

#[test]
fn a_certificate_signs_like_a_key() {
    let identity = Identity { issuer: ISSUER, subject: "jo@acme.local", repository: None };
    let case = Case::new(&identity);
    let other = Case::new(&identity);
    let none = Value::Null;
    let root = json!([case.root.as_bytes()]);
    let other_root = json!([other.root.as_bytes()]);
    let env = json!({"env": "prod"});
    let unsatisfied = "verification failed: Several Signature Layers failed verification";
    let rows = [
        (&case.certificate, &none, true, &none, None),
        (&case.certificate, &root, true, &none, None),
        (&case.certificate, &root, false, &none, None),
        (&case.certificate, &other_root, false, &none, Some("")),
        (&other.certificate, &none, false, &none, Some(unsatisfied)),
        (&case.certificate, &none, false, &env, Some(unsatisfied)),
    ];
    for (certificate, chain, require_rekor_bundle, annotations, expected) in rows {
        let answer = case.ask(json!({
            "type": "SigstoreCertificateVerify",
            "certificate": certificate.as_bytes(),
            "certificate_chain": chain,
            "require_rekor_bundle": require_rekor_bundle,
            "annotations": annotations,
        }));
        match (answer, expected) {
            (Ok(answer), None) => assert_eq!(answer["is_trusted"], true),
            (Err(report), Some(expected)) => assert!(report.contains(expected), "{report}"),
            (answer, expected) => assert_eq!(expected, None, "{answer:?}"),
        }
    }
}

/// What the policy answers about the image, with that pattern of subjects.
fn review(case: &Case, issuer: &str, pattern: &str) -> Value {
    let signer =
        json!({"kind": "genericIssuer", "issuer": issuer, "subject": {"pattern": pattern}});
    let payload = json!({
        "settings": {"rules": [{"images": ["**"], "allOf": [signer]}]},
        "request": {
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "object": {"spec": {"containers": [
                {"name": "app", "image": case.world.image(":certified")},
            ]}},
        },
    });
    let host = &mut |namespace: &'static str, operation: &'static str, payload: &[u8]| {
        case.world.host.call(namespace, operation, payload)
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let answer =
        signed_images_policy::validate(payload.to_string().as_bytes(), host, &mut |_| (), now);
    serde_json::from_slice(&answer).unwrap()
}

#[test]
fn a_pattern_finds_the_identity_that_signed() {
    let person =
        Case::new(&Identity { issuer: ISSUER, subject: "jo@acme.local", repository: None });
    let workflow =
        Case::new(&Identity { issuer: GITHUB, subject: WORKFLOW, repository: Some("acme/app") });
    let release = "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*";
    let rows = [
        (&workflow, GITHUB, release, true),
        (&workflow, GITHUB, "https://github.com/acme/**", true),
        (&workflow, GITHUB, "https://github.com/acme/*", false),
        (&workflow, GITHUB, "https://github.com/other/**", false),
        (&workflow, ISSUER, release, false),
        (&person, ISSUER, "*@acme.local", true),
        (&person, ISSUER, "*@other.local", false),
        (&person, GITHUB, "*@acme.local", false),
    ];
    for (case, issuer, pattern, expected) in rows {
        let answer = review(case, issuer, pattern);
        assert_eq!(answer["accepted"], expected, "{pattern}: {answer}");
        if !expected {
            let message = answer["message"].as_str().unwrap();
            let missing = format!("0 of 1 signed, missing `{pattern}` of `{issuer}`");
            assert!(message.contains(&missing), "{message}");
        }
    }
    let found = review(&workflow, GITHUB, release);
    let verified = found["audit_annotations"]["verified"].as_str().unwrap();
    assert!(verified.ends_with(&format!("(rule 1: `{WORKFLOW}` of `{GITHUB}`)")), "{verified}");
}

/// Its certificate claims what the pattern wants, and nobody whom the host trusts made it.
#[test]
fn a_pattern_does_not_find_who_only_claims() {
    let identity = Identity { issuer: GITHUB, subject: WORKFLOW, repository: Some("acme/app") };
    let case = Case::new(&identity);
    let digest = case.world.registry.add_image("app", "certified", "strange").unwrap();
    let (signature, _) = Authority::new().sign(&case.world.image(""), &digest, &identity);
    case.world.registry.add_signature("app", &digest, signature).unwrap();
    let answer = review(&case, GITHUB, "https://github.com/acme/**");
    assert_eq!(answer["accepted"], false, "{answer}");
}
