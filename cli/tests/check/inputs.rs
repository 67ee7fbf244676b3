//! Everything that can be checked.

use serde_json::Value;

use crate::world::World;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'HOST/shop/cart:1.4'}]}\n";

/// The images of a JSON report, with their lines.
fn images(world: &World, line: &str, stdin: &str) -> Vec<(String, u64)> {
    let outcome = world.check_stdin(&format!("{line} --output json"), stdin);
    assert_eq!(outcome.stderr, "", "{line}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let objects = report["objects"].as_array().unwrap().iter();
    objects
        .flat_map(|object| object["images"].as_array().unwrap())
        .map(|image| {
            let line = image["position"]["line"].as_u64().unwrap_or_default();
            (image["image"].as_str().unwrap().to_owned(), line)
        })
        .collect()
}

/// What another command wrote instead of manifests or images, such as jq's `null`, is no image of Docker Hub.
#[test]
fn a_single_word_is_not_checked() {
    let world = World::new();
    for text in ["null\n", "hello", "# nothing\nfalse\n"] {
        let outcome = world.check_stdin("-", text);
        assert_eq!(outcome.code, Some(3), "{text}: {outcome:?}");
        assert!(outcome.stdout.contains("nothing that the policy reviews"), "{text}: {outcome:?}");
    }
}

#[test]
fn images_are_found_wherever_they_stand() {
    let world = World::new();
    let json = r#"{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "\ud83d\ude00"},
	"spec": {"containers": [{"name": "a",
	"image": "one"}]}}"#;
    let rows = [
        ("one\ntwo\n", vec![("one", 1), ("two", 2)]),
        ("one:1\n", vec![("one:1", 1)]),
        ("docker.io/library/one\n", vec![("docker.io/library/one", 1)]),
        ("# released\n\n  one:1 \r\ntwo@x\n", vec![("one:1", 3), ("two@x", 4)]),
        (json, vec![("one", 3)]),
        (&format!("{json}\n{json}"), vec![("one", 3), ("one", 6)]),
        (
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n    - image: one\n",
            vec![("one", 8)],
        ),
        (
            "apiVersion: v1\nkind: PodList\nitems:\n- spec:\n    containers:\n    - image: one\n",
            vec![("one", 6)],
        ),
        (
            "\u{feff}apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: >-\r\n      one\r\n",
            vec![("one", 6)],
        ),
        (
            "apiVersion: v1\nkind: Pod\nx: &base\n  image: one\nspec:\n  containers:\n  - <<: *base\n    name: é\n  - {<<: *base, image: two}\n",
            vec![("one", 4), ("two", 9)],
        ),
        (
            "---\n---\n%YAML 1.1\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: !!str one}]}\n",
            vec![("one", 7)],
        ),
        (
            "---\n# nothing\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: !!str one}]}\n...\n",
            vec![("one", 6)],
        ),
    ];
    for (text, expected) in rows {
        assert_images(&world, text, &expected);
    }
}

