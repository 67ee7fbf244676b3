//! The stored object of an update: the same, with images that are pinned, others, or gone.

use super::choices::Choices;
use super::faults::odd;
use super::images::{digest, image, without_tag};
use super::json::Json;
use super::names::name;

/// What of an object changes.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// Nothing: the update is of something else.
    Nothing,
    /// Each image was pinned: the same manifest is applied again.
    Pinned,
    /// Here this, there that.
    Mixed,
}

/// The object as it was before the update.
pub(super) fn stored(object: &Json, choices: &mut Choices) -> Json {
    let change = choices.weighted(&[(3, Change::Nothing), (4, Change::Pinned), (9, Change::Mixed)]);
    let mut stored = object.clone();
    alter(&mut stored, change, choices);
    if choices.chance(1, 8) {
        stored.at("metadata").set("deletionTimestamp", "2026-01-01T00:00:00Z");
    }
    stored
}

fn alter(value: &mut Json, change: Change, choices: &mut Choices) {
    match value {
        Json::Raw(_) | Json::Text(_) => {}
        Json::List(elements) => {
            for element in elements.iter_mut() {
                match element {
                    Json::Text(_) => *element = other(element, change, choices),
                    Json::Raw(_) | Json::List(_) | Json::Map(_) => alter(element, change, choices),
                }
            }
            if matches!(change, Change::Mixed) && !elements.is_empty() {
                match choices.below(12) {
                    0 => elements.reverse(),
                    1 => drop(elements.remove(choices.below(elements.len()))),
                    2 => elements.insert(0, elements[elements.len() - 1].clone()),
                    _ => {}
                }
            }
        }
        Json::Map(members) => {
            for (key, value) in members {
                match (key.text(), &value) {
                    (Some("name"), _)
                        if matches!(change, Change::Mixed) && choices.chance(1, 20) =>
                    {
                        *value = name(choices).into();
                    }
                    (Some("image" | "reference" | "tool" | "spare"), Json::Text(_)) => {
                        *value = other(value, change, choices);
                    }
                    (Some("metadata"), _) => {}
                    _ => alter(value, change, choices),
                }
            }
        }
    }
}

/// The image that was there.
fn other(value: &Json, change: Change, choices: &mut Choices) -> Json {
    let text = value.text().unwrap_or_default();
    let name = text.split('@').next().unwrap_or(text);
    match change {
        Change::Nothing => value.clone(),
        Change::Pinned => pinned(text, choices),
        Change::Mixed => match choices.below(20) {
            0..=8 => value.clone(),
            9..=12 => pinned(text, choices),
            13 => format!("{name}x@{}", digest('a')).into(),
            14 => format!("{}:2@{}", without_tag(name), digest('a')).into(),
            15 => format!("{}@{}", without_tag(name), digest('a')).into(),
            16 => Json::Raw(value.written(&mut super::json::Layout::Odd(choices.clone()))),
            17 => odd(choices),
            _ => image(choices).into(),
        },
    }
}

fn pinned(text: &str, choices: &mut Choices) -> Json {
    if text.contains('@') {
        return text.into();
    }
    format!("{text}@{}", digest(choices.weighted(&[(6, 'a'), (2, 'b'), (1, 'c')]))).into()
}
