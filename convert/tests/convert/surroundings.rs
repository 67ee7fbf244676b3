//! What surrounds the settings: kept as the source has it, and changed by options, which is said.

use serde_json::{Value, json};
use signed_images_convert::manifest::{FailurePolicy, Mode, Requirement};
use signed_images_convert::{Conversion, Converted, Options, Source, Weight, convert};

const KYVERNO: &str = r#"
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: images}
spec:
  failurePolicy: Fail
  webhookTimeoutSeconds: 12
  webhookConfiguration:
    failurePolicy: Ignore
    matchConditions: [{name: people, expression: "!('system:nodes' in request.userInfo.groups)"}]
  rules:
    - name: acme
      match: {any: [{resources: {kinds: [Pod], namespaceSelector: {matchLabels: {env: prod}}}}]}
      verifyImages:
        - imageReferences: ["ghcr.io/acme/*"]
          failureAction: Enforce
          attestors: [{entries: [{keyless: {subject: dev@acme.io, issuer: "https://accounts.google.com"}}]}]
"#;

const IMAGE_VALIDATING: &str = r#"
apiVersion: policies.kyverno.io/v1
kind: ImageValidatingPolicy
metadata: {name: images}
spec:
  failurePolicy: Ignore
  webhookConfiguration: {timeoutSeconds: 20}
  matchConstraints:
    namespaceSelector: {matchLabels: {env: prod}}
    objectSelector: {matchLabels: {app: shop}}
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]
  matchImageReferences: [{glob: "ghcr.io/acme/*"}]
  attestors: [{name: one, cosign: {keyless: {identities: [{subject: dev@acme.io, issuer: "https://accounts.google.com"}]}}}]
  validations: [{expression: "images.containers.map(image, verifyImageSignatures(image, [attestors.one])).all(e, e > 0)"}]
"#;

const CLUSTER_IMAGE: &str = r#"
apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: images}
spec:
  images: [{glob: "ghcr.io/acme/**"}]
  authorities: [{keyless: {identities: [{subject: dev@acme.io, issuer: "https://accounts.google.com"}]}}]
"#;

const KUBEWARDEN: &str = r#"
apiVersion: policies.kubewarden.io/v1
kind: ClusterAdmissionPolicy
metadata: {name: images, labels: {team: a}}
spec:
  module: registry://a/verify-image-signatures:1
  policyServer: reserved
  mode: protect
  mutating: true
  backgroundAudit: true
  failurePolicy: Ignore
  matchPolicy: Exact
  message: see the wiki
  timeoutSeconds: 4
  namespaceSelector: {matchLabels: {env: prod}}
  objectSelector: {matchLabels: {app: shop}}
  matchConditions: [{name: people, expression: "!('system:nodes' in request.userInfo.groups)"}]
  rules: []
  settings: {signatures: [{image: '*', githubActions: {owner: acme}}]}
"#;

const SETTINGS: &str = "signatures: [{image: '*', githubActions: {owner: acme}}]";

fn conversion(text: &str, options: &Options) -> Conversion {
    let (sources, error) = Source::parse("f", text);
    assert!(error.is_none(), "{error:?}");
    convert(&sources, options)
}

/// The only policy of a text, and its manifest.
fn converted(text: &str, options: &Options) -> (Converted, Value) {
    let mut policies = conversion(text, options).policies;
    assert_eq!(policies.len(), 1, "{text}");
    let policy = policies.remove(0);
    let document = yaml_serde::from_str(&policy.text).unwrap();
    (policy, document)
}

/// What the options changed, as it is said.
fn chosen(policy: &Converted) -> Vec<String> {
    let chosen = policy.remarks.iter().filter(|remark| remark.weight == Weight::Chosen);
    chosen.map(|remark| format!("{}: {}", remark.path, remark.text)).collect()
}

#[test]
fn what_the_source_has_is_kept() {
    let prod = json!({"matchLabels": {"env": "prod"}});
    let shop = json!({"matchLabels": {"app": "shop"}});
    let people =
        json!([{"name": "people", "expression": "!('system:nodes' in request.userInfo.groups)"}]);
    let rows = [
        (
            KYVERNO,
            json!({"failurePolicy": "Ignore", "timeoutSeconds": 12, "timeoutEvalSeconds": 7,
                "namespaceSelector": prod, "matchConditions": people, "mode": "protect"}),
        ),
        (
            IMAGE_VALIDATING,
            json!({"failurePolicy": "Ignore", "timeoutSeconds": 20, "timeoutEvalSeconds": 15,
                "namespaceSelector": prod, "objectSelector": shop, "mode": "protect"}),
        ),
        (
            CLUSTER_IMAGE,
            json!({"failurePolicy": null, "timeoutSeconds": 30, "timeoutEvalSeconds": 25,
                "namespaceSelector": {"matchLabels": {"policy.sigstore.dev/include": "true"}}}),
        ),
        (
            // Kubewarden takes no time-out below two seconds.
            KUBEWARDEN,
            json!({"failurePolicy": "Ignore", "timeoutSeconds": 4, "timeoutEvalSeconds": 2,
                "namespaceSelector": prod, "objectSelector": shop, "matchConditions": people,
                "policyServer": "reserved", "mode": "protect", "mutating": true, "backgroundAudit": true,
                "matchPolicy": "Exact", "message": "see the wiki"}),
        ),
    ];
    for (text, expected) in rows {
        let (policy, document) = converted(text, &Options::default());
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(
                document["spec"].get(key).unwrap_or(&Value::Null),
                value,
                "{key}: {}",
                policy.text
            );
        }
        assert_eq!(chosen(&policy), [] as [&str; 0]);
    }
}

