//! Label selectors as `kubectl --selector` takes them, as the fields of a manifest.
//!
//! - Which grammar? That of `labels.Parse`: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, with commas
//!   between them
//!   (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>).
//! - And namespaces by their names? Kubernetes gives each namespace a label with its name.

use yaml_serde::{Mapping, Value};

/// The label that every namespace has: its name.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// One thing that a selector asks of labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Requirement {
    /// That a namespace is none of these.
    #[must_use]
    pub fn excluding(namespaces: &[String]) -> Option<Self> {
        (!namespaces.is_empty()).then(|| Self {
            key: NAME_LABEL.to_owned(),
            operator: Operator::NotIn,
            values: namespaces.to_vec(),
        })
    }

    /// As an element of `matchExpressions`.
    pub(super) fn expression(&self) -> Value {
        let operator = match self.operator {
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
        };
        let mut map = Mapping::from_iter([
            (Value::from("key"), Value::from(self.key.as_str())),
            (Value::from("operator"), Value::from(operator)),
        ]);
        if !self.values.is_empty() {
            let values = self.values.iter().map(|value| Value::from(value.as_str())).collect();
            map.insert(Value::from("values"), Value::Sequence(values));
        }
        Value::Mapping(map)
    }
}

/// Reads a selector.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Requirement>, String> {
    parts(text)?.into_iter().map(requirement).collect()
}

/// What stands between the commas that stand in no parentheses.
fn parts(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut is_inside) = (Vec::new(), 0, false);
    for (index, character) in text.char_indices() {
        match character {
            '(' if is_inside => return Err("`(` inside `(…)`".to_owned()),
            '(' => is_inside = true,
            ')' if !is_inside => return Err("`)` without `(`".to_owned()),
            ')' => is_inside = false,
            ',' if !is_inside => {
                parts.extend(text.get(start..index));
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    if is_inside { Err("`(` without `)`".to_owned()) } else { Ok(parts) }
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let text = text.trim();
    let new = |key: &str, operator, values: &[&str]| {
        let key = label(key, true)?;
        let values = values.iter().map(|value| label(value, false)).collect::<Result<_, _>>()?;
        Ok(Requirement { key, operator, values })
    };
    if let Some(set) = text.strip_suffix(')') {
        let (head, values) = set.split_once('(').ok_or("`)` without `(`")?;
        let values: Vec<&str> = values.split(',').collect();
        let (key, operator) = head.trim().rsplit_once(char::is_whitespace).unwrap_or_default();
        return match operator {
            "in" => new(key, Operator::In, &values),
            "notin" => new(key, Operator::NotIn, &values),
            _ => Err(format!("`{text}`: write `in` or `notin` before `(`")),
        };
    }
    if let Some((key, value)) = text.split_once("!=") {
        return new(key, Operator::NotIn, &[value]);
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return new(key, Operator::In, &[value]);
    }
    match text.strip_prefix('!') {
        Some(key) => new(key, Operator::DoesNotExist, &[]),
        None => new(text, Operator::Exists, &[]),
    }
}

/// A key or a value. That it is well formed, the API server says.
fn label(text: &str, is_key: bool) -> Result<String, String> {
    let text = text.trim();
    let is_known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c) || is_key && c == '/';
    if is_key && text.is_empty() || !text.chars().all(is_known) {
        let what = if is_key { "the key of a label" } else { "the value of a label" };
        return Err(format!("`{text}` is not {what}"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_as_kubectl_reads_them() {
        let rows = [
            ("env=prod", "[{key: env, operator: In, values: [prod]}]"),
            ("env==prod", "[{key: env, operator: In, values: [prod]}]"),
            ("env!=prod", "[{key: env, operator: NotIn, values: [prod]}]"),
            ("env in (a, b)", "[{key: env, operator: In, values: [a, b]}]"),
            ("env notin(a)", "[{key: env, operator: NotIn, values: [a]}]"),
            ("acme.io/team", "[{key: acme.io/team, operator: Exists}]"),
            (
                "!sandbox , env in (a,b)",
                "[{key: sandbox, operator: DoesNotExist}, {key: env, operator: In, values: [a, b]}]",
            ),
        ];
        for (text, expected) in rows {
            let read = parse(text).unwrap().iter().map(Requirement::expression).collect();
            let expected: Value = yaml_serde::from_str(expected).unwrap();
            assert_eq!(Value::Sequence(read), expected, "{text}");
        }
        for text in ["", "=a", "a=b c", "a in b", "a in (b", "a)", "a on (b)", "a in ((b))", "a,,b"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
