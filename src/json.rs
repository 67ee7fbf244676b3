//! Reading JSON objects without decoding what they hold.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// The keys and raw values of an object, in the order written. No key stands twice: two readers could
/// take it for two different objects.
#[derive(Debug)]
pub(crate) struct Object<'j>(Vec<(String, &'j RawValue)>);

/// Why a text is not such an object.
#[derive(Debug)]
pub(crate) enum ObjectError {
    /// It is something else, or not JSON.
    NotAnObject,
    /// This key stands twice.
    Twice(String),
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("it is not a JSON object"),
            Self::Twice(key) => write!(f, "`{key}` stands there twice"),
        }
    }
}

impl<'j> Object<'j> {
    pub(crate) fn read(text: &'j str) -> Result<Self, ObjectError> {
        let Entries(entries) = serde_json::from_str(text).map_err(|_| ObjectError::NotAnObject)?;
        for (index, (key, _)) in entries.iter().enumerate() {
            if entries.iter().take(index).any(|(earlier, _)| earlier == key) {
                return Err(ObjectError::Twice(key.clone()));
            }
        }
        Ok(Self(entries))
    }

    pub(crate) fn into_entries(self) -> Vec<(String, &'j RawValue)> {
        self.0
    }

    /// The value of a key. Null is absence.
    pub(crate) fn get(&self, key: &str) -> Option<&'j RawValue> {
        let (_, raw) = self.0.iter().find(|(known, _)| known == key)?;
        (raw.get() != "null").then_some(*raw)
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }

    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        flag(self.get(key)?)
    }
}

/// True or false.
pub(crate) fn flag(raw: &RawValue) -> Option<bool> {
    match raw.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

struct Entries<'j>(Vec<(String, &'j RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
