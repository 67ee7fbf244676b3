//! Reads a value of the settings into a struct: serde's, over raw JSON.
//!
//! *Why not the reader of `serde_json`?* Errors of ours have a place and say what would be right. And of an
//! optional value, an empty string, list or object counts as absence: forms send those for what was not filled
//! in.
//!
//! *What is read?* What the struct asks for; a field of the type `&RawValue` stays as it is.

use super::blank::is_blank;
use super::issue::SettingsIssue;
use crate::json::{Member, elements, flag, members, string};
use serde::Deserialize;
use serde::de::value::{
    BorrowedStrDeserializer, CowStrDeserializer, MapAccessDeserializer, MapDeserializer,
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What `serde_json` calls a raw value (`TOKEN`, `src/raw.rs`).
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Reads a value.
pub(super) fn read<'s, T: Deserialize<'s>>(json: &'s RawValue) -> Result<T, SettingsIssue> {
    T::deserialize(Value(json))
}

/// Reads an object without what is blank in it.
pub(super) fn read_filled<'s, T: Deserialize<'s>>(json: &'s RawValue) -> Result<T, SettingsIssue> {
    let mut members = members(json).ok_or_else(|| Value(json).expected("an object"))?;
    members.retain(|(_, value)| !is_blank(value));
    read_members(members)
}

/// Reads an object whose members have been told.
pub(super) fn read_members<'s, T: Deserialize<'s>>(
    members: Vec<Member<'s>>,
) -> Result<T, SettingsIssue> {
    let members = Members { left: members.into_iter(), value: None };
    T::deserialize(MapAccessDeserializer::new(members))
}

/// What is said of a value of another type.
pub(super) fn expected(json: &RawValue, what: &str) -> SettingsIssue {
    Value(json).expected(what)
}

#[derive(Clone, Copy)]
struct Value<'s>(&'s RawValue);

impl Value<'_> {
    fn expected(self, what: &str) -> SettingsIssue {
        let found = match self.0.get().bytes().next() {
            Some(b'"') => "a string",
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        };
        SettingsIssue::new(format_args!("must be {what}, not {found}"))
    }

    /// A number too large for a `u64` reads as the largest: every limit refuses it.
    fn number(self) -> Result<u64, SettingsIssue> {
        let text = self.0.get();
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
        if is_blank(self.0) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        visitor.visit_bool(flag(self.0).ok_or_else(|| self.expected("true or false"))?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        match string(self.0).ok_or_else(|| self.expected("a string"))? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        let elements = elements(self.0).ok_or_else(|| self.expected("a list"))?;
        visitor.visit_seq(Elements { left: elements.into_iter(), index: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsIssue> {
        let members = members(self.0).ok_or_else(|| self.expected("an object"))?;
        visitor.visit_map(Members { left: members.into_iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingsIssue> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingsIssue> {
        let text = string(self.0).ok_or_else(|| self.expected("a string"))?;
        visitor.visit_enum(CowStrDeserializer::new(text))
    }

    /// A raw value is handed over as it is, in the form that `serde_json` hands its own over: its reader would
    /// look at the whole text again.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, SettingsIssue> {
        if name != RAW_VALUE {
            return visitor.visit_newtype_struct(self);
        }
        let raw = std::iter::once((name, BorrowedStrDeserializer::new(self.0.get())));
        visitor.visit_map(MapDeserializer::new(raw))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, SettingsIssue> {
        visitor.visit_unit()
    }

    /// Every struct of the settings says what it wants.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, SettingsIssue> {
        Err(self.expected("of a type that settings have"))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier
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
        seed.deserialize(Value(element)).map(Some).map_err(|issue| issue.at(index))
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
        seed.deserialize(Value(value)).map_err(|issue| issue.under(key))
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
