//! What `policy` prints.

use insta::assert_snapshot;

use crate::command::{folder, root, screen, signed_images};

const SETTINGS: &str = r#"
unmatchedImages: reject
exempt: ["registry.k8s.io/**"]
rules:
  - name: acme
    images: ["ghcr.io/acme/**"]
    allOf:
      - kind: pubKey
        key: |
          ${keys/p256}
"#;

#[test]
fn a_policy_is_printed() {
    let folder = folder(SETTINGS);
    let policy = |more: &[&str]| {
        screen(folder.path(), &[["policy", "-s", "settings.yaml"].as_slice(), more].concat())
    };
    let cluster = policy(&[]);
    assert_snapshot!("policy-cluster", cluster);
    let namespaced = ["--namespaced", "shop", "--name", "signed", "--mode", "monitor"];
    let module = ["--module", "registry://reg.example.com/signed-images-policy:v1"];
    assert_snapshot!("policy-namespaced", policy(&[namespaced.as_slice(), &module].concat()));
    let options =
        ["--policy-server", "images", "--failure-policy", "ignore", "--no-background-audit"];
    let selected = ["--exclude-namespace", "kube-system,istio-system", "--namespace-selector"];
    let selector = ["env in (prod, stage),!sandbox", "--module", "reg.example.com/policy:v1"];
    assert_snapshot!("policy-options", policy(&[&options[..], &selected, &selector].concat()));
    // Its own manifest is settings, too.
    std::fs::write(folder.path().join("policy.yaml"), &cluster).unwrap();
    assert_eq!(screen(folder.path(), &["policy", "-s", "policy.yaml"]), cluster);
}

#[test]
fn a_policy_may_read_what_its_keys_are_in() {
    let read = |name: &str| {
        let path = root().join("examples").join(name);
        screen(&root(), &["policy", "-s", path.to_str().unwrap()])
    };
    assert_snapshot!("policy-key-in-a-configmap", read("harbor.yaml"));
    let listed =
        "  contextAwareResources:\n    - apiVersion: v1\n      kind: Secret\n  settings:\n";
    assert!(read("key-in-a-secret.yaml").contains(listed));
    assert!(!read("one-team.yaml").contains("contextAwareResources"));
}

/// A manifest as an administrator wrote it and the API server stored it.
const MANIFEST: &str = r#"
apiVersion: policies.kubewarden.io/v1
kind: ClusterAdmissionPolicy
metadata:
  name: images
  uid: 1a2b
  resourceVersion: "7"
  labels: {team: platform}
  annotations:
    acme.example/owner: platform
    kubectl.kubernetes.io/last-applied-configuration: "{}"
spec:
  module: reg.example.com/mirror/signed-images-policy@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  mode: monitor
  policyServer: images
  backgroundAudit: false
  namespaceSelector: {matchLabels: {env: prod}}
  message: see the wiki
  timeoutSeconds: 20
  rules:
    - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}
  settings: {unmatchedImages: reject}
status: {policyStatus: active}
"#;

#[test]
fn a_manifest_is_kept_and_changed() {
    let folder = folder(SETTINGS);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("policy.yaml", MANIFEST);
    let policy = |more: &[&str]| {
        screen(folder.path(), &[["policy", "-s", "policy.yaml"].as_slice(), more].concat())
    };
    let kept = policy(&[]);
    assert_snapshot!("policy-kept", kept);
    write("kept.yaml", &kept);
    assert_eq!(screen(folder.path(), &["policy", "-s", "kept.yaml"]), kept);
    let changed = policy(&["--name", "b", "--mode", "protect", "--exclude-namespace", "dev"]);
    for line in ["  name: b\n", "  mode: protect\n", "        values: [dev]\n", "      env: prod\n"]
    {
        assert!(changed.contains(line), "{line}: {changed}");
    }
    let namespaced = policy(&["--namespaced", "shop"]);
    for (word, is_there) in [("kind: AdmissionPolicy", true), ("namespaceSelector", false)] {
        assert_eq!(namespaced.contains(word), is_there, "{namespaced}");
    }

    write("policy.yaml", &MANIFEST.replace("signed-images-policy@", "verify-image-signatures@"));
    let outcome = signed_images(folder.path(), &["policy", "-s", "policy.yaml"]);
    assert!(outcome.stderr.contains("which is another policy"), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("  module: ghcr.io/signed-images/"), "{}", outcome.stdout);
}

#[test]
fn rules_for_custom_resources_are_left_to_the_reader() {
    let path = root().join("examples/extra-workloads.yaml");
    let outcome = signed_images(&root(), &["policy", "-s", path.to_str().unwrap()]);
    let expected = "WARN extraWorkloads: add an entry for the resource of batch.example.com/Pipeline to `spec.rules`";
    assert_eq!((outcome.code, outcome.stderr.trim()), (Some(0), expected));
}

#[test]
fn a_mistake_is_named() {
    let folder = folder(SETTINGS);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let key = "keyFrom: {configMap: {namespace: a, name: b}}";
    write("keys.yaml", &format!("rules: [{{images: [a], allOf: [{{kind: pubKey, {key}}}]}}]\n"));
    write("nothing.yaml", "rules: []\n");
    let namespaced = MANIFEST.replace("ClusterAdmissionPolicy", "AdmissionPolicy");
    write("namespaced.yaml", &namespaced);
    let rows = [
        ("policy", "required arguments were not provided"),
        ("policy -s nothing.yaml", "these settings check nothing"),
        (
            "policy -s keys.yaml --namespaced shop",
            "error: the settings read keys from a ConfigMap, which only a ClusterAdmissionPolicy may do: write the \
             keys into the settings, or remove --namespaced\n",
        ),
        ("policy -s settings.yaml --name Shop", "lower-case letters, digits and `-`"),
        ("policy -s settings.yaml --namespaced a.b", "lower-case letters, digits and `-`"),
        ("policy -s settings.yaml --mode audit", "[possible values: protect, monitor]"),
        ("policy -s settings.yaml --module ./policy.wasm", "write it as `host/repository:tag`"),
        ("policy -s settings.yaml --module oci://a.b/c:1", "a module's URL starts with"),
        ("policy -s settings.yaml --module ghcr.io/a/b", "add the version"),
        ("policy -s settings.yaml --namespace-selector a=(", "`(` without `)`"),
        ("policy -s settings.yaml --exclude-namespace a --namespaced b", "cannot be used with"),
        (
            "policy -s namespaced.yaml --exclude-namespace a",
            "an AdmissionPolicy is only for its own namespace",
        ),
    ];
    for (line, expected) in rows {
        let arguments: Vec<&str> = line.split(' ').collect();
        let outcome = signed_images(folder.path(), &arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(outcome.stderr.contains(expected), "{line}: {}", outcome.stderr);
    }
}
