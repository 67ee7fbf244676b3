//! The command as its users meet it: options, output, exit codes, and a word for every mistake.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::path::Path;

use tempfile::TempDir;

use signed_images_testing::command::{self, Outcome};

/// A policy that takes only `{}` for settings, and accepts every request.
const POLICY: &str = r#"
(module
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $respond (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"valid\":true}")
  (data (i32.const 64) "{\"valid\":false,\"message\":\"no\"}")
  (data (i32.const 128) "{\"accepted\":true}")
  (data (i32.const 192) "\"v1\"")
  (data (i32.const 256) "kubewarden oci v2/verify")
  (func (export "__guest_call") (param $operation i32) (param $payload i32) (result i32)
    (call $request (i32.const 512) (i32.const 1024))
    (if (i32.eq (local.get $operation) (i32.const 16)) ;; protocol_version
      (then (call $respond (i32.const 192) (i32.const 4))))
    (if (i32.eq (local.get $operation) (i32.const 8)) ;; validate
      (then (call $respond (i32.const 128) (i32.const 17))))
    (if (i32.eq (local.get $operation) (i32.const 17)) ;; validate_settings
      (then
        (if (i32.eq (local.get $payload) (i32.const 2))
          (then (call $respond (i32.const 0) (i32.const 14)))
          (else (call $respond (i32.const 64) (i32.const 30))))))
    (i32.const 1)))
"#;
const REQUEST: &str = r#"{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"operation":"CREATE","userInfo":{},"object":{}}"#;
const METADATA: &str = "rules: [{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}]\nmutating: true\n";
const ACCEPTED: &str =
    "{\"uid\":\"u\",\"allowed\":true,\"auditAnnotations\":null,\"warnings\":null}\n";

/// A folder with a policy, a request and metadata.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("policy.wasm", &wat::parse_str(POLICY).unwrap());
    write("request.json", REQUEST.as_bytes());
    write("metadata.yml", METADATA.as_bytes());
    write("list.yml", b"- a\n");
    write("wrong.yml", b"a: b\n");
    write("empty.json", b"{}");
    write("README.md", b"# A policy\n");
    folder
}

fn signed_images(folder: &Path, line: &str) -> Outcome {
    command::signed_images(folder, line.split_whitespace(), &[], "")
}

#[test]
fn a_request_is_answered() {
    let folder = folder();
    let url = format!("run -r request.json file://{}/policy.wasm", folder.path().display());
    for line in
        ["run -r request.json policy.wasm", "run -s empty.json -r request.json policy.wasm", &url]
    {
        let outcome = signed_images(folder.path(), line);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ACCEPTED), "{line}");
        assert_eq!(outcome.stderr, "", "{line}");
    }
}

/// What `run` says about a mistake in its options, after `run -r request.json`.
const MISTAKES: [(&str, &str); 12] = [
    ("policy.wasm --settings-json {\"a\":1}", "error: Provided settings are not valid: no\n"),
    (
        "policy.wasm --settings-json {\"a\"",
        "error: --settings-json: settings are not JSON: EOF while parsing an object at line 1 column 4\n",
    ),
    (
        "policy.wasm -s list.yml",
        "error: settings `list.yml` are not a map: write `key: value` lines, or `{}` for none\n",
    ),
    (
        "policy.wasm -s nowhere",
        "error: cannot read settings `nowhere`: No such file or directory (os error 2)\n",
    ),
    (
        "nowhere.wasm",
        "error: cannot read module `nowhere.wasm`: No such file or directory (os error 2)\n",
    ),
    ("request.json", "error: module `request.json`: not a WebAssembly module\n"),
    (
        "oci://ghcr.io/acme/policy:1",
        "error: module `oci://ghcr.io/acme/policy:1`: `oci://` is not supported: use a file, or a URL that starts \
         with `registry://`, `https://` or `file://`\n",
    ),
    (
        "policy.wasm --sources-path wrong.yml",
        "error: sources `wrong.yml`: unknown field `a`, expected one of `insecure_sources`, `source_authorities`, `proxies`\n",
    ),
    (
        "policy.wasm --docker-config-json-path nowhere",
        "error: cannot read docker configuration `nowhere`: No such file or directory (os error 2)\n",
    ),
    (
        "policy.wasm --sigstore-trust-config empty.json",
        "error: sigstore trust configuration `empty.json`: missing field `mediaType` at line 1 column 2\n",
    ),
    (
        "policy.wasm --replay-host-capabilities-interactions wrong.yml",
        "error: recorded session `wrong.yml`: invalid type: map, expected a sequence\n",
    ),
    (
        "policy.wasm --kubernetes-manifests nowhere",
        "error: cannot read kubernetes manifests `nowhere`: No such file or directory (os error 2)\n",
    ),
];

