//! Tests of settings.

use serde_json::Value;

use crate::world::World;

const SUITE: &str = "\
settings: settings.yaml
cases:
  - image: HOST/shop/cart:1.4
    rules: [shop]
  - image: HOST/other/app:1
    rules: [monitored]
  - {image: nginx, rules: [], expect: unmatched}
  - {image: HOST/platform/agent:1, rules: [], expect: exempt}
  - {name: signed, image: HOST/shop/cart:1.4, expect: verified, rule: shop}
  - {image: HOST/shop/till:2.0, expect: rejected, rule: shop, reason: not-signed}
  - {image: HOST/other/app:1, expect: warned}
  - {image: 127.0.0.1:9/app:1, expect: not checked}
  - {file: deploy, expect: rejected, rule: shop}
  - {file: deploy/signed.yaml, expect: accepted}
  - {image: 127.0.0.1:9/app:1, expect: verified, signatures: [{key: cosign.pub}]}
  - {image: 127.0.0.1:9/app:1, expect: rejected, reason: not-signed, signatures: []}
  - image: 127.0.0.1:9/app:1
    expect: rejected
    signatures:
      - {issuer: 'https://token.actions.githubusercontent.com', subject: 'https://github.com/acme/app/.github/workflows/a.yml@refs/heads/main'}
";

fn world() -> World {
    let world = World::new();
    let pod = |image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: '{image}'}}]}}\n"
        )
    };
    world.write("policy/deploy/signed.yaml", &pod("HOST/shop/cart:1.4"));
    world.write("policy/deploy/unsigned.yaml", &pod("HOST/shop/till:2.0"));
    world.write("policy/cosign.pub", &world.key);
    world.write("policy/settings.yaml", &world.read("settings.yaml"));
    world.write("policy/images.test.yaml", SUITE);
    world
}

/// With another word in the place of one.
fn run(world: &World, from: &str, to: &str, options: &str) -> (Option<i32>, String, String) {
    assert!(SUITE.contains(from), "{from}");
    world.write("policy/images.test.yaml", &SUITE.replacen(from, to, 1));
    let outcome = world.check(&format!("--tests policy/images.test.yaml {options}"));
    (outcome.code, outcome.stdout, outcome.stderr)
}

#[test]
fn settings_do_what_is_expected_of_them() {
    let world = world();
    let (code, stdout, stderr) = run(&world, "", "", "");
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "13 cases: 13 passed\n", ""));
    let (_, all, _) = run(&world, "", "", "-v");
    assert!(all.contains("passed  policy/images.test.yaml:9  signed\n"), "{all}");
    let (_, nothing, _) = run(&world, "", "", "--quiet");
    assert_eq!(nothing, "");
}

#[test]
fn what_is_otherwise_is_told() {
    let world = world();
    let rows = [
        (
            "rules: [shop]",
            "rules: [shop, down]",
            1,
            ":3  HOST/shop/cart:1.4  expected rules: shop, down; those that match: shop\n",
        ),
        (
            "rules: [], expect: unmatched",
            "rules: [], expect: exempt",
            1,
            ":7  nginx  expected exempt; it is unmatched\n",
        ),
        (
            "expect: verified, rule: shop",
            "expect: verified, rule: down",
            1,
            "signed  expected verified by down; it is verified: shop: release team\n",
        ),
        (
            "reason: not-signed",
            "reason: tag-moved",
            1,
            "expected rejected by shop (tag-moved); it is rejected: shop: not signed (not-signed)\n",
        ),
        (
            "expect: not checked",
            "expect: rejected",
            3,
            "not checked  policy/images.test.yaml:12  127.0.0.1:9/app:1  expected rejected; it is not checked: down: could not be checked: ",
        ),
        (
            "{file: deploy/signed.yaml, expect: accepted}",
            "{file: deploy, expect: accepted}",
            1,
            "deploy  expected accepted; it is rejected: shop: not signed (not-signed)\n",
        ),
    ];
    for (from, to, code, expected) in rows {
        let (ended, stdout, stderr) = run(&world, from, to, "");
        assert_eq!((ended, stderr.as_str()), (Some(code), ""), "{to}: {stdout}");
        assert!(stdout.contains(&world.anonymous(&world.filled(expected))), "{to}: {stdout}");
    }
}

#[test]
fn a_mistake_in_the_file_is_named() {
    let world = world();
    let rows = [
        (
            "settings: settings.yaml",
            "settings: nowhere.yaml",
            "cannot read settings `policy/nowhere.yaml`",
        ),
        ("rules: [shop]", "rule: shop", "policy/images.test.yaml:3: a case needs `rules`"),
        ("file: deploy,", "file: nowhere,", "there is no file or folder `policy/nowhere`"),
        ("{key: cosign.pub}", "{key: nowhere.pub}", "cannot read `policy/nowhere.pub`"),
        (
            "{key: cosign.pub}",
            "{key: cosign.pub, issuer: a}",
            "policy/images.test.yaml:15: a signature must",
        ),
    ];
    for (from, to, expected) in rows {
        let (code, stdout, stderr) = run(&world, from, to, "");
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{to}: {stderr}");
        assert!(stderr.contains(expected), "{to}: {stderr}");
    }
    let (code, _, stderr) = run(&world, "", "", "--output sarif");
    assert_eq!(code, Some(2), "{stderr}");
    let (code, _, stderr) = run(&world, "", "", "nginx:1");
    assert_eq!(code, Some(2), "{stderr}");
}

#[test]
fn programs_read_what_tests_came_to() {
    let world = world();
    let (_, json, _) = run(&world, "rules: [shop]", "rules: [down]", "--output json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["cases"][0]["result"], "failed");
    assert_eq!(json["cases"][1]["result"], "passed");
    assert_eq!(json["cases"][0]["line"], 3);
    let (_, junit, _) = run(&world, "rules: [shop]", "rules: [down]", "--output junit");
    assert!(junit.contains(r#"tests="13" failures="1" errors="0""#), "{junit}");
    assert!(
        junit.contains("policy/images.test.yaml:3: expected rules: down; those that match: shop"),
        "{junit}"
    );
}

/// What is written is what the schema describes.
#[test]
fn a_file_of_tests_has_a_schema() {
    let schema = jsonschema::draft202012::new(&signed_images::suite::schema()).unwrap();
    let valid = |text: &str| {
        let value: Value = yaml_serde::from_str(text).unwrap();
        schema.is_valid(&value)
    };
    assert!(valid(SUITE));
    assert!(!valid(&SUITE.replace("settings:", "setting:")));
    assert!(!valid(&SUITE.replace("rule: shop", "rul: shop")));
    assert!(!valid(&SUITE.replace("expect: warned", "expect: warn")));
}

/// The example in `examples/` holds, without any registry.
#[test]
fn the_example_passes() {
    let world = World::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/tests/one-team.test.yaml");
    let outcome = world.check(&format!("--tests {file}"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.ends_with(" passed\n"), "{outcome:?}");
}
