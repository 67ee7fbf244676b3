//! Whether two runs are alike: the same answer, and the same calls in the same order.
//!
//! *What may differ?* White space and the order of keys, but not in the mutated object, whose text is compared; and
//! what is null or empty is absent. Beyond that, what is allowed is told by its [`Class`], and counted.

use crate::run::{Call, Run};
use clap::ValueEnum;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A class of differences that may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Class {
    /// What is wrong with settings, in other words.
    SettingsWords,
    /// Why a request or a host's answer is no JSON, in other words.
    ReaderWords,
    /// Of an object that is wrong in several places, which of them is told.
    FirstFault,
}

impl Class {
    pub(crate) const ALL: [Self; 3] = [Self::SettingsWords, Self::ReaderWords, Self::FirstFault];
}

/// How two runs compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// They are alike.
    Same,
    /// They differ as they may.
    Allowed(Class),
    /// They differ in that.
    Different(String),
}

/// What settings are called that are not valid, in an answer to a request.
const INVALID_SETTINGS: &str = "the settings of this policy are not valid";
/// What the JSON reader's own words follow.
const READER: [&str; 2] =
    ["the request cannot be read: ", "the policy server's answer cannot be read: "];

/// What is wrong with an object follows it.
const UNREADABLE: &str = " cannot be read: ";

pub(crate) fn compare(before: &Run, now: &Run, allowed: &[Class]) -> Comparison {
    use Comparison::{Allowed, Different, Same};
    if let Some(difference) = calls(&before.calls, &now.calls) {
        return Different(difference);
    }
    let (before, now) = match (&before.answer, &now.answer) {
        (Ok(before), Ok(now)) if before == now => return Same,
        (Ok(before), Ok(now)) => (before, now),
        (Err(_), Err(_)) => return Same,
        (Err(_), Ok(_)) | (Ok(_), Err(_)) => return Different("one of them fails".to_owned()),
    };
    let (before, now) = match (Answer::read(before), Answer::read(now)) {
        (Ok(before), Ok(now)) => (before, now),
        (Err(error), _) | (_, Err(error)) => return Different(format!("no answer: {error}")),
    };
    if before == now {
        return Same;
    }
    let is_all = |class: &&Class| before.without(**class) == now.without(**class);
    match allowed.iter().find(is_all) {
        Some(class) => Allowed(*class),
        None => Different(before.difference(&now)),
    }
}

fn calls(before: &[Call], now: &[Call]) -> Option<String> {
    for (index, pair) in before.iter().zip(now).enumerate() {
        if pair.0.name != pair.1.name || !is_same_question(pair.0, pair.1) {
            return Some(format!("call {index}"));
        }
    }
    (before.len() != now.len()).then(|| format!("{} calls, now {}", before.len(), now.len()))
}

fn is_same_question(before: &Call, now: &Call) -> bool {
    let read = |call: &Call| {
        let mut question = serde_json::from_slice::<Value>(&call.question).ok()?;
        if call.name == "tracing/log" {
            // Where it is in the code.
            let line = question.as_object_mut()?;
            line.retain(|key, _| !["file", "line", "column"].contains(&key.as_str()));
        }
        Some(question)
    };
    before.question == now.question || read(before).is_some_and(|before| Some(before) == read(now))
}

/// An answer, its keys in order.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    /// Everything but the object.
    said: BTreeMap<String, Value>,
    /// The object as it is written.
    object: Option<String>,
}

impl Answer {
    fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(bytes)?;
        let mut answer = Self { said: BTreeMap::new(), object: None };
        for (key, raw) in members {
            let text = raw.get();
            if matches!(text, "null" | "[]" | "{}") {
                continue;
            }
            if key == "mutated_object" {
                answer.object = Some(text.to_owned());
            } else {
                answer.said.insert(key, serde_json::from_str(text)?);
            }
        }
        Ok(answer)
    }

    /// The answer without the words of that class.
    fn without(&self, class: Class) -> Self {
        let mut answer = self.clone();
        let is_invalid = answer.said.get("valid") == Some(&Value::Bool(false));
        let message = answer.said.get_mut("message");
        match (class, message) {
            (Class::SettingsWords, Some(message)) if is_invalid => *message = Value::Null,
            (Class::SettingsWords, Some(Value::String(message)))
                if message.starts_with(INVALID_SETTINGS) =>
            {
                message.truncate(INVALID_SETTINGS.len());
            }
            (Class::ReaderWords, Some(message)) => cut_lines(message),
            (Class::FirstFault, Some(Value::String(message))) if message.starts_with("this ") => {
                let end =
                    message.find(UNREADABLE).map_or(message.len(), |at| at + UNREADABLE.len());
                message.truncate(end);
            }
            (Class::SettingsWords | Class::ReaderWords | Class::FirstFault, _) => {}
        }
        if let (Class::ReaderWords, Some(Value::Array(warnings))) =
            (class, answer.said.get_mut("warnings"))
        {
            warnings.iter_mut().for_each(cut_lines);
        }
        answer
    }

    fn difference(&self, now: &Self) -> String {
        let keys = self.said.keys().chain(now.said.keys());
        let mut differing: Vec<&str> = keys
            .filter(|key| self.said.get(*key) != now.said.get(*key))
            .map(String::as_str)
            .chain((self.object != now.object).then_some("mutated_object"))
            .collect();
        differing.sort_unstable();
        differing.dedup();
        differing.join(", ")
    }
}

