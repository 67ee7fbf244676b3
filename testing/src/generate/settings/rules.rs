//! The list `rules`.

use super::{attestations, maybe, patterns, signers, word};
use crate::generate::choices::Choices;
use crate::generate::json::Json;
use crate::generate::names::name;
use std::time::Duration;

/// A rule.
pub(super) fn rule(choices: &mut Choices, now: Duration) -> Json {
    let mut rule = Json::map();
    about(&mut rule, choices);
    let all_of = choices.chance(2, 3);
    if all_of {
        rule.set("allOf", signers::group(choices, now));
    }
    if !all_of || choices.chance(1, 4) {
        rule.set("anyOf", any_of(choices, now));
    }
    attestations::ask(&mut rule, choices);
    if choices.chance(1, 6) {
        choices.shuffle(rule.members());
    }
    rule
}

/// What a rule is called and is about, and what becomes of images that do not satisfy it.
pub(super) fn about(rule: &mut Json, choices: &mut Choices) {
    maybe(rule, "name", (1, 3), choices, &mut |choices| name(choices).into());
    rule.set("images", choices.several(1..=2, &mut patterns::selecting));
    maybe(rule, "exclude", (1, 5), choices, &mut |choices| {
        choices.several(1..=2, &mut patterns::sparing).into()
    });
    maybe(rule, "enforcement", (1, 4), choices, &mut |choices| {
        word(&["reject", "warn", "warn"], choices)
    });
}

fn any_of(choices: &mut Choices, now: Duration) -> Json {
    let group = signers::group(choices, now);
    let mut any_of = Json::map();
    let most = group.len();
    maybe(
        &mut any_of,
        "minimumMatches",
        (2, 3),
        choices,
        &mut |choices| match choices.below(300) {
            0 => (most + 1).into(),
            1 => 0.into(),
            2 => Json::raw("1.0"),
            3 => Json::raw("-1"),
            4 => "1".into(),
            5 => Json::raw("99999999999999999999999"),
            _ => choices.within(1..=most).into(),
        },
    );
    any_of.set("signatures", group);
    any_of
}
