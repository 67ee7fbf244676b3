//! Reads the settings' JSON by hand: values know their path, keys that nobody knows are refused with the
//! nearest that is known, and what is not looked at is not decoded.
//!
//! *What is absent?* A key that is missing, null, or an empty string, list or map: forms send those for
//! what was not filled in.

use super::Fault;
use super::suggest;
use super::vocabulary::Shape;
use crate::json::{self, ObjectError};
use crate::signer::Annotations;
use serde_json::value::RawValue;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'s> {
    path: String,
    raw: &'s RawValue,
    /// How many entries it may have.
    most: usize,
}

impl<'s> Node<'s> {
    pub(super) fn root(raw: &'s RawValue) -> Self {
        Self { path: String::new(), raw, most: usize::MAX }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn fault(&self, message: &str) -> Fault {
        Fault::new(&self.path, message)
    }

    pub(super) fn text(&self) -> Result<String, Fault> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.expected("a text"))
    }

    pub(super) fn flag(&self) -> Result<bool, Fault> {
        json::flag(self.raw).ok_or_else(|| self.expected("true or false"))
    }

    /// A number beyond any count of things is the largest.
    pub(super) fn number(&self) -> Result<usize, Fault> {
        let text = self.raw.get();
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text.parse().unwrap_or(usize::MAX));
        }
        Err(match text.bytes().next() {
            Some(b'-' | b'0'..=b'9') => {
                self.fault(&format!("must be a whole number, not `{text}`"))
            }
            _ => self.expected("a whole number"),
        })
    }

    pub(super) fn list(&self) -> Result<Vec<Self>, Fault> {
        let items: Vec<&RawValue> =
            serde_json::from_str(self.raw.get()).map_err(|_| self.expected("a list"))?;
        self.check_count(items.len())?;
        let at =
            |(index, raw)| Self { path: format!("{}[{index}]", self.path), raw, most: usize::MAX };
        Ok(items.into_iter().enumerate().map(at).collect())
    }

    pub(super) fn texts(&self) -> Result<Annotations, Fault> {
        let mut texts = Annotations::default();
        let entries = self.entries()?;
        self.check_count(entries.len())?;
        for (key, raw) in entries {
            let value = self.child(&key, raw).text()?;
            texts.insert(key, value);
        }
        Ok(texts)
    }

    /// The value as an object of that shape.
    pub(super) fn object(&self, shape: &'static Shape) -> Result<Object<'s>, Fault> {
        let mut fields: Vec<(&'static str, Self)> = Vec::new();
        for (key, raw) in self.entries()? {
            let child = self.child(&key, raw);
            let Some(field) = shape.field(&key) else {
                return Err(child.fault(&suggest::instead_of("field", &key, &shape.keys())));
            };
            if fields.iter().any(|(known, _)| *known == field.key) {
                return Err(child.fault(&format!("is another name of `{}`", field.key)));
            }
            fields.push((field.key, Self { most: field.most, ..child }));
        }
        Ok(Object { path: self.path.clone(), fields })
    }

    /// The keys and values of a map, each key once.
    fn entries(&self) -> Result<Vec<(String, &'s RawValue)>, Fault> {
        match json::Object::read(self.raw.get()) {
            Ok(object) => Ok(object.into_entries()),
            Err(ObjectError::Twice(key)) => {
                Err(self.child(&key, self.raw).fault("stands there twice"))
            }
            Err(ObjectError::NotAnObject) => Err(self.expected("a map")),
        }
    }

    fn child(&self, key: &str, raw: &'s RawValue) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{dot}{key}", self.path), raw, most: usize::MAX }
    }

    fn check_count(&self, count: usize) -> Result<(), Fault> {
        if count <= self.most {
            return Ok(());
        }
        Err(self.fault(&format!("holds {count} entries; at most {} are taken", self.most)))
    }

    fn expected(&self, what: &str) -> Fault {
        let found = match self.raw.get().bytes().next() {
            Some(b'"') => "a text",
            Some(b'{') => "a map",
            Some(b'[') => "a list",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "nothing",
            _ => "a number",
        };
        self.fault(&format!("must be {what}, not {found}"))
    }

    fn is_empty(&self) -> bool {
        let raw = self.raw.get();
        let inside = |open, close| raw.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        let is_hollow = |inside: &str| inside.trim_ascii().is_empty();
        matches!(raw, "null" | "\"\"")
            || inside('[', ']').or_else(|| inside('{', '}')).is_some_and(is_hollow)
    }
}

/// The fields of an object, by the names of its shape.
#[derive(Debug)]
pub(super) struct Object<'s> {
    path: String,
    fields: Vec<(&'static str, Node<'s>)>,
}

impl<'s> Object<'s> {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn fault(&self, message: &str) -> Fault {
        Fault::new(&self.path, message)
    }

    /// The value of a field, unless it is absent.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'s>> {
        let (_, node) = self.fields.iter().find(|(name, _)| *name == key)?;
        (!node.is_empty()).then_some(node)
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Fault> {
        self.get(key).map(Node::text).transpose()
    }

    pub(super) fn required_text(&self, key: &str) -> Result<String, Fault> {
        self.text(key)?.ok_or_else(|| self.fault(&format!("`{key}` is missing")))
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        self.get(key).map(Node::flag).transpose()
    }

    /// The word that the value is, of those that it can be.
    pub(super) fn choice(
        &self,
        key: &str,
        words: &'static [&'static str],
    ) -> Result<Option<&'static str>, Fault> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let given = node.text()?;
        match words.iter().find(|word| **word == given) {
            Some(word) => Ok(Some(word)),
            None => Err(node.fault(&suggest::instead_of("value", &given, words))),
        }
    }

    /// The keys that are given.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|(_, node)| !node.is_empty()).map(|(key, _)| *key)
    }

    /// The elements of a list; none when it is absent.
    pub(super) fn list(&self, key: &str) -> Result<Vec<Node<'s>>, Fault> {
        self.get(key).map(Node::list).transpose().map(Option::unwrap_or_default)
    }

    pub(super) fn texts(&self, key: &str) -> Result<Annotations, Fault> {
        self.get(key).map(Node::texts).transpose().map(Option::unwrap_or_default)
    }
}
