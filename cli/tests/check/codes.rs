//! Exit codes, and a word for every mistake.

use std::time::{Duration, Instant};

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
        ("service.yaml --allow-empty", 0),
        ("service.yaml signed.yaml values.yaml", 0),
        ("HOST/shop/cart:1.4", 0),
        ("docker.io/library/nginx nginx:1.25", 0),
        ("unsigned.yaml", 1),
        ("invalid.yaml", 1),
        ("down.yaml unsigned.yaml broken.yaml", 1),
        ("HOST/shop/till:2.0", 1),
        ("down.yaml", 3),
        ("down.yaml signed.yaml", 3),
        ("signed.yaml broken.yaml", 3),
        ("service.yaml", 3),
        ("values.yaml", 3),
        ("values.yaml --allow-empty", 0),
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
    assert_eq!(outcome.code, Some(3));
    let nothing = "not checked: nothing that the policy reviews was found; if that is right, pass --allow-empty\n";
    let passed_over = "no image was checked: found none in 0 objects that the policy reviews\nnot reviewed, because no \
         entry of `spec.rules` covers them: Service\n";
    assert_eq!(outcome.stdout, format!("{nothing}{passed_over}"));
    assert_eq!(world.check("service.yaml --allow-empty").stdout, passed_over);
    assert_eq!(world.check("service.yaml --quiet").stdout, nothing);
    assert_eq!(world.check("service.yaml --quiet --allow-empty").stdout, "");
}

/// What is checked, the exit code, and what is said.
const PASSED_OVER: [(&str, i32, &str); 27] = [
    (
        "slip.yaml signed.yaml",
        3,
        "not checked  slip.yaml:1  apps/Deploymnet a  it contains images, but no entry",
    ),
    (
        "rollout.yaml signed.yaml",
        3,
        "not checked  rollout.yaml:1  argoproj.io/Rollout a  it contains images",
    ),
    (
        "release.yaml signed.yaml",
        3,
        "not checked: the images in a.io/Release; to check them, add their",
    ),
    ("images.yaml signed.yaml", 3, "a.io/Mirror"),
    (
        "slip.yaml signed.yaml --allow-unreviewed",
        0,
        "no entry of `spec.rules` covers them: apps/Deploymnet",
    ),
    ("slip.yaml --allow-unreviewed", 3, "nothing that the policy reviews was found"),
    ("slip.yaml --allow-unreviewed --allow-empty", 0, "no image was checked"),
    ("crd.yaml map.yaml signed.yaml", 0, "1 image in 1 object: 1 verified\n"),
    ("map.yaml", 3, "nothing that the policy reviews was found"),
    ("half.yaml signed.yaml", 3, "not checked  half.yaml:1:1  cannot be read  an object without"),
    ("nginx:1 signed.yaml", 0, "1 verified, 1 unmatched\n"),
    (
        "nginx:1 signed.yaml --fail-on-unmatched",
        1,
        "rejected  command line  nginx:1  it matches no rule, which",
    ),
    ("HOST/platform/agent:1 --fail-on-unmatched", 0, "1 exempt\n"),
    (
        "overlay signed.yaml",
        3,
        "not checked  overlay/kustomization.yaml:1  kustomize.config.k8s.io/Kustomization  it contains images, but \
         kustomize makes the objects from it: check these, with `kustomize build",
    ),
    (
        "overlay.yaml signed.yaml",
        3,
        "not checked  overlay.yaml:1  kustomize.config.k8s.io/Kustomization a  it contains images",
    ),
    ("charts/kustomization.yml signed.yaml", 3, "not checked  charts/kustomization.yml:1  "),
    (
        "overlay signed.yaml --allow-unreviewed",
        0,
        "not reviewed, because kustomize makes the objects from them: kustomize.config.k8s.io/Kustomization\n",
    ),
    ("patched signed.yaml", 3, "not checked  patched/kustomization.yaml:1  "),
    ("remote signed.yaml", 3, "not checked  remote/kustomization.yaml:1  "),
    ("overlays signed.yaml", 3, "not checked  overlays/prod/kustomization.yaml:1  "),
    ("overlays base/a.yaml", 3, "not checked  overlays/prod/kustomization.yaml:1  "),
    ("overlays base", 0, "1 image in 1 object: 1 verified\n"),
    ("base/kustomization.yaml --allow-empty", 0, "no image was checked"),
    ("capital signed.yaml", 3, "not checked  capital/Kustomization:1  "),
    (
        "flux.yaml signed.yaml",
        3,
        "not checked  flux.yaml:1  kustomize.toolkit.fluxcd.io/Kustomization a  it contains images",
    ),
    ("base", 0, "1 image in 1 object: 1 verified\nnot reviewed, because kustomize makes"),
    (
        "other.yaml signed.yaml",
        0,
        "ignored, because they are not Kubernetes objects: other.yaml:1\n",
    ),
];

