//! What `explain` shows.

use std::path::Path;

use insta::assert_snapshot;
use signed_images::demo::{Key, Registry};
use tokio::runtime::Runtime;

use crate::command::{ended, folder, root, screen, signed_images, signed_images_with};

const SETTINGS: &str = r#"
unmatchedImages: reject
exempt: ["registry.k8s.io/pause:3.*", "reg.example.com:5000/mirror/**"]
rules:
  - name: acme
    images: ["ghcr.io/acme/**", "acme/*"]
    exclude: ["ghcr.io/acme/sandbox/**", "ghcr.io/acme/app:dev-*"]
    allOf:
      - kind: pubKey
        owner: release team
        annotations: {env: prod}
        key: |
          ${keys/p256}
          ${keys/ed25519}
    anyOf:
      minimumMatches: 2
      signatures:
        - kind: githubAction
          owner: acme
          repo: app
        - kind: githubAction
          owner: acme-tools
        - kind: genericIssuer
          issuer: https://accounts.example.com
          subject: {equal: release@acme.example.com}
        - kind: genericIssuer
          issuer: https://accounts.example.com
          subject: {urlPrefix: https://github.com/acme}
        - kind: genericIssuer
          issuer: https://accounts.example.com
          subject: {pattern: "*@acme.example.org"}
        - kind: certificate
          requireRekorBundle: false
          certificate: |
            ${certificates/signer}
        - kind: pubKey
          keyFrom: {configMap: {namespace: trust, name: image-keys, key: cosign.pub}}
  - name: tags of the base images
    images: ["docker.io/library/nginx:1.*"]
    enforcement: warn
    allOf:
      - kind: pubKey
        key: |
          ${keys/rsa2048}
signatures:
  - image: "*/acme/tool:1*"
    githubActions: {owner: acme}
"#;

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn how_settings_read_an_image() {
    let folder = folder(SETTINGS);
    let explain = |image: &str| {
        screen(folder.path(), &["explain", image, "-s", "settings.yaml", "--offline"])
    };
    assert_snapshot!("explain-selected", explain("GHCR.io:443/acme/app:1.2"));
    assert_snapshot!("explain-excluded", explain("ghcr.io/acme/sandbox/app"));
    assert_snapshot!("explain-exempt", explain("reg.example.com:5000/mirror/a/b"));
    assert_snapshot!("explain-unmatched", explain("quay.io/acme/app"));
    assert_snapshot!("explain-invalid", explain("Foo/bar"));
    // The digest decides what runs: tags exempt and exclude nothing, and select what they may name.
    let with_digest = |image: &str| explain(&format!("{image}@{DIGEST}"));
    assert_snapshot!("explain-excluded-by-a-tag", explain("ghcr.io/acme/app:dev-1"));
    assert_snapshot!("explain-digest-beside-a-tag", with_digest("ghcr.io/acme/app:dev-1"));
    assert_snapshot!("explain-digest", with_digest("nginx"));
    assert_snapshot!("explain-classic", explain("index.docker.io/acme/tool:1.2"));
    let json = ["explain", "nginx:1.2", "-s", "settings.yaml", "--offline", "--output", "json"];
    assert_snapshot!("explain-json", screen(folder.path(), &json));
}

/// No line of a key or certificate is shown, in whatever form.
#[test]
fn key_material_is_not_shown() {
    let folder = folder(SETTINGS);
    let settings = std::fs::read_to_string(folder.path().join("settings.yaml")).unwrap();
    let is_material = |line: &&str| line.len() > 40 && !line.contains([' ', ':']);
    let material: Vec<&str> = settings.lines().map(str::trim).filter(is_material).collect();
    assert!(material.len() > 10);
    for output in ["text", "json"] {
        let line =
            ["explain", "ghcr.io/acme/app", "-s", "settings.yaml", "--offline", "--output", output];
        let shown = screen(folder.path(), &line);
        assert!(shown.contains("ECDSA P-256"), "{output}");
        assert!(!material.iter().any(|line| shown.contains(line)), "{output}: {shown}");
    }
}

/// The settings of a registry on this machine: one rule is satisfied, one warns, one refuses.
const FOUND: &str = r#"
rules:
  - name: release
    images: ["REGISTRY/shop/*"]
    allOf:
      - kind: pubKey
        owner: release team
        key: |
          KEY
  - name: security
    images: ["REGISTRY/shop/*"]
    enforcement: warn
    allOf:
      - kind: pubKey
        owner: security team
        key: |
          ${keys/p256}
exempt: ["REGISTRY/tools/**"]
"#;

#[test]
fn what_is_found() {
    let runtime = Runtime::new().unwrap();
    let registry = Registry::start(runtime.handle()).unwrap();
    let private = std::fs::read_to_string(root().join("tests/fixtures/keys/private-pkcs8.pem"));
    let key = Key::parse(&private.unwrap()).unwrap();
    let digest = registry.add_image("shop/cart", "1.4", "cart").unwrap();
    registry.sign("shop/cart", &digest, &key).unwrap();
    registry.add_image("shop/till", "2.0", "till").unwrap();
    let public = key.public().trim_end().replace('\n', "\n          ");
    let host = registry.host();
    let folder = folder(&FOUND.replace("REGISTRY", &host).replace("KEY", &public));
    let sources = format!("insecure_sources: [\"{host}\"]\n");
    std::fs::write(folder.path().join("sources.yml"), sources).unwrap();
    let module = root().join("policy.wasm");
    let module = module.to_str().unwrap();
    let explain = |image: &str, more: &[&str], code: i32| {
        let image = format!("{host}/{image}");
        let line = ["explain", &image, "-s", "settings.yaml", "--sources-path", "sources.yml"];
        let line = [&line, ["--module", module].as_slice(), more].concat();
        ended(folder.path(), &line, code).replace(&host, "127.0.0.1:5000")
    };
    assert_snapshot!("explain-found-signed", explain("shop/cart:1.4", &[], 0));
    assert_snapshot!("explain-found-unsigned", explain("shop/till:2.0", &[], 1));
    assert_snapshot!("explain-found-nothing", explain("shop/none:1", &[], 3));
    assert_snapshot!("explain-found-exempt", explain("tools/a", &[], 0));
    assert_snapshot!("explain-found-json", explain("shop/cart:1.4", &["--output", "json"], 0));
    assert!(explain("Shop Cart", &[], 1).contains("verdict: rejected"));
    assert!(explain("Shop\u{202e}\n::error::", &[], 1).contains("\\u{202e}\\u{a}::error::"));
}

/// Nor for JSON.
#[test]
fn a_path_is_not_taken_for_an_image() {
    let folder = folder("unmatchedImages: warn");
    std::fs::write(folder.path().join("pod.yaml"), "apiVersion: v1\n").unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    let rows = [
        (
            "pod.yaml -s settings.yaml",
            "`pod.yaml` looks like a file, and `explain` takes one image: `signed-images check` reads files",
        ),
        (
            "keys -s settings.yaml",
            "there is a file or folder `keys`, and `explain` takes one image: if you mean the image, write its tag: \
             `keys:latest`",
        ),
        (
            "a --settings-json pod.yaml",
            "--settings-json: it takes JSON, and `pod.yaml` is a file: use --settings-path",
        ),
    ];
    let explain = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        signed_images(folder.path(), &[&["explain", "--offline"], words.as_slice()].concat())
    };
    for (line, expected) in rows {
        let outcome = explain(line);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{line}");
        assert_eq!(outcome.stderr, format!("error: {expected}\n"), "{line}");
    }
    let image = explain("keys:latest -s settings.yaml");
    assert_eq!(image.code, Some(0), "{image:?}");
}

