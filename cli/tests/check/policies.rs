//! What the manifest of a policy says besides its settings, and several policies.

use serde_json::Value;

use crate::world::World;

/// A Pod with the unsigned image, or with the signed one.
fn pod(name: &str, metadata: &str, image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, {metadata}}}\nspec: {{containers: [{{name: a, image: 'HOST/{image}'}}]}}\n"
    )
}

/// The manifest of a policy with the settings of the world.
fn policy(world: &World, kind: &str, metadata: &str, spec: &str) -> String {
    let settings = world.read("settings.yaml").replace('\n', "\n    ");
    format!(
        "apiVersion: policies.kubewarden.io/v1\nkind: {kind}\nmetadata: {{{metadata}}}\nspec:\n  {spec}\n  settings:\n    {settings}\n"
    )
}

fn world() -> World {
    let world = World::new();
    world.write("unsigned.yaml", &pod("a", "namespace: shop, labels: {team: a}", "shop/till:2.0"));
    world.write("signed.yaml", &pod("b", "namespace: shop", "shop/cart:1.4"));
    world
}

/// Kind, metadata and spec of a policy, and the exit code for the unsigned image in the namespace `shop`.
const SCOPES: [(&str, &str, &str, i32); 12] = [
    ("ClusterAdmissionPolicy", "name: p, namespace: bank", "mode: protect", 1),
    ("AdmissionPolicy", "name: p, namespace: shop", "mode: protect", 1),
    ("AdmissionPolicy", "name: p, namespace: bank", "mode: protect", 3),
    ("AdmissionPolicy", "name: p", "objectSelector: {matchLabels: {team: a}}", 1),
    ("AdmissionPolicy", "name: p", "objectSelector: {matchLabels: {team: b}}", 3),
    (
        "AdmissionPolicy",
        "name: p",
        "objectSelector: {matchExpressions: [{key: team, operator: In, values: [a, c]}, {key: x, operator: DoesNotExist}]}",
        1,
    ),
    (
        "AdmissionPolicy",
        "name: p",
        "objectSelector: {matchExpressions: [{key: team, operator: NotIn, values: [a]}]}",
        3,
    ),
    (
        "AdmissionPolicy",
        "name: p",
        "objectSelector: {matchExpressions: [{key: x, operator: Exists}]}",
        3,
    ),
    ("ClusterAdmissionPolicy", "name: p", "namespaceSelector: {}", 1),
    (
        "ClusterAdmissionPolicy",
        "name: p",
        "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}",
        3,
    ),
    (
        "ClusterAdmissionPolicy",
        "name: p",
        "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [bank]}]}",
        1,
    ),
    (
        "ClusterAdmissionPolicy",
        "name: p",
        "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}",
        3,
    ),
];

/// A policy of a namespace, or with a selector, sees what it would see in a cluster.
#[test]
fn a_policy_sees_what_it_is_about() {
    let world = world();
    world.write("nowhere.yaml", &pod("c", "labels: {team: a}", "shop/till:2.0"));
    for (kind, metadata, spec, code) in SCOPES {
        world.write("p.yaml", &policy(&world, kind, metadata, spec));
        let outcome = world.check("-s p.yaml unsigned.yaml");
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(code), ""),
            "{spec}: {outcome:?}"
        );
        assert_eq!(
            outcome.stdout.contains("it contains images, but the policy"),
            code == 3,
            "{outcome:?}"
        );
    }
    // It may go into any namespace.
    world.write(
        "p.yaml",
        &policy(&world, "AdmissionPolicy", "name: p, namespace: bank", "mode: protect"),
    );
    assert_eq!(world.check("-s p.yaml nowhere.yaml").code, Some(1));
    world.write("p.yaml", &policy(&world, "AdmissionPolicy", "name: p", "objectSelector: []"));
    let outcome = world.check("-s p.yaml unsigned.yaml");
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.stderr.contains("`p.yaml`: spec.objectSelector of the policy: "),
        "{outcome:?}"
    );
}

#[test]
fn what_is_not_applied_is_told() {
    let world = world();
    let spec = "namespaceSelector: {matchLabels: {a: b}}\n  matchConditions: []";
    world.write("p.yaml", &policy(&world, "ClusterAdmissionPolicy", "name: p", spec));
    let outcome = world.check("-s p.yaml signed.yaml");
    let told = "p: namespaceSelector and matchConditions are not applied: objects that they exclude are checked, \
         too\n";
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), told));
    let spec = "namespaceSelector: {matchLabels: {a: b}}";
    world.write("p.yaml", &policy(&world, "ClusterAdmissionPolicy", "name: p", spec));
    let told = "p: namespaceSelector is not applied: objects that it excludes are checked, too\n";
    assert_eq!(world.check("-s p.yaml signed.yaml").stderr, told);
    // What it says of names excludes nevertheless.
    let spec = "namespaceSelector: {matchLabels: {a: b, kubernetes.io/metadata.name: bank}}";
    world.write("p.yaml", &policy(&world, "ClusterAdmissionPolicy", "name: p", spec));
    let outcome = world.check("-s p.yaml unsigned.yaml --allow-unreviewed --allow-empty");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), told));
    let spec = "namespaceSelector: [a]";
    world.write("p.yaml", &policy(&world, "ClusterAdmissionPolicy", "name: p", spec));
    let outcome = world.check("-s p.yaml signed.yaml");
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("spec.namespaceSelector of the policy: "), "{outcome:?}");
}

