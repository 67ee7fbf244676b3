//! Answers that are none, or not to that question.

use super::words;
use crate::generate::choices::Choices;
use crate::generate::faults::{odd, spoil};
use crate::generate::images::digest;
use crate::generate::json::{Json, Layout};
use serde_json::Value;

/// A lie, or a failure.
pub(super) fn answer(
    call: &str,
    question: &Value,
    choices: &mut Choices,
) -> Result<Vec<u8>, String> {
    match choices.below(10) {
        0 => Err(choices.one(&words::UNREACHABLE).to_owned()),
        1 => Err(choices.one(&words::UNKNOWN).to_owned()),
        2 => Err(match choices.below(3) {
            0 => words::withheld(call),
            1 => "x".repeat(choices.within(500..=6000)),
            _ => choices.one(&words::ODD).to_owned(),
        }),
        3 => Ok(bytes(choices).to_vec()),
        4 => {
            let layout = &mut Layout::Odd(choices.clone());
            Ok(honest(call, question, choices).written(layout).into_bytes())
        }
        5..=7 => {
            let mut answer = honest(call, question, choices);
            spoil(&mut answer, choices);
            Ok(answer.written(&mut Layout::Compact).into_bytes())
        }
        8 => Ok(odd(choices).written(&mut Layout::Compact).into_bytes()),
        _ => Ok(dishonest(choices).written(&mut Layout::Compact).into_bytes()),
    }
}

/// Bytes that are no JSON, or hardly.
fn bytes(choices: &mut Choices) -> &'static [u8] {
    choices.one(&[
        b"".as_slice(),
        b" ",
        b"nothing",
        b"\xff\xfe",
        b"{\"digest\":\"\xed\xa0\x80\"}",
        b"\xef\xbb\xbf{}",
        b"{\"is_trusted\":true",
        b"[]",
        b"null",
        b"\"sha256:aa\"",
        b"{\"is_trusted\":true}}",
    ])
}

/// What would be an answer.
fn honest(call: &str, question: &Value, choices: &mut Choices) -> Json {
    let image = question["image"].as_str().or(question.as_str()).unwrap_or_default();
    let known = image.split_once('@').map_or_else(|| digest('a'), |(_, digest)| digest.to_owned());
    let layer = || {
        Json::from([(
            "annotations",
            Json::from([
                ("dev.cosignproject.cosign/signature", "".into()),
                ("dev.sigstore.cosign/certificate", "x".into()),
            ]),
        )])
    };
    match call {
        "oci/v2/verify" => Json::from([("is_trusted", true.into()), ("digest", known.into())]),
        "oci/v1/manifest_digest" => Json::from([("digest", known.into())]),
        "oci/v1/oci_manifest" => {
            let key = choices.one(&["layers", "manifests"]);
            Json::from([("schemaVersion", 2.into()), (key, vec![layer(), layer()].into())])
        }
        "crypto/v1/is_certificate_trusted" => {
            Json::from([("trusted", true.into()), ("reason", "".into())])
        }
        _ => Json::from([("data", Json::from([("cosign.pub", "x".into())]))]),
    }
}

/// An answer of the right shape that says something else.
fn dishonest(choices: &mut Choices) -> Json {
    let other = match choices.below(8) {
        0 => "sha256:aa".to_owned(),
        1 => digest('A'),
        2 => format!("sha512:{}", "c".repeat(128)),
        3 => format!("{}\"", digest('a')),
        4 => String::new(),
        5 => digest('a'),
        _ => digest(choices.weighted(&[(2, 'b'), (1, 'c'), (1, 'd')])),
    };
    let trusted = if choices.chance(1, 3) { false.into() } else { Json::from(true) };
    let mut members =
        vec![("is_trusted", trusted.clone()), ("digest", other.into()), ("trusted", trusted)];
    if choices.chance(1, 4) {
        members.push(("is_trusted", (!choices.chance(1, 2)).into()));
    }
    if choices.chance(1, 8) {
        members.push(("digest", digest('a').into()));
    }
    choices.shuffle(&mut members);
    Json::Map(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
}
