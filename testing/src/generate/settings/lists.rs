//! The lists that forms write: rules of one kind of signer.

use super::{credentials, maybe, rules, word};
use crate::generate::choices::Choices;
use crate::generate::fixtures::{ACME, GITHUB};
use crate::generate::json::Json;
use std::time::Duration;

/// One of these lists.
#[derive(Debug)]
pub(super) struct List {
    pub(super) key: &'static str,
    /// The key of its signers.
    signers: &'static str,
}

pub(super) const LISTS: [List; 5] = [
    List { key: "publicKeys", signers: "keys" },
    List { key: "keylessIdentities", signers: "subjects" },
    List { key: "keylessPrefixes", signers: "urlPrefixes" },
    List { key: "githubActions", signers: "repos" },
    List { key: "certificates", signers: "certificates" },
];

/// An entry, now and then one that nobody filled in.
pub(super) fn entry(list: &List, choices: &mut Choices, now: Duration) -> Json {
    let mut entry = Json::map();
    if choices.chance(1, 16) {
        return blank(list, choices);
    }
    rules::about(&mut entry, choices);
    maybe(&mut entry, "require", (1, 3), choices, &mut |choices| word(&["all", "any"], choices));
    maybe(&mut entry, "annotations", (1, 5), choices, &mut super::annotations);
    match list.key {
        "publicKeys" => {}
        "githubActions" => entry.set("owner", "acme"),
        "certificates" => credentials::add_chain(&mut entry, choices),
        "keylessIdentities" => entry.set("issuer", ACME),
        "keylessPrefixes" => entry.set("issuer", GITHUB),
        other => unreachable!("{other} is no list"),
    }
    if list.key != "githubActions" || choices.chance(1, 2) {
        let mut signers = signers(list, choices, now);
        if let (Json::List(signers), true) = (&mut signers, choices.chance(1, 10)) {
            signers.push(Json::raw(choices.one(&["\"\"", "null"])));
        }
        entry.set(list.signers, signers);
    }
    if choices.chance(1, 6) {
        choices.shuffle(entry.members());
    }
    entry
}

fn blank(list: &List, choices: &mut Choices) -> Json {
    let mut entry = Json::from([("images", Json::raw("[\"\"]"))]);
    maybe(&mut entry, list.signers, (1, 2), choices, &mut |_| Json::raw("[null, \"\"]"));
    maybe(&mut entry, "enforcement", (1, 2), choices, &mut |_| "warn".into());
    maybe(&mut entry, "require", (1, 2), choices, &mut |_| "any".into());
    entry
}

fn signers(list: &List, choices: &mut Choices, now: Duration) -> Json {
    let texts: &[&str] = match list.key {
        "publicKeys" => {
            let mut keys = credentials::keys(choices);
            if choices.chance(1, 5) {
                keys.push("k8s://trust/one".to_owned());
            }
            return keys.into();
        }
        "certificates" => return credentials::certificates(choices, now).into(),
        "keylessIdentities" => &["ann@acme.com", "bob@acme.com", "cy@acme.com", "cy@acme.com"],
        "keylessPrefixes" => {
            &["https://github.com/acme", "https://github.com/other/", "https://acme.com/"]
        }
        _ => &["app", "web", "tool"],
    };
    let count = choices.within(1..=3);
    choices.sample(texts, count).into()
}
