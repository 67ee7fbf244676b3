//! The form in Rancher, `questions-ui.yml`, asks for settings, and what it leaves behind is harmless.

#![cfg(test)]

use serde_json::{Value, json};
use signed_images_convert::manifest::{Policy, Scope};
use signed_images_testing::schema::{self, Shape, Value as Kind};
use xtask::made::read;

/// Each question is about a setting, and asks for what it takes.
#[test]
fn the_form_asks_for_settings() {
    for question in questions() {
        check(&question, &schema::settings());
    }
}

/// Each list that is made for forms has a question, and the message about settings that check nothing names it.
#[test]
fn the_form_asks_for_each_list() {
    let questions = questions();
    let message = fault(&serde_json::Map::new()).unwrap();
    let settings = schema::settings();
    let is_for_forms = |field: &&schema::Field| match &field.value {
        Kind::List(entry) => {
            matches!(&**entry, Kind::Object(entry) if entry.field("require").is_some())
        }
        _ => false,
    };
    let lists: Vec<_> = settings.fields.iter().filter(is_for_forms).collect();
    assert!(lists.len() > 1);
    for schema::Field { key, .. } in lists {
        assert!(questions.iter().any(|question| question["variable"] == **key), "{key}");
        assert!(message.contains(&format!("`{key}`")), "{key}: {message}");
    }
}

fn check(question: &Value, shape: &Shape) {
    let variable = question["variable"].as_str().unwrap();
    let field = shape.field(variable).unwrap_or_else(|| panic!("{variable}"));
    let options: Vec<&str> = strings(&question["options"]);
    let fits = match (question["type"].as_str().unwrap(), &field.value) {
        ("sequence[", Kind::List(entry)) => {
            let Kind::Object(entry) = &**entry else { panic!("{variable}") };
            for inner in question["sequence_questions"].as_array().unwrap() {
                assert!(!inner["type"].as_str().unwrap().starts_with("sequence["), "{variable}");
                check(inner, entry);
            }
            question["default"] == json!([])
        }
        ("array[", Kind::List(of)) if matches!(**of, Kind::String) => {
            question["default"] == json!([])
        }
        ("map[", Kind::Map) => question["default"] == json!({}),
        ("string", Kind::String) => question["default"] == json!(""),
        // A text between the questions: what has no default is not written into the settings.
        ("string", Kind::Ignored) => {
            question["hide_input"] == true && question["default"].is_null()
        }
        ("boolean", Kind::Boolean) => {
            let default = question["default"].as_bool();
            default.is_some_and(|word| field.doc.contains(&format!("default: {word}")))
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

/// Rancher's form writes no time-outs, and shows nothing else of a policy than these two texts.
#[test]
fn who_fills_in_the_form_is_told_the_timeouts() {
    let first = questions()[0]["description"].as_str().unwrap().to_owned();
    let readme = read("charts/signed-images-policy/README.md").unwrap();
    let policy =
        Policy::new("a", Scope::Cluster(None), yaml_serde::Mapping::new()).unwrap().document();
    for key in ["timeoutSeconds", "timeoutEvalSeconds"] {
        let line = format!("{key}: {}", policy["spec"][key].as_u64().unwrap());
        assert!(first.contains(&line) && readme.contains(&line), "{line}");
    }
}

fn defaults(questions: &[Value]) -> serde_json::Map<String, Value> {
    let default = |question: &Value| {
        Some((question["variable"].as_str()?.to_owned(), question.get("default")?.clone()))
    };
    questions.iter().filter_map(default).collect()
}

fn fault(settings: &serde_json::Map<String, Value>) -> Option<String> {
    let text = serde_json::to_string(settings).unwrap();
    let json = serde_json::from_str(&text).unwrap();
    signed_images_policy::settings::read(json).err().map(|error| error.to_string())
}

fn questions() -> Vec<Value> {
    let form: Value = yaml_serde::from_str(&read("questions-ui.yml").unwrap()).unwrap();
    form["questions"].as_array().unwrap().clone()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
