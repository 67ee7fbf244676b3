//! Reading a JSON object without decoding what it holds.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// The keys and raw values of an object, in the order written, with what is written twice.
pub(crate) struct Entries<'j>(pub(crate) Vec<(String, &'j RawValue)>);

/// The value of a key. The last counts, as it does for the API server's decoder.
pub(crate) fn field<'j>(object: &'j RawValue, name: &str) -> Option<&'j RawValue> {
    let Entries(entries) = serde_json::from_str(object.get()).ok()?;
    entries.into_iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
}

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
        while let Some((key, raw)) = map.next_entry::<String, &RawValue>()? {
            entries.push((key, raw));
        }
        Ok(Entries(entries))
    }
}
