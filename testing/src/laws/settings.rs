//! Settings: any text, and objects made of the names that the settings know.

use super::text;
use crate::schema::{self, Shape, Value as Kind};
use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value};
use signed_images_policy::policy::plan::UnmatchedImages;
use signed_images_policy::policy::rule::{AnyOf, Patterns};
use signed_images_policy::{settings, validate_settings};
use std::time::Duration;

const NOW: Duration = Duration::from_hours(57 * 8_766);

pub(super) fn law(input: &[u8]) {
    let Some(text) = text::of(input) else { return };
    let is_valid = answer(text);
    let Ok(json) = signed_images_policy::request::raw(text.as_bytes()) else {
        assert!(!is_valid, "not JSON, and valid");
        return;
    };
    let rules = match settings::read(json) {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(!is_valid, "valid, and not read: {error}");
            return;
        }
        Ok(rules) => rules,
    };
    let checks_something = !rules.rules.is_empty() || rules.unmatched != UnmatchedImages::Accept;
    assert!(checks_something, "settings that check nothing: {text}");
    for rule in &rules.rules {
        let has_images = match rule.matcher.as_patterns() {
            Patterns::Legacy(patterns) => !patterns.is_empty(),
            Patterns::Images { images, .. } => !images.is_empty(),
        };
        assert!(has_images, "no image: {text}");
        let any_of = rule.trust.any_of();
        assert!(!rule.trust.all_of().is_empty() || any_of.is_some(), "no signer: {text}");
        let count = any_of.map_or(0, |any_of| any_of.signers().len());
        assert!(any_of.is_none_or(|any_of| (1..=count).contains(&AnyOf::minimum(any_of))));
    }
    let layouts = serde_json::from_str::<Value>(text)
        .map(|value| [value.to_string(), serde_json::to_string_pretty(&value).unwrap()]);
    for layout in layouts.into_iter().flatten() {
        let again = settings::read(serde_json::from_str(&layout).unwrap())
            .unwrap_or_else(|error| panic!("{error}: {layout}"));
        assert_eq!(format!("{rules:?}"), format!("{again:?}"), "{text}");
    }
}

/// What `validate_settings` answers, which is the same each time.
fn answer(text: &str) -> bool {
    let ask = || {
        let host =
            &mut |_: &'static str, _: &'static str, _: &[u8]| Ok(br#"{"trusted":true}"#.to_vec());
        validate_settings(text.as_bytes(), host, NOW)
    };
    let answer = ask();
    assert_eq!(answer, ask());
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    let valid = answer["valid"].as_bool().expect("valid or not");
    let reason = answer.get("message").map(|message| message.as_str().expect("a string"));
    assert_eq!(valid, reason.is_none());
    assert_ne!(reason, Some(""));
    valid
}

pub(super) fn law_of_the_vocabulary(input: &[u8]) {
    let settings =
        object(&schema::settings(), &mut Unstructured::new(input), 0).unwrap_or_default();
    law(Value::Object(settings).to_string().as_bytes());
}

/// An object of that shape, most of its values of the kind that they should be.
fn object(shape: &Shape, u: &mut Unstructured<'_>, depth: u32) -> Result<Map<String, Value>> {
    let mut object = Map::new();
    for field in &shape.fields {
        if u.is_empty() || !u.ratio(1, 2)? {
            continue;
        }
        object.insert(field.key.clone(), value(&field.value, u, depth + 1)?);
    }
    Ok(object)
}

fn value(kind: &Kind, u: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    if u.ratio(1, 20)? {
        let odd = [
            Value::Null,
            "".into(),
            "x".into(),
            true.into(),
            1.5.into(),
            (-1).into(),
            Value::Array(vec![]),
        ];
        return Ok(u.choose(&odd)?.clone());
    }
    Ok(match kind {
        Kind::String | Kind::Ignored => Value::String(word(u)?),
        Kind::Boolean => u.arbitrary::<bool>()?.into(),
        Kind::Number => u.int_in_range(0..=4)?.into(),
        Kind::Choice(values) => Value::String(u.choose(values)?.clone()),
        Kind::Map => {
            [(word(u)?, Value::String(word(u)?))].into_iter().collect::<Map<_, _>>().into()
        }
        Kind::List(of) => {
            let length = u.int_in_range(0..=3)?;
            (0..length).map(|_| value(of, u, depth)).collect::<Result<Vec<_>>>()?.into()
        }
        Kind::Object(_) if depth > 6 => Value::Null,
        Kind::Object(shape) => object(shape, u, depth)?.into(),
    })
}

const WORDS: [&str; 16] = [
    "*",
    "**",
    "ghcr.io/acme/**",
    "ghcr.io/acme/app:1",
    "nginx",
    "localhost",
    "https://github.com/acme",
    "https://acme.com:443/",
    "k8s://trust/key",
    "/spec/*/image",
    "/spec/pod",
    "/metadata/name",
    "acme.com",
    "acme/app",
    include_str!("../../../tests/fixtures/keys/p256.pem"),
    include_str!("../../../tests/fixtures/certificates/signer.pem"),
];

fn word(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(if u.ratio(1, 6)? {
        u.arbitrary::<&str>()?.to_owned()
    } else {
        (*u.choose(&WORDS)?).to_owned()
    })
}