fn assert_images(world: &World, text: &str, expected: &[(&str, u64)]) {
    let found = images(world, "-", text);
    let found: Vec<(&str, u64)> =
        found.iter().map(|(image, line)| (image.as_str(), *line)).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn images_are_those_that_kubectl_would_send() {
    let world = World::new();
    let rows = [
        ("\u{feff}one:1\r\n", vec![("one:1", 1)]),
        (
            "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- spec: {template: {spec: {containers: [{image: one}]}}}\n",
            vec![("one", 4)],
        ),
        ("<<: {kind: Pod}\napiVersion: v1\nspec: {containers: [{image: one}]}\n", vec![("one", 3)]),
        (
            "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: one, <<: {image: two}}]}\n",
            vec![("two", 3)],
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\n---#: x\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: one}]}\n",
            vec![("one", 6)],
        ),
    ];
    for (text, expected) in rows {
        assert_images(&world, text, &expected);
    }
}

/// What the API server sends is put to the policy as it is: here, an image that an update leaves alone.
#[test]
fn reviews_are_put_to_the_policy_as_they_are() {
    let world = World::new();
    let object = r#"{"metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "HOST/shop/till:2.0"}]}}"#;
    let request = |operation: &str, old: &str| {
        format!(
            r#"{{"uid": "u", "kind": {{"group": "", "version": "v1", "kind": "Pod"}}, "resource": {{"group": "", "version": "v1", "resource": "pods"}}, "operation": "{operation}", "userInfo": {{}}, "object": {object}, "oldObject": {old}}}"#
        )
    };
    let review = |request: &str| {
        format!(
            r#"{{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {request}}}"#
        )
    };
    let rows = [
        (review(&request("UPDATE", object)), 0, "unchanged"),
        (request("UPDATE", object), 0, "unchanged"),
        (review(&request("UPDATE", "null")), 1, "rejected"),
        (review(&request("CREATE", "null")), 1, "rejected"),
    ];
    for (text, code, verdict) in rows {
        let outcome = world.check_stdin("- --output json", &text);
        assert_eq!(outcome.code, Some(code), "{text}");
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(report["objects"][0]["images"][0]["verdict"], verdict, "{text}");
    }
    let outcome = world.check_stdin("-", r#"{"kind": "AdmissionReview"}"#);
    assert_eq!(outcome.code, Some(3));
    assert!(outcome.stdout.contains("an AdmissionReview without a `request`"), "{outcome:?}");
}

#[test]
fn folders_are_read_at_any_depth() {
    let world = World::new();
    world.write("deploy/a/b/one.yml", POD);
    world.write("deploy/two.json", r#"{"apiVersion": "v1", "kind": "ConfigMap"}"#);
    world.write("deploy/.git/three.yaml", "kind: [");
    let outcome = world.check("deploy");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let all = world.check("deploy -v").stdout;
    assert!(all.contains("verified  deploy/a/b/one.yml:4:"), "{all}");
    assert!(outcome.stdout.contains("ConfigMap"), "{outcome:?}");
}

/// One file that cannot be read does not keep the others from being checked.
#[test]
#[cfg(unix)]
fn what_cannot_be_read_is_told_beside_the_rest() {
    let world = World::new();
    world.write("deploy/a.yaml", POD);
    std::os::unix::fs::symlink("nowhere.yaml", world.path().join("deploy/b.yaml")).unwrap();
    world.write("deploy/c.yaml", &POD.replace("cart:1.4", "till:2.0"));
    let told = "not checked  deploy/b.yaml:1:1  cannot be read  it is a link to something that does not exist\n";
    let outcome = world.check("deploy/a.yaml deploy");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains(told), "{outcome:?}");
    assert!(
        outcome.stdout.contains("2 images in 3 objects: 1 verified, 1 rejected"),
        "{outcome:?}"
    );
    assert!(world.check("deploy --output junit").stdout.contains("deploy/b.yaml"));
    std::fs::remove_file(world.path().join("deploy/c.yaml")).unwrap();
    assert_eq!(world.check("deploy").code, Some(3));
    assert_eq!(world.check("deploy --pin").code, Some(3));
    assert!(!world.read("deploy/a.yaml").contains("sha256:"));
}

/// `kubectl` reads them, so that they must not be passed over.
#[test]
fn hidden_files_are_read() {
    let world = World::new();
    world.write("deploy/.hidden/.pod.yaml", &POD.replace("cart:1.4", "till:2.0"));
    world.write("deploy/.yaml", POD);
    let outcome = world.check("deploy");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("2 images in 2 objects"), "{outcome:?}");
}

/// Of such an object `kubectl` sends the items alone.
#[test]
fn an_object_with_items_is_refused() {
    let world = World::new();
    for items in ["[]", "null", "{}"] {
        let outcome = world.check_stdin("-", &format!("{POD}items: {items}\n"));
        assert_eq!(outcome.code, Some(3), "{outcome:?}");
    }
}

#[test]
fn what_exists_is_a_path() {
    let world = World::new();
    world.write("nginx", "HOST/shop/till:2.0\n");
    assert_eq!(world.check("nginx").code, Some(1));
    assert_eq!(world.check("docker.io/library/nginx").code, Some(0));
}

#[test]
fn templates_have_to_be_rendered() {
    let world = World::new();
    world.write("t.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers: {{ .Values.x }}\n");
    let outcome = world.check("t.yaml --output json");
    assert_eq!(outcome.code, Some(3));
    assert!(outcome.stdout.contains("render it first"), "{}", outcome.stdout);
}

/// The manifest of the policy says which kinds are sent to it.
#[test]
fn the_rules_of_the_policy_decide_what_is_reviewed() {
    let world = World::new();
    world.write("pod.yaml", POD);
    let policy = |resources: &str| {
        let settings = world.read("settings.yaml").replace('\n', "\n    ");
        format!(
            "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nmetadata: {{name: p}}\nspec:\n  rules:\n  - apiGroups: ['']\n    apiVersions: [v1]\n    resources: [{resources}]\n    operations: [CREATE]\n  settings:\n    {settings}\n"
        )
    };
    world.write("pods.yaml", &policy("pods"));
    world.write("maps.yaml", &policy("configmaps"));
    let pods = world.check("-s pods.yaml pod.yaml");
    assert!(pods.stdout.contains("1 image in 1 object: 1 verified"), "{pods:?}");
    let maps = world.check("-s maps.yaml pod.yaml");
    assert_eq!(maps.code, Some(3));
    assert!(maps.stdout.contains("no image was checked"), "{maps:?}");
    assert!(
        maps.stdout.contains("not checked: the images in Pod; to check them, add their resources"),
        "{maps:?}"
    );
    // The policy does not know that kind, and says so.
    world.write("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n");
    let unknown = world.check("-s maps.yaml map.yaml");
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stdout.contains("extraWorkloads"), "{unknown:?}");
}

