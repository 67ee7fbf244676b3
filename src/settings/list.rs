//! Lists and maps of the settings, which hold no more than their limit.

use super::issue::{SettingsIssue, TWICE};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// A list of at most so many entries.
#[derive(Debug)]
pub(super) struct List<T, const MAX: usize>(pub(super) Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// The entries of a list that may be left out.
    pub(super) fn or_empty(list: Option<Self>) -> Vec<T> {
        list.map_or_else(Vec::new, |list| list.0)
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// Entries that have been told.
    pub(super) fn of(entries: Vec<T>) -> Result<Self, SettingsIssue> {
        check_count(Some(entries.len()), MAX).map(|()| Self(entries))
    }
}

/// A list as forms write it, an entry that nobody filled in being none: the entries that were filled in, with their
/// positions.
#[derive(Debug)]
pub(super) struct FormList<T, const MAX: usize>(Vec<(usize, T)>);

impl<T, const MAX: usize> FormList<T, MAX> {
    /// The entries that were filled in, with their positions.
    pub(super) fn filled(list: Option<Self>) -> Vec<(usize, T)> {
        list.map_or_else(Vec::new, |list| list.0)
    }
}

/// Strings by their keys, at most so many.
#[derive(Debug)]
pub(super) struct StringMap<const MAX: usize>(pub(super) BTreeMap<String, String>);

impl<const MAX: usize> StringMap<MAX> {
    pub(super) fn or_empty(map: Option<Self>) -> BTreeMap<String, String> {
        map.map(|map| map.0).unwrap_or_default()
    }
}

/// How many are there is known before any is read.
fn check_count<E: Error>(count: Option<usize>, max: usize) -> Result<(), E> {
    match count {
        Some(count) if count <= max => Ok(()),
        Some(count) => {
            Err(E::custom(format_args!("has {count} entries; at most {max} are allowed")))
        }
        None => Err(E::custom("its entries cannot be counted")),
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = List<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        check_count(entries.size_hint(), MAX)?;
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(List(list))
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for FormList<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FormListVisitor(PhantomData))
    }
}

struct FormListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for FormListVisitor<T, MAX> {
    type Value = FormList<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        check_count(entries.size_hint(), MAX)?;
        let (mut list, mut index) = (Vec::new(), 0);
        while let Some(entry) = entries.next_element::<Option<T>>()? {
            list.extend(entry.map(|entry| (index, entry)));
            index += 1;
        }
        Ok(FormList(list))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for StringMap<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StringMapVisitor)
    }
}

struct StringMapVisitor<const MAX: usize>;

impl<'de, const MAX: usize> Visitor<'de> for StringMapVisitor<MAX> {
    type Value = StringMap<MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        check_count(members.size_hint(), MAX)?;
        let mut map = BTreeMap::new();
        while let Some((key, value)) = members.next_entry::<String, String>()? {
            // What half a surrogate pair reads as; the host would be asked for another name.
            if key == "\u{fffd}" {
                return Err(A::Error::custom("has a key that is not Unicode"));
            }
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("`{key}` {TWICE}")));
            }
            map.insert(key, value);
        }
        Ok(StringMap(map))
    }
}
