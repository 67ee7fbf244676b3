//! What the operators of conditions say of a key and a value.
//!
//! - What is a text? A duration, a quantity or a version where it reads as one, else a wildcard.
//! - What of a value that is one text? It is a range (`1-10`), a list as JSON, or a list of itself.
//! - What cannot be compared? It satisfies no operator but `NotEquals`.
//!
//! Source: `pkg/engine/variables/operator` of kyverno/kyverno.

use std::cmp::Ordering;

use regex::Regex;
use serde_json::Value;

use super::super::glob::wildcard;

/// None, where there is no such operator.
pub(super) fn holds(operator: &str, key: &Value, value: &Value) -> Option<bool> {
    let ordered = |is: fn(Ordering) -> bool| compared(key, value).is_some_and(is);
    let lasts = |is: fn(Ordering) -> bool| as_durations(key, value).is_some_and(is);
    let each = |is_any| listed(key, value, is_any);
    let all_in = || each(false).is_some_and(|each| each.iter().all(|is_in| *is_in));
    Some(match operator {
        "Equals" | "Equal" => equals(key, value),
        "NotEquals" | "NotEqual" => !key.is_null() && !equals(key, value),
        "AnyIn" => each(true).is_some_and(|each| each.contains(&true)),
        "AnyNotIn" => each(true).is_some_and(|each| each.contains(&false)),
        "AllIn" => all_in(),
        "In" => all_in() && is_plain(key, value),
        "NotIn" => each(false).is_some_and(|each| each.contains(&false)) && is_plain(key, value),
        "AllNotIn" => each(false).is_some_and(|each| !each.contains(&true)),
        "LessThan" => ordered(Ordering::is_lt),
        "LessThanOrEquals" => ordered(Ordering::is_le),
        "GreaterThan" => ordered(Ordering::is_gt),
        "GreaterThanOrEquals" => ordered(Ordering::is_ge),
        "DurationLessThan" => lasts(Ordering::is_lt),
        "DurationLessThanOrEquals" => lasts(Ordering::is_le),
        "DurationGreaterThan" => lasts(Ordering::is_gt),
        "DurationGreaterThanOrEquals" => lasts(Ordering::is_ge),
        _ => return None,
    })
}

fn equals(key: &Value, value: &Value) -> bool {
    if key.is_string()
        && let Some((key, value)) = durations(key, value)
    {
        return key.total_cmp(&value).is_eq();
    }
    match (key, value) {
        (Value::String(text), Value::String(wanted)) => match (quantity(text), quantity(wanted)) {
            (Some(key), Some(value)) => key.total_cmp(&value).is_eq(),
            // A quantity is compared with quantities alone.
            (Some(_), None) => false,
            (None, _) => wildcard(wanted, text),
        },
        (Value::Number(key), Value::Number(value)) => key.as_f64() == value.as_f64(),
        (Value::Number(number), Value::String(text)) if number.is_f64() => {
            text.parse().ok() == number.as_f64()
        }
        (Value::Number(number), Value::String(text)) => text.parse().ok() == number.as_i64(),
        (key, value) => key == value,
    }
}