/// A key that cannot be had says nothing of the image: it is not checked.
#[test]
fn keys_are_read_from_manifests_when_the_policy_may() {
    let world = World::new();
    let key = world.key.replace('\n', "\n    ");
    world.write(
        "cluster/keys.yaml",
        &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: keys, namespace: trust}}\ndata:\n  cosign.pub: |\n    {key}\n"),
    );
    world.write(
        "keys.yaml",
        "rules: [{images: ['HOST/**'], allOf: [{kind: pubKey, keyFrom: {configMap: {namespace: trust, name: keys}}}]}]\n",
    );
    let withheld = world.check("-s keys.yaml HOST/shop/cart:1.4");
    assert_eq!(withheld.code, Some(3), "{withheld:?}");
    assert!(withheld.stdout.contains("hint: let the policy read its keys"), "{withheld:?}");
    let read = world.check(
        "-s keys.yaml --allow-context-aware --kubernetes-manifests cluster HOST/shop/cart:1.4",
    );
    assert_eq!((read.code, read.stderr.as_str()), (Some(0), ""), "{read:?}");
    assert!(read.stdout.contains("1 image in 1 object: 1 verified"), "{read:?}");
    // So are Secrets. A manifest that lists neither is told of: in the cluster, nothing is read then.
    world.write(
        "cluster/secret.yaml",
        &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: key, namespace: trust}}\nstringData:\n  cosign.pub: |\n    {key}\n"),
    );
    let told = "p: `contextAwareResources` does not list Secret, so the cluster does not read the keys in it\n";
    for (listed, expected) in [("[]", told), ("[{apiVersion: v1, kind: Secret}]", "")] {
        let rule = "{images: ['HOST/**'], allOf: [{kind: pubKey, key: 'k8s://trust/key'}]}";
        world.write(
            "p.yaml",
            &format!("apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nmetadata: {{name: p}}\nspec:\n  contextAwareResources: {listed}\n  settings: {{rules: [{rule}]}}\n"),
        );
        let read = world.check(
            "-s p.yaml --allow-context-aware --kubernetes-manifests cluster HOST/shop/cart:1.4",
        );
        assert_eq!((read.code, read.stderr.as_str()), (Some(0), expected), "{read:?}");
    }
}
