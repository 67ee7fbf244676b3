//! A host that answers by a script, strictly in order. What the script does not speak of, and what cannot change
//! a verdict, is not there: of an image that is not signed, the tag of its signatures, its own manifest, and the
//! index of what refers to it; of one that is, the manifest of its signatures.

use super::{Exchange, json};
use serde_json::{Value, json};
use signed_images_policy::response::LogLine;
use std::sync::{Arc, Mutex};

/// What is left of the script, shared by its clones.
#[derive(Clone, Debug)]
pub struct Script(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    left: Vec<Exchange>,
    faults: Vec<String>,
    log: Vec<Value>,
}

impl Script {
    /// A host that is asked these questions, in this order.
    #[must_use]
    pub fn new(exchanges: &[Exchange]) -> Self {
        let left = exchanges.iter().rev().cloned().collect();
        Self(Arc::new(Mutex::new(State { left, faults: Vec::new(), log: Vec::new() })))
    }

    /// Answers the next call.
    ///
    /// # Errors
    /// Those of the script; and when the call is not the next one in it, which fails the case.
    pub fn answer(
        &self,
        namespace: &str,
        operation: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        let call = format!("{namespace}/{operation}");
        if call == "tracing/log" {
            self.push_to_log(serde_json::from_slice(payload).map_err(|error| error.to_string())?);
            return Ok(Vec::new());
        }
        let mut state = self.0.lock().unwrap();
        let asked = format!("{call} {}", String::from_utf8_lossy(payload));
        let is_next = |next: &Exchange| next.compare(&call, payload).is_ok();
        if looks_further(&call, payload) && !state.left.last().is_some_and(is_next) {
            return Err("OCI API error: manifest unknown".to_owned());
        }
        let Some(exchange) = state.left.pop() else {
            state.faults.push(format!("a call that is not in the script: {asked}"));
            return Err("unexpected call".to_owned());
        };
        if let Err(fault) = exchange.compare(&call, payload) {
            state.faults.push(format!("{fault}\n  asked: {asked}"));
            return Err("unexpected call".to_owned());
        }
        exchange.answer()
    }

    /// Takes a line of the log.
    pub fn log(&self, line: &LogLine) {
        let LogLine { message, image, rule, reason } = line;
        self.push_to_log(json!({
            "level": "warning", "message": message, "image": image, "rule": rule, "reason": reason,
            "policy": "signed-images-policy",
        }));
    }

    fn push_to_log(&self, line: Value) {
        self.0.lock().unwrap().log.push(line);
    }

    /// What was logged: of each line the level, and what it says.
    pub(super) fn logged(&self) -> Vec<Value> {
        self.0.lock().unwrap().log.clone()
    }

    /// What went wrong, or was not asked.
    pub(super) fn conclude(&self) -> Result<(), String> {
        let state = self.0.lock().unwrap();
        let mut faults = state.faults.clone();
        if let (Some(next), true) = (state.left.last(), faults.is_empty()) {
            faults.push(format!("{} calls not made, the next: {next:?}", state.left.len()));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
    }
}

fn looks_further(call: &str, payload: &[u8]) -> bool {
    let image: Option<String> = serde_json::from_slice(payload).ok();
    image.is_some_and(|image| is_further(call, &image))
}

/// Whether a call asks what there is with an image: nothing, where a script does not speak of it.
fn is_further(call: &str, image: &str) -> bool {
    let tag = image.rsplit_once(":sha256-").map(|(_, tag)| tag);
    match call {
        "oci/v1/oci_manifest" => {
            let is_known = |tag: &str| tag.split_once('.').is_none_or(|(_, kind)| kind == "sig");
            image.contains('@') || tag.is_some_and(is_known)
        }
        "oci/v1/manifest_digest" => {
            tag.is_some_and(|tag| tag.split_once('.').is_none_or(|(_, kind)| kind == "sig"))
        }
        _ => false,
    }
}

impl Exchange {
    /// Whether the question names what it is about: a call that is answered whatever it asks would prove
    /// nothing of the image that was verified.
    pub(super) fn names_its_subject(&self) -> bool {
        let question = self.exactly.as_ref().or(self.request.as_ref());
        question.is_some_and(|question| match self.call.as_str() {
            "oci/v2/verify" => question.get("image").is_some(),
            "kubernetes/get_resource" => question.get("name").is_some(),
            "crypto/v1/is_certificate_trusted" => question.get("cert").is_some(),
            _ => question.is_string(),
        })
    }

    /// Whether the host would be asked, and say that there is nothing, without this.
    pub(super) fn may_be_left_out(&self) -> bool {
        let image = self.exactly.as_ref().and_then(yaml_serde::Value::as_str);
        image.is_some_and(|image| is_further(&self.call, image))
    }

    fn compare(&self, call: &str, payload: &[u8]) -> Result<(), String> {
        if self.call != call {
            return Err(format!("expected a call of {}", self.call));
        }
        let asked: serde_json::Value =
            serde_json::from_slice(payload).map_err(|error| error.to_string())?;
        if let Some(exactly) = &self.exactly {
            let expected = json::parse(&json::encode(exactly))?;
            if asked != expected {
                return Err(format!("expected exactly {expected}"));
            }
        }
        if let Some(request) = &self.request {
            let expected = json::parse(&json::encode(request))?;
            let is_met = match (&expected, &asked) {
                (serde_json::Value::Object(expected), serde_json::Value::Object(asked)) => {
                    expected.iter().all(|(key, value)| asked.get(key) == Some(value))
                }
                _ => expected == asked,
            };
            if !is_met {
                return Err(format!("expected {expected}"));
            }
        }
        Ok(())
    }

    fn answer(&self) -> Result<Vec<u8>, String> {
        match (&self.error, &self.answer_text, &self.answer) {
            (Some(words), _, _) => Err(words.clone()),
            (None, Some(text), _) => Ok(text.clone().into_bytes()),
            (None, None, Some(answer)) => Ok(json::encode(answer).into_bytes()),
            (None, None, None) => Err(format!("no answer is given to {}", self.call)),
        }
    }
}
