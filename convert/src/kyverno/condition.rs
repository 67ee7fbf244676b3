//! `conditions` of Kyverno's attestations → what a report must say.
//!
//! - Which are said? Comparisons of a plain path, of how long ago a time was, of a regular expression, of the severities
//!   that Trivy found. Every other is told, and not checked.
//! - What is a text there? A wildcard, a duration or a quantity where it reads as one; what is the same text is always the
//!   same there, so to ask for that is never less.
//! - "Less than" of an age, and "at most"? They differ by an instant, and `maxAge` has neither of them: an age in whole
//!   seconds must be below it, so that what is accepted is less than that old.
//! - What if a path leads nowhere? Nothing but the operators for "not" then holds, and those are not said here.
//!
//! Source: `pkg/engine/variables/operator` of kyverno/kyverno.

use yaml_serde::Value;

use super::types::{Condition, Conditions};
use super::variable::{Variable, variable};
use crate::attestation::claim::{Claim, Test, number, pattern_or_text, reg_exp, whole_hours};
use crate::read::nth;
use crate::signer::is_variable;
use crate::yaml::join;

/// What is asked, or why it cannot be, and where.
pub(super) type Claims = Vec<(String, Result<Claim, String>)>;

/// All that `all` and `any` ask; `taken` are names of variables that are not of the report.
pub(super) fn claims(conditions: &Conditions, path: &str, taken: &[String]) -> Claims {
    let mut claims: Claims = Vec::new();
    for (index, condition) in conditions.all.iter().enumerate() {
        claims.push((nth(&join(path, "all"), index), claim(condition, taken)));
    }
    let any = join(path, "any");
    match conditions.any.as_slice() {
        [] => {}
        [only] => claims.push((nth(&any, 0), claim(only, taken))),
        several => claims.push((any, one_of(several, taken))),
    }
    claims
}

/// One of several: said where all ask the same place for one text each.
fn one_of(conditions: &[Condition], taken: &[String]) -> Result<Claim, String> {
    let cannot = || "that one of several conditions holds cannot be converted".to_owned();
    let (mut places, mut values, mut stricter) = (Vec::new(), Vec::new(), Vec::new());
    for condition in conditions {
        let claim = claim(condition, taken)?;
        let Test::Equals(value) = claim.test else { return Err(cannot()) };
        places.push(claim.at);
        values.push(value);
        stricter.extend(claim.stricter);
    }
    places.dedup();
    let [at] = places.as_slice() else { return Err(cannot()) };
    stricter.dedup();
    Ok(Claim { stricter, ..Claim::new(at.clone(), Test::In(values)) })
}

fn claim(condition: &Condition, taken: &[String]) -> Result<Claim, String> {
    let key = condition.key.as_ref().and_then(Value::as_str).unwrap_or_default();
    let operator = condition.operator.as_deref().unwrap_or_default();
    let value = condition.value.as_ref().unwrap_or(&Value::Null);
    let cannot = || {
        let shown = serde_json::to_string(value).unwrap_or_default();
        format!("`{key}` {operator} `{shown}` cannot be converted")
    };
    let key = variable(key, taken).ok_or_else(cannot)?;
    match (key, operator) {
        (Variable::Path(at), operator) => field(at, operator, value).ok_or_else(cannot),
        (
            Variable::Since(at),
            "LessThan" | "LessThanOrEquals" | "DurationLessThan" | "DurationLessThanOrEquals",
        ) => {
            let hours = whole_hours(value.as_str().ok_or_else(cannot)?)?;
            Ok(Claim::new(at, Test::NoOlderThan(hours)))
        }
        (Variable::Matches { at, expression }, "Equal" | "Equals")
            if *value == Value::Bool(true) =>
        {
            reg_exp(at, &expression)
        }
        (Variable::Severities, "AllNotIn") => severities(value).ok_or_else(cannot),
        (Variable::Findings(found), operator) if is_none(operator, value) => {
            Ok(no_finding_of(found))
        }
        (
            Variable::Since(_)
            | Variable::Matches { .. }
            | Variable::Severities
            | Variable::Findings(_),
            _,
        ) => Err(cannot()),
    }
}

