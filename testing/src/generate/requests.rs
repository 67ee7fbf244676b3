//! Admission requests: every kind and operation, and shapes that are none.

use super::choices::Choices;
use super::faults::{odd, spoil};
use super::json::Json;
use super::kinds::{BUILT_IN, EXTRA, Kind, OTHERS};
use super::objects::object;
use super::stored::stored;

/// A request.
pub fn request(choices: &mut Choices) -> Json {
    let kind = kind(choices);
    let mut object = object(&kind, choices);
    let operation = operation(choices);
    let mut old = match operation {
        "UPDATE" => stored(&object, choices),
        _ if choices.chance(1, 12) => stored(&object, choices),
        _ => Json::null(),
    };
    if choices.chance(1, 12) {
        spoil(&mut object, choices);
    }
    if choices.chance(1, 16) {
        spoil(&mut old, choices);
    }
    if operation == "DELETE" {
        (object, old) = (Json::null(), object);
    }
    let version = Json::from("v1");
    let mut members = vec![
        ("uid", Json::from("2e0b6b6c-4a29-4bd2-a1d1-3b0b1e0a0a0a")),
        (
            "kind",
            Json::from([
                ("group", kind.group.into()),
                ("version", version.clone()),
                ("kind", kind.kind.into()),
            ]),
        ),
        ("resource", Json::from([("group", "".into()), ("resource", kind.kind.into())])),
        ("namespace", "default".into()),
        ("operation", written(operation, choices)),
        ("userInfo", Json::from([("username", "alice".into())])),
        ("object", object),
        ("oldObject", old),
        ("dryRun", choices.chance(1, 8).into()),
        ("options", Json::null()),
    ];
    if choices.chance(1, 4) {
        choices.shuffle(&mut members);
    }
    let mut request =
        Json::Map(members.into_iter().map(|(key, value)| (Json::from(key), value)).collect());
    if choices.chance(1, 40) {
        spoil_top(&mut request, choices);
    }
    request
}

fn kind(choices: &mut Choices) -> Kind {
    match choices.below(24) {
        0..=19 => BUILT_IN[choices.below(BUILT_IN.len())],
        20..=22 => EXTRA[choices.below(EXTRA.len())].kind,
        _ => OTHERS[choices.below(OTHERS.len())],
    }
}

fn operation(choices: &mut Choices) -> &'static str {
    choices.weighted(&[(18, "CREATE"), (16, "UPDATE"), (1, "DELETE"), (1, "CONNECT")])
}

/// The operation in letters, for the policy takes no escapes here; seldom another.
fn written(operation: &str, choices: &mut Choices) -> Json {
    match choices.below(200) {
        0 => {
            Json::raw(choices.one(&["\"CRE\\u0041TE\"", "\"create\"", "\"PATCH\"", "\" CREATE\""]))
        }
        1 => odd(choices),
        _ => Json::Raw(format!("\"{operation}\"")),
    }
}

/// Makes a request wrong where the policy reads it.
fn spoil_top(request: &mut Json, choices: &mut Choices) {
    let key = choices.one(&["kind", "operation", "object", "oldObject"]);
    match choices.below(5) {
        0 => request.members().retain(|(name, _)| name.text() != Some(key)),
        1 => {
            let twin = request.at(key).clone();
            request.members().push((key.into(), twin));
        }
        2 => spoil(request.at(key), choices),
        _ => request.set(key, odd(choices)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_kind_is_created_and_updated() {
        let mut seen = HashSet::new();
        for seed in 0..10_000 {
            let mut request = request(&mut Choices::of_seed(seed));
            let Json::Raw(operation) = request.at("operation").clone() else { continue };
            let kind = request.at("kind");
            let part = |part: &Json| part.text().unwrap_or_default().to_owned();
            seen.insert((part(kind.at("group")), part(kind.at("kind")), operation));
        }
        let extra = EXTRA.iter().map(|extra| extra.kind);
        for kind in BUILT_IN.into_iter().chain(extra).chain(OTHERS) {
            for operation in ["\"CREATE\"", "\"UPDATE\""] {
                let wanted = (kind.group.to_owned(), kind.kind.to_owned(), operation.to_owned());
                assert!(seen.contains(&wanted), "{wanted:?}");
            }
        }
        for operation in ["\"DELETE\"", "\"CONNECT\""] {
            assert!(seen.iter().any(|(.., seen)| seen == operation), "{operation}");
        }
    }
}
