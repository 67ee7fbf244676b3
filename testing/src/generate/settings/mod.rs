//! Settings: every key that there is, mostly valid.

mod attestations;
mod credentials;
mod limits;
mod lists;
mod patterns;
mod rules;
mod signatures;
mod signers;
mod workloads;

use super::choices::Choices;
use super::faults::{odd, spoil};
use super::json::Json;
use std::time::Duration;

/// Settings as a policy has them at that time: most of them valid.
pub fn settings(choices: &mut Choices, now: Duration) -> Json {
    let mut settings = Json::map();
    if choices.chance(3, 4) {
        settings.set("rules", choices.several(1..=3, &mut |choices| rules::rule(choices, now)));
    }
    if choices.chance(1, 3) {
        let entry = &mut |choices: &mut Choices| signatures::entry(choices, now);
        settings.set("signatures", choices.several(1..=2, entry));
    }
    for list in &lists::LISTS {
        if choices.chance(1, 8) {
            let entry = &mut |choices: &mut Choices| lists::entry(list, choices, now);
            settings.set(list.key, choices.several(1..=2, entry));
        }
    }
    if choices.chance(1, 12) {
        let entry = &mut |choices: &mut Choices| attestations::scan(choices, now);
        settings.set("vulnerabilityScans", choices.several(1..=2, entry));
    }
    let checks_nothing = settings.members().is_empty();
    maybe(&mut settings, "exempt", (1, 4), choices, &mut |choices| {
        choices.several(1..=2, &mut patterns::sparing).into()
    });
    maybe(&mut settings, "unmatchedImages", (1, 2), choices, &mut |choices| {
        word(&["accept", "warn", "warn", "reject"], choices)
    });
    if checks_nothing && choices.chance(15, 16) {
        settings.set("unmatchedImages", choices.one(&["warn", "reject"]));
    }
    maybe(&mut settings, "unchangedImages", (1, 3), choices, &mut |choices| {
        word(&["skip", "verify", "verify"], choices)
    });
    maybe(&mut settings, "modifyImagesWithDigest", (1, 6), choices, &mut flag);
    maybe(&mut settings, "pinWorkloadTemplates", (1, 4), choices, &mut flag);
    if choices.chance(9, 10) {
        settings.set("extraWorkloads", workloads::extra(choices));
    }
    if choices.chance(1, 12) {
        settings.set("description", odd(choices));
        settings.set("rule", "form");
    }
    if choices.chance(1, 4) {
        choices.shuffle(settings.members());
    }
    settings
}

/// Settings with something that is wrong, or at the edge of what may be.
pub fn doubtful(choices: &mut Choices, now: Duration) -> Json {
    let mut settings = settings(choices, now);
    match choices.below(24) {
        0 => limits::stretch(&mut settings, choices),
        1 => return odd(choices),
        _ => {
            for _ in 0..choices.within(1..=2) {
                let members = settings.members();
                let at = choices.below(members.len() + 1);
                match members.get_mut(at) {
                    Some((_, value)) => spoil(value, choices),
                    None => spoil(&mut settings, choices),
                }
            }
        }
    }
    settings
}

/// Gives a key a value so often, or leaves it blank as forms do, or leaves it out.
fn maybe(
    object: &mut Json,
    key: &str,
    (times, of): (usize, usize),
    choices: &mut Choices,
    value: &mut dyn FnMut(&mut Choices) -> Json,
) {
    if choices.chance(times, of) {
        let value = value(choices);
        object.set(key, value);
    } else if choices.chance(1, 12) {
        object.set(key, Json::raw(choices.one(&["null", "\"\"", "[]", "{}", "[ ]"])));
    }
}

/// One of these words, seldom another.
fn word(words: &[&str], choices: &mut Choices) -> Json {
    if choices.chance(1, 400) { "acept".into() } else { choices.one(words).into() }
}

fn flag(choices: &mut Choices) -> Json {
    if choices.chance(1, 400) { "true".into() } else { choices.chance(1, 2).into() }
}

fn annotations(choices: &mut Choices) -> Json {
    let mut annotations = Json::from([("env", choices.one(&["prod", "prod", "test"]).into())]);
    if choices.chance(1, 4) {
        annotations.set(&super::names::name(choices), "a\"b\\");
    }
    if choices.chance(1, 300) {
        annotations.set("env", odd(choices));
    }
    annotations
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    /// The names of all properties in a schema.
    fn properties(schema: &Value, names: &mut BTreeSet<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            names.extend(properties.keys().cloned());
        }
        match schema {
            Value::Array(list) => list.iter().for_each(|part| properties(part, names)),
            Value::Object(map) => map.values().for_each(|part| properties(part, names)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn keys(settings: &Json, names: &mut BTreeSet<String>) {
        match settings {
            Json::Raw(text) => raw_keys(&serde_json::from_str(text).unwrap_or_default(), names),
            Json::Text(_) => {}
            Json::List(list) => list.iter().for_each(|value| keys(value, names)),
            Json::Map(members) => {
                for (key, value) in members {
                    names.extend(key.text().map(str::to_owned));
                    keys(value, names);
                }
            }
        }
    }

    fn raw_keys(value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| raw_keys(value, names)),
            Value::Object(map) => {
                names.extend(map.keys().cloned());
                map.values().for_each(|value| raw_keys(value, names));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_key_of_the_schema_is_written() {
        let schema = include_str!("../../../../settings.schema.json");
        let (mut known, mut written) = (BTreeSet::new(), BTreeSet::new());
        properties(&serde_json::from_str(schema).unwrap(), &mut known);
        let now = Duration::from_hours(57 * 8_766);
        for seed in 0..2_000 {
            keys(&settings(&mut Choices::of_seed(seed), now), &mut written);
        }
        assert!(known.len() > 40, "{known:?}");
        let missing: Vec<&String> = known.difference(&written).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
