//! Runs a case and compares everything that the policy said.

use super::{Case, Expect, Message, Run, Script, json};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};

/// What `kubectl` prints.
const MAX_MESSAGE: usize = 4096;
/// What the API server passes on.
const MAX_WARNING: usize = 120;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer<'a> {
    accepted: Option<bool>,
    valid: Option<bool>,
    message: Option<String>,
    #[serde(default)]
    audit_annotations: BTreeMap<String, String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(borrow)]
    mutated_object: Option<&'a RawValue>,
}

/// Runs a case.
///
/// # Errors
/// When the policy answers otherwise, or asks the host otherwise.
pub fn check(case: &Case, run: &Run<'_>) -> Result<(), String> {
    let script = Script::new(&case.host);
    let bytes = run(case.operation(), case.payload().as_bytes(), &script)?;
    let said = || format!("\nthe policy said: {}", start(&String::from_utf8_lossy(&bytes)));
    let answer: Answer<'_> =
        serde_json::from_slice(&bytes).map_err(|error| error.to_string() + &said())?;
    script
        .conclude()
        .and_then(|()| verdict(&case.expect, &answer))
        .and_then(|()| log(&case.expect, &answer, &script.logged()))
        .and_then(|()| mutation(case, &answer))
        .map_err(|fault| fault + &said())
}

fn verdict(expect: &Expect, answer: &Answer<'_>) -> Result<(), String> {
    if (expect.accepted, expect.valid) != (answer.accepted, answer.valid) {
        return Err("another verdict".to_owned());
    }
    let is_refusal = expect.accepted == Some(false) || expect.valid == Some(false);
    match (&expect.message, &answer.message) {
        (None, None) if !is_refusal => {}
        (Some(expected), Some(message)) if is_refusal => self::message(expected, message)?,
        _ => return Err("a message without a refusal, or the reverse".to_owned()),
    }
    let message = answer.message.as_deref().unwrap_or_default();
    if let Some(said) = expect.unsaid.iter().find(|unsaid| message.contains(unsaid.as_str())) {
        return Err(format!("the message gives away `{said}`"));
    }
    if let Some(audit) = &expect.audit
        && *audit != answer.audit_annotations
    {
        return Err(format!("expected the audit annotations {audit:#?}"));
    }
    if expect.warnings != answer.warnings
        || answer.warnings.iter().any(|warning| warning.chars().count() > MAX_WARNING)
    {
        return Err(format!("expected the warnings {:#?}", expect.warnings));
    }
    Ok(())
}

/// A rejection and a warning of an image leave a line in the log, and nothing else does.
fn log(expect: &Expect, answer: &Answer<'_>, lines: &[Value]) -> Result<(), String> {
    let is_quiet = answer.accepted != Some(false) && answer.warnings.is_empty();
    if is_quiet && !lines.is_empty() || answer.accepted == Some(false) && lines.is_empty() {
        return Err(format!("lines in the log: {lines:#?}"));
    }
    let Some(expected) = &expect.log else { return Ok(()) };
    let holds = |(expected, line): (&serde_json::Map<String, Value>, &Value)| {
        expected.iter().all(|(key, value)| line.get(key) == Some(value))
    };
    if expected.len() == lines.len() && expected.iter().zip(lines).all(holds) {
        return Ok(());
    }
    Err(format!("other lines in the log: {lines:#?}"))
}

fn message(expected: &Message, message: &str) -> Result<(), String> {
    if message.is_empty() || message.len() > MAX_MESSAGE {
        return Err(format!("a message of {} bytes", message.len()));
    }
    match expected {
        Message::Whole(whole) if whole != message => Err(format!("expected the message {whole:?}")),
        Message::Parts(parts) => match parts.iter().find(|part| !message.contains(part.as_str())) {
            Some(part) => Err(format!("expected in the message: {part:?}")),
            None => Ok(()),
        },
        Message::Whole(_) => Ok(()),
    }
}

/// The object must come back byte for byte, but for the strings in the patch.
fn mutation(case: &Case, answer: &Answer<'_>) -> Result<(), String> {
    let patch = &case.expect.patch;
    let Some(mutated) = answer.mutated_object else {
        return if patch.is_empty() { Ok(()) } else { Err("expected a mutated object".to_owned()) };
    };
    if patch.is_empty() || answer.accepted != Some(true) {
        return Err("a mutated object where none is expected".to_owned());
    }
    let object = case.object().ok_or("a patch without an object")?;
    let mut places: Vec<(std::ops::Range<usize>, &str)> = Vec::new();
    for (pointer, image) in patch {
        places.push((position(&object, pointer)?, image));
    }
    places.sort_by_key(|(place, _)| place.start);
    let mut expected = object.trim().to_owned();
    for (place, image) in places.into_iter().rev() {
        expected.replace_range(place, &json::quote(image));
    }
    if mutated.get() == expected { Ok(()) } else { Err(format!("expected the object {expected}")) }
}

/// As much as a person reads.
fn start(text: &str) -> String {
    text.chars().take(9000).collect()
}

/// Where the value that a JSON pointer leads to stands in the text.
fn position(object: &str, pointer: &str) -> Result<std::ops::Range<usize>, String> {
    let object = object.trim();
    let mut here = object;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next: Option<&RawValue> = match step.parse::<usize>() {
            Ok(index) => serde_json::from_str::<Vec<&RawValue>>(here)
                .map_err(|error| format!("{pointer}: {error}"))?
                .get(index)
                .copied(),
            Err(_) => serde_json::from_str::<HashMap<String, &RawValue>>(here)
                .map_err(|error| format!("{pointer}: {error}"))?
                .remove(&step),
        };
        here = next.ok_or_else(|| format!("nothing at {pointer}"))?.get();
    }
    let start = here.as_ptr() as usize - object.as_ptr() as usize;
    Ok(start..start + here.len())
}
