//! Settings, seen by the JSON Schema, by the policy's own reader and by the built module.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::path::PathBuf;
use std::sync::Arc;

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::Value;
use signed_images::evaluation::Evaluation;
use signed_images::host::{Answers, Cluster, Host, Live, Registries, Trust};
use signed_images::module::Module;
use signed_images::settings::Settings;
use signed_images_convert::manifest::{self, Mode, Scope};
use tokio::runtime::Runtime;
use xtask::made::root;

use yaml_serde::Value as Yaml;

/// Who sees that settings are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SeenBy {
    /// Nobody: they are right.
    Nobody,
    /// The schema and the policy.
    Both,
    /// The policy alone: it is not a matter of form.
    Policy,
}
use SeenBy::{Both, Nobody, Policy};

/// `k` stands in for a key: keys are read when the policy is set up.
const ROWS: [(&str, SeenBy); 86] = [
    // The settings as a whole.
    ("{}", Both),
    ("[]", Both),
    ("null", Both),
    ("unmatchedImages: reject", Nobody),
    ("unmatchedImages: accept", Policy),
    ("unmatchedImages: refuse", Both),
    ("unmatchedImages: true", Both),
    ("{rules: [], signatures: []}", Policy),
    ("{unmatchedImages: warn, exempts: [a]}", Both),
    ("{unmatchedImages: warn, description: {a: [1]}}", Both),
    ("{unmatchedImages: warn, rule: [a]}", Both),
    ("{unmatchedImages: warn, description: a, rule: b}", Nobody),
    // What forms send for what was not filled in.
    ("{unmatchedImages: warn, rules: '', signatures: {}, exempt: null}", Nobody),
    ("{unmatchedImages: warn, unchangedImages: '', pinWorkloadTemplates: ''}", Nobody),
    ("{unmatchedImages: warn, unchangedImages: [], modifyImagesWithDigest: {}}", Nobody),
    (
        "{rules: [{images: [a], name: {}, exclude: '', enforcement: null, allOf: [{kind: githubAction, owner: a, repo: [], annotations: '', key: ''}], anyOf: []}]}",
        Nobody,
    ),
    (
        "{signatures: [{image: a, images: '', keyless: {}, githubActions: {owner: a, repo: null}}]}",
        Nobody,
    ),
    // Types.
    ("{unmatchedImages: warn, exempt: a}", Both),
    ("{unmatchedImages: warn, exempt: {a: b}}", Both),
    ("{unmatchedImages: warn, exempt: [1]}", Both),
    ("{unmatchedImages: warn, exempt: [null]}", Both),
    ("{unmatchedImages: warn, exempt: ['']}", Both),
    ("{unmatchedImages: warn, exempt: ['a//b']}", Policy),
    ("{unmatchedImages: warn, modifyImagesWithDigest: 'true'}", Both),
    ("{unmatchedImages: warn, pinWorkloadTemplates: 1}", Both),
    ("{unmatchedImages: warn, unchangedImages: verify}", Nobody),
    ("{rules: [a]}", Both),
    ("{rules: [null]}", Both),
    // Rules.
    ("{rules: [{images: [a], allOf: [{kind: pubKey, key: k}]}]}", Nobody),
    ("{rules: [{images: [a]}]}", Both),
    ("{rules: [{images: [a], allOf: [], anyOf: {}}]}", Policy),
    ("{rules: [{images: [], allOf: [{kind: pubKey, key: k}]}]}", Both),
    ("{rules: [{allOf: [{kind: pubKey, key: k}]}]}", Both),
    ("{rules: [{images: a, allOf: [{kind: pubKey, key: k}]}]}", Both),
    ("{rules: [{images: [a], anyOf: [{kind: pubKey, key: k}]}]}", Both),
    ("{rules: [{images: [a], anyOf: {signatures: [{kind: pubKey, key: k}]}}]}", Nobody),
    ("{rules: [{images: [a], anyOf: {minimumMatches: 1}}]}", Both),
    (
        "{rules: [{images: [a], anyOf: {minimumMatches: 0, signatures: [{kind: pubKey, key: k}]}}]}",
        Both,
    ),
    (
        "{rules: [{images: [a], anyOf: {minimumMatches: 1.5, signatures: [{kind: pubKey, key: k}]}}]}",
        Both,
    ),
    (
        "{rules: [{images: [a], anyOf: {minimumMatches: '1', signatures: [{kind: pubKey, key: k}]}}]}",
        Both,
    ),
    (
        "{rules: [{images: [a], anyOf: {minimumMatches: 2, signatures: [{kind: pubKey, key: k}]}}]}",
        Policy,
    ),
    // Signers.
    ("{rules: [{images: [a], allOf: [{key: k}]}]}", Both),
    ("{rules: [{images: [a], allOf: [{kind: pubkey, key: k}]}]}", Both),
    ("{rules: [{images: [a], allOf: [{kind: pubKey}]}]}", Policy),
    ("{rules: [{images: [a], allOf: [{kind: pubKey, key: k, anotations: {}}]}]}", Both),
    ("{rules: [{images: [a], allOf: [{kind: pubKey, key: k, annotations: {a: 1}}]}]}", Both),
    (
        "{rules: [{images: [a], allOf: [{kind: pubKey, keyFrom: {configMap: {namespace: a, name: b}}}]}]}",
        Nobody,
    ),
    (
        "{rules: [{images: [a], allOf: [{kind: pubKey, keyFrom: {configMap: {namespace: a}}}]}]}",
        Both,
    ),
    (
        "{rules: [{images: [a], allOf: [{kind: pubKey, keyFrom: {secret: {namespace: '', name: b}}}]}]}",
        Both,
    ),
    (
        "{rules: [{images: [a], allOf: [{kind: genericIssuer, issuer: a, subject: {equal: b, urlPrefix: ''}}]}]}",
        Nobody,
    ),
    (
        "{rules: [{images: [a], allOf: [{kind: genericIssuer, issuer: a, subject: {pattern: '*@a.b'}}]}]}",
        Nobody,
    ),
    (
        "{rules: [{images: [a], allOf: [{kind: genericIssuer, issuer: a, subject: {pattern: '*'}}]}]}",
        Policy,
    ),
    (
        "{rules: [{images: [a], allOf: [{kind: genericIssuer, issuer: a, subject: {pattern: 1}}]}]}",
        Both,
    ),
    ("{rules: [{images: [a], allOf: [{kind: genericIssuer, issuer: a, subject: {}}]}]}", Policy),
    ("{rules: [{images: [a], allOf: [{kind: genericIssuer, issuer: a, subject: b}]}]}", Both),
    (
        "{rules: [{images: [a], allOf: [{kind: genericIssuer, issuer: a, subject: {prefix: b}}]}]}",
        Both,
    ),
    // The classic list.
    ("{signatures: [{image: a, keylessPrefix: [{issuer: a, urlPrefix: 'https://b.c/'}]}]}", Nobody),
    (
        "{signatures: [{image: a, keylessPrefix: [{issuer: a, url_prefix: 'https://b.c/'}]}]}",
        Nobody,
    ),
    ("{signatures: [{image: a, keylessPrefix: [{issuer: a}]}]}", Both),
    ("{signatures: [{image: a, keyless: [{issuer: a, subject: null}]}]}", Both),
    ("{signatures: [{image: a, githubActions: {repo: b}}]}", Both),
    ("{signatures: [{pubKeys: [k]}]}", Both),
    ("{signatures: [{image: a}]}", Both),
    // The lists of one kind of signer, as forms leave them.
    ("{publicKeys: [{images: [a, ''], keys: ['', k], require: any, annotations: {}}]}", Nobody),
    ("{publicKeys: [null, {}, {images: [a], keys: [k]}], unmatchedImages: ''}", Nobody),
    ("{publicKeys: [{require: all}], unmatchedImages: warn}", Nobody),
    ("{publicKeys: [{require: all}]}", Policy),
    ("{publicKeys: [{}]}", Policy),
    ("{publicKeys: [{keys: [k]}]}", Policy),
    ("{publicKeys: [{images: [a]}]}", Policy),
    ("{publicKeys: [{images: a, keys: [k]}]}", Both),
    ("{publicKeys: [{images: [a], keys: [1]}]}", Both),
    ("{publicKeys: [{images: [a], keys: [k], require: one}]}", Both),
    ("{publicKeys: [{images: [a], pubKeys: [k]}]}", Both),
    ("{publicKeys: [a]}", Both),
    ("{publicKeys: {images: [a], keys: [k]}}", Both),
    ("{keylessIdentities: [{images: [a], issuer: i, subjects: [s]}]}", Nobody),
    ("{keylessIdentities: [{images: [a], issuer: i, subjects: s}]}", Both),
    ("{keylessPrefixes: [{images: [a], issuer: i, urlPrefixes: ['https://b.c/']}]}", Nobody),
    ("{keylessPrefixes: [{images: [a], issuer: i, urlPrefixes: [b]}]}", Policy),
    ("{githubActions: [{images: [a], owner: o, repos: ['', null]}]}", Nobody),
    ("{githubActions: [{images: [a], owner: o, repo: r}]}", Both),
    ("{certificates: [{images: [a], certificates: [c], requireRekorBundle: false}]}", Nobody),
    ("{certificates: [{images: [a], certificates: [c], requireRekorBundle: 'false'}]}", Both),
    // Custom resources.
    ("{unmatchedImages: warn, extraWorkloads: [{kind: A, podSpecs: [/spec]}]}", Nobody),
    ("{unmatchedImages: warn, extraWorkloads: [{kind: A, apiGroup: b}]}", Both),
];

