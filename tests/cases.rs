//! The cases below `cases/`, run against the library.

#![cfg(test)]

use signed_images_policy::{validate, validate_settings};
use signed_images_testing::cases::{self, Case, Script};
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
        "validate" => validate(payload, host, &mut |line| script.log(line), NOW),
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

/// A case that nothing could break would be worth nothing: each fails when any of what it expects, or any
/// host call or question, is another. (The generated ones are large, and would take long.)
#[test]
fn every_case_can_fail() {
    let cases = cases().into_iter().filter(|case| case.name.starts_with("cases/"));
    let all = cases.flat_map(|case| {
        let name = case.name.clone();
        cases::broken(&case).into_iter().map(move |(what, broken)| (name.clone(), what, broken))
    });
    let passing: Vec<String> = all
        .filter(|(_, _, broken)| cases::check(broken, &run).is_ok())
        .map(|(name, what, _)| format!("{name}: passes with {what}"))
        .collect();
    assert!(passing.is_empty(), "{}", passing.join("\n"));
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

/// No string can say these payloads.
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
    assert!(accepted(validate(&payload(b"x"), host, &mut |_| (), NOW)));
    for odd in [b"\xff".as_slice(), b"\xc3", b"\xed\xa0\x80", b"\0"] {
        assert!(!accepted(validate(&payload(odd), host, &mut |_| (), NOW)), "{odd:?}");
    }
    assert!(!accepted(validate(b"", host, &mut |_| (), NOW)));
}
