//! What nobody filled in: forms, such as Rancher's, send values for it, and they count as absent.

use crate::json::{elements, members};
use serde_json::value::RawValue;

/// Whether an optional value counts as absent.
pub(super) fn is_blank(json: &RawValue) -> bool {
    let text = json.get();
    let inside = |open, close| text.strip_prefix(open)?.strip_suffix(close);
    let is_hollow = |inside: &str| inside.trim_ascii().is_empty();
    matches!(text, "null" | "\"\"")
        || inside('[', ']').or_else(|| inside('{', '}')).is_some_and(is_hollow)
}

/// Whether an entry of a form was left blank. What forms preset does not count. The entry's keys have been checked before.
pub(super) fn is_blank_entry(raw: &RawValue) -> bool {
    let says_nothing = |key: &str, value: &RawValue| {
        matches!(key, "require" | "enforcement" | "requireRekorBundle" | "fixedOnly")
            || is_empty(value)
    };
    members(raw).is_some_and(|all| all.iter().all(|(key, value)| says_nothing(key, value)))
}

/// Whether a value counts as absent: of a list, each of its elements too.
fn is_empty(value: &RawValue) -> bool {
    let all_blank = || elements(value).is_some_and(|elements| elements.into_iter().all(is_blank));
    is_blank(value) || all_blank()
}
