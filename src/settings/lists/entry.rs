//! The signers of an entry, list by list.

use crate::policy::place::Place;
use crate::policy::signer::Identity;
use crate::settings::SettingsIssue;
use crate::settings::limits::{MAX_CHAIN, MAX_SIGNERS};
use crate::settings::list::FormList;
use crate::settings::object::Object;
use crate::settings::signer_parts::{self, KeyText, Labelled, Literal, required};
use crate::settings::value;
use serde::Deserialize;
use std::rc::Rc;

/// Whether all of the signers of an entry must have signed or any one of them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) enum Require {
    All,
    Any,
}

/// Signers, with their places in the entry.
pub(super) type Placed = Vec<(Place, Labelled)>;

/// The entries of a list that were filled in, with their positions.
pub(super) fn filled<'s, T: Deserialize<'s>, const MAX: usize>(
    entry: &Object<'s>,
    key: &'static str,
) -> Result<Vec<(usize, T)>, SettingsIssue> {
    entry.get(key, value::read::<FormList<T, MAX>>).map(FormList::filled)
}

/// The same without their positions.
pub(super) fn all<'s, T: Deserialize<'s>, const MAX: usize>(
    entry: &Object<'s>,
    key: &'static str,
) -> Result<Vec<T>, SettingsIssue> {
    Ok(filled::<T, MAX>(entry, key)?.into_iter().map(|(_, entry)| entry).collect())
}

/// The entries of the list of signers, with their numbers and places; there is at least one.
fn given<'s, T: Deserialize<'s>>(
    entry: &Object<'s>,
    key: &'static str,
) -> Result<impl Iterator<Item = (usize, Place, T)> + use<T>, SettingsIssue> {
    let entries = filled::<T, MAX_SIGNERS>(entry, key)?;
    if entries.is_empty() {
        let missing = format!("`{key}` is missing: who must have signed?");
        return Err(SettingsIssue::new(missing));
    }
    let place = move |(number, (index, entry))| (number + 1, Place::entry(key, index), entry);
    Ok(entries.into_iter().enumerate().map(place))
}

/// A name that must be there.
pub(super) fn literal(entry: &Object<'_>, key: &'static str) -> Result<String, SettingsIssue> {
    let Literal(text) = required(entry.get(key, value::read)?, key)?;
    Ok(text)
}

pub(super) fn public_keys(entry: &Object<'_>) -> Result<Placed, SettingsIssue> {
    let signer = |(number, place, KeyText(key))| {
        (place, (format!("public key {number}"), Identity::PublicKey(key)))
    };
    Ok(given(entry, "keys")?.map(signer).collect())
}

pub(super) fn keyless_identities(entry: &Object<'_>) -> Result<Placed, SettingsIssue> {
    let subjects = given(entry, "subjects")?;
    let issuer = literal(entry, "issuer")?;
    let signer =
        |(_, place, Literal(subject))| (place, signer_parts::keyless(issuer.clone(), subject));
    Ok(subjects.map(signer).collect())
}

pub(super) fn keyless_prefixes(entry: &Object<'_>) -> Result<Placed, SettingsIssue> {
    let prefixes = given(entry, "urlPrefixes")?;
    let issuer = literal(entry, "issuer")?;
    let signer = |(_, place, prefix): (usize, Place, String)| {
        let labelled = signer_parts::owned_prefix(issuer.clone(), &prefix);
        Ok((place, labelled.map_err(|issue| issue.under(place))?))
    };
    prefixes.map(signer).collect()
}

/// Without repositories, all of the owner's.
pub(super) fn github_actions(entry: &Object<'_>) -> Result<Placed, SettingsIssue> {
    let owner = literal(entry, "owner")?;
    let repos = filled::<_, MAX_SIGNERS>(entry, "repos")?;
    if repos.is_empty() {
        return Ok(vec![(Place::default(), signer_parts::github_actions(owner, None)?)]);
    }
    let compile = |(index, Literal(repo))| {
        let place = Place::entry("repos", index);
        let labelled = signer_parts::github_actions(owner.clone(), Some(repo));
        Ok((place, labelled.map_err(|issue| issue.under(place))?))
    };
    repos.into_iter().map(compile).collect()
}

pub(super) fn certificates(entry: &Object<'_>) -> Result<Placed, SettingsIssue> {
    let chain: Rc<Vec<String>> = all::<_, MAX_CHAIN>(entry, "certificateChain")?.into();
    let rekor_bundle = entry.flag("requireRekorBundle")?;
    let signer = |(number, place, pem)| {
        let certificate = signer_parts::certificate_identity(pem, Rc::clone(&chain), rekor_bundle);
        (place, (format!("certificate {number}"), certificate))
    };
    Ok(given(entry, "certificates")?.map(signer).collect())
}
