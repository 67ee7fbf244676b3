//! `signatures` and `rules`, which are most of the settings' text: their entries are told, and not yet read.

use super::lazy::Lazy;
use super::list::List;
use super::{Entries, RawSettings, SettingsIssue, legacy, rule, value};
use crate::json::members_and_lists;
use serde_json::value::RawValue;

/// The entries of a list, or a value that is still to be read as one.
pub(super) enum Unread<'s, T> {
    Entries(Vec<&'s RawValue>),
    Value(Option<Lazy<'s, Entries<'s, T>>>),
}

impl<'s, T> Unread<'s, T> {
    pub(super) fn is_given(&self) -> bool {
        match self {
            Self::Entries(entries) => !entries.is_empty(),
            Self::Value(value) => value.is_some(),
        }
    }

    pub(super) fn read(&self, key: &'static str) -> Result<Vec<Lazy<'s, T>>, SettingsIssue> {
        match self {
            Self::Entries(entries) => {
                let entries = entries.iter().map(|entry| Lazy::of(entry)).collect();
                let List(entries) = Entries::of(entries).map_err(|issue| issue.under(key))?;
                Ok(entries)
            }
            Self::Value(value) => Ok(List::or_empty(Lazy::read_at(key, *value)?)),
        }
    }
}

pub(super) type WithLists<'s> =
    (RawSettings<'s>, Unread<'s, legacy::RawEntry<'s>>, Unread<'s, rule::RawRule<'s>>);

/// The settings, and the lists that are most of their text: where these are lists and stand there once, their
/// entries are told in the same pass. Else each value is left to its own reader, which tells what is wrong.
pub(super) fn read_with_lists(json: &RawValue) -> Result<WithLists<'_>, SettingsIssue> {
    if let Some((members, mut lists)) = members_and_lists(json, &["signatures", "rules"]) {
        let mut take = |name| {
            let at = lists.iter().position(|(known, _)| *known == name);
            at.map_or(Vec::new(), |at| lists.swap_remove(at).1)
        };
        let (signatures, rules) = (take("signatures"), take("rules"));
        if lists.is_empty() {
            let raw = value::read_members(members)?;
            return Ok((raw, Unread::Entries(signatures), Unread::Entries(rules)));
        }
    }
    let mut raw: RawSettings<'_> = value::read(json)?;
    let (signatures, rules) = (raw.signatures.take(), raw.rules.take());
    Ok((raw, Unread::Value(signatures), Unread::Value(rules)))
}
