//! What a plain YAML scalar means to `kubectl`.
//!
//! - Which rules? Those of the YAML library that Kubernetes uses (`sigs.k8s.io/yaml`, `goyaml.v2/resolve.go`),
//!   which are YAML 1.1's: `yes` is a truth value, `0x10` and `1_000` are numbers.
//! - Why does it matter? `image: 1.25` is a number, which the policy refuses as the API server does.

use super::tree::Value;

const NULLS: [&str; 5] = ["", "~", "null", "Null", "NULL"];
const TRUE: [&str; 11] = ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"];
const FALSE: [&str; 11] =
    ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"];

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Value {
    if NULLS.contains(&text) {
        Value::Null
    } else if TRUE.contains(&text) {
        Value::Bool(true)
    } else if FALSE.contains(&text) {
        Value::Bool(false)
    } else if let Some(number) = number(text) {
        Value::Number(number)
    } else {
        Value::Text(text.to_owned())
    }
}

/// The number as JSON spells it.
fn number(text: &str) -> Option<String> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    if serde_json::from_str::<serde_json::Number>(text).is_ok() {
        return Some(text.to_owned());
    }
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    if let Some(integer) = integer(digits) {
        return Some(format!("{sign}{integer}"));
    }
    let is_decimal = digits.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c))
        && digits.contains(|c: char| c.is_ascii_digit());
    let float: f64 = plain.parse().ok().filter(|_| is_decimal)?;
    serde_json::Number::from_f64(float).map(|number| number.to_string())
}

fn integer(digits: &str) -> Option<u64> {
    let radixes = [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8), ("0", 8)];
    for (prefix, radix) in radixes {
        if let Some(digits) = digits.strip_prefix(prefix).filter(|digits| !digits.is_empty()) {
            return u64::from_str_radix(digits, radix).ok();
        }
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_mean_what_they_mean_to_kubectl() {
        let rows = [
            ("", "Null"),
            ("~", "Null"),
            ("yes", "Bool(true)"),
            ("OFF", "Bool(false)"),
            ("1.25", "Number(\"1.25\")"),
            ("1.50", "Number(\"1.50\")"),
            ("1e3", "Number(\"1e3\")"),
            ("-12", "Number(\"-12\")"),
            ("+12", "Number(\"12\")"),
            (".5", "Number(\"0.5\")"),
            ("0x10", "Number(\"16\")"),
            ("-0o17", "Number(\"-15\")"),
            ("017", "Number(\"15\")"),
            ("0b11", "Number(\"3\")"),
            ("1_000", "Number(\"1000\")"),
            ("nginx", "Text(\"nginx\")"),
            ("1.2.3", "Text(\"1.2.3\")"),
            ("-", "Text(\"-\")"),
            (".", "Text(\".\")"),
            (".inf", "Text(\".inf\")"),
            ("2001-01-01", "Text(\"2001-01-01\")"),
            ("12:30", "Text(\"12:30\")"),
        ];
        for (text, expected) in rows {
            assert_eq!(format!("{:?}", resolve(text)), expected, "{text}");
        }
    }
}
