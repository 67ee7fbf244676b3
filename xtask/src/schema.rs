//! The JSON Schema of the policy's settings (draft 2020-12), for editors and pipelines.
//!
//! - Where does it come from? From the policy's own [`vocabulary`]: every name that its reader knows, and
//!   what it means.
//! - What does it promise? It refuses what the policy would refuse for its form: an unknown key, a missing
//!   one, a value of the wrong type, more entries than are taken. The policy sees more than that: keys,
//!   certificates, patterns, signers that are one and the same.
//! - Why does a value that may be left out have four types? null and an empty text, list or map count as left
//!   out: forms send them for what was not filled in.

use serde_json::{Map, Value, json};
use signed_images_policy::settings::schema as vocabulary;
use vocabulary::{Blanks, Field, SETTINGS, Schema as Shape};

use crate::made::Made;

type Schema = Map<String, Value>;

/// The schema, as it is committed.
#[must_use]
pub fn file() -> Made {
    Made { path: "settings.schema.json", text: format!("{:#}\n", settings()) }
}

/// The schema.
#[must_use]
pub fn settings() -> Value {
    let mut schema = object(&SETTINGS);
    schema.append(&mut keywords(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "settings of signed-images-policy",
        "description": "who must have signed which container images",
    })));
    schema.into()
}

/// A map with the keys of `shape`.
fn object(shape: &Shape) -> Schema {
    let mut properties = Schema::new();
    for field in shape.fields() {
        for name in [Some(field.key), field.alias].into_iter().flatten() {
            properties.insert(name.to_owned(), property(shape, field).into());
        }
    }
    let mut schema = keywords(json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    }));
    schema.append(&mut needs(shape));
    schema
}

fn property(shape: &Shape, field: &Field) -> Schema {
    let mut schema = if shape.needs.contains(&[field.key].as_slice()) {
        required(&field.value)
    } else {
        optional(&field.value)
    };
    if let (Blanks::Dropped, vocabulary::Value::List(items)) = (field.blanks, &field.value) {
        schema.insert("items".to_owned(), optional(items).into());
    }
    schema.extend(budget(field));
    schema.insert("description".to_owned(), field.doc.into());
    schema
}

/// How many entries there may be.
fn budget(field: &Field) -> Option<(String, Value)> {
    use vocabulary::Value as Kind;
    let keyword = match field.value {
        Kind::List(_) => "maxItems",
        Kind::Texts => "maxProperties",
        _ => return None,
    };
    (field.most != usize::MAX).then(|| (keyword.to_owned(), field.most.into()))
}

/// What must be there: one key, or one of several.
fn needs(shape: &Shape) -> Schema {
    let mut keys = Vec::new();
    let mut choices = Vec::new();
    for need in shape.needs {
        match need {
            [key] => keys.push(*key),
            _ => choices.push(json!({
                "anyOf": need.iter().map(|key| json!({"required": [key]})).collect::<Vec<_>>(),
            })),
        }
    }
    let mut schema = Schema::new();
    if !keys.is_empty() {
        schema.insert("required".to_owned(), keys.into());
    }
    if !choices.is_empty() {
        schema.insert("allOf".to_owned(), choices.into());
    }
    schema
}

/// A value that must be there.
fn required(value: &vocabulary::Value) -> Schema {
    let mut schema = filled(value);
    let minimum = match schema.get("type").and_then(Value::as_str) {
        Some("string") => "minLength",
        Some("array") => "minItems",
        _ => return schema,
    };
    schema.insert(minimum.to_owned(), 1.into());
    schema
}

/// A value that was filled in.
fn filled(value: &vocabulary::Value) -> Schema {
    use vocabulary::Value as Kind;
    match value {
        Kind::Text => keywords(json!({"type": "string"})),
        Kind::Flag => keywords(json!({"type": "boolean"})),
        Kind::Number => keywords(json!({"type": "integer", "minimum": 1})),
        Kind::Choice(words) => keywords(json!({"enum": words})),
        Kind::Texts => {
            keywords(json!({"type": "object", "additionalProperties": {"type": "string"}}))
        }
        Kind::List(items) => keywords(json!({"type": "array", "items": required(items)})),
        Kind::Object(shape) => object(shape),
        Kind::Ignored => Schema::new(),
    }
}

/// A value that may be left out.
fn optional(value: &vocabulary::Value) -> Schema {
    let mut schema = filled(value);
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.extend([json!(null), json!(""), json!([]), json!({})]);
    }
    if let Some(kind) = schema.remove("type") {
        let mut types = vec![kind.clone(), "null".into()];
        let limits = [("string", "maxLength"), ("array", "maxItems"), ("object", "maxProperties")];
        for (other, limit) in limits.into_iter().filter(|(other, _)| kind != **other) {
            types.push(other.into());
            schema.insert(limit.to_owned(), 0.into());
        }
        schema.insert("type".to_owned(), types.into());
    }
    unless_empty(schema)
}

/// What a map must hold is asked only of a map that holds something.
fn unless_empty(mut schema: Schema) -> Schema {
    let needs: Schema = ["required", "allOf"]
        .into_iter()
        .filter_map(|keyword| schema.remove_entry(keyword))
        .collect();
    if !needs.is_empty() {
        schema.append(&mut keywords(json!({"if": {"minProperties": 1}, "then": needs})));
    }
    schema
}

fn keywords(value: Value) -> Schema {
    match value {
        Value::Object(schema) => schema,
        _ => Schema::new(),
    }
}
