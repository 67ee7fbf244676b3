//! An object of the settings that is read key by key. A struct of serde's says the same in fewer lines, and is more code
//! in the module: this is for what few settings have.
//!
//! *And what is empty?* In `image` and `attestations` a mistake: what is written asks for something. In what forms send,
//! it is not there.

use super::blank::is_blank;
use super::issue::SettingsIssue;
use super::value;
use crate::json::{elements, flag, string};
use serde_json::value::RawValue;

/// An object: the keys that it may have, and their values.
pub(super) struct Object<'s> {
    keys: &'static [&'static str],
    values: Vec<Option<&'s RawValue>>,
}

/// Says so when a value is blank.
pub(super) fn not_blank(raw: &RawValue) -> Result<(), SettingsIssue> {
    if is_blank(raw) {
        return Err(SettingsIssue::new("is empty: fill it in, or remove it"));
    }
    Ok(())
}

/// The elements of a list that is not empty, at most so many.
pub(super) fn list(raw: &RawValue, max: usize) -> Result<Vec<&RawValue>, SettingsIssue> {
    not_blank(raw)?;
    let elements = elements(raw).ok_or_else(|| value::expected(raw, "a list"))?;
    if elements.len() > max {
        let count = elements.len();
        let issue = format!("has {count} entries; at most {max} are allowed");
        return Err(SettingsIssue::new(issue));
    }
    Ok(elements)
}

/// A string.
pub(super) fn text(raw: &RawValue) -> Result<String, SettingsIssue> {
    not_blank(raw)?;
    let text = string(raw).ok_or_else(|| value::expected(raw, "a string"))?;
    Ok(text.into_owned())
}

impl<'s> Object<'s> {
    /// An object with none but these keys, each once.
    pub(super) fn read(
        raw: &'s RawValue,
        keys: &'static [&'static str],
    ) -> Result<Self, SettingsIssue> {
        not_blank(raw)?;
        let values = value::fields(value::object(raw)?, keys)?;
        for (key, value) in keys.iter().zip(values.iter().copied()) {
            value.map_or(Ok(()), not_blank).map_err(|issue| issue.under(key))?;
        }
        Ok(Self { keys, values })
    }

    /// The same of what forms send: what is blank is not there.
    pub(super) fn of_form(
        raw: &'s RawValue,
        keys: &'static [&'static str],
    ) -> Result<Self, SettingsIssue> {
        let mut values = value::fields(value::object(raw)?, keys)?;
        for value in &mut values {
            *value = value.filter(|value| !is_blank(value));
        }
        Ok(Self { keys, values })
    }

    /// The value under that key.
    pub(super) fn raw(&self, key: &str) -> Option<&'s RawValue> {
        let at = self.keys.iter().position(|known| *known == key)?;
        self.values.get(at).copied().flatten()
    }

    /// What is read of the value under that key.
    pub(super) fn get<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&'s RawValue) -> Result<T, SettingsIssue>,
    ) -> Result<Option<T>, SettingsIssue> {
        let Some(raw) = self.raw(key) else { return Ok(None) };
        read(raw).map(Some).map_err(|issue| issue.under(key))
    }

    /// A string.
    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>, SettingsIssue> {
        self.get(key, text)
    }

    /// A string that must be there.
    pub(super) fn required(&self, key: &'static str) -> Result<String, SettingsIssue> {
        let missing = || SettingsIssue::new(format_args!("`{key}` is missing"));
        self.text(key)?.ok_or_else(missing)
    }

    /// True or false.
    pub(super) fn flag(&self, key: &'static str) -> Result<Option<bool>, SettingsIssue> {
        let read = |raw| flag(raw).ok_or_else(|| value::expected(raw, "true or false"));
        self.get(key, read)
    }

    /// What is read of each element of a list; nothing where there is none.
    pub(super) fn each<T>(
        &self,
        key: &'static str,
        max: usize,
        mut read: impl FnMut(&'s RawValue) -> Result<T, SettingsIssue>,
    ) -> Result<Vec<T>, SettingsIssue> {
        let Some(raw) = self.raw(key) else { return Ok(Vec::new()) };
        let elements = list(raw, max).map_err(|issue| issue.under(key))?;
        let mut all = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            all.push(read(element).map_err(|issue| issue.at(index).under(key))?);
        }
        Ok(all)
    }

    /// What each string of a list is; nothing where there is none.
    pub(super) fn texts<T>(
        &self,
        key: &'static str,
        max: usize,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, SettingsIssue> {
        self.each(key, max, |raw| parse(&text(raw)?).map_err(SettingsIssue::new))
    }
}
