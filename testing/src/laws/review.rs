//! Reviews: whatever is asked and whatever the host answers, what is accepted was looked at, and what is
//! written was vouched for.

use super::evidence::{Standing, standing};
use super::host::{Call, ScriptedHost};
use super::pinned::is_admitted_again;
use super::places::{self, Place, WITHOUT_IMAGES};
use super::{scene, splice, text};
use arbitrary::Unstructured;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use signed_images_policy::image::reference::{Digest, Reference};
use signed_images_policy::{settings, validate};
use std::collections::BTreeMap;
use std::time::Duration;

const NOW: Duration = Duration::from_hours(57 * 8_766);

/// The host's script, and on the lines after it the payload.
pub(super) fn law_of_payloads(input: &[u8]) {
    let (script, payload) = text::first_line(input);
    holds(payload, script);
}

/// A character for the kind, the host's script, and on the lines after it the object. Every image is demanded.
pub(super) fn law_of_objects(input: &[u8]) {
    let (head, object) = text::first_line(input);
    let (Some((kind, script)), Some(object)) = (head.split_first(), text::of(object)) else {
        return;
    };
    let kinds = places::kinds();
    let (group, kind) = kinds[usize::from(kind.wrapping_sub(b'a')) % kinds.len()];
    let payload = format!(
        r#"{{"request":{{"kind":{{"group":"{group}","kind":"{kind}"}},"operation":"CREATE","object":{object}}},"settings":{}}}"#,
        scene::EVERY_IMAGE
    );
    if serde_json::from_str::<&RawValue>(object).is_ok() {
        holds(payload.as_bytes(), script);
    }
}

/// A request and settings that are made of meaningful parts.
pub(super) fn law_of_scenes(input: &[u8]) {
    if let Ok((payload, script)) = scene::build(&mut Unstructured::new(input)) {
        holds(payload.as_bytes(), &script);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    accepted: bool,
    message: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    audit_annotations: BTreeMap<String, String>,
    mutated_object: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Payload<'p> {
    #[serde(borrow)]
    request: Request<'p>,
    #[serde(borrow)]
    settings: &'p RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'p> {
    kind: Value,
    operation: String,
    #[serde(borrow)]
    object: Option<&'p RawValue>,
    #[serde(borrow)]
    old_object: Option<&'p RawValue>,
}

fn holds(payload: &[u8], script: &[u8]) {
    let (bytes, calls) = ask(payload, script);
    let again = ask(payload, script);
    assert_eq!((&bytes, &calls), (&again.0, &again.1));
    let answer: Answer = serde_json::from_slice(&bytes).expect("an answer");
    is_well_formed(&answer);
    if !answer.accepted {
        return;
    }
    let payload: Payload<'_> = match serde_json::from_slice(payload) {
        Ok(payload) => payload,
        // In a key, half a surrogate pair or a control character is no name that anybody looks for, and an error to this
        // reader.
        Err(error) => {
            let is_odd = |text: &str| text.contains("\\u") || text.contains(|c: char| c < ' ');
            assert!(text::of(payload).is_some_and(is_odd), "{error}");
            return;
        }
    };
    // Of the rules, those alone that match an image are read.
    assert!(
        settings::PartialSettings::read(payload.settings).is_ok(),
        "settings that are not valid"
    );
    if let Some(mutated) = &answer.mutated_object {
        let object = payload.request.object.expect("an object to change");
        let stored = payload.request.old_object.filter(|_| payload.request.operation == "UPDATE");
        splice::is_vouched_for(object.get(), mutated.get(), stored.map(RawValue::get), &calls);
        if payload.request.operation == "CREATE" {
            is_admitted_again(&payload.request.kind, mutated, payload.settings, &calls, NOW);
        }
    }
    if let Some(scene) = Scene::of(&payload, &answer, &calls) {
        scene.is_justified();
    }
}

fn ask(payload: &[u8], script: &[u8]) -> (Vec<u8>, Vec<Call>) {
    let mut host = ScriptedHost::new(script);
    let bytes =
        validate(payload, &mut |a, b, payload| host.answer(a, b, payload), &mut |_| (), NOW);
    (bytes, host.calls)
}

fn is_well_formed(answer: &Answer) {
    assert_eq!(answer.accepted, answer.message.is_none());
    assert!(answer.accepted || answer.mutated_object.is_none());
    if let Some(message) = &answer.message {
        assert!(!message.is_empty() && message.len() <= 4096);
        assert!(!message.contains(|c: char| c.is_control() && c != '\n'), "{message:?}");
    }
    for warning in &answer.warnings {
        assert!(!warning.is_empty() && warning.len() <= 120, "{warning}");
        assert!(!warning.contains(char::is_control), "{warning:?}");
    }
    for (key, value) in &answer.audit_annotations {
        assert!(!key.is_empty() && value.len() <= 4096);
    }
}

/// An accepted request, decoded.
struct Scene<'a> {
    kind: (String, String),
    operation: &'a str,
    settings: Value,
    object: Value,
    /// Null on anything but an update.
    old: Value,
    /// The object as it is answered.
    answered: Value,
    answer: &'a Answer,
    calls: &'a [Call],
}