/// What holds images and is passed over is told, and fails.
#[test]
fn nothing_is_green_by_accident() {
    let world = World::new();
    let object = |kind: &str, spec: &str| {
        format!("apiVersion: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n")
    };
    let containers = "{containers: [{name: a, image: 'HOST/shop/cart:1.4'}]}";
    let template = format!("{{template: {{spec: {containers}}}}}");
    world.write("signed.yaml", &pod("HOST/shop/cart:1.4"));
    world.write("slip.yaml", &object("apps/v1\nkind: Deploymnet", &template));
    world.write("rollout.yaml", &object("argoproj.io/v1alpha1\nkind: Rollout", &template));
    world.write(
        "release.yaml",
        &object("a.io/v1\nkind: Release", "{values: {image: {repository: a}}}"),
    );
    world.write("images.yaml", &object("a.io/v1\nkind: Mirror", "{images: ['a:1']}"));
    world
        .write("crd.yaml", &object("a.io/v1\nkind: Schema", "{image: {type: string}, images: []}"));
    world.write("map.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {image: 'nginx:1'}\n");
    let overlay = "images: [{name: a, newName: b}]\n";
    world.write("overlay/kustomization.yaml", overlay);
    world.write("other.yaml", overlay);
    let kind =
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: a}\n";
    world.write("overlay.yaml", &format!("{kind}{overlay}"));
    world.write("charts/kustomization.yml", "helmCharts: [{name: a, repo: 'https://a.io'}]\n");
    world.write(
        "patched/kustomization.yaml",
        "patches: [{target: {kind: Deployment}, patch: '[{op: replace, path: /spec, value: {}}]'}]\n",
    );
    world.write("remote/kustomization.yaml", "resources:\n- github.com/acme/shop//deploy?ref=v1\n");
    world.write(
        "flux.yaml",
        &object(
            "kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization",
            "{images: [{name: a, newTag: b}]}",
        ),
    );
    world.write("overlays/prod/kustomization.yaml", "resources: [../../base]\n");
    world.write("capital/Kustomization", overlay);
    world.write("base/a.yaml", &pod("HOST/shop/cart:1.4"));
    world.write("base/kustomization.yaml", "resources: [a.yaml]\nimages: []\n");
    world.write("half.yaml", &object("v1\nkimd: Pod", containers));
    for (line, code, expected) in PASSED_OVER {
        let outcome = world.check(line);
        assert_eq!(outcome.code, Some(code), "{line}: {outcome:?}");
        assert!(outcome.stdout.contains(expected), "{line}: {}", outcome.stdout);
    }
    world.write("warn.yaml", "unmatchedImages: warn\n");
    assert_eq!(world.check("-s warn.yaml nginx:1").code, Some(0));
    assert_eq!(world.check("-s warn.yaml nginx:1 --fail-on-unmatched").code, Some(1));
}