/// Cuts every line after what the reader's words follow.
fn cut_lines(text: &mut Value) {
    let Value::String(text) = text else { return };
    let cut = |line: &str| {
        let ends = READER.iter().filter_map(|prefix| Some(line.find(prefix)? + prefix.len()));
        ends.min().map_or(line, |end| &line[..end]).to_owned()
    };
    let lines: Vec<String> = text.lines().map(cut).collect();
    *text = lines.join("\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(answer: &str) -> Run {
        Run { answer: Ok(answer.as_bytes().to_vec()), calls: Vec::new() }
    }

    fn compared(before: &str, now: &str) -> Comparison {
        compare(&run(before), &run(now), &Class::ALL)
    }

    #[test]
    fn what_says_the_same() {
        for (before, now) in [
            (r#"{"accepted":true}"#, r#" {"warnings": [], "accepted": true, "message": null}"#),
            (r#"{"accepted":false,"message":"\u0061"}"#, r#"{"message":"a","accepted":false}"#),
            (
                r#"{"accepted":true,"mutated_object":{"a":1}}"#,
                r#"{"mutated_object": {"a":1},"accepted":true}"#,
            ),
        ] {
            assert_eq!(compared(before, now), Comparison::Same, "{now}");
        }
    }

    #[test]
    fn what_differs() {
        let different = |what: &str| Comparison::Different(what.to_owned());
        for (before, now, what) in [
            (r#"{"accepted":true}"#, r#"{"accepted":false}"#, "accepted"),
            (r#"{"valid":false,"message":"a"}"#, r#"{"valid":true}"#, "message, valid"),
            (
                r#"{"accepted":true,"mutated_object":{"a":1}}"#,
                r#"{"accepted":true,"mutated_object":{"a": 1}}"#,
                "mutated_object",
            ),
            (
                r#"{"accepted":true,"mutated_object":{"a":1}}"#,
                r#"{"accepted":true}"#,
                "mutated_object",
            ),
            (
                r#"{"accepted":true,"warnings":["a","b"]}"#,
                r#"{"accepted":true,"warnings":["b","a"]}"#,
                "warnings",
            ),
            (
                r#"{"accepted":true,"audit_annotations":{"a":"b"}}"#,
                r#"{"accepted":true}"#,
                "audit_annotations",
            ),
            (
                r#"{"accepted":false,"message":"the request cannot be read: a"}"#,
                r#"{"accepted":false,"message":"the request can be read: a"}"#,
                "message",
            ),
            (
                r#"{"accepted":false,"message":"a: the policy server's answer cannot be read: x\nb"}"#,
                r#"{"accepted":false,"message":"a: the policy server's answer cannot be read: x\nc"}"#,
                "message",
            ),
        ] {
            assert_eq!(compared(before, now), different(what), "{now}");
        }
    }

    #[test]
    fn what_is_allowed() {
        let rows = [
            (
                r#"{"valid":false,"message":"a"}"#,
                r#"{"valid":false,"message":"b"}"#,
                Class::SettingsWords,
            ),
            (
                r#"{"accepted":false,"message":"the settings of this policy are not valid:\na"}"#,
                r#"{"accepted":false,"message":"the settings of this policy are not valid:\nb\nc"}"#,
                Class::SettingsWords,
            ),
            (
                r#"{"accepted":false,"message":"the request cannot be read: a"}"#,
                r#"{"accepted":false,"message":"the request cannot be read: b"}"#,
                Class::ReaderWords,
            ),
            (
                r#"{"accepted":true,"warnings":["x: the policy server's answer cannot be read: a"]}"#,
                r#"{"accepted":true,"warnings":["x: the policy server's answer cannot be read: b"]}"#,
                Class::ReaderWords,
            ),
        ];
        for (before, now, class) in rows {
            assert_eq!(compared(before, now), Comparison::Allowed(class), "{now}");
            let strict = compare(&run(before), &run(now), &[]);
            assert!(matches!(strict, Comparison::Different(_)), "{now}");
        }
    }

    #[test]
    fn calls_are_compared_as_json_and_in_their_order() {
        let call = |name: &str, question: &str| Call {
            name: name.to_owned(),
            question: question.as_bytes().to_vec(),
            answer: Ok(Vec::new()),
        };
        let with =
            |calls: &[&Call]| Run { calls: calls.iter().copied().cloned().collect(), ..run("{}") };
        let (one, other) = (call("oci/v2/verify", r#"{"a":1,"b":2}"#), call("oci/v2/verify", "2"));
        let same = call("oci/v2/verify", r#"{"b": 2, "a": 1}"#);
        let named = call("oci/v1/manifest_digest", "2");
        let compared = |before: &[&Call], now: &[&Call]| compare(&with(before), &with(now), &[]);
        assert_eq!(compared(&[&one], &[&same]), Comparison::Same);
        for (before, now) in [
            ([&one].as_slice(), [&other].as_slice()),
            (&[&one, &other], &[&other, &one]),
            (&[&one], &[&one, &one]),
            (&[&other], &[&named]),
        ] {
            assert!(matches!(compared(before, now), Comparison::Different(_)), "{now:?}");
        }
    }
}
