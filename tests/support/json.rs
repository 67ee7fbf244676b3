//! YAML → JSON text, in the order written, and what stands for fixtures.

use std::path::Path;
use yaml_serde::{Mapping, Value};

/// The JSON text of a value. A string is JSON text already: for bytes that YAML cannot say.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(literal) => literal.clone(),
        _ => encode(value),
    }
}

pub(crate) fn encode(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quote(text),
        Value::Sequence(items) => {
            format!("[{}]", items.iter().map(encode).collect::<Vec<_>>().join(","))
        }
        Value::Mapping(fields) => {
            let field = |(key, value): (&Value, &Value)| {
                format!("{}:{}", quote(key.as_str().unwrap()), encode(value))
            };
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(","))
        }
        Value::Tagged(_) => panic!("a tag in a case"),
    }
}

pub(crate) fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

pub(crate) fn parse(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))
}

/// Replaces, in every string, `${digest:X}` by a digest made of the digit X, `${PATH}` by the text of a
/// fixture and `${bytes:PATH}`, which must be the whole string, by a list of its bytes. A string that is
/// JSON text itself gets the fixture's line breaks escaped.
pub(crate) fn expand(value: &Value, fixtures: &Path) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => expand_text(text, fixtures)?,
        Value::Sequence(items) => Value::Sequence(
            items.iter().map(|item| expand(item, fixtures)).collect::<Result<_, _>>()?,
        ),
        Value::Mapping(fields) => {
            let mut expanded = Mapping::new();
            for (key, value) in fields {
                expanded.insert(expand(key, fixtures)?, expand(value, fixtures)?);
            }
            Value::Mapping(expanded)
        }
        other => other.clone(),
    })
}

fn expand_text(text: &str, fixtures: &Path) -> Result<Value, String> {
    if let Some(name) = text.strip_prefix("${bytes:").and_then(|rest| rest.strip_suffix('}')) {
        let bytes = read(fixtures, name)?.into_bytes();
        return Ok(Value::Sequence(bytes.into_iter().map(Value::from).collect()));
    }
    let is_json = text.starts_with(['{', '[', '"']);
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or("`${` without `}`")?;
        let value = match name.strip_prefix("digest:") {
            Some(digit) => format!("sha256:{}", digit.repeat(64)),
            None => read(fixtures, name)?,
        };
        expanded.push_str(before);
        expanded.push_str(&if is_json { value.replace('\n', "\\n") } else { value });
        rest = after;
    }
    expanded.push_str(rest);
    Ok(Value::String(expanded))
}

fn read(fixtures: &Path, name: &str) -> Result<String, String> {
    let path = fixtures.join(format!("{name}.pem"));
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}