/// What did not happen is not reported.
#[test]
fn an_image_that_is_empty_or_missing_is_rejected() {
    let world = World::new();
    let settings = "exempt: ['HOST/**']\nunmatchedImages: warn\n";
    world.write("warn.yaml", settings);
    world.write("empty.yaml", &pod(""));
    world.write("missing.yaml", &pod("").replace(", image: ''", ""));
    world.write("number.yaml", &pod("").replace("''", "1"));
    for file in ["empty.yaml", "missing.yaml", "number.yaml"] {
        for line in [file, &format!("-s warn.yaml {file}")] {
            let outcome = world.check(&format!("{line} --output junit"));
            assert_eq!(outcome.code, Some(1), "{line}: {outcome:?}");
            assert!(outcome.stdout.contains("<failure "), "{line}: {}", outcome.stdout);
            assert!(!outcome.stdout.contains("stored object"), "{line}: {}", outcome.stdout);
        }
    }
}

/// A registry that never answers.
#[test]
fn what_is_not_answered_in_time_is_not_checked() {
    let world = World::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = silent.local_addr().unwrap();
    world.write("sources.yml", &format!("insecure_sources: ['HOST', '{registry}']\n"));
    let key = world.key.replace('\n', "\n    ");
    world.write("all.yaml", &format!("signatures:\n- image: '*'\n  pubKeys:\n  - |\n    {key}\n"));
    let began = Instant::now();
    let line = format!("-s all.yaml {registry}/a:1 {registry}/b:1 HOST/shop/cart:1.4 --timeout 3");
    let outcome = world.check(&line);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(3), ""), "{outcome:?}");
    assert!(outcome.stdout.contains("--timeout is over"), "{outcome:?}");
    assert!(outcome.stdout.contains("1 verified, 2 not checked"), "{outcome:?}");
    // The policy cannot know whose time was over.
    assert!(outcome.stdout.contains("hint: raise --timeout, or leave it out"), "{outcome:?}");
    assert!(!outcome.stdout.contains("timeoutEvalSeconds"), "{outcome:?}");
}

/// A slip in a pattern must not look like an answer.
#[test]
fn rules_that_match_nothing_are_told() {
    let world = World::new();
    let key = world.key.replace('\n', "\n    ");
    let settings = |image: &str, more: &str| {
        format!("signatures:\n- image: '{image}'\n  pubKeys:\n  - |\n    {key}\n{more}")
    };
    let hint = "hint: no rule matches any of these images: look for a mistake in the patterns of `images` with \
         `signed-images explain IMAGE --settings-path … --offline`";
    world.write("slip.yaml", &settings("HOST/shopp/*", ""));
    world.write("warn.yaml", &settings("HOST/shopp/*", "unmatchedImages: warn\n"));
    world.write("exempt.yaml", &settings("HOST/shopp/*", "exempt: ['nginx']\n"));
    world.write("right.yaml", &settings("HOST/shop/*", ""));
    world.write("none.yaml", "unmatchedImages: warn\n");
    let rows = [
        ("-s slip.yaml HOST/shop/cart:1.4 nginx:1", true),
        ("-s warn.yaml HOST/shop/cart:1.4", true),
        ("-s exempt.yaml HOST/shop/cart:1.4 nginx:1", true),
        ("-s exempt.yaml nginx:1", false),
        ("-s right.yaml HOST/shop/cart:1.4 nginx:1", false),
        ("-s none.yaml nginx:1", false),
        ("-s slip.yaml -s right.yaml HOST/shop/cart:1.4", false),
        ("-s right.yaml -s slip.yaml HOST/shop/cart:1.4", false),
        ("-s slip.yaml -s warn.yaml HOST/shop/cart:1.4", true),
    ];
    for (line, is_told) in rows {
        let outcome = world.check(line);
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        assert_eq!(outcome.stdout.contains(hint), is_told, "{line}: {}", outcome.stdout);
    }
}