/// How the key stands to the value, as durations, quantities, numbers or versions.
fn compared(key: &Value, value: &Value) -> Option<Ordering> {
    if let Some((key, value)) = durations(key, value) {
        return key.partial_cmp(&value);
    }
    if let (Some(key), Some(value)) = (key.as_str(), value.as_str()) {
        if let (Some(key), Some(value)) = (quantity(key), quantity(value)) {
            return key.partial_cmp(&value);
        }
        if let (Some(key), Some(value)) = (version(key), version(value)) {
            return Some(key.cmp(&value));
        }
    }
    number(key)?.partial_cmp(&number(value)?)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// In seconds, where one of them is a duration and the other a duration or a number.
fn durations(key: &Value, value: &Value) -> Option<(f64, f64)> {
    let is_duration = |value: &Value| value.as_str().and_then(seconds).is_some();
    (is_duration(key) || is_duration(value)).then(|| in_seconds(key).zip(in_seconds(value)))?
}

fn as_durations(key: &Value, value: &Value) -> Option<Ordering> {
    in_seconds(key)?.partial_cmp(&in_seconds(value)?)
}

fn in_seconds(value: &Value) -> Option<f64> {
    value.as_f64().map(f64::trunc).or_else(|| value.as_str().and_then(seconds))
}

/// A duration of Go's.
fn seconds(text: &str) -> Option<f64> {
    let whole = Regex::new(r"^[+-]?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$").ok()?;
    let parts = Regex::new(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)").ok()?;
    if !whole.is_match(text) {
        return None;
    }
    let mut seconds = 0.0;
    for part in parts.captures_iter(text) {
        let each = match part.get(2)?.as_str() {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "ns" => 1e-9,
            _ => 1e-6,
        };
        seconds += part.get(1)?.as_str().parse::<f64>().ok()? * each;
    }
    Some(if text.starts_with('-') { -seconds } else { seconds })
}

/// A quantity of Kubernetes'.
fn quantity(text: &str) -> Option<f64> {
    let form =
        Regex::new(r"^([+-]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE])i|([numkMGTPE])|[eE]([+-]?\d+))?$")
            .ok()?;
    let found = form.captures(text)?;
    let number: f64 = found.get(1)?.as_str().parse().ok()?;
    let power = |unit: &str, units: &str| {
        units.find(unit).and_then(|at| i32::try_from(at).ok()).map(|at| at + 1)
    };
    let unit = |group| found.get(group).map(|found: regex::Match<'_>| found.as_str());
    let factor = match (unit(2), unit(3), unit(4)) {
        (Some(unit), _, _) => 1024_f64.powi(power(unit, "KMGTPE")?),
        (_, Some(unit), _) if "num".contains(unit) => 1000_f64.powi(power(unit, "num")? - 4),
        (_, Some(unit), _) => 1000_f64.powi(power(unit, "kMGTPE")?),
        (_, _, Some(exponent)) => 10_f64.powi(exponent.parse().ok()?),
        (None, None, None) => 1.0,
    };
    Some(number * factor)
}

/// A semantic version without anything behind its three numbers.
fn version(text: &str) -> Option<Vec<u64>> {
    let parts: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| parts.len() == 3)
}

/// Of the key, or of each of its elements, whether it is listed; none, where that cannot be said.
fn listed(key: &Value, value: &Value, is_any: bool) -> Option<Vec<bool>> {
    let keys = match key {
        Value::Array(elements) => elements.iter().map(shown).collect(),
        Value::Null | Value::Object(_) => return None,
        key => vec![shown(key)],
    };
    let is_list = key.is_array();
    let among = |values: &[String]| {
        let is_in =
            |key: &String| values.iter().any(|value| wildcard(value, key) || wildcard(key, value));
        keys.iter().map(is_in).collect()
    };
    match value {
        Value::Array(elements) => Some(among(&elements.iter().map(shown).collect::<Vec<_>>())),
        Value::String(text) => match (range(text), texts(text)) {
            (Some((least, most)), _) => {
                let is_in = |key: &String| {
                    quantity(key).is_some_and(|key| (least..=most).contains(&key)) || key == text
                };
                Some(keys.iter().map(is_in).collect())
            }
            (None, Some(values)) if is_list => Some(among(&values)),
            (None, Some(values)) => {
                let is_in = |key: &String| wildcard(text, key) || values.contains(key);
                Some(keys.iter().map(is_in).collect())
            }
            // JSON, and no list of texts.
            (None, None) => {
                let is_it = match keys.as_slice() {
                    [only] if is_list => only == text,
                    [only] => wildcard(text, only),
                    _ => false,
                };
                is_it.then(|| vec![true])
            }
        },
        Value::Number(_) | Value::Bool(_) if is_list && is_any => Some(among(&[shown(value)])),
        Value::Null | Value::Number(_) | Value::Bool(_) | Value::Object(_) => None,
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn range(text: &str) -> Option<(f64, f64)> {
    let form = Regex::new(r"^([-+]?\d+(?:\.\d+)?[A-Za-z]*)-([-+]?\d+(?:\.\d+)?[A-Za-z]*)$").ok()?;
    let found = form.captures(text)?;
    let end = |group| found.get(group).and_then(|end| quantity(end.as_str()));
    end(1).zip(end(2))
}

/// A list of texts as JSON, or one text; none, where it is other JSON.
fn texts(text: &str) -> Option<Vec<String>> {
    match serde_json::from_str::<Value>(text) {
        Ok(found) => serde_json::from_value(found).ok(),
        Err(_) => Some(vec![text.to_owned()]),
    }
}

/// Whether `In` and `NotIn`, which are older, say the same: they know a list of texts alone, and in it no wildcards.
fn is_plain(key: &Value, value: &Value) -> bool {
    let is_list = match value {
        Value::Array(elements) => !key.is_array() || elements.iter().all(Value::is_string),
        value => value.as_str().is_some_and(|text| text.starts_with('[') || key.is_string()),
    };
    let is_wild = |text: &Value| text.to_string().contains(['*', '?']);
    is_list && !(key.is_array() && (is_wild(key) || is_wild(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_and_values() {
        let rows = [
            (json!("2048"), "Equals", json!("2Ki"), true),
            (json!("1500m"), "Equals", json!("1.5"), true),
            (json!("2Ki"), "NotEquals", json!("2048"), false),
            (json!("2h"), "NotEquals", json!(7200), false),
            (json!("7200"), "Equals", json!("2h"), false),
            (json!("v2"), "Equals", json!("v?"), true),
            (json!("2"), "Equals", json!("2*"), false),
            (json!(2), "Equals", json!("2"), true),
            (json!(2.5), "Equals", json!("2.5"), true),
            (json!(null), "NotEquals", json!("a"), false),
            (json!("3Mi"), "GreaterThan", json!("2Mi"), true),
            (json!("2.10.0"), "GreaterThan", json!("2.9.1"), true),
            (json!("90m"), "LessThanOrEquals", json!(5400), true),
            (json!("90s"), "DurationLessThan", json!("2m"), true),
            (json!(true), "LessThan", json!(2), false),
            (json!("a"), "AllNotIn", json!("a"), false),
            (json!(["a", "b"]), "AllNotIn", json!("b*"), false),
            (json!(["a", "b"]), "AllIn", json!("b"), false),
            (json!({"a": 1}), "AllIn", json!(["a"]), false),
            (json!({"a": 1}), "AllNotIn", json!(["a"]), false),
            (json!("4"), "AllNotIn", json!("1-5"), false),
            (json!([4, 9]), "AllIn", json!("1-5"), false),
            (json!([4, 9]), "AnyIn", json!("1-5"), true),
            (json!("b"), "AnyIn", json!("[\"a\",\"b\"]"), true),
            (json!(["a", "b"]), "In", json!(["a", "b", "c"]), true),
            (json!(["a", "b"]), "In", json!(["*"]), false),
            (json!(["a", "d"]), "NotIn", json!(["a"]), true),
        ];
        for (key, operator, value, expected) in rows {
            assert_eq!(holds(operator, &key, &value), Some(expected), "{key} {operator} {value}");
        }
        assert_eq!(holds("Is", &json!(1), &json!(1)), None);
    }
}
