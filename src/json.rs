//! JSON that is read as it stands: an object as its keys and raw values, a list as raw values. What nobody
//! asks for is passed, and never decoded.
//!
//! *Why not derived structs?* A derived struct takes an array for an object, and cannot tell a key that is
//! missing from one that is null where that matters. Neither is acceptable in input from others.
//!
//! *Which of two equal keys counts?* Neither: two readers could take such an object for two different ones,
//! so looking for the key is an error.
//!
//! *And half a surrogate pair?* Kubernetes' decoder takes it, so it makes no text invalid. A key that has one
//! is none of ours, and a string that has one is no string.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Why the members of a value cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PickError {
    /// It is no object.
    NotAnObject,
    /// It has two of this name.
    Twice(&'static str),
}

impl fmt::Display for PickError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("it is not a JSON object"),
            Self::Twice(name) => write!(f, "`{name}` occurs twice"),
        }
    }
}

/// The values of these keys. Null is absence, as it is to Kubernetes' decoder.
pub(crate) fn pick<'r, const N: usize>(
    json: &'r RawValue,
    names: [&'static str; N],
) -> Result<[Option<&'r RawValue>; N], PickError> {
    let mut twice = None;
    let pick = Pick { names, twice: &mut twice };
    let picked = pick.deserialize(&mut serde_json::Deserializer::from_str(json.get()));
    picked.map_err(|_| twice.map_or(PickError::NotAnObject, PickError::Twice))
}

/// The value of this key; none also where it stands twice, or this is no object.
pub(crate) fn member<'r>(json: &'r RawValue, name: &'static str) -> Option<&'r RawValue> {
    let [value] = pick(json, [name]).ok()?;
    value
}

/// The keys and values of an object, as they stand; none when it is no object.
pub(crate) fn members(json: &RawValue) -> Option<Vec<Member<'_>>> {
    members_and_lists(json, &[]).map(|(members, _)| members)
}

/// The same, and of the keys that are named the elements of their lists, which are most of the text: found in the
/// same pass. None also where such a value is no list.
pub(crate) fn members_and_lists<'r>(
    json: &'r RawValue,
    names: &'static [&'static str],
) -> Option<(Vec<Member<'r>>, Vec<NamedList<'r>>)> {
    serde_json::Deserializer::from_str(json.get()).deserialize_map(MembersAndLists(names)).ok()
}

/// A key and its value, as they stand.
pub(crate) type Member<'r> = (Cow<'r, str>, &'r RawValue);
/// A key and the elements of its list.
pub(crate) type NamedList<'r> = (&'static str, Vec<&'r RawValue>);

/// The elements of a list; none when it is no list.
pub(crate) fn elements(json: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json.get()).ok()
}

/// The strings of a list; none when it is no list, or holds something else.
pub(crate) fn strings(json: &RawValue) -> Option<Vec<Cow<'_, str>>> {
    let texts: Vec<Text<'_>> = serde_json::from_str(json.get()).ok()?;
    Some(texts.into_iter().map(|text| text.0).collect())
}

/// What a string says; none when it is no string.
pub(crate) fn string(json: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(json.get()).ok().map(|text| text.0)
}

/// True or false; none when it is neither.
pub(crate) fn flag(json: &RawValue) -> Option<bool> {
    match json.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

pub(crate) fn is_null(json: &RawValue) -> bool {
    json.get() == "null"
}

/// A string that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// Picks the values of these keys of an object; says which of them stands twice.
pub(crate) struct Pick<'p, const N: usize> {
    pub(crate) names: [&'static str; N],
    pub(crate) twice: &'p mut Option<&'static str>,
}

impl<'r, const N: usize> DeserializeSeed<'r> for Pick<'_, N> {
    type Value = [Option<&'r RawValue>; N];

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'r, const N: usize> Visitor<'r> for Pick<'_, N> {
    type Value = [Option<&'r RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values: [Option<&'r RawValue>; N] = [None; N];
        while let Some(key) = map.next_key_seed(Key)? {
            let mut slots = self.names.iter().zip(&mut values);
            let Some((name, slot)) = slots.find(|(name, _)| **name == key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if slot.replace(map.next_value()?).is_some() {
                *self.twice = Some(name);
                return Err(A::Error::custom("twice"));
            }
        }
        Ok(values.map(|value| value.filter(|value| !is_null(value))))
    }
}

/// A value that may be null.
pub(crate) struct Optional<S>(pub(crate) S);

impl<'r, S: DeserializeSeed<'r>> DeserializeSeed<'r> for Optional<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'r, S: DeserializeSeed<'r>> Visitor<'r> for Optional<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'r>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

struct MembersAndLists(&'static [&'static str]);

