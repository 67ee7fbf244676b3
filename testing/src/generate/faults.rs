//! What can be wrong with JSON that is read by hand: null, other types, parts that are missing or stand twice, half a
//! surrogate pair, great depth.

use super::choices::Choices;
use super::json::Json;

/// Makes something of it wrong; now and then nothing that matters.
pub fn spoil(json: &mut Json, choices: &mut Choices) {
    let at = choices.below(json.count());
    let value = json.nth(at);
    match value {
        Json::Map(members) if !members.is_empty() && choices.chance(3, 4) => {
            spoil_member(members, choices);
        }
        Json::List(list) if !list.is_empty() && choices.chance(1, 2) => {
            let at = choices.below(list.len());
            match choices.below(3) {
                0 => drop(list.remove(at)),
                1 => list.insert(at, Json::null()),
                _ => list.insert(at, list[at].clone()),
            }
        }
        Json::Raw(_) | Json::Text(_) | Json::List(_) | Json::Map(_) => *value = odd(choices),
    }
}

fn spoil_member(members: &mut Vec<(Json, Json)>, choices: &mut Choices) {
    let at = choices.below(members.len());
    let (key, value) = members[at].clone();
    let spelled = key.text().unwrap_or_default().to_owned();
    match choices.below(9) {
        0 => drop(members.remove(at)),
        1 => members[at].1 = Json::null(),
        2 => members[at].1 = odd(choices),
        3 => members.push((key, value)),
        4 => members.insert(at, (key, odd(choices))),
        5 => members.push((Json::Raw(escaped(&spelled)), value)),
        6 => members[at].0 = spelled.to_uppercase().into(),
        7 => members[at].0 = format!("{spelled}{}", choices.one(&["s", " ", "\0", "é"])).into(),
        _ => members.push((Json::raw("\"\\ud800x\""), value)),
    }
}

/// The key in an escape: `"im\u0061ge"`.
fn escaped(key: &str) -> String {
    let mut letters = key.chars();
    let first = letters.next().map_or(0, u32::from);
    format!("\"\\u{first:04x}{}\"", letters.as_str().replace(['"', '\\'], ""))
}

/// A value of another type, or none, or hardly JSON.
pub fn odd(choices: &mut Choices) -> Json {
    match choices.below(32) {
        0..=4 => Json::null(),
        5..=17 => Json::raw(choices.one(&VALUES)),
        18 | 19 => "".into(),
        20 | 21 => "x".into(),
        22 => "\u{202e}\u{7}\r\n<b>`x`".into(),
        23 => "a".repeat(choices.within(1..=2000)).into(),
        24 => Json::raw(choices.one(&NOT_JSON)),
        25 => {
            let depth = choices.weighted(&DEPTHS);
            deep(depth, choices.chance(1, 2))
        }
        26 => Json::List(Vec::new()),
        27 => Json::map(),
        28 => Json::from(vec![Json::null()]),
        29 => Json::from(vec!["x"]),
        _ => Json::from([("image", "nginx".into()), ("name", 1.into())]),
    }
}

const VALUES: [&str; 8] = [
    "true",
    "false",
    "0",
    "-1",
    "1.50e+03",
    "123456789012345678901234567890",
    "\"\\ud800\"",
    "\"\\udc00\\ud800 nginx\"",
];

const NOT_JSON: [&str; 9] = ["", "nul", "01", "1.", "+1", "'x'", "{]", "\"\u{1}\"", "\u{feff}1"];

/// Depths, those at which readers stop among them.
const DEPTHS: [(usize, usize); 6] = [(6, 3), (4, 60), (1, 120), (1, 126), (1, 128), (1, 200)];

fn deep(depth: usize, is_list: bool) -> Json {
    let (open, close) = if is_list { ("[", "]") } else { ("{\"spec\":", "}") };
    Json::Raw([&open.repeat(depth), "1", &close.repeat(depth)].concat())
}
