//! What was admitted and pinned is admitted again as it was pinned, by a host that answers as it did.

use super::host::Call;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use signed_images_policy::image::reference::{Digest, Reference};
use signed_images_policy::validate;
use std::time::Duration;

#[derive(Deserialize)]
struct Answer {
    accepted: bool,
    message: Option<String>,
    mutated_object: Option<Box<RawValue>>,
}

/// Creates the pinned object anew.
pub(super) fn is_admitted_again(
    kind: &Value,
    object: &RawValue,
    settings: &RawValue,
    calls: &[Call],
    now: Duration,
) {
    if !are_consistent(calls) {
        return;
    }
    let payload = format!(
        r#"{{"request":{{"kind":{kind},"operation":"CREATE","object":{}}},"settings":{}}}"#,
        object.get(),
        settings.get()
    );
    let host = &mut |_: &'static str, operation: &'static str, question: &[u8]| {
        answer(calls, operation, &serde_json::from_slice(question).unwrap())
    };
    let bytes = validate(payload.as_bytes(), host, &mut |_| (), now);
    let answer: Answer = serde_json::from_slice(&bytes).expect("an answer");
    assert!(answer.accepted, "pinned, and not admitted again: {payload}: {:?}", answer.message);
    assert!(answer.mutated_object.is_none(), "pinned, and pinned again: {payload}");
}

/// What was answered to that question, or to the same about the tag that had this digest.
fn answer(calls: &[Call], operation: &str, question: &Value) -> Result<Vec<u8>, String> {
    let same = |call: &&Call| call.operation == operation && call.question == *question;
    if let Some(call) = calls.iter().find(same) {
        return call.answer.clone();
    }
    let asked = question["image"].as_str().or(question.as_str()).and_then(read);
    let digest = asked.as_ref().and_then(|asked| asked.digest().cloned());
    let unknown = || "Image verification failed: missing signatures".to_owned();
    let (asked, digest) = asked.zip(digest).ok_or_else(unknown)?;
    if operation == "v1/manifest_digest" {
        return Ok(json!({"digest": digest.as_str()}).to_string().into_bytes());
    }
    let vouched =
        |call: &&Call| is_about(call, question, &asked, &digest) && call.vouched().is_some();
    calls.iter().find(vouched).map(|call| call.answer.clone()).ok_or_else(unknown)?
}

fn read(text: &str) -> Option<Reference> {
    Reference::parse(text).ok()
}

/// Whether the call asked the same about that digest, or about a tag for which it answered it.
fn is_about(call: &Call, question: &Value, asked: &Reference, digest: &Digest) -> bool {
    let alike = |value: &Value| {
        let mut value = value.clone();
        value["image"].take();
        value
    };
    let Some(image) = read(call.image()) else { return false };
    let is_one = image.registry() == asked.registry() && image.repository() == asked.repository();
    let is_digest = image.digest() == Some(digest) || call.vouched().as_ref() == Some(digest);
    is_one && is_digest && question.is_object() && alike(&call.question) == alike(question)
}

/// Whether one question has one answer, by the tag and by the digest that it had.
fn are_consistent(calls: &[Call]) -> bool {
    calls.iter().enumerate().all(|(index, call)| {
        let vouched = call.vouched().zip(read(call.image()));
        calls.iter().skip(index + 1).all(|other| {
            let same = call.operation == other.operation && call.question == other.question;
            !same || call.answer == other.answer
        }) && calls.iter().all(|other| {
            vouched.as_ref().is_none_or(|(digest, image)| {
                let about = call.operation == other.operation
                    && is_about(other, &call.question, image, digest);
                !about || other.vouched().as_ref() == Some(digest)
            })
        })
    })
}