#[test]
fn the_schema_and_the_policy_agree() {
    let schema = validator();
    for (text, seen_by) in ROWS {
        let settings: Value = yaml_serde::from_str(text).unwrap();
        let found = match (schema.is_valid(&settings), read(&settings)) {
            (true, Ok(())) => Nobody,
            (true, Err(_)) => Policy,
            (false, Err(_)) => Both,
            (false, Ok(())) => panic!("the schema refuses what the policy takes: {text}"),
        };
        assert_eq!(found, seen_by, "{text}: {:?}", read(&settings));
    }
}

/// What the policy takes at the most, the schema takes, and not one entry more.
#[test]
fn the_schema_knows_the_budgets() {
    let schema = validator();
    let with = |annotations: usize, chain: usize| {
        let annotations: serde_json::Map<String, Value> =
            (0..annotations).map(|index| (format!("a{index}"), "b".into())).collect();
        let signer = serde_json::json!({
            "kind": "certificate", "certificate": "c", "annotations": annotations,
            "certificateChain": vec!["c"; chain],
        });
        serde_json::json!({"rules": [{"images": ["a"], "allOf": [signer]}]})
    };
    for (settings, is_valid) in [(with(64, 10), true), (with(65, 10), false), (with(64, 11), false)]
    {
        assert_eq!((schema.is_valid(&settings), read(&settings).is_ok()), (is_valid, is_valid));
    }
    let settings = signed_images_policy::settings::schema();
    for list in ["rules", "signatures", "exempt", "extraWorkloads"] {
        assert!(settings["properties"][list]["maxItems"].is_u64(), "{list}");
    }
}

