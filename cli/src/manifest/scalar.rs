//! What a YAML scalar means to `kubectl`.
//!
//! - Which rules? go-yaml 2's ([`resolve.go`](https://github.com/yaml/go-yaml/blob/v2.4.2/resolve.go)), which are
//!   YAML 1.1's: `yes` is a truth value, `0x10` and `1_000` are numbers.
//! - Why does it matter? `image: 1.25` is a number, which the policy refuses as the API server does.
//! - Which tags count? Those of [`TAGS`]. Any other makes a text of its scalar.

use super::tree::Value;

const NULLS: [&str; 5] = ["", "~", "null", "Null", "NULL"];
const TRUE: [&str; 11] = ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"];
const FALSE: [&str; 11] =
    ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"];
/// With or without a sign.
const INFINITE: [&str; 3] = [".inf", ".Inf", ".INF"];
const NOT_A_NUMBER: [&str; 3] = [".nan", ".NaN", ".NAN"];

const PREFIX: &str = "tag:yaml.org,2002:";
const TAGS: [&str; 6] = ["str", "bool", "int", "float", "null", "timestamp"];
const BINARY: &str = "binary";

/// The value of a scalar. `is_implicit` when its look says what it means.
///
/// # Errors
/// When JSON has no such value, or it is not what its tag says.
pub(super) fn resolve(tag: Option<&str>, is_implicit: bool, text: &str) -> Result<Value, String> {
    let Some(tag) = tag else {
        return if is_implicit { look(text) } else { Ok(Value::Text(text.to_owned())) };
    };
    match tag.strip_prefix(PREFIX) {
        Some(BINARY) => Err("`!!binary` is not supported: write the text itself".to_owned()),
        Some("str") => Ok(Value::Text(text.to_owned())),
        Some(name) if TAGS.contains(&name) => tagged(name, text),
        Some(_) | None => Ok(Value::Text(text.to_owned())),
    }
}

fn tagged(name: &str, text: &str) -> Result<Value, String> {
    let value = look(text)?;
    let fits = match &value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "bool",
        Value::Number(number) if is_fraction(number) => name == "float",
        // go-yaml makes no fraction of a number that takes all of 64 bits.
        Value::Number(number) => name == "int" || name == "float" && number.parse::<i64>().is_ok(),
        Value::Text(_) | Value::List(_) | Value::Map(_) => false,
    };
    if fits {
        Ok(value)
    } else {
        Err(format!("`{text}` does not have the type of its tag `!!{name}`"))
    }
}

/// What a plain scalar looks like.
fn look(text: &str) -> Result<Value, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if NULLS.contains(&text) {
        Ok(Value::Null)
    } else if TRUE.contains(&text) {
        Ok(Value::Bool(true))
    } else if FALSE.contains(&text) {
        Ok(Value::Bool(false))
    } else if INFINITE.contains(&unsigned) || NOT_A_NUMBER.contains(&text) {
        Err(format!("JSON has no number `{text}`: write it in quotes"))
    } else if let Some(number) = number(text) {
        Ok(Value::Number(number))
    } else {
        Ok(Value::Text(text.to_owned()))
    }
}

/// The number as JSON spells it.
fn number(text: &str) -> Option<String> {
    let first = text.bytes().next()?;
    // go-yaml drops any `_`, but leaves it to Go where a number begins with a dot.
    if first == b'.' {
        return float(&between_digits(text)?);
    }
    if !first.is_ascii_digit() && first != b'+' && first != b'-' {
        return None;
    }
    let plain = text.replace('_', "");
    integer(&plain).or_else(|| float(&plain))
}

/// The text without `_`, each of which stands between digits.
fn between_digits(text: &str) -> Option<String> {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut sides = text.split('_').zip(text.split('_').skip(1));
    let fits = sides
        .all(|(before, after)| is_digit(before.chars().last()) && is_digit(after.chars().next()));
    fits.then(|| text.replace('_', ""))
}

