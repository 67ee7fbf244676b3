//! Objects of a kind, with images at its paths and things beside them.

use super::choices::Choices;
use super::faults::{odd, spoil};
use super::images::image;
use super::json::Json;
use super::kinds::Kind;
use super::names::name;

/// An object of that kind.
pub(super) fn object(kind: &Kind, choices: &mut Choices) -> Json {
    let mut object = Json::map();
    object.set("apiVersion", [kind.group, "/v1"].concat());
    object.set("kind", kind.kind);
    if choices.chance(1, 2) {
        object.set("metadata", metadata(choices));
    }
    // Most objects use few images.
    let few = choices.several(1..=3, &mut image);
    let image = &mut |choices: &mut Choices| match choices.below(16) {
        0 if choices.chance(1, 6) => odd(choices),
        0..=3 => image(choices).into(),
        _ => few[choices.below(few.len())].clone().into(),
    };
    for (index, path) in kind.paths().iter().enumerate() {
        if if index == 0 { choices.chance(31, 32) } else { choices.chance(1, 4) } {
            let steps: Vec<&str> = path.split('/').collect();
            fill(&mut object, &steps, choices, image);
        }
    }
    decorate(&mut object, choices);
    object
}

/// Puts images at a path, and what leads there.
fn fill(
    value: &mut Json,
    steps: &[&str],
    choices: &mut Choices,
    image: &mut dyn FnMut(&mut Choices) -> Json,
) {
    match steps {
        [] => *value = image(choices),
        ["*", rest @ ..] => {
            if !matches!(value, Json::List(_)) {
                let count = match choices.below(2000) {
                    0 => choices.within(999..=1001),
                    _ => choices.weighted(&COUNTS),
                };
                *value = Json::List((0..count).map(|_| element(choices)).collect());
            }
            let Json::List(elements) = value else { return };
            for element in elements {
                if choices.chance(127, 128) {
                    fill(element, rest, choices, image);
                }
            }
        }
        [_] if choices.chance(1, 100) => {}
        [key, rest @ ..] => fill(value.at(key), rest, choices, image),
    }
}

/// How many elements a list has: more than a message tells, now and then.
const COUNTS: [(usize, usize); 7] = [(60, 1), (20, 2), (8, 3), (4, 0), (3, 6), (2, 11), (1, 30)];

fn element(choices: &mut Choices) -> Json {
    if choices.chance(1, 150) {
        return Json::null();
    }
    let mut element = Json::map();
    if choices.chance(7, 8) {
        element
            .set("name", if choices.chance(1, 40) { odd(choices) } else { name(choices).into() });
    }
    element
}

fn metadata(choices: &mut Choices) -> Json {
    let mut metadata =
        Json::from([("name", name(choices).into()), ("namespace", "default".into())]);
    if choices.chance(1, 5) {
        let owner = |choices: &mut Choices| {
            let mut owner = Json::from([("kind", "Job".into()), ("name", "x".into())]);
            if choices.chance(5, 6) {
                owner.set("controller", choices.chance(1, 2));
            }
            owner
        };
        metadata.set("ownerReferences", choices.several(0..=2, &mut { owner }));
    }
    if choices.chance(1, 6) {
        let time = if choices.chance(1, 3) { Json::null() } else { "2026-01-01T00:00:00Z".into() };
        metadata.set("deletionTimestamp", time);
    }
    if choices.chance(1, 3) {
        metadata.set("annotations", Json::from([("skip-verification", "true".into())]));
    }
    if choices.chance(1, 12) {
        spoil(&mut metadata, choices);
    }
    metadata
}

/// Adds what decoding would lose, and puts keys in another order.
fn decorate(object: &mut Json, choices: &mut Choices) {
    for _ in 0..choices.below(3) {
        let at = choices.below(object.count());
        if let Json::Map(members) = object.nth(at) {
            let spare = choices.one(&[
                "[1.00,-0,1E2,\"\\\"{\"]",
                "{\"image\":\"beside/the:path\",\"containers\":[{\"image\":\"x\"}]}",
                "\"\\u0000\\ud83e\\udd80 \\/\"",
                "{\"a\":1,\"a\":2}",
            ]);
            members.push(("spare".into(), Json::raw(spare)));
        }
    }
    for _ in 0..choices.below(3) {
        let at = choices.below(object.count());
        if let Json::Map(members) = object.nth(at) {
            choices.shuffle(members);
        }
    }
}