#[test]
fn monitor_mode_lets_in_and_warns() {
    let world = world();
    world.write("p.yaml", &policy(&world, "ClusterAdmissionPolicy", "name: p", "mode: monitor"));
    world.write(
        "down.yaml",
        &pod("c", "namespace: shop", "x").replace("HOST/x", "127.0.0.1:9/app:1"),
    );
    let outcome = world.check("-s p.yaml unsigned.yaml signed.yaml");
    let told = "p: monitor mode: rejections are only warnings\n";
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), told), "{outcome:?}");
    let warned = "would be rejected, but the policy is in monitor mode: shop: not signed";
    assert!(outcome.stdout.contains(warned), "{outcome:?}");
    assert!(outcome.stdout.contains("1 verified, 1 warned"), "{outcome:?}");
    // What could not be checked is not checked in any mode, and nothing is changed in this one.
    assert_eq!(world.check("-s p.yaml down.yaml").code, Some(3));
    assert_eq!(world.check("-s p.yaml signed.yaml --pin").code, Some(0));
    assert!(!world.read("signed.yaml").contains("sha256:"));
}

#[test]
fn a_policy_that_may_not_change_what_it_pins_rejects_it() {
    let world = world();
    world.write("p.yaml", &policy(&world, "ClusterAdmissionPolicy", "name: p", "mutating: false"));
    let outcome = world.check("-s p.yaml signed.yaml");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let expected = "rejected  signed.yaml:1  Pod shop/b  the policy server rejects it: the settings pin images";
    assert!(outcome.stdout.starts_with(expected), "{outcome:?}");
    let spec = "mutating: false";
    let unpinned = policy(&world, "ClusterAdmissionPolicy", "name: p", spec);
    world.write(
        "p.yaml",
        &unpinned.replace("  settings:\n", "  settings:\n    modifyImagesWithDigest: false\n"),
    );
    assert_eq!(world.check("-s p.yaml signed.yaml").code, Some(0));
}

/// As a cluster has them: what any of them rejects is rejected, and what none of them reviews is not reviewed.
#[test]
fn several_policies() {
    let world = world();
    let namespaced = |name: &str, namespace: &str| {
        policy(
            &world,
            "AdmissionPolicy",
            &format!("name: {name}, namespace: {namespace}"),
            "mode: protect",
        )
    };
    world.write("policies/shop.yaml", &namespaced("shop", "shop"));
    let all = "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nmetadata: {name: all}\nspec: {settings: {unmatchedImages: reject, exempt: ['HOST/shop/**']}}\n";
    world.write("policies/all.yaml", &format!("{}---\n{all}", namespaced("bank", "bank")));
    world.write("policies/kustomization.yaml", "resources: [shop.yaml]\n");
    world.write("third.yaml", &pod("d", "namespace: else", "shop/till:2.0"));
    world.write("other.yaml", &pod("e", "namespace: else", "x").replace("HOST/x", "nginx:1"));
    let rows = [
        (
            "-s policies unsigned.yaml",
            1,
            "rejected  unsigned.yaml:4:39  REGISTRY/shop/till:2.0  shop: shop: not signed",
        ),
        ("-s policies signed.yaml", 0, "1 image in 1 object: 1 verified\n"),
        ("-s policies third.yaml", 0, "1 image in 1 object: 1 exempt\n"),
        ("-s policies other.yaml", 1, "nginx:1  all: this image matches no rule"),
        ("-s policies/shop.yaml -s policies/all.yaml unsigned.yaml", 1, "shop: shop: not signed"),
        (
            "-s policies/shop.yaml third.yaml",
            3,
            "\nnot reviewed, because the policy is for other namespaces: Pod\n",
        ),
    ];
    for (line, code, expected) in rows {
        let outcome = world.check(line);
        assert_eq!(outcome.code, Some(code), "{line}: {outcome:?}");
        let expected = expected.replace("REGISTRY", &world.anonymous(&world.filled("HOST")));
        assert!(outcome.stdout.contains(&expected), "{line}: {}", outcome.stdout);
    }
    let outcome = world.check("-s policies unsigned.yaml --output json");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let policies: Vec<&str> = report["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["policy"].as_str().unwrap())
        .collect();
    assert_eq!(policies, ["all", "shop"]);
    let outcome = world.check("-s policies signed.yaml --pin");
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("--pin works with one policy"), "{outcome:?}");
    world.write("none/a.yaml", "a: 1\n");
    let outcome = world.check("-s none signed.yaml");
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.stderr.contains("no file in `none` contains the manifest of a policy"),
        "{outcome:?}"
    );
    let group = "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicyGroup\nspec: {policies: {}}\n";
    let others = [
        ("rules: []\n", "settings without a policy"),
        ("publicKeys: []\n", "settings without a policy"),
        ("unmatchedImages: reject\n", "settings without a policy"),
        (group, "an object of the kind ClusterAdmissionPolicyGroup"),
    ];
    world.write("mixed/all.yaml", all);
    for (other, what) in others {
        world.write("mixed/other.yaml", other);
        let outcome = world.check("-s mixed signed.yaml");
        let expected = format!("`mixed/other.yaml` contains {what}, which is not checked");
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(&expected), "{outcome:?}");
    }
}