#[test]
fn a_mistake_in_run_is_named() {
    let folder = folder();
    for (line, expected) in MISTAKES {
        let outcome = signed_images(folder.path(), &format!("run -r request.json {line}"));
        assert_eq!(outcome.stderr, expected, "{line}");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{line}");
    }
    let outcome = signed_images(folder.path(), "run -r nowhere.json policy.wasm");
    let expected =
        "error: request `nowhere.json`: cannot be read: No such file or directory (os error 2)\n";
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), expected));
    let outcome = signed_images(folder.path(), "run -r empty.json policy.wasm");
    let expected = "error: request `empty.json`: not an admission request: missing field `uid` at line 1 column 2\n";
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), expected));
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let folder = folder();
    let rows = [
        "run policy.wasm",
        "run -r request.json policy.wasm --settings-json {} -s empty.json",
        "run -r request.json policy.wasm --record-host-capabilities-interactions a --replay-host-capabilities-interactions b",
        "run -r request.json policy.wasm --unknown",
        "unknown",
    ];
    for line in rows {
        let outcome = signed_images(folder.path(), line);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(outcome.stderr.starts_with("error: "), "{line}");
    }
}

#[test]
fn a_session_is_recorded_even_when_nothing_was_asked() {
    let folder = folder();
    let line =
        "run -r request.json --record-host-capabilities-interactions session.yml policy.wasm";
    assert_eq!(signed_images(folder.path(), line).code, Some(0));
    assert_eq!(std::fs::read_to_string(folder.path().join("session.yml")).unwrap(), "[]\n");
    let line =
        "run -r request.json --replay-host-capabilities-interactions session.yml policy.wasm";
    assert_eq!(signed_images(folder.path(), line).stdout, ACCEPTED);
}

#[test]
fn a_module_is_annotated() {
    let folder = folder();
    let line = "annotate -m metadata.yml -u README.md -o out.wasm policy.wasm";
    let outcome = signed_images(folder.path(), line);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""));
    assert_eq!(
        outcome.stderr.trim(),
        "WARN hostCapabilities: not listed, but the module seems to use `oci/v2/verify`"
    );
    let annotated = std::fs::read(folder.path().join("out.wasm")).unwrap();
    let metadata = signed_images::metadata::section::read(&annotated).unwrap().unwrap();
    let usage = metadata.annotations.unwrap()["io.kubewarden.policy.usage"].clone();
    assert_eq!(usage, "# A policy\n");
    let outcome = signed_images(folder.path(), "run -r request.json out.wasm");
    assert_eq!(outcome.stdout, ACCEPTED);
}

#[test]
fn a_mistake_in_annotate_is_named() {
    let folder = folder();
    let rows = [
        (
            "-m wrong.yml policy.wasm",
            "error: metadata `wrong.yml`: unknown field `a`, expected one of `protocolVersion`, `rules`, `annotations`, `mutating`, `backgroundAudit`, `executionMode`, `policyType`, `contextAwareResources`, `hostCapabilities`, `minimumKubewardenVersion`\n",
        ),
        (
            "-m nowhere policy.wasm",
            "error: cannot read metadata `nowhere`: No such file or directory (os error 2)\n",
        ),
        (
            "-m metadata.yml -u nowhere policy.wasm",
            "error: cannot read usage `nowhere`: No such file or directory (os error 2)\n",
        ),
        (
            "-m metadata.yml request.json",
            "error: module `request.json`: not a WebAssembly module\n",
        ),
    ];
    for (line, expected) in rows {
        let outcome = signed_images(folder.path(), &format!("annotate -o out.wasm {line}"));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), expected), "{line}");
        assert!(!folder.path().join("out.wasm").exists(), "{line}");
    }
}

#[test]
fn a_mistake_in_push_is_named() {
    let folder = folder();
    let by_digest = format!("policy.wasm a/b@sha256:{}", "a".repeat(64));
    let rows = [
        (
            "policy.wasm 127.0.0.1:9/a/b:1",
            1,
            "error: module `policy.wasm` is not annotated: run `signed-images annotate` first, or pass --force\n",
        ),
        (
            "nowhere.wasm 127.0.0.1:9/a/b:1",
            1,
            "error: module `nowhere.wasm`: No such file or directory (os error 2)\n",
        ),
        (
            "request.json 127.0.0.1:9/a/b:1",
            1,
            "error: module `request.json`: not a WebAssembly module\n",
        ),
        (
            "policy.wasm A/B",
            2,
            "error: invalid value 'A/B' for '<URI>': write it as `host/repository:tag`: ",
        ),
        (by_digest.as_str(), 2, "error: invalid value 'a/b@sha256:"),
    ];
    for (line, code, expected) in rows {
        let outcome = signed_images(folder.path(), &format!("push {line}"));
        assert!(outcome.stderr.starts_with(expected), "{line}: {}", outcome.stderr);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(code), ""), "{line}");
    }
}

#[test]
fn a_demo_needs_a_module_and_a_policy_that_decides_right() {
    let folder = folder();
    let outcome = signed_images(folder.path(), "demo --module nowhere.wasm");
    let expected = "error: --module: no module `nowhere.wasm`\n";
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(2), expected));
}

/// Whoever sees it wants to do the same next, in the words of the documentation.
#[test]
fn a_demo_shows_rules_and_what_to_do_next() {
    let folder = folder();
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../annotated-policy.wasm");
    let outcome = signed_images(folder.path(), &format!("demo --module {}", module.display()));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for said in ["\n  rules:\n", "allOf:", "rule `shop`:", "signed-images check --settings-path"] {
        assert!(outcome.stdout.contains(said), "{said}: {}", outcome.stdout);
    }
}
