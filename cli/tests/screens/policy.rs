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

#[test]
fn rules_for_custom_resources_are_left_to_the_reader() {
    let path = root().join("examples/extra-workloads.yaml");
    let outcome = signed_images(&root(), &["policy", "-s", path.to_str().unwrap()]);
    let expected = "WARN extraWorkloads: add a rule for the resource of batch.example.com/Pipeline to `spec.rules`";
    assert_eq!((outcome.code, outcome.stderr.trim()), (Some(0), expected));
}

#[test]
fn a_mistake_is_named() {
    let folder = folder(SETTINGS);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let key = "keyFrom: {configMap: {namespace: a, name: b}}";
    write("keys.yaml", &format!("rules: [{{images: [a], allOf: [{{kind: pubKey, {key}}}]}}]\n"));
    write("nothing.yaml", "rules: []\n");
    let rows = [
        ("policy", "required arguments were not provided"),
        ("policy -s nothing.yaml", "these settings check nothing"),
        (
            "policy -s keys.yaml --namespaced shop",
            "error: the settings take keys from a ConfigMap, which only a policy of the whole cluster may read: write the keys into the settings, or leave --namespaced away\n",
        ),
        ("policy -s settings.yaml --name Shop", "lower-case letters, digits and `-`"),
        ("policy -s settings.yaml --namespaced a.b", "lower-case letters, digits and `-`"),
        ("policy -s settings.yaml --mode audit", "[possible values: protect, monitor]"),
        ("policy -s settings.yaml --module ./policy.wasm", "a module's URL starts with"),
    ];
    for (line, expected) in rows {
        let arguments: Vec<&str> = line.split(' ').collect();
        let outcome = signed_images(folder.path(), &arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(outcome.stderr.contains(expected), "{line}: {}", outcome.stderr);
    }
}