/// Whether a count compared so is zero.
fn is_none(operator: &str, value: &Value) -> bool {
    let wanted = match operator {
        "Equal" | "Equals" | "LessThanOrEquals" => 0.0,
        "LessThan" => 1.0,
        _ => return false,
    };
    value.as_f64() == Some(wanted) || (wanted == 0.0 && value.as_str() == Some("0"))
}

fn severities(value: &Value) -> Option<Claim> {
    let severity = |value: &Value| {
        value.as_str().filter(|text| super::variable::is_severity(text)).map(str::to_owned)
    };
    let found: Vec<String> = value.as_sequence()?.iter().map(severity).collect::<Option<_>>()?;
    Some(no_finding_of(found))
}

fn no_finding_of(severities: Vec<String>) -> Claim {
    let text = "a report without `Results` is refused there; here it has no findings";
    Claim::new(String::new(), Test::NoFindingOf(severities)).less(text)
}

const AS_TEXT: &str = "a number that is written as a string passes there, and not here";
const AS_LIST: &str =
    "a list with one of these values passes there; here, the field itself must be one of them";
const OTHERWISE: &str = "the same number in another spelling passes there, and not here";
const BETWEEN: &str = "numbers between two whole numbers, and numbers that are written as strings, pass there and not here";

fn field(at: String, operator: &str, value: &Value) -> Option<Claim> {
    match operator {
        "Equal" | "Equals" => equals(at, value),
        "AnyIn" | "AllIn" | "In" => is_in(at, operator, value),
        "LessThanOrEquals" => {
            number(value)?;
            Some(Claim::new(at, Test::AtMost(value.clone())).stricter(AS_TEXT))
        }
        "GreaterThanOrEquals" => {
            number(value)?;
            Some(Claim::new(at, Test::AtLeast(value.clone())).stricter(AS_TEXT))
        }
        "LessThan" => {
            number(value)?;
            let most = Value::from(value.as_i64()?.checked_sub(1)?);
            Some(Claim::new(at, Test::AtMost(most)).stricter(BETWEEN))
        }
        "GreaterThan" => {
            number(value)?;
            let least = Value::from(value.as_i64()?.checked_add(1)?);
            Some(Claim::new(at, Test::AtLeast(least)).stricter(BETWEEN))
        }
        _ => None,
    }
}