/// As Go's `ParseInt`, then `ParseUint`, of base 0.
fn integer(text: &str) -> Option<String> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = i128::from(magnitude(digits)?);
    let number = if is_negative { -number } else { number };
    let is_signed = digits.len() < text.len();
    let fits = i64::try_from(number).is_ok() || !is_signed && u64::try_from(number).is_ok();
    fits.then(|| number.to_string())
}

fn magnitude(digits: &str) -> Option<u64> {
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let radixes = [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8), ("0", 8)];
    for (prefix, radix) in radixes {
        if let Some(digits) = digits.strip_prefix(prefix).filter(|digits| !digits.is_empty()) {
            let is_number = digits.chars().all(|c| c.is_digit(radix));
            return is_number.then(|| u64::from_str_radix(digits, radix).ok()).flatten();
        }
    }
    digits.parse().ok()
}

fn float(text: &str) -> Option<String> {
    let is_decimal = text.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
    let float: f64 = text.parse().ok().filter(|_| is_decimal)?;
    let is_json = serde_json::from_str::<serde_json::Number>(text).is_ok();
    if is_json && is_fraction(text) {
        return Some(text.to_owned());
    }
    serde_json::Number::from_f64(float).map(|number| number.to_string())
}

fn is_fraction(number: &str) -> bool {
    number.contains(['.', 'e', 'E'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tag: Option<&str>, text: &str) -> String {
        let tag = tag.map(|tag| format!("{PREFIX}{tag}"));
        match resolve(tag.as_deref(), tag.is_none(), text) {
            Ok(value) => format!("{value:?}"),
            Err(reason) => reason,
        }
    }

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
            ("08", "Number(\"8.0\")"),
            ("0b11", "Number(\"3\")"),
            ("1_000", "Number(\"1000\")"),
            ("18446744073709551615", "Number(\"18446744073709551615\")"),
            ("nginx", "Text(\"nginx\")"),
            ("1.2.3", "Text(\"1.2.3\")"),
            ("-", "Text(\"-\")"),
            (".", "Text(\".\")"),
            (".5_0", "Number(\"0.5\")"),
            (".5__0", "Text(\".5__0\")"),
            ("._5", "Text(\"._5\")"),
            ("0x+1", "Text(\"0x+1\")"),
            ("-0xffffffffffffffff", "Text(\"-0xffffffffffffffff\")"),
            ("1e999", "Text(\"1e999\")"),
            ("2001-01-01", "Text(\"2001-01-01\")"),
            ("12:30", "Text(\"12:30\")"),
            (".inf", "JSON has no number `.inf`: write it in quotes"),
            ("-.INF", "JSON has no number `-.INF`: write it in quotes"),
            (".NaN", "JSON has no number `.NaN`: write it in quotes"),
        ];
        for (text, expected) in rows {
            assert_eq!(told(None, text), expected, "{text}");
        }
    }

    #[test]
    fn tags_say_what_a_scalar_is() {
        let rows = [
            ("str", "1", "Text(\"1\")"),
            ("int", "0x10", "Number(\"16\")"),
            ("int", "1.5", "`1.5` does not have the type of its tag `!!int`"),
            ("float", "1", "Number(\"1\")"),
            (
                "float",
                "18446744073709551615",
                "`18446744073709551615` does not have the type of its tag `!!float`",
            ),
            ("bool", "on", "Bool(true)"),
            ("null", "x", "`x` does not have the type of its tag `!!null`"),
            ("omap", "1", "Text(\"1\")"),
            ("binary", "bmdpbng=", "`!!binary` is not supported: write the text itself"),
        ];
        for (tag, text, expected) in rows {
            assert_eq!(told(Some(tag), text), expected, "!!{tag} {text}");
        }
        assert_eq!(resolve(None, false, "1"), Ok(Value::Text("1".to_owned())));
        assert_eq!(resolve(Some("!local"), false, "1"), Ok(Value::Text("1".to_owned())));
    }
}
