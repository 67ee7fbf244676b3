//! YAML → JSON text, in the order written, and what stands for fixtures and for long strings.

use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use yaml_serde::{Mapping, Value};

/// The JSON text of a value. A string is JSON text already: for bytes that YAML cannot say.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(literal) => literal.clone(),
        _ => encode(value),
    }
}

pub(super) fn encode(value: &Value) -> String {
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

pub(super) fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

pub(super) fn parse(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))
}

/// What `${…}` stands for.
pub(super) struct Words<'w> {
    fixtures: &'w Path,
    /// The strings of this case, by their names.
    strings: HashMap<String, String>,
}

impl<'w> Words<'w> {
    pub(super) fn new(fixtures: &'w Path, strings: &HashMap<String, Repeated>) -> Self {
        let strings = strings.iter().map(|(name, repeated)| (name.clone(), repeated.text()));
        Self { fixtures, strings: strings.collect() }
    }

    /// Replaces, in every string, `${NAME}` by that string of the case, `${digest:X}` by a digest made of
    /// the digit X, `${PATH}` by the text of a fixture and, where they are the whole string,
    /// `${bytes:PATH}` by a list of its bytes and `${example:NAME}` by the settings of an example. A string
    /// that is JSON text itself gets the fixture's line breaks escaped.
    pub(super) fn expand(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => self.expand_text(text)?,
            Value::Sequence(items) => Value::Sequence(
                items.iter().map(|item| self.expand(item)).collect::<Result<_, _>>()?,
            ),
            Value::Mapping(fields) => {
                let mut expanded = Mapping::new();
                for (key, value) in fields {
                    expanded.insert(self.expand(key)?, self.expand(value)?);
                }
                Value::Mapping(expanded)
            }
            other => other.clone(),
        })
    }

    fn expand_text(&self, text: &str) -> Result<Value, String> {
        if let Some(name) = text.strip_prefix("${bytes:").and_then(|rest| rest.strip_suffix('}')) {
            let bytes = self.read(name)?.into_bytes();
            return Ok(Value::Sequence(bytes.into_iter().map(Value::from).collect()));
        }
        if let Some(name) = text.strip_prefix("${example:").and_then(|rest| rest.strip_suffix('}'))
        {
            return self.example(name);
        }
        let is_json = text.starts_with(['{', '[', '"']);
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or("`${` without `}`")?;
            expanded.push_str(before);
            let value = self.value(name)?;
            let is_fixture = !self.strings.contains_key(name);
            expanded.push_str(&if is_json && is_fixture {
                value.replace('\n', "\\n")
            } else {
                value
            });
            rest = after;
        }
        expanded.push_str(rest);
        Ok(Value::String(expanded))
    }

    fn value(&self, name: &str) -> Result<String, String> {
        match (self.strings.get(name), name.strip_prefix("digest:")) {
            (Some(text), _) => Ok(text.clone()),
            (None, Some(digit)) => Ok(format!("sha256:{}", digit.repeat(64))),
            (None, None) => self.read(name),
        }
    }

    /// The settings in `examples/NAME.yaml`: the file itself, or what the policy's manifest in it holds.
    fn example(&self, name: &str) -> Result<Value, String> {
        let path = self.fixtures.join(format!("../../examples/{name}.yaml"));
        let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| fault(&error))?;
        let documents: Vec<Value> = yaml_serde::Deserializer::from_str(&text)
            .map(Value::deserialize)
            .collect::<Result<_, _>>()
            .map_err(|error| fault(&error))?;
        let policy = documents.iter().find(|document| {
            document.get("kind").and_then(Value::as_str) == Some("ClusterAdmissionPolicy")
        });
        match policy {
            Some(policy) => Ok(policy["spec"]["settings"].clone()),
            None => documents.into_iter().next().ok_or_else(|| fault(&"it is empty")),
        }
    }

    fn read(&self, name: &str) -> Result<String, String> {
        let path = self.fixtures.join(format!("{name}.pem"));
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// A string that is too long for a file: so many times this one, in which `#` is the number of the time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeated {
    repeat: String,
    times: usize,
}

impl Repeated {
    fn text(&self) -> String {
        if !self.repeat.contains('#') {
            return self.repeat.repeat(self.times);
        }
        (0..self.times).map(|time| self.repeat.replace('#', &time.to_string())).collect()
    }
}
