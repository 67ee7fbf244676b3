//! Names of containers, rules and annotations.

use super::choices::Choices;

/// A name of a container, a rule or an annotation: mostly short, now and then long or not plain.
pub(super) fn name(choices: &mut Choices) -> String {
    match choices.below(40) {
        0 => "é".repeat(choices.within(10..=80)),
        1 => "n".repeat(choices.within(28..=70)),
        2 if choices.chance(1, 2) => "m".repeat(choices.within(200..=1200)),
        3 => "a`\u{202e}\n\r\t\u{8}\u{c}b\u{1f980}".to_owned(),
        4 => String::new(),
        _ => choices.one(&["a", "b", "c", "app", "side-car"]).to_owned(),
    }
}
