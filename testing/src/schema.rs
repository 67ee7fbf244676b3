//! The settings' schema as tests walk it: objects, their keys, and what each holds.

use serde_json::Value as Json;

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its keys.
    pub fields: Vec<Field>,
}

/// One key of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub key: String,
    /// What it means.
    pub doc: String,
    /// What it holds.
    pub value: Value,
    /// How many entries a list or an object may have.
    pub most: Option<u64>,
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    String,
    /// True or false.
    Boolean,
    /// A whole number.
    Number,
    /// One of these.
    Choice(Vec<String>),
    /// Strings by their keys.
    Map,
    /// A list.
    List(Box<Value>),
    /// An object.
    Object(Shape),
    /// Whatever; it is ignored.
    Ignored,
}

/// The settings.
#[must_use]
pub fn settings() -> Shape {
    Shape::of(&signed_images_policy::settings::schema())
}

impl Shape {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The object at that path of keys: lists are passed through.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> &Self {
        path.iter().fold(self, |shape, key| {
            let mut value = &shape.field(key).unwrap_or_else(|| panic!("{key}")).value;
            while let Value::List(items) = value {
                value = items;
            }
            let Value::Object(shape) = value else { panic!("`{key}` is no object") };
            shape
        })
    }

    fn of(schema: &Json) -> Self {
        let properties = schema["properties"].as_object().into_iter().flatten();
        Self { fields: properties.map(|(key, schema)| Field::of(key, schema)).collect() }
    }
}

impl Field {
    fn of(key: &str, schema: &Json) -> Self {
        let (_, most) = limits(schema);
        Self {
            key: key.to_owned(),
            doc: schema["description"].as_str().unwrap_or_default().to_owned(),
            value: match schema["description"].as_str() {
                Some(doc) if doc.starts_with("ignored") => Value::Ignored,
                _ => Value::of(schema),
            },
            most,
        }
    }
}

/// What a value is if it is there, and how much of it there may be.
fn limits(schema: &Json) -> (&str, Option<u64>) {
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
    let most = match kind {
        "array" => schema["maxItems"].as_u64(),
        "object" => schema["maxProperties"].as_u64(),
        _ => None,
    };
    (kind, most)
}

impl Value {
    fn of(schema: &Json) -> Self {
        if let Some(values) = schema["enum"].as_array() {
            let values = values.iter().filter_map(Json::as_str).filter(|value| !value.is_empty());
            return Self::Choice(values.map(str::to_owned).collect());
        }
        match limits(schema).0 {
            "string" => Self::String,
            "boolean" => Self::Boolean,
            "integer" | "number" => Self::Number,
            "array" => Self::List(Box::new(Self::of(&schema["items"]))),
            "object" if schema["additionalProperties"]["type"] == "string" => Self::Map,
            "object" => Self::Object(Shape::of(schema)),
            _ => Self::Ignored,
        }
    }
}
