//! Exit codes, and a word for every mistake.

use crate::world::World;

fn pod(image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: '{image}'}}]}}\n"
    )
}

#[test]
fn each_exit_code() {
    let world = World::new();
    world.write("signed.yaml", &pod("HOST/shop/cart:1.4"));
    world.write("unsigned.yaml", &pod("HOST/shop/till:2.0"));
    world.write("down.yaml", &pod("127.0.0.1:9/app:1"));
    world.write("warned.yaml", &pod("HOST/other/app:1"));
    world.write("exempt.yaml", &pod("HOST/platform/agent:1"));
    world.write("invalid.yaml", &pod("Foo Bar"));
    world.write("broken.yaml", "apiVersion: v1\nkind: [\n");
    world.write("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n");
    world.write("values.yaml", "replicas: 1\n");
    let rows = [
        ("signed.yaml", 0),
        ("warned.yaml exempt.yaml", 0),
        ("service.yaml", 0),
        ("HOST/shop/cart:1.4", 0),
        ("unsigned.yaml", 1),
        ("invalid.yaml", 1),
        ("down.yaml unsigned.yaml broken.yaml", 1),
        ("HOST/shop/till:2.0", 1),
        ("down.yaml", 3),
        ("down.yaml signed.yaml", 3),
        ("signed.yaml broken.yaml", 3),
        ("values.yaml", 2),
        ("nowhere.yaml", 2),
    ];
    for (line, code) in rows {
        let outcome = world.check(line);
        assert_eq!(outcome.code, Some(code), "{line}: {outcome:?}");
    }
}

#[test]
fn a_run_that_checked_no_image_says_so() {
    let world = World::new();
    world.write("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n");
    let outcome = world.check("service.yaml");
    assert_eq!(outcome.code, Some(0));
    assert_eq!(
        outcome.stdout,
        "no image was checked: none is in 0 objects that the policy reviews\nnot reviewed, as no rule of the policy is about them: Service\n"
    );
}

#[test]
fn a_mistake_is_named() {
    let world = World::new();
    world.write("list.yml", "- a\n");
    world.write("values.yaml", "replicas: 1\n");
    world.write("empty/notes.md", "");
    world.write("wrong.yaml", "rule: {}\nrulez: []\n");
    world.write("pod.yaml", &pod("nginx"));
    world.write(
        "group.yaml",
        "apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicyGroup\nmetadata: {name: g}\nspec: {policies: {a: {}}}\n",
    );
    let rows = [
        ("nowhere.yaml", 2, "`nowhere.yaml` looks like a file, and there is none: check the path"),
        ("./nowhere", 2, "`./nowhere` looks like a file, and there is none: check the path"),
        ("a@b", 2, "`a@b` is neither a file nor an image: "),
        ("empty", 2, "no file in `empty` ends in .yaml, .yml or .json"),
        ("values.yaml", 2, "no image and no Kubernetes object was found in `values.yaml`"),
        ("-", 2, "no image and no Kubernetes object was found in `-`"),
        ("-s list.yml nginx", 2, "settings `list.yml` are not a map"),
        ("-s nowhere nginx", 2, "cannot read settings `nowhere`"),
        (
            "-s group.yaml nginx",
            2,
            "settings `group.yaml` hold an object of the kind AdmissionPolicyGroup; give",
        ),
        ("-s wrong.yaml nginx", 2, "Provided settings are not valid: rulez: unknown field"),
        ("--output xml nginx", 2, "invalid value 'xml' for '--output <FORMAT>'"),
    ];
    for (line, code, expected) in rows {
        let outcome = world.check(line);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(code), ""), "{line}");
        assert!(outcome.stderr.contains(expected), "{line}: {}", outcome.stderr);
    }
}

#[test]
fn a_module_is_needed_and_so_are_settings() {
    let world = World::new();
    let rows = [
        ("nginx", "<--settings-path <PATH>|--settings-json <JSON>>"),
        (
            "-s settings.yaml nginx",
            "no module of the policy: pass --module PATH, or set SIGNED_IMAGES_MODULE, or put `annotated-policy.wasm` or",
        ),
        ("-s settings.yaml --module nowhere.wasm nginx", "--module: no module `nowhere.wasm`"),
        ("-s settings.yaml --module settings.yaml nginx", "not a WebAssembly module"),
    ];
    for (line, expected) in rows {
        let outcome = world.run(line, "");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(outcome.stderr.contains(expected), "{line}: {}", outcome.stderr);
    }
}

/// The other files are checked all the same.
#[test]
fn what_is_no_text_is_not_checked() {
    let world = World::new();
    world.write("pod.yaml", POD);
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let rows = [
        (b"a: 1\n\xff\xfe".to_vec(), "line 2 is not UTF-8: save it as UTF-8"),
        (utf16("a: 1"), "it is UTF-16 without a byte order mark: save it as UTF-8"),
        (b"\xff\xfe\0\0a\0\0\0".to_vec(), "it is UTF-32: save it as UTF-8"),
    ];
    for (bytes, expected) in rows {
        std::fs::write(world.path().join("other.yaml"), bytes).unwrap();
        let outcome = world.check("other.yaml pod.yaml --output json");
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(3), ""), "{outcome:?}");
        let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(report["unreadable"][0]["reason"], expected);
        assert_eq!(report["objects"][0]["images"][0]["verdict"], "verified");
        assert_eq!(report["documents"], 2);
    }
}

/// As `kubectl` reads it, and Windows writes it.
#[test]
fn marked_utf16_is_read_and_never_written() {
    let world = World::new();
    let text = world.filled(&format!("\u{feff}{POD}"));
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(world.path().join("pod.yaml"), &bytes).unwrap();
    assert_eq!(world.check("pod.yaml").code, Some(0));
    let outcome = world.check("--pin pod.yaml");
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert!(outcome.stderr.contains("its file is UTF-16: save it as UTF-8"), "{outcome:?}");
    assert_eq!(std::fs::read(world.path().join("pod.yaml")).unwrap(), bytes);
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'HOST/shop/cart:1.4'}]}\n";
