//! The list `signatures`, as `verify-image-signatures` has it.

use super::{credentials, maybe, patterns};
use crate::generate::choices::Choices;
use crate::generate::fixtures::{ACME, GITHUB};
use crate::generate::json::Json;
use std::time::Duration;

/// An entry.
pub(super) fn entry(choices: &mut Choices, now: Duration) -> Json {
    let mut entry = Json::map();
    let both = choices.chance(1, 150);
    let one = choices.chance(2, 3);
    if one || both {
        entry.set("image", patterns::classic(choices));
    }
    if !one || both {
        entry.set("images", choices.several(1..=2, &mut patterns::classic));
    }
    maybe(&mut entry, "annotations", (1, 4), choices, &mut super::annotations);
    signed_by(&mut entry, choices, now);
    if choices.chance(1, 100) {
        signed_by(&mut entry, choices, now);
    }
    if choices.chance(1, 200) {
        credentials::add_chain(&mut entry, choices);
    }
    if choices.chance(1, 6) {
        choices.shuffle(entry.members());
    }
    entry
}

fn signed_by(entry: &mut Json, choices: &mut Choices, now: Duration) {
    match choices.below(6) {
        0 | 1 => entry.set("pubKeys", credentials::keys(choices)),
        2 => entry.set("keyless", choices.several(1..=3, &mut identity)),
        3 => entry.set("keylessPrefix", choices.several(1..=2, &mut prefix)),
        4 => {
            let mut github = Json::from([("owner", "acme".into())]);
            maybe(&mut github, "repo", (1, 2), choices, &mut |choices| {
                choices.one(&["app", "web"]).into()
            });
            entry.set("githubActions", github);
        }
        _ => {
            entry.set("certificates", credentials::certificates(choices, now));
            credentials::add_chain(entry, choices);
        }
    }
}

fn identity(choices: &mut Choices) -> Json {
    let subject = choices.one(&["ann@acme.com", "bob@acme.com", "*"]);
    Json::from([("issuer", ACME.into()), ("subject", subject.into())])
}

fn prefix(choices: &mut Choices) -> Json {
    let key = if choices.chance(1, 3) { "url_prefix" } else { "urlPrefix" };
    let url = choices.one(&[
        "https://github.com/acme",
        "https://github.com/acme/app/",
        "https://github.com/",
        "https://acme.com:8443/a",
        "spiffe://acme.com/ns/prod",
    ]);
    let mut prefix = Json::from([("issuer", GITHUB.into()), (key, url.into())]);
    if choices.chance(1, 60) {
        prefix.set("url_prefix", url);
    }
    prefix
}