fn equals(at: String, value: &Value) -> Option<Claim> {
    match value {
        Value::Bool(_) => Some(Claim::new(at, Test::Equals(value.clone()))),
        Value::Number(_) => {
            number(value)?;
            Some(Claim::new(at, Test::Equals(value.clone())).stricter(AS_TEXT))
        }
        Value::String(text) if is_variable(text) || text.contains('?') => None,
        Value::String(text) if text.contains('*') => {
            // What reads as a quantity is compared with nothing else than a quantity there.
            let is_of_quantities = |c: char| c.is_ascii_digit() || "*+-.eEKMGTPimnuk".contains(c);
            if text.chars().all(is_of_quantities) {
                return None;
            }
            pattern_or_text(&stars(text)).map(|test| Claim::new(at, test))
        }
        Value::String(text) => {
            let claim = Claim::new(at, Test::Equals(value.clone()));
            let may_be_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
            Some(if may_be_number { claim.stricter(OTHERWISE) } else { claim })
        }
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}

/// A star there is any text.
fn stars(text: &str) -> String {
    let mut pattern = String::new();
    for part in text.split_inclusive('*') {
        let letters = part.trim_end_matches('*');
        if !(letters.is_empty() && pattern.ends_with('*')) {
            pattern.push_str(letters);
            pattern.push_str(if part.ends_with('*') { "**" } else { "" });
        }
    }
    pattern
}

fn is_in(at: String, operator: &str, value: &Value) -> Option<Claim> {
    let values = value.as_sequence()?;
    let is_plain = |value: &Value| {
        value.as_str().is_some_and(|text| !is_variable(text) && !text.contains(['*', '?']))
    };
    if values.is_empty() || !values.iter().all(is_plain) {
        return None;
    }
    Some(match values.as_slice() {
        [only] if operator == "AnyIn" => Claim::new(at, Test::Contains(only.clone())),
        _ => Claim::new(at, Test::In(values.clone())).stricter(AS_LIST),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key, operator, value, the test.
    #[test]
    fn conditions_of_one_place() {
        let rows = [
            ("{{ a.b }}", "Equals", "main", "Equals(String(\"main\"))"),
            ("{{ a.b }}", "Equals", "true", "Equals(Bool(true))"),
            ("{{ a.b }}", "Equal", "0", "Equals(Number(0))"),
            ("{{ a.b }}", "Equals", "\"1.4\"", "Equals(String(\"1.4\"))"),
            ("{{ a.b }}", "Equals", "https://acme.io/*/b*", "Pattern(\"https://acme.io/**/b**\")"),
            ("{{ a.b }}", "Equals", "x**", "Pattern(\"x**\")"),
            ("{{ a.b }}", "Equals", "1*", ""),
            ("{{ a.b }}", "Equals", "v?", ""),
            ("{{ a.b }}", "Equals", "'{{ x }}'", ""),
            ("{{ a.b }}", "Equals", "[a]", ""),
            ("{{ a.b }}", "NotEquals", "main", ""),
            ("{{ a.b }}", "AnyNotIn", "[a]", ""),
            ("{{ a.b }}", "AnyIn", "[a]", "Contains(String(\"a\"))"),
            ("{{ a.b }}", "AnyIn", "[a, b]", "In([String(\"a\"), String(\"b\")])"),
            ("{{ a.b }}", "AllIn", "[a]", "In([String(\"a\")])"),
            ("{{ a.b }}", "AnyIn", "[a*]", ""),
            ("{{ a.b }}", "AnyIn", "a", ""),
            ("{{ a.b }}", "LessThanOrEquals", "8.5", "AtMost(Number(8.5))"),
            ("{{ a.b }}", "LessThan", "5", "AtMost(Number(4))"),
            ("{{ a.b }}", "LessThan", "5.5", ""),
            ("{{ a.b }}", "GreaterThan", "5", "AtLeast(Number(6))"),
            ("{{ a.b }}", "GreaterThanOrEquals", "9007199254740994", ""),
            ("{{ time_since('', '{{a.b}}', '') }}", "LessThanOrEquals", "168h", "NoOlderThan(168)"),
            ("{{ time_since('', '{{a.b}}', '') }}", "GreaterThan", "168h", ""),
            ("{{ time_since('', '{{a.b}}', '') }}", "LessThan", "90m", ""),
            ("{{ regex_match('^v1$', '{{a.b}}') }}", "Equals", "true", "Equals(String(\"v1\"))"),
            ("{{ regex_match('^v1$', '{{a.b}}') }}", "Equals", "false", ""),
            ("{{ regex_match('^v[0-9]$', '{{a.b}}') }}", "Equals", "true", ""),
            ("{{ a || 'x' }}", "Equals", "main", ""),
            ("{{ a[0] }}", "Equals", "main", ""),
            ("{{ taken.b }}", "Equals", "main", ""),
            ("{{ request.namespace }}", "Equals", "main", ""),
            ("x{{ a }}", "Equals", "xmain", ""),
        ];
        for (key, operator, value, expected) in rows {
            let condition = Condition {
                key: Some(Value::from(key)),
                operator: Some(operator.to_owned()),
                value: Some(yaml_serde::from_str(value).unwrap()),
            };
            let claim = claim(&condition, &["taken".to_owned()]);
            let test = claim.map(|claim| format!("{:?}", claim.test)).unwrap_or_default();
            assert_eq!(test, expected, "{key} {operator} {value}");
        }
    }
}