#[test]
fn the_schema_is_a_schema() {
    jsonschema::draft202012::meta::validate(&signed_images_policy::settings::schema()).unwrap();
}

#[test]
fn examples_are_settings() {
    let (runtime, schema, module) = (Runtime::new().unwrap(), validator(), module());
    let host = Arc::new(host(&runtime));
    for path in examples() {
        let settings = Settings::read(&path).unwrap();
        let value: Value = serde_json::from_str(settings.json()).unwrap();
        let errors: Vec<String> =
            schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        let evaluation = Evaluation {
            module: module.clone(),
            settings,
            host: Arc::clone(&host),
            deadline: None,
        };
        assert_eq!(evaluation.validate_settings(), Ok(()), "{}", path.display());
    }
}

#[test]
fn examples_say_what_they_are_for() {
    for path in examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        let comments: Vec<&str> = text.lines().take_while(|line| line.starts_with("# ")).collect();
        let hint = "# yaml-language-server: $schema=../settings.schema.json";
        let hints = comments.iter().filter(|line| **line == hint).count();
        assert_eq!(hints, usize::from(manifest(&text).is_none()), "{}", path.display());
        assert!(comments.len() - hints >= 2, "{}: say what it is for", path.display());
        let index = std::fs::read_to_string(root().join("examples/README.md")).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(index.contains(&format!("({name})")), "examples/README.md lacks {name}");
    }
}

/// Examples that are whole manifests are what `signed-images policy` makes of their settings.
#[test]
fn examples_that_are_manifests_are_current() {
    let mut manifests = 0;
    for path in examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(document) = manifest(&text) else { continue };
        let (name, spec) = (&document["metadata"]["name"], &document["spec"]);
        let settings = spec["settings"].as_mapping().unwrap().clone();
        let mut made =
            manifest::Policy::new(name.as_str().unwrap(), Scope::Cluster(None), settings).unwrap();
        if spec["mode"] == "monitor" {
            made.mode = Mode::Monitor;
        }
        assert_eq!(document, Yaml::Mapping(made.document()), "{}", path.display());
        manifests += 1;
    }
    assert_eq!(manifests, 3, "monitor mode, Argo CD, a key in a ConfigMap");
}

/// The policy's manifest in an example that holds one.
fn manifest(text: &str) -> Option<Yaml> {
    yaml_serde::Deserializer::from_str(text)
        .map(|document| Yaml::deserialize(document).unwrap())
        .find(|document| document.get("kind").is_some_and(|kind| kind == "ClusterAdmissionPolicy"))
}

fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("examples")).unwrap();
    let is_settings = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(is_settings).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&signed_images_policy::settings::schema()).unwrap()
}

fn read(settings: &Value) -> Result<(), String> {
    let text = settings.to_string();
    signed_images_policy::settings::read(serde_json::from_str(&text).unwrap())
        .map(drop)
        .map_err(|error| error.to_string())
}

fn module() -> Module {
    let file = root().join("policy.wasm");
    assert!(file.exists(), "there is no module: run `make policy.wasm`");
    Module::load(file).unwrap()
}

/// A host that can check certificates. Nothing else is asked when settings are validated.
fn host(runtime: &Runtime) -> Host {
    let registries = Registries::default();
    let live =
        Live::new(runtime.handle().clone(), registries, Trust::default(), Cluster::default());
    Host { answers: Answers::Live(live), readable: [].into() }
}
