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
use super::attestation::{AnyException, AnyNumber, AnyScalar, RawException};
use super::lazy::Lazy;
use super::list::{FormList, List, StringMap};
use super::signer::{AnySigner, RawCertificate, RawGenericIssuer, RawGithubAction, RawPubKey};
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
    }
    schema
}

/// Of each of these lists of keys, an object must have one.
pub(super) fn needs(lists: &[&[&str]]) -> Value {
    let one_of = |keys: &&[&str]| -> Value {
        let keys: Vec<Value> = keys.iter().map(|key| json!({"required": [key]})).collect();
        json!({"anyOf": keys})
    };
    lists.iter().map(one_of).collect()
}

/// Says of every value below whether it may be left out.
fn complete(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    flatten(schema);
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
}

/// Takes what may be null out of its `anyOf`, and the values of a choice out of their `oneOf`.
fn flatten(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(kinds)) = schema.remove("anyOf") {
        for (keyword, value) in kinds.first().and_then(Value::as_object).into_iter().flatten() {
            schema.entry(keyword).or_insert_with(|| value.clone());
        }
    }
    if let Some(Value::Array(values)) = schema.remove("oneOf") {
        schema
            .insert("enum".to_owned(), values.iter().map(|value| value["const"].clone()).collect());
        schema.remove("type");
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
    let mut types = match schema.get("type") {
        Some(Value::String(kind)) => vec![json!(kind)],
        Some(Value::Array(kinds)) => {
            kinds.iter().filter(|kind| **kind != json!("null")).cloned().collect()
        }
        _ => return,
    };
    let limits = [("string", "maxLength"), ("array", "maxItems"), ("object", "maxProperties")];
    let own = types.clone();
    types.push(json!("null"));
    for (other, limit) in limits.into_iter().filter(|(other, _)| !own.contains(&json!(other))) {
        types.push(other.into());
        schema.insert(limit.to_owned(), 0.into());
    }
    schema.insert("type".to_owned(), types.into());
    let needs: Map<String, Value> = ["required", "allOf"]
        .into_iter()
        .filter_map(|keyword| schema.remove_entry(keyword))
        .collect();
    if !needs.is_empty() {
        schema.insert("if".to_owned(), json!({"minProperties": 1}));
        schema.insert("then".to_owned(), needs.into());
    }
}

impl<T: JsonSchema> JsonSchema for Lazy<'_, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
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

impl<T: JsonSchema, const MAX: usize> JsonSchema for FormList<T, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        List::<Option<T>, MAX>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        List::<Option<T>, MAX>::json_schema(generator)
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

impl JsonSchema for AnyScalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"]})
    }
}

impl JsonSchema for AnyNumber {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number"})
    }
}

impl JsonSchema for AnyException {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Exception".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = RawException::json_schema(generator);
        schema.insert("type".to_owned(), json!(["object", "string"]));
        schema
    }
}

impl JsonSchema for AnySigner {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Signer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kinds = [
            ("pubKey", RawPubKey::json_schema(generator)),
            ("genericIssuer", RawGenericIssuer::json_schema(generator)),
            ("githubAction", RawGithubAction::json_schema(generator)),
            ("certificate", RawCertificate::json_schema(generator)),
        ];
        let mut properties = Map::new();
        for (kind, schema) in &kinds {
            let own = schema.get("properties").and_then(Value::as_object);
            for (key, property) in own.into_iter().flatten() {
                add_property(&mut properties, kind, key, property);
            }
        }
        json_schema!({
            "type": "object",
            "properties": properties,
            "required": ["kind"],
            "additionalProperties": false,
        })
    }
}

/// Adds a key of a kind; of one that several kinds have, it is said what it means to each.
fn add_property(properties: &mut Map<String, Value>, kind: &str, key: &str, property: &Value) {
    let doc = |schema: &Value| schema["description"].as_str().unwrap_or_default().to_owned();
    let of_kind = match key {
        "kind" | "annotations" => doc(property),
        _ => format!("{kind}: {}", doc(property)),
    };
    let known = properties.entry(key).or_insert_with(|| property.clone());
    let said = doc(known);
    known["description"] = match key {
        "kind" | "annotations" => of_kind,
        _ if said == doc(property) => of_kind,
        _ => format!("{said}; {of_kind}"),
    }
    .into();
}
