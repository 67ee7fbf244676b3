//! The form in Rancher (`questions-ui.yml`) and the chart that brings it there (`charts/signed-images-policy`).
//!
//! - Where is the chart from? From `metadata.yml`, `questions-ui.yml` and the version of the crate:
//!   `make chart` writes it.
//! - What does Rancher read of it? Its Kubewarden extension lists charts by the annotations below, takes the
//!   module from `values.yaml` (older ones from the annotations), and renders `questions.yaml`.

#![cfg(test)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use signed_images_policy::settings::schema::{SETTINGS, Schema, Value as Kind};
use yaml_serde::Value as Yaml;

#[test]
fn the_chart_is_current() {
    let write = std::env::var_os("WRITE_CHART").is_some();
    for (file, text) in chart() {
        let path = root().join("charts/signed-images-policy").join(file);
        if write {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} is not current: run `make chart`", path.display());
    }
}

fn chart() -> [(&'static str, String); 3] {
    let yaml = |value: Value| yaml_serde::to_string(&value).unwrap();
    let [definition, values] = [definition(), values()].map(yaml);
    [
        ("Chart.yaml", definition),
        ("values.yaml", values),
        ("questions.yaml", read("questions-ui.yml")),
    ]
}

fn definition() -> Value {
    let Module { registry, repository, tag } = module();
    let version = env!("CARGO_PKG_VERSION");
    let list = |text: String| text.split(", ").map(str::to_owned).collect::<Vec<_>>();
    let text = |key: &str| yaml_serde::to_string(&metadata()[key]).unwrap();
    json!({
        "apiVersion": "v2",
        "name": annotation("io.kubewarden.policy.title"),
        "version": version,
        "appVersion": version,
        "description": annotation("io.kubewarden.policy.description"),
        "home": annotation("io.kubewarden.policy.url"),
        "sources": [annotation("io.kubewarden.policy.source")],
        "keywords": list(annotation("io.artifacthub.keywords")),
        "annotations": {
            "catalog.cattle.io/hidden": "true",
            "catalog.cattle.io/type": "kubewarden-policy",
            "catalog.cattle.io/ui-component": "kubewarden",
            "kubewarden/displayName": annotation("io.artifacthub.displayName"),
            "kubewarden/mutation": metadata()["mutating"].as_bool().unwrap().to_string(),
            "kubewarden/registry": registry,
            "kubewarden/repository": repository,
            "kubewarden/tag": tag,
            "kubewarden/resources": annotation("io.artifacthub.resources"),
            "kubewarden/rules": text("rules"),
            "kubewarden/contextAwareResources": text("contextAwareResources"),
        },
    })
}

fn values() -> Value {
    let Module { registry, repository, tag } = module();
    json!({
        "global": {"cattle": {"systemDefaultRegistry": registry}},
        "module": {"repository": repository, "tag": tag},
    })
}

struct Module {
    registry: String,
    repository: String,
    tag: String,
}

fn module() -> Module {
    let url = annotation("io.kubewarden.policy.ociUrl");
    let (registry, repository) = url.split_once('/').unwrap();
    Module {
        registry: registry.to_owned(),
        repository: repository.to_owned(),
        tag: format!("v{}", env!("CARGO_PKG_VERSION")),
    }
}

fn annotation(key: &str) -> String {
    metadata()["annotations"][key].as_str().unwrap().to_owned()
}

fn metadata() -> Yaml {
    yaml_serde::from_str(&read("metadata.yml")).unwrap()
}

/// Each question is about a setting, and asks for what it takes.
#[test]
fn the_form_asks_for_settings() {
    for question in questions() {
        check(&question, &SETTINGS);
    }
}

fn check(question: &Value, shape: &Schema) {
    let variable = question["variable"].as_str().unwrap();
    let field =
        shape.fields().find(|field| field.key == variable).unwrap_or_else(|| panic!("{variable}"));
    let options: Vec<&str> = strings(&question["options"]);
    let fits = match (question["type"].as_str().unwrap(), &field.value) {
        ("sequence[", Kind::List(Kind::Object(entry))) => {
            for inner in question["sequence_questions"].as_array().unwrap() {
                assert!(!inner["type"].as_str().unwrap().starts_with("sequence["), "{variable}");
                check(inner, entry);
            }
            question["default"] == json!([])
        }
        ("array[", Kind::List(Kind::Text)) => question["default"] == json!([]),
        ("map[", Kind::Texts) => question["default"] == json!({}),
        ("string", Kind::Text) => question["default"] == json!(""),
        // A text between the questions: what has no default is not written into the settings.
        ("string", Kind::Ignored) => {
            question["hide_input"] == true && question["default"].is_null()
        }
        ("boolean", Kind::Flag) => {
            field.doc.contains("default: true") && question["default"] == true
        }
        ("enum", Kind::Choice(words)) => {
            options == *words
                && question["default"]
                    .as_str()
                    .is_some_and(|word| field.doc.contains(&format!("(default: {word})")))
        }
        _ => false,
    };
    assert!(fits, "{variable}: {question}");
}

/// What Rancher writes into the settings of a form that nobody touched says no more than no settings do, and
/// so does an entry that was added and not filled in.
#[test]
fn what_the_form_leaves_behind_is_harmless() {
    let questions = questions();
    let mut settings = defaults(&questions);
    for question in &questions {
        if let Some(inner) = question["sequence_questions"].as_array() {
            let blank = Value::Object(defaults(inner));
            settings.insert(question["variable"].as_str().unwrap().to_owned(), json!([blank]));
        }
    }
    let message = fault(&settings).unwrap();
    assert!(message.starts_with("these settings check nothing"), "{message}");
    settings.insert("unmatchedImages".to_owned(), "reject".into());
    assert_eq!(fault(&settings), None);
}

fn defaults(questions: &[Value]) -> serde_json::Map<String, Value> {
    let default = |question: &Value| {
        Some((question["variable"].as_str()?.to_owned(), question.get("default")?.clone()))
    };
    questions.iter().filter_map(default).collect()
}

fn fault(settings: &serde_json::Map<String, Value>) -> Option<String> {
    let text = serde_json::to_string(settings).unwrap();
    let document = signed_images_policy::json::Document::read(&text).unwrap();
    signed_images_policy::settings::read(document.root()).err().map(|error| error.to_string())
}

fn questions() -> Vec<Value> {
    let form: Value = yaml_serde::from_str(&read("questions-ui.yml")).unwrap();
    form["questions"].as_array().unwrap().clone()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
