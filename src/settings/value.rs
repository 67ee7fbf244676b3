//! Reads a value of the settings into a struct: serde's, over raw JSON.
//!
//! *Why not the reader of `serde_json`?* Errors of ours have a place and say what would be right. And of an
//! optional value, an empty string, list or object counts as absence: forms send those for what was not filled
//! in.
//!
//! *What is read?* What the struct asks for; a field of the type `&RawValue` stays as it is.

use super::blank::is_blank;
use super::issue::{SettingsIssue, TWICE};
use crate::json::{Member, elements, flag, members, string};
use serde::Deserialize;
use serde::de::value::{
    BorrowedStrDeserializer, CowStrDeserializer, MapDeserializer, U32Deserializer,
};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What `serde_json` calls a raw value (`TOKEN`, `src/raw.rs`).
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Reads a value.
pub(super) fn read<'s, T: Deserialize<'s>>(json: &'s RawValue) -> Result<T, SettingsIssue> {
    T::deserialize(Value(Some(json)))
}

/// Reads an object without what is blank in it.
pub(super) fn read_filled<'s, T: Deserialize<'s>>(json: &'s RawValue) -> Result<T, SettingsIssue> {
    let mut members = object(json)?;
    members.retain(|(_, value)| !is_blank(value));
    read_members(members)
}

/// Reads an object whose members have been told.
pub(super) fn read_members<'s, T: Deserialize<'s>>(
    members: Vec<Member<'s>>,
) -> Result<T, SettingsIssue> {
    T::deserialize(Object(members))
}

/// The values of an object with none but these keys, each once; in the order of the keys.
pub(super) fn fields<'s>(
    members: Vec<Member<'s>>,
    keys: &'static [&'static str],
) -> Result<Vec<Option<&'s RawValue>>, SettingsIssue> {
    let mut values = vec![None; keys.len()];
    for (key, value) in members {
        let mut slots = keys.iter().zip(&mut values);
        let Some((_, slot)) = slots.find(|(known, _)| **known == key) else {
            return Err(SettingsIssue::unknown_field(&key, keys));
        };
        if slot.replace(value).is_some() {
            return Err(SettingsIssue::new(TWICE).under(key));
        }
    }
    Ok(values)
}

/// The members of an object.
pub(super) fn object(json: &RawValue) -> Result<Vec<Member<'_>>, SettingsIssue> {
    members(json).ok_or_else(|| expected(json, "an object"))
}

/// What is said of a value of another type.
pub(super) fn expected(json: &RawValue, what: &str) -> SettingsIssue {
    let found = match json.get().bytes().next() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    SettingsIssue::new(format_args!("must be {what}, not {found}"))
}

/// A value, or none where a struct has a field that is not there: it reads as null.
#[derive(Clone, Copy)]
struct Value<'s>(Option<&'s RawValue>);