#[test]
fn what_kyverno_does_otherwise_with_it_is_said() {
    let (policy, _) = converted(KYVERNO, &Options::default());
    let paths: Vec<&str> = policy.remarks.iter().map(|remark| remark.path.as_str()).collect();
    assert!(paths.contains(&"spec.webhookConfiguration.failurePolicy"), "{paths:?}");
    assert!(!paths.contains(&"spec.webhookConfiguration.matchConditions"), "{paths:?}");
    // What reads the object may fail on another kind than it was written for.
    let (policy, _) = converted(
        &KYVERNO.replace("!('system:nodes' in request.userInfo.groups)", "object.spec.hostNetwork"),
        &Options::default(),
    );
    let found =
        policy.remarks.iter().find(|one| one.path == "spec.webhookConfiguration.matchConditions");
    assert_eq!(found.unwrap().weight, Weight::Stricter);
}

fn all() -> Options {
    Options {
        name: Some("other".to_owned()),
        mode: Some(Mode::Protect),
        module: Some("reg.example.com/policy:v1".to_owned()),
        policy_server: Some("images".to_owned()),
        namespaces: Requirement::excluding(&["ci".to_owned()]).into_iter().collect(),
        failure_policy: Some(FailurePolicy::Fail),
        background_audit: Some(false),
        namespace: None,
    }
}

#[test]
fn options_change_what_they_name_and_that_is_said() {
    const LEFT_OUT: &str =
        "spec.namespaceSelector: leaves out namespaces that the source does not leave out";
    const FAILURE: &str = "spec.failurePolicy: is `Fail`; in the source, it is `Ignore`";
    let excluded =
        json!({"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["ci"]});
    let rows: [(&str, &[&str]); 5] = [
        (KYVERNO, &[FAILURE, LEFT_OUT]),
        (IMAGE_VALIDATING, &[FAILURE, LEFT_OUT]),
        (CLUSTER_IMAGE, &[LEFT_OUT]),
        (
            KUBEWARDEN,
            &[
                "spec.policyServer: is `images`; in the source, it is `reserved`",
                FAILURE,
                "spec.backgroundAudit: is `false`; in the source, it is `true`",
                LEFT_OUT,
            ],
        ),
        (SETTINGS, &[]),
    ];
    for (text, expected) in rows {
        let (policy, document) = converted(text, &all());
        assert_eq!(chosen(&policy), expected, "{}", policy.text);
        assert_eq!(policy.text.contains("As the options say:"), !expected.is_empty());
        assert_eq!(document["metadata"]["name"], "other");
        let spec = &document["spec"];
        assert_eq!(spec["mode"], "protect");
        assert_eq!(spec["module"], "reg.example.com/policy:v1");
        assert_eq!(spec["policyServer"], "images");
        assert_eq!(spec["failurePolicy"], "Fail");
        assert_eq!(spec["backgroundAudit"], false);
        assert_eq!(spec["namespaceSelector"]["matchExpressions"], json!([excluded]));
        // Both must hold.
        let before = converted(text, &Options::default()).1;
        let labels = &spec["namespaceSelector"]["matchLabels"];
        assert_eq!(*labels, before["spec"]["namespaceSelector"]["matchLabels"]);
    }
}

#[test]
fn another_name_monitors_and_says_what_it_replaces() {
    let options = Options { name: Some("other".to_owned()), ..Options::default() };
    let (policy, document) = converted(KUBEWARDEN, &options);
    assert_eq!(document["spec"]["mode"], "monitor");
    assert_eq!(chosen(&policy), ["spec.mode: is `monitor`; in the source, it is `protect`"]);
    let (policy, document) = converted(KYVERNO, &options);
    assert_eq!(document["spec"]["mode"], "monitor");
    assert_eq!(chosen(&policy), [] as [&str; 0]);
}

#[test]
fn one_namespace() {
    let options = Options { namespace: Some("shop".to_owned()), ..Options::default() };
    for text in [KYVERNO, IMAGE_VALIDATING, CLUSTER_IMAGE, KUBEWARDEN] {
        let (policy, document) = converted(text, &options);
        assert_eq!(document["kind"], "AdmissionPolicy");
        assert_eq!(document["metadata"]["namespace"], "shop");
        assert!(document["spec"].get("namespaceSelector").is_none());
        assert_eq!(chosen(&policy), ["metadata.namespace: other namespaces are left out"]);
        assert!(policy.text.contains("namespacedPoliciesCapabilities"), "{}", policy.text);
    }
    let namespaced = KYVERNO.replace("kind: ClusterPolicy", "kind: Policy");
    let namespaced = namespaced.replace("name: images}", "name: images, namespace: web}");
    let (policy, _) = converted(&namespaced, &options);
    assert_eq!(chosen(&policy), ["metadata.namespace: is `shop`; in the source, it is `web`"]);

    // A policy of one namespace selects none, which stops no other document.
    let conversion = conversion(&format!("{namespaced}---\n{CLUSTER_IMAGE}"), &all());
    assert_eq!(conversion.policies.len(), 1);
    let (place, error) = &conversion.refused[0];
    assert_eq!(place, "`f`, document 1, Policy `images`");
    assert!(
        error.to_string().starts_with("an AdmissionPolicy is only for its own namespace"),
        "{error}"
    );
}