impl<'r> Visitor<'r> for MembersAndLists {
    type Value = (Vec<Member<'r>>, Vec<NamedList<'r>>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with lists")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut members, mut lists) = (Vec::new(), Vec::new());
        while let Some(key) = map.next_key_seed(Key)? {
            match self.0.iter().find(|name| **name == key) {
                Some(name) => lists.push((*name, map.next_value()?)),
                None => members.push((key, map.next_value()?)),
            }
        }
        Ok((members, lists))
    }
}

/// A key: borrowed where it has no escapes. One with half a surrogate pair in it reads as U+FFFD, which no key that
/// is looked for is: as a string it would be an error, so the bytes are asked for.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_bytes<E>(self, key: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(str::from_utf8(key).unwrap_or("\u{fffd}")))
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(str::from_utf8(key).unwrap_or("\u{fffd}").to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn members_that_are_picked() {
        let rows = [
            ("{}", Ok([None, None])),
            (r#"{"a":1,"c":[{"a":2}]}"#, Ok([Some("1"), None])),
            (r#"{"b" : {"a": 2} ,"a":"x"}"#, Ok([Some("\"x\""), Some(r#"{"a": 2}"#)])),
            (r#"{"a":null,"b":false}"#, Ok([None, Some("false")])),
            (r#"{"\u0061":1,"\u00e4":2}"#, Ok([Some("1"), None])),
            (r#"{"\ud800":1,"a\ud800":2,"b":"\udc00"}"#, Ok([None, Some(r#""\udc00""#)])),
            (r#"{"a":1,"b":2,"a":1}"#, Err(PickError::Twice("a"))),
            (r#"{"a":null,"\u0061":1}"#, Err(PickError::Twice("a"))),
            (r#"{"c":1,"c":2}"#, Ok([None, None])),
            ("[]", Err(PickError::NotAnObject)),
            (r#"["a","b"]"#, Err(PickError::NotAnObject)),
            ("null", Err(PickError::NotAnObject)),
            (r#""a""#, Err(PickError::NotAnObject)),
        ];
        for (text, expected) in rows {
            let picked = pick(raw(text), ["a", "b"]);
            assert_eq!(
                picked.map(|values| values.map(|value| value.map(RawValue::get))),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn strings() {
        let rows = [
            (r#""a""#, Some("a")),
            (r#""\u0061\n""#, Some("a\n")),
            (r#""\ud83d\ude00""#, Some("😀")),
            (r#""\ud800""#, None),
            (r#""\ud800\u0061""#, None),
            ("1", None),
            ("null", None),
            (r#"["a"]"#, None),
        ];
        for (text, expected) in rows {
            assert_eq!(string(raw(text)).as_deref(), expected, "{text}");
        }
        assert!(matches!(string(raw(r#""plain""#)), Some(Cow::Borrowed("plain"))));
    }

    #[test]
    fn lists_and_objects() {
        let texts = |values: Option<Vec<&RawValue>>| -> Option<Vec<String>> {
            Some(values?.iter().map(|value| value.get().to_owned()).collect())
        };
        assert_eq!(texts(elements(raw("[1, [2], null]"))).unwrap(), ["1", "[2]", "null"]);
        assert_eq!(texts(elements(raw("{}"))), None);
        let of = raw(r#"{"a":1, "\u0061":[2] ,"\ud800":3}"#);
        let members: Vec<(String, &str)> = members(of)
            .unwrap()
            .into_iter()
            .map(|(key, value)| (key.into_owned(), value.get()))
            .collect();
        assert_eq!(members[..2], [("a".to_owned(), "1"), ("a".to_owned(), "[2]")]);
        assert!(members[2].0.contains('\u{fffd}'));
        assert!(super::members(raw("[]")).is_none());
    }

    /// Nothing here calls itself: no depth of nesting exhausts the stack.
    #[test]
    fn depth_is_no_matter() {
        let deep = format!(r#"{{"x":{}{},"a":1}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(pick(raw(&deep), ["a"]).unwrap()[0].unwrap().get(), "1");
    }
}
