//! The cases below `cases/`, run against the library.

#![cfg(test)]

use signed_images_policy::{validate, validate_settings};
use signed_images_testing::cases::{self, Case, Exchange, Message, Script};
use std::path::Path;
use std::time::Duration;

/// The time at which the cases play: in 2027. The module reads the clock itself.
const NOW: Duration = Duration::from_hours(57 * 8_766);

#[expect(clippy::unnecessary_wraps, reason = "running a module can fail")]
fn run(operation: &'static str, payload: &[u8], script: &Script) -> Result<Vec<u8>, String> {
    let host = &mut |namespace: &'static str, operation: &'static str, payload: &[u8]| {
        script.answer(namespace, operation, payload)
    };
    Ok(match operation {
        "validate" => validate(payload, host, NOW),
        _ => validate_settings(payload, host, NOW),
    })
}

fn cases() -> Vec<Case> {
    cases::all(Path::new(env!("CARGO_MANIFEST_DIR")))
}

#[test]
fn every_case_holds_natively() {
    cases::check_all(&cases(), &run);
}

/// A case that nothing could break would be worth nothing: each fails when its expectation, or a host
/// call, is another. (The generated ones are large, and would take long.)
#[test]
fn every_case_can_fail() {
    for case in cases().into_iter().filter(|case| case.name.starts_with("cases/")) {
        for (what, broken) in broken(&case) {
            assert!(cases::check(&broken, &run).is_err(), "{}: passes with {what}", case.name);
        }
    }
}

/// Each example lets in what it is meant to let in, and keeps out what it is meant to keep out.
#[test]
fn every_example_accepts_and_rejects() {
    if std::env::var_os("CASE").is_some() {
        return; // These are some of the cases.
    }
    let (root, cases) = (Path::new(env!("CARGO_MANIFEST_DIR")), cases());
    for entry in std::fs::read_dir(root.join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let folder = format!("cases/examples/{name}/");
        let of_example = || cases.iter().filter(|case| case.name.starts_with(&folder));
        for case in of_example() {
            let text = std::fs::read_to_string(root.join(&case.name)).unwrap();
            let settings = format!("settings: \"${{example:{name}}}\"\n");
            assert!(text.contains(&settings), "{}: the settings are others", case.name);
        }
        for verdict in [true, false] {
            let has = of_example().any(|case| case.expect.accepted == Some(verdict));
            assert!(has, "{folder}: no case in which accepted is {verdict}");
        }
    }
}

fn broken(case: &Case) -> Vec<(&'static str, Case)> {
    let mut all = Vec::new();
    let mut add = |what, change: &dyn Fn(&mut Case)| {
        let mut broken = case.clone();
        change(&mut broken);
        all.push((what, broken));
    };
    add("the other verdict", &|case| {
        let expect = &mut case.expect;
        expect.accepted = expect.accepted.map(|accepted| !accepted);
        expect.valid = expect.valid.map(|valid| !valid);
    });
    add("one more host call", &|case| case.host.push(exchange()));
    if !case.host.is_empty() {
        add("one host call less", &|case| drop(case.host.remove(0)));
        add("another host call", &|case| {
            case.host.pop();
            case.host.insert(0, exchange());
        });
    }
    if case.expect.patch.is_empty() {
        add("a patch", &|case| drop(case.expect.patch.insert(String::new(), String::new())));
    } else {
        add("one change less", &|case| drop(case.expect.patch.pop_first()));
        add("another change", &|case| {
            case.expect.patch.values_mut().for_each(|image| image.push('x'));
        });
    }
    if case.expect.message.is_some() {
        add("another message", &|case| {
            case.expect.message = Some(Message::Parts(vec!["what no policy says".to_owned()]));
        });
    }
    all
}

fn exchange() -> Exchange {
    let mut exchange = Exchange::default();
    "oci/v1/nothing".clone_into(&mut exchange.call);
    exchange
}

/// No text can say these payloads.
#[test]
fn payloads_that_are_not_utf8() {
    let (start, end) = (
        br#"{"request":{"kind":{"group":"","kind":"Pod"},"operation":"DELETE","x":""#,
        br#""},"settings":{"unmatchedImages":"reject"}}"#,
    );
    let payload = |middle: &[u8]| [start.as_slice(), middle, end.as_slice()].concat();
    let host = &mut |_: &'static str, _: &'static str, _: &[u8]| Err(String::new());
    let accepted =
        |answer: Vec<u8>| String::from_utf8(answer).unwrap().contains(r#""accepted":true"#);
    assert!(accepted(validate(&payload(b"x"), host, NOW)));
    for odd in [b"\xff".as_slice(), b"\xc3", b"\xed\xa0\x80", b"\0"] {
        assert!(!accepted(validate(&payload(odd), host, NOW)), "{odd:?}");
    }
    assert!(!accepted(validate(b"", host, NOW)));
}
