//! A report read as it comes: what stands at the places of a tree is handed on, the rest is skipped.

use super::marks::Mark;
use super::paths::{Paths, Place, ROOT};
use crate::json::Key;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'v> {
    Text(&'v str),
    /// Whole numbers beyond 2^53 are rounded.
    Number(f64),
    Flag(bool),
    Null,
    /// An object or a list begins.
    Open,
    /// An object or a list ends.
    Close,
}

/// Takes what is found.
pub(super) trait Reader {
    fn take(&mut self, mark: Mark, value: Value<'_>);
}

/// Reads JSON along the paths.
///
/// # Errors
/// When it is no JSON, or has another shape than its format, or a key twice that is looked at.
pub(super) fn walk(json: &str, paths: &Paths, reader: &mut dyn Reader) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    Walk { paths, at: ROOT, reader }.deserialize(&mut deserializer)?;
    deserializer.end()
}

struct Walk<'w> {
    paths: &'w Paths,
    at: usize,
    reader: &'w mut dyn Reader,
}

impl<'w> Walk<'w> {
    fn place(&self) -> Option<&'w Place> {
        self.paths.place(self.at)
    }

    fn tell(&mut self, value: Value<'_>) {
        for mark in self.place().map_or(&[][..], |place| &place.marks) {
            self.reader.take(*mark, value);
        }
    }

    /// A value that has nothing below it.
    fn leaf<E: Error>(mut self, value: Value<'_>) -> Result<(), E> {
        let is_strict = self.place().is_some_and(|place| place.is_strict);
        if is_strict && value != Value::Null {
            return Err(E::custom("it does not have the form of its type"));
        }
        self.tell(value);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let Some(place) = self.place() else { return Ok(()) };
        if place.is_strict && !place.has_keys() {
            return Err(A::Error::custom("it has an object instead of a list"));
        }
        self.tell(Value::Open);
        // One bit a key: a place has sixty-four at most, the labels of an image.
        let mut seen = 0u64;
        while let Some(key) = map.next_key_seed(Key)? {
            let Some((position, at)) = place.key(&key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let bit = 1u64 << (position % 64);
            if seen & bit != 0 {
                return Err(A::Error::custom("a key occurs twice"));
            }
            seen |= bit;
            map.next_value_seed(Walk { paths: self.paths, at, reader: &mut *self.reader })?;
        }
        self.tell(Value::Close);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let Some(place) = self.place() else { return Ok(()) };
        if place.is_strict && place.each().is_none() {
            return Err(A::Error::custom("it has a list instead of an object"));
        }
        self.tell(Value::Open);
        match place.each() {
            None => while list.next_element::<IgnoredAny>()?.is_some() {},
            Some(at) => loop {
                let walk = Walk { paths: self.paths, at, reader: &mut *self.reader };
                if list.next_element_seed(walk)?.is_none() {
                    break;
                }
            },
        }
        self.tell(Value::Close);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.leaf(Value::Text(text))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.leaf(Value::Flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        #[expect(clippy::cast_precision_loss, reason = "JSON's numbers are read so by most")]
        self.leaf(Value::Number(number as f64))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        #[expect(clippy::cast_precision_loss, reason = "JSON's numbers are read so by most")]
        self.leaf(Value::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.leaf(Value::Number(number))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.leaf(Value::Null)
    }
}
