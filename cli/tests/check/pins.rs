//! `--pin`: digests go in, nothing else changes.

use crate::world::World;

/// Manifests with `HOST/shop/cart:1.4` where a pin belongs. Each must come back the same but for these.
const MANIFESTS: [&str; 9] = [
    // Comments, quotes, order, blank ends of lines, and no line break at the end.
    "# a\napiVersion: v1   \nkind: Pod # b\nspec:\n  containers:\n  - image: HOST/shop/cart:1.4   # c\n    name: a\n  - name: b\n    image: \"HOST/shop/cart:1.4\"\n  - {name: c, image: 'HOST/shop/cart:1.4'} # d",
    "apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: HOST/shop/cart:1.4\r\n    name: é\r\n",
    "\u{feff}apiVersion: v1\nkind: Pod\nspec: {containers: [{image: HOST/shop/cart:1.4}, {image: HOST/shop/cart:1.4, name: ü}]}\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: >-\n      HOST/shop/cart:1.4\n\n    # x\n    name: a\n  - image: |-\n     HOST/shop/cart:1.4\n  - image:\n      HOST/shop/cart:1.4\n",
    // An anchor is pinned once.
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: &cart HOST/shop/cart:1.4 # HOST/elsewhere\n  - image: *cart\n  - {image: !!str 'HOST/shop/cart:1.4'}\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\n\t\"metadata\": {\"name\": \"\\ud83d\\ude00\", \"a\": 1.50},\"spec\":{\"containers\":[{\"image\":\"HOST/shop/cart:1.4\"}]}}",
    "# the images\nHOST/shop/cart:1.4\r\n\n  HOST/shop/cart:1.4",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  data: {image: HOST/elsewhere}\n- apiVersion: v1\n  kind: Pod\n  spec: {containers: [{image: HOST/shop/cart:1.4}]}\n---\n# end\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - &c\n    image: HOST/shop/cart:1.4\n    name: a\n  - <<: *c\n    name: b\n",
];

#[test]
fn digests_go_in_and_nothing_else_changes() {
    let world = World::new();
    let file = |index: usize| {
        if MANIFESTS[index].starts_with("# the images") {
            "images.txt".to_owned()
        } else {
            format!("deploy/{index}.yaml")
        }
    };
    for (index, text) in MANIFESTS.into_iter().enumerate() {
        world.write(&file(index), text);
    }
    let outcome = world.check("--pin deploy images.txt");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), MANIFESTS.len(), "{outcome:?}");
    // What is pinned stays as it is.
    let again = world.check("--pin deploy images.txt");
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), ""));
    for (index, text) in MANIFESTS.into_iter().enumerate() {
        let expected = text.replace("HOST/shop/cart:1.4", "HOST/shop/cart:1.4@DIGEST");
        assert_eq!(world.read(&file(index)), world.filled(&expected), "{index}");
    }
}

#[test]
fn stdin_is_pinned_to_stdout() {
    let world = World::new();
    let outcome = world.check_stdin("--pin -", MANIFESTS[0]);
    let expected = MANIFESTS[0].replace("HOST/shop/cart:1.4", "HOST/shop/cart:1.4@DIGEST");
    assert_eq!(outcome.code, Some(0));
    assert_eq!(outcome.stdout, world.anonymous(&world.filled(&expected)));
    assert!(outcome.stderr.contains("1 image in 1 object: 1 verified"), "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with("pinned in standard input: 3\n"), "{}", outcome.stderr);
}

#[test]
fn an_image_in_no_file_is_not_pinned() {
    let world = World::new();
    let outcome = world.check("--pin HOST/shop/cart:1.4");
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    let expected = "not pinned, because it is in no file: HOST/shop/cart:1.4@DIGEST\n";
    assert_eq!(outcome.stderr, world.anonymous(&world.filled(expected)));
    let outcome = world.check("--pin HOST/shop/cart:1.4@DIGEST");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "it is pinned already");
}

#[test]
fn nothing_is_written_unless_everything_is_accepted() {
    let world = World::new();
    let pod = |image: &str| {
        format!("apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{image}'}}]}}\n")
    };
    world.write("signed.yaml", &pod("HOST/shop/cart:1.4"));
    world.write("unsigned.yaml", &pod("HOST/shop/till:2.0"));
    world.write("down.yaml", &pod("127.0.0.1:9/app:1"));
    let before = world.read("signed.yaml");
    for (line, code) in [("signed.yaml unsigned.yaml", 1), ("signed.yaml down.yaml", 3)] {
        let outcome = world.check(&format!("--pin {line}"));
        assert_eq!(outcome.code, Some(code), "{line}");
        assert_eq!(outcome.stderr, "nothing was pinned, because not everything is accepted\n");
        assert_eq!(world.read("signed.yaml"), before, "{line}");
    }
    let outcome = world.check_stdin("--pin -", &pod("HOST/shop/till:2.0"));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
}

#[test]
fn what_cannot_be_pinned_is_refused_by_name() {
    let world = World::new();
    let shared = "its YAML anchor is also used where no digest belongs: write the image out";
    let escaped = "it is written with escapes or over several lines: write it as one plain word";
    let rows = [
        ("metadata: {labels: {image: *cart}}\n", "&cart HOST/shop/cart:1.4", shared),
        ("", "\"ESCAPED/shop/cart:1.4\"", escaped),
        ("", "\"HOST/shop/\\\n      cart:1.4\"", escaped),
    ];
    for (after, image, reason) in rows {
        let image = image.replace("ESCAPED", &escaped_host(&world));
        let text = format!(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {image}\n  - image: HOST/shop/cart:1.4\n{after}"
        );
        world.write("pod.yaml", &text);
        let outcome = world.check("--pin pod.yaml");
        assert_eq!(outcome.code, Some(3), "{text}: {outcome:?}");
        let expected = format!("pod.yaml:5: `HOST/shop/cart:1.4` is not pinned: {reason}\n");
        let expected = world.anonymous(&world.filled(&expected));
        assert!(outcome.stderr.ends_with(&expected), "{}", outcome.stderr);
        // The others are pinned all the same.
        let expected =
            text.replace("- image: HOST/shop/cart:1.4\n", "- image: HOST/shop/cart:1.4@DIGEST\n");
        assert_eq!(world.read("pod.yaml"), world.filled(&expected));
    }
}

/// The registry's address with its dots escaped.
fn escaped_host(world: &World) -> String {
    world.filled("HOST").replace('.', "\\x2e")
}

#[test]
fn templates_are_left_alone_when_only_pods_are_pinned() {
    let world = World::new();
    let settings = format!("{}pinWorkloadTemplates: false\n", world.read("settings.yaml"));
    world.write("gitops.yaml", &settings);
    let text = "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{image: HOST/shop/cart:1.4}]}}}\n";
    world.write("web.yaml", text);
    let outcome = world.check("-s gitops.yaml --pin web.yaml");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    assert_eq!(world.read("web.yaml"), world.filled(text));
}
