//! Every file that a user writes is read by one decoder: a byte order mark changes nothing, and UTF-16 is told by
//! its name.

#![cfg(test)]

use std::path::Path;

use signed_images_testing::command::{Outcome, signed_images};

const SETTINGS: &str = "unmatchedImages: reject\n";
const REQUEST: &str = r#"{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"operation":"CREATE","userInfo":{},"object":{}}"#;
const TRUST: &str = r#"{"mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json", "trustedRoot": {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}}"#;
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keys, namespace: trust}\n";
const POLICY: &str = "signatures: [{image: '*', githubActions: {owner: acme}}]\n";

/// The files: what they are called and hold, and a command that reads them.
const FILES: [(&str, &str, &str); 8] = [
    ("settings.yaml", SETTINGS, "check docker.io/library/nginx"),
    (
        "sources.yml",
        "insecure_sources: [localhost]\n",
        "check docker.io/library/nginx --sources-path sources.yml",
    ),
    ("config.json", "{}", "check docker.io/library/nginx --docker-config-json-path config.json"),
    ("trust.json", TRUST, "check docker.io/library/nginx --sigstore-trust-config trust.json"),
    (
        "maps/keys.yaml",
        MAP,
        "check docker.io/library/nginx --allow-context-aware --kubernetes-manifests maps",
    ),
    ("request.json", REQUEST, "run --request-path request.json"),
    ("policy.yaml", POLICY, "convert policy.yaml"),
    ("images.txt", "nginx\r\n", "check images.txt --output json"),
];

fn run(file: &str, bytes: &[u8], line: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("maps")).unwrap();
    std::fs::write(folder.path().join("settings.yaml"), SETTINGS).unwrap();
    std::fs::write(folder.path().join(file), bytes).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let module = root.join("annotated-policy.wasm").display().to_string();
    let line = match line.split_once(' ') {
        Some(("convert", _)) => line.to_owned(),
        Some(("run", _)) => format!("{line} --settings-path settings.yaml {module}"),
        Some(_) | None => format!("{line} --settings-path settings.yaml --module {module}"),
    };
    signed_images(folder.path(), line.split_whitespace(), &[], "")
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    for (file, text, line) in FILES {
        let (plain, marked) = (text.as_bytes(), format!("\u{feff}{text}"));
        let (plain, marked) = (run(file, plain, line), run(file, marked.as_bytes(), line));
        assert!([Some(0), Some(1)].contains(&plain.code), "{file}: {plain:?}");
        assert_eq!(marked.code, plain.code, "{file}: {marked:?}");
        assert_eq!((marked.stdout, marked.stderr), (plain.stdout, plain.stderr), "{file}");
    }
}

#[test]
fn utf16_is_told_by_its_name() {
    for (file, text, line) in FILES {
        let bytes =
            |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let outcome = run(file, &bytes(text), line);
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        let expected = "it is UTF-16 without a byte order mark: save it as UTF-8";
        assert!(said.contains(expected), "{file}: {outcome:?}");
        assert_ne!(outcome.code, Some(0), "{file}: {outcome:?}");
    }
}
