//! The JSON Schema of the settings (draft 2020-12), for editors and pipelines; made of the structs that the
//! settings are read into.
//!
//! *What does it promise?* It refuses what the policy would refuse for its form: an unknown key, a missing
//! one, a value of the wrong type, more entries than are taken. The policy sees more than that: keys,
//! certificates, patterns, signers that are one and the same.
//!
//! *Why does a value that may be left out have four types?* null and an empty string, list or object count as
//! left out: forms send them for what was not filled in.

use super::RawSettings;
use super::list::{List, StringMap};
use super::signer::{RawCertificate, RawGenericIssuer, RawGithubAction, RawPubKey};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The schema.
#[must_use]
pub fn schema() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<RawSettings<'_>>().to_value();
    complete(&mut schema);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), "settings of signed-images-policy".into());
        let lists = ["signatures", "rules", "publicKeys", "keylessIdentities", "keylessPrefixes"];
        let rest = ["githubActions", "certificates", "unmatchedImages"];
        schema.insert("anyOf".to_owned(), one_of_keys(lists.iter().chain(&rest)));
    }
    schema
}

fn one_of_keys<'k>(keys: impl Iterator<Item = &'k &'k str>) -> Value {
    keys.map(|key| json!({"required": [key]})).collect()
}

/// Says of every value below whether it may be left out.
fn complete(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    let required: Vec<String> = schema
        .get("required")
        .and_then(|keys| serde_json::from_value(keys.clone()).ok())
        .unwrap_or_default();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (key, property) in properties {
            complete(property);
            let Some(property) = property.as_object_mut() else { continue };
            if required.contains(key) { fill(property) } else { leave_out(property) }
        }
    }
    if let Some(items) = schema.get_mut("items") {
        let may_be_blank = items.as_object().is_some_and(is_nullable);
        complete(items);
        if let Some(items) = items.as_object_mut() {
            if may_be_blank { leave_out(items) } else { fill(items) }
        }
    }
    for kind in schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
        complete(kind);
    }
}

fn is_nullable(schema: &Map<String, Value>) -> bool {
    let types = schema.get("type").and_then(Value::as_array);
    types.is_some_and(|types| types.contains(&json!("null")))
}

/// A value that must be there is not empty.
fn fill(schema: &mut Map<String, Value>) {
    let minimum = match schema.get("type").and_then(Value::as_str) {
        Some("string") if !schema.contains_key("enum") && !schema.contains_key("const") => {
            "minLength"
        }
        Some("array") => "minItems",
        _ => return,
    };
    schema.insert(minimum.to_owned(), 1.into());
}

/// A value that may be left out may be blank as well; what an object must hold is asked only of one that
/// holds something.
fn leave_out(schema: &mut Map<String, Value>) {
    for keyword in ["default", "format"] {
        schema.remove(keyword);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
        values.extend([json!(null), json!(""), json!([]), json!({})]);
        schema.remove("type");
        return;
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.next().unwrap_or_default().to_owned()
        }
        _ => return,
    };
    let limits = [("string", "maxLength"), ("array", "maxItems"), ("object", "maxProperties")];
    let mut types = vec![json!(kind), json!("null")];
    for (other, limit) in limits.into_iter().filter(|(other, _)| kind != *other) {
        types.push(other.into());
        schema.insert(limit.to_owned(), 0.into());
    }
    schema.insert("type".to_owned(), types.into());
    let needs: Map<String, Value> = ["required", "anyOf", "oneOf"]
        .into_iter()
        .filter_map(|keyword| schema.remove_entry(keyword))
        .collect();
    if !needs.is_empty() {
        schema.insert("if".to_owned(), json!({"minProperties": 1}));
        schema.insert("then".to_owned(), needs.into());
    }
}

impl<T: JsonSchema, const MAX: usize> JsonSchema for List<T, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("List_of_{}_{MAX}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({"type": "array", "items": items, "maxItems": MAX})
    }
}

impl<const MAX: usize> JsonSchema for StringMap<MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("StringMap_{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object", "additionalProperties": {"type": "string"}, "maxProperties": MAX,
        })
    }
}

/// A signer of `rules`, whose `kind` says which keys it takes.
pub(super) struct AnySigner;

impl JsonSchema for AnySigner {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Signer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of_kind = |kind: &str, mut schema: Schema| {
            if let Some(known) = schema.pointer_mut("/properties/kind") {
                *known = json!({"const": kind, "description": "how the signer is known"});
            }
            schema
        };
        let kinds = [
            of_kind("pubKey", RawPubKey::json_schema(generator)),
            of_kind("genericIssuer", RawGenericIssuer::json_schema(generator)),
            of_kind("githubAction", RawGithubAction::json_schema(generator)),
            of_kind("certificate", RawCertificate::json_schema(generator)),
        ];
        json_schema!({"type": "object", "oneOf": kinds})
    }
}