#[test]
fn a_mistake_is_named() {
    let folder = folder("unmatchedImages: warn");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("wrong.yaml", "rules: [{images: [a], allOf: [{kind: pubKey, key: x}]}]\n");
    write("unknown.yaml", "unmatchedImage: warn\n");
    write("list.yaml", "- a\n");
    let rows = [
        ("explain a", 2, "required arguments were not provided"),
        ("explain a -s settings.yaml --settings-json {}", 2, "cannot be used with"),
        ("explain a -s settings.yaml --output xml", 2, "[possible values: text, json]"),
        ("explain a -s nowhere", 2, "cannot read settings `nowhere`"),
        ("explain a -s list.yaml", 2, "are not a map"),
        ("explain a --settings-json {", 2, "--settings-json: settings are not JSON"),
        (
            "explain a -s unknown.yaml",
            2,
            "unmatchedImage: unknown field, did you mean `unmatchedImages`?",
        ),
        ("explain a -s wrong.yaml", 2, "rules[0].allOf[0]: not a PEM public key"),
        ("explain a -s settings.yaml --module nowhere", 2, "--module: no module `nowhere`"),
        (
            "explain a -s settings.yaml --module registry://127.0.0.1:9/a:1",
            3,
            "cannot read module `registry://127.0.0.1:9/a:1`",
        ),
        ("explain a -s settings.yaml --module list.yaml", 2, "not a WebAssembly module"),
    ];
    for (line, code, expected) in rows {
        let arguments: Vec<&str> = line.split(' ').collect();
        let outcome = signed_images(folder.path(), &arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(code), ""), "{line}");
        assert!(outcome.stderr.starts_with("error: "), "{line}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{line}: {}", outcome.stderr);
    }
    let variables = [("SIGNED_IMAGES_MODULE", "nowhere")];
    let line = ["explain", "a", "-s", "settings.yaml"];
    let outcome = signed_images_with(folder.path(), &line, &variables);
    let expected =
        "error: to ask no registry, pass --offline: SIGNED_IMAGES_MODULE: no module `nowhere`\n";
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(2), expected));
}

/// What is shown is what the module does: `examples/` are explained without an error.
#[test]
fn the_examples_are_explained() {
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let path = path.to_str().unwrap();
            let shown = screen(Path::new("."), &["explain", "nginx", "-s", path, "--offline"]);
            assert!(shown.starts_with("nginx\n  canonical   docker.io/library/nginx:latest\n"));
        }
    }
}