/// Whoever stops reading changes nothing.
#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_failure() {
    let world = World::new();
    world.write("signed.yaml", &pod("HOST/shop/cart:1.4"));
    world.write("unsigned.yaml", &pod("HOST/shop/till:2.0"));
    let explain = |image: &str| format!("explain -s settings.yaml {}", world.filled(image));
    let rows = [
        ("check -s settings.yaml signed.yaml".to_owned(), 0),
        ("check -s settings.yaml unsigned.yaml --output json".to_owned(), 1),
        ("check -s settings.yaml signed.yaml --output sarif".to_owned(), 0),
        (explain("HOST/shop/till:2.0"), 1),
        ("completions bash".to_owned(), 0),
    ];
    for (line, code) in rows {
        let outcome = world.run_unread(&line);
        assert_eq!(outcome, (Some(code), String::new()), "{line}");
    }
}

/// Who installs the policy with a chart has the settings in other files.
#[test]
fn what_holds_settings_is_not_taken_for_them() {
    let world = World::new();
    world.write("values.yaml", "mode: monitor\nsettings: {unmatchedImages: warn}\n");
    world.write("fleet.yaml", "defaultNamespace: a\nhelm: {values: {settings: {}}}\n");
    world.write("pod.yaml", &pod("nginx"));
    for file in ["values.yaml", "fleet.yaml", "pod.yaml"] {
        let outcome = world.check(&format!("-s {file} nginx"));
        assert_eq!(outcome.code, Some(2), "{file}: {outcome:?}");
        let told = "pass the policy's manifest, which `helm template` makes of them";
        assert!(outcome.stderr.contains(told), "{file}: {outcome:?}");
    }
    world.write("slip.yaml", "rulez: []\n");
    assert!(!world.check("-s slip.yaml nginx").stderr.contains("helm"));
}

#[test]
fn a_mistake_is_named() {
    let world = World::new();
    world.write("list.yml", "- a\n");
    world.write("empty/notes.md", "");
    world.write("overlays.d/notes.md", "");
    world.write("wrong.yaml", "rule: {}\nrulez: []\n");
    world.write("pod.yaml", &pod("nginx"));
    world.write(
        "group.yaml",
        "apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicyGroup\nmetadata: {name: g}\nspec: {policies: {a: {}}}\n",
    );
    let rows = [
        ("nowhere.yaml", 2, "`nowhere.yaml` looks like a file, but there is none: check the path"),
        ("./nowhere", 2, "`./nowhere` looks like a file, but there is none: check the path"),
        ("a@b", 2, "`a@b` is neither a file nor an image: "),
        (
            "overlays/prod",
            2,
            "there is no file or folder `overlays/prod`; if you mean an image, write its tag: \
             `overlays/prod:latest`, or `docker.io/overlays/prod:latest`",
        ),
        ("nginx", 2, "write its tag: `nginx:latest`, or `docker.io/library/nginx:latest`"),
        (
            "overlays.d/prod",
            2,
            "there is no file or folder `overlays.d/prod`, but there is `overlays.d`; if you mean an image, write \
             its tag: `overlays.d/prod:latest`",
        ),
        ("overlays/", 2, "`overlays/` looks like a folder, but there is none: check the path"),
        ("overlays.d/prod.yml", 2, "`overlays.d/prod.yml` looks like a file, but there is none"),
        ("empty", 2, "no file in `empty` ends in .yaml, .yml or .json"),
        ("-s list.yml nginx", 2, "settings `list.yml` are not a map"),
        ("-s nowhere nginx", 2, "cannot read settings `nowhere`"),
        (
            "-s group.yaml nginx",
            2,
            "settings `group.yaml` contain an object of the kind AdmissionPolicyGroup; use",
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
        ("nginx", "<--settings-path <PATH>|--settings-json <JSON>|--tests <FILE>>"),
        ("-s settings.yaml --module nowhere.wasm nginx", "--module: no module `nowhere.wasm`"),
        ("-s settings.yaml --module settings.yaml nginx", "not a WebAssembly module"),
    ];
    for (line, expected) in rows {
        let outcome = world.run(line, "");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(outcome.stderr.contains(expected), "{line}: {}", outcome.stderr);
    }
}