impl<'a> Scene<'a> {
    /// None where decoding loses what the raw text holds: numbers out of range, great depth, and strings
    /// that are no Unicode.
    fn of(payload: &'a Payload<'_>, answer: &'a Answer, calls: &'a [Call]) -> Option<Self> {
        let request = &payload.request;
        let decode = |raw: Option<&RawValue>| {
            raw.map_or(Some(Value::Null), |raw| serde_json::from_str(raw.get()).ok())
        };
        let part = |key: &str| request.kind[key].as_str().unwrap_or_default().to_owned();
        Some(Self {
            kind: (part("group"), part("kind")),
            operation: &request.operation,
            settings: decode(Some(payload.settings))?,
            object: decode(request.object)?,
            old: decode(request.old_object.filter(|_| request.operation == "UPDATE"))?,
            answered: decode(answer.mutated_object.as_deref().or(request.object))?,
            answer,
            calls,
        })
    }

    fn is_justified(&self) {
        match self.operation {
            "CREATE" | "UPDATE" => {}
            "DELETE" | "CONNECT" => return self.asks_and_changes_nothing(),
            other => panic!("{other} is accepted"),
        }
        let kind = (self.kind.0.as_str(), self.kind.1.as_str());
        let extra = &self.settings["extraWorkloads"];
        let Some(places) = places::find(&self.object, kind, extra) else {
            assert!(WITHOUT_IMAGES.contains(&kind), "who knows where {kind:?} holds images");
            return self.asks_and_changes_nothing();
        };
        let stored = places::find(&self.old, kind, extra).unwrap_or_default();
        let mut pinned = self.object.clone();
        for place in &places {
            let stored: Vec<&Place<'_>> = stored.iter().filter(|old| old.is_like(place)).collect();
            self.image_is_justified(place, &stored);
            if let Some(image) =
                pinned.pointer_mut(&place.pointer).filter(|_| place.image.is_some())
            {
                *image = self.answered.pointer(&place.pointer).expect("its place").clone();
            }
        }
        assert_eq!(pinned, self.answered, "more than images was changed");
    }

    fn asks_and_changes_nothing(&self) {
        assert!(self.calls.is_empty() && self.answer.mutated_object.is_none());
    }

    fn image_is_justified(&self, place: &Place<'_>, stored: &[&Place<'_>]) {
        let skips = self.settings["unchangedImages"] != "verify"
            || !self.old["metadata"]["deletionTimestamp"].is_null();
        if skips && stored.iter().any(|old| old.image == place.image) {
            return;
        }
        let text = place.text().unwrap_or_else(|| panic!("no image at {}", place.pointer));
        let image = Reference::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}"));
        let written = self.answered.pointer(&place.pointer).and_then(Value::as_str).unwrap();
        let is_kept = written != text && stored.iter().any(|old| old.text() == Some(written));
        match standing(&self.settings, &image) {
            Standing::Exempt => assert_eq!(written, text, "exempt"),
            Standing::Unmatched => {
                assert_eq!(written, text, "unmatched");
                assert_ne!(self.settings["unmatchedImages"], "reject", "`{text}`");
                let warns = self.settings["unmatchedImages"] == "warn";
                assert!(!warns || !self.answer.warnings.is_empty(), "`{text}`");
            }
            Standing::Demanded(_) if is_kept && skips => {}
            Standing::Demanded(_) => {
                // What is written may be the pin that was asked about, or one that came of asking.
                let kept = Reference::parse(written).ok().filter(|_| is_kept);
                let is_met = |image: &Reference| self.demands_are_met(image, text, written);
                assert!(
                    is_met(&image) || kept.as_ref().is_some_and(is_met),
                    "`{text}` is accepted as `{written}`, and not verified"
                );
            }
        }
    }

    fn demands_are_met(&self, image: &Reference, text: &str, written: &str) -> bool {
        let Standing::Demanded(demands) = standing(&self.settings, image) else { return false };
        let met = |digest: &Digest| {
            let only = image.digest().is_none_or(|given| given == digest);
            only && demands
                .iter()
                .filter(|demand| !demand.only_warns)
                .all(|demand| demand.is_met(image, digest, self.calls))
        };
        let mut vouched = self.calls.iter().filter_map(Call::vouched).filter(met);
        if demands.iter().all(|demand| demand.only_warns) {
            return !self.answer.warnings.is_empty() || vouched.next().is_some();
        }
        let must_be_pinned = self.settings["modifyImagesWithDigest"] != false
            && self.kind == (String::new(), "Pod".to_owned())
            && self.operation == "CREATE"
            && image.digest().is_none();
        vouched.any(|digest| !must_be_pinned || written == format!("{text}@{digest}"))
    }
}
