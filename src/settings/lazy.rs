//! A value that is read when it is wanted: of a rule that matches no image of the request, nothing but the
//! patterns is.

use super::issue::SettingsIssue;
use super::value;
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;
use std::marker::PhantomData;

/// What can be read as a `T`.
#[derive(Debug)]
pub(super) struct Lazy<'s, T> {
    pub(super) raw: &'s RawValue,
    of: PhantomData<T>,
}

impl<T> Clone for Lazy<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Lazy<'_, T> {}

impl<'s, T> Lazy<'s, T> {
    pub(super) fn of(raw: &'s RawValue) -> Self {
        Self { raw, of: PhantomData }
    }
}

impl<'s, T: Deserialize<'s>> Lazy<'s, T> {
    pub(super) fn read(self) -> Result<T, SettingsIssue> {
        value::read(self.raw)
    }

    /// The value under that key, if it is given.
    pub(super) fn read_at(
        key: &'static str,
        value: Option<Self>,
    ) -> Result<Option<T>, SettingsIssue> {
        value.map(Self::read).transpose().map_err(|issue| issue.under(key))
    }
}

impl<'de: 's, 's, T> Deserialize<'de> for Lazy<'s, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer).map(Self::of)
    }
}