impl<'s> Value<'s> {
    fn raw(self) -> &'s RawValue {
        self.0.unwrap_or(RawValue::NULL)
    }

    fn expected(self, what: &str) -> SettingsIssue {
        expected(self.raw(), what)
    }

    fn text(self) -> Result<Cow<'s, str>, SettingsIssue> {
        string(self.raw()).ok_or_else(|| self.expected("a string"))
    }

    /// A number too large for a `u64` reads as the largest: every limit refuses it.
    fn number(self) -> Result<u64, SettingsIssue> {
        let text = self.raw().get();
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text.parse().unwrap_or(u64::MAX));
        }
        Err(if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            SettingsIssue::new(format_args!("must be a whole number, not `{text}`"))
        } else {
            self.expected("a whole number")
        })
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = SettingsIssue;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        if self.0.is_none_or(is_blank) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        visitor.visit_bool(flag(self.raw()).ok_or_else(|| self.expected("true or false"))?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        match self.text()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        let elements = elements(self.raw()).ok_or_else(|| self.expected("a list"))?;
        visitor.visit_seq(Elements { left: elements.into_iter(), index: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        visitor.visit_map(Members { left: object(self.raw())?.into_iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingsIssue> {
        Object(object(self.raw())?).deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingsIssue> {
        visitor.visit_enum(U32Deserializer::new(choice(&self.text()?, variants)?))
    }

    /// A raw value is handed over as it is, in the form that `serde_json` hands its own over: its reader would
    /// look at the whole text again. One that is not there has no text.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, SettingsIssue> {
        if name != RAW_VALUE {
            return visitor.visit_newtype_struct(self);
        }
        let text = self.0.map_or("", RawValue::get);
        let raw = std::iter::once((name, BorrowedStrDeserializer::new(text)));
        visitor.visit_map(MapDeserializer::new(raw))
    }

    /// Every struct of the settings says what it wants.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, SettingsIssue> {
        Err(self.expected("of a type that settings have"))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

/// The number of a variant: serde's code for numbers is less than that for names.
fn choice(given: &str, known: &'static [&'static str]) -> Result<u32, SettingsIssue> {
    let numbered = (0..).zip(known).find(|(_, name)| **name == given);
    numbered.map(|(number, _)| number).ok_or_else(|| SettingsIssue::unknown_variant(given, known))
}

/// An object that a struct is made of.
struct Object<'s>(Vec<Member<'s>>);

impl<'de> Deserializer<'de> for Object<'de> {
    type Error = SettingsIssue;

    /// A struct takes its values one after the other: serde's code for that is less than that for keys, and is the same
    /// for all structs.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingsIssue> {
        visitor.visit_seq(Fields { left: fields(self.0, keys)?.into_iter(), keys: keys.iter() })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, SettingsIssue> {
        Err(SettingsIssue::new("is read as what no object is"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The values of a struct's fields, in their order.
struct Fields<'s> {
    left: std::vec::IntoIter<Option<&'s RawValue>>,
    keys: std::slice::Iter<'static, &'static str>,
}

impl<'s> SeqAccess<'s> for Fields<'s> {
    type Error = SettingsIssue;

    fn next_element_seed<T: DeserializeSeed<'s>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, SettingsIssue> {
        let (Some(value), Some(key)) = (self.left.next(), self.keys.next()) else {
            return Ok(None);
        };
        seed.deserialize(Value(value)).map(Some).map_err(|issue| issue.under(key))
    }
}

struct Elements<'s> {
    left: std::vec::IntoIter<&'s RawValue>,
    index: usize,
}

impl<'s> SeqAccess<'s> for Elements<'s> {
    type Error = SettingsIssue;

    fn next_element_seed<T: DeserializeSeed<'s>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, SettingsIssue> {
        let Some(element) = self.left.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Value(Some(element))).map(Some).map_err(|issue| issue.at(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

struct Members<'s> {
    left: std::vec::IntoIter<(Cow<'s, str>, &'s RawValue)>,
    value: Option<(Cow<'s, str>, &'s RawValue)>,
}

impl<'s> MapAccess<'s> for Members<'s> {
    type Error = SettingsIssue;

    fn next_key_seed<K: DeserializeSeed<'s>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, SettingsIssue> {
        self.value = self.left.next();
        let Some((key, _)) = &self.value else { return Ok(None) };
        seed.deserialize(CowStrDeserializer::new(key.clone())).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'s>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, SettingsIssue> {
        let (key, value) =
            self.value.take().ok_or_else(|| SettingsIssue::new("a value without a key"))?;
        seed.deserialize(Value(Some(value))).map_err(|issue| issue.under(key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;

    #[test]
    fn raw_values_are_handed_over_as_they_are() {
        let json: &RawValue = serde_json::from_str(r#"[ {"a": 1}, "b" ]"#).unwrap();
        let elements: Vec<&RawValue> = read(json).unwrap();
        assert_eq!(
            elements.iter().map(|raw| raw.get()).collect::<Vec<_>>(),
            [r#"{"a": 1}"#, "\"b\""]
        );
        assert!(ptr::eq(read::<&RawValue>(json).unwrap(), json));
    }
}
