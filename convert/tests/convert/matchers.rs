//! The models of `testing/src/sources/` against the engines' own matchers, by the program of `tests/matchers/`: `make
//! matchers`.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use signed_images_testing::sources::glob::{image_glob, wildcard};
use signed_images_testing::sources::policy_controller::canonical;

use crate::property::{image, pattern};

const QUESTIONS: usize = 60_000;

fn model(dialect: &str, pattern: &str, text: &str) -> bool {
    match dialect {
        "policy-controller" => image_glob(pattern, text),
        _ => wildcard(pattern, text),
    }
}

/// Patterns and texts that are near each other.
fn question() -> impl Strategy<Value = (&'static str, String, String)> {
    let dialects = ["kyverno", "image-validating-policy", "policy-controller"];
    let patterns = prop_oneof![
        2 => pattern().prop_filter("a variable is none of theirs", |text| !text.contains('{')),
        1 => "[ab*./:?@-]{0,10}",
        1 => "(ghcr\\.io|\\*|\\*\\*|index\\.docker\\.io)/[acmeplinxr*/]{1,8}(@\\*|\\*|\\*\\*)",
    ];
    let texts = prop_oneof![
        3 => image().prop_map(|image| canonical(&image)),
        1 => image(),
        1 => "[ab./:@-]{1,10}",
    ];
    (proptest::sample::select(dialects.to_vec()), patterns, texts)
}

#[test]
#[ignore = "it needs the program of tests/matchers: make matchers"]
fn models_match_as_the_engines_do() {
    let program = std::env::var("MATCHERS").unwrap();
    let mut runner = TestRunner::default();
    let questions: Vec<(&str, String, String)> =
        (0..QUESTIONS).map(|_| question().new_tree(&mut runner).unwrap().current()).collect();
    let mut child =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: Vec<String> = questions
        .iter()
        .map(|(dialect, pattern, text)| {
            json!({"dialect": dialect, "pattern": pattern, "text": text}).to_string()
        })
        .collect();
    let writer =
        std::thread::spawn(move || input.write_all((lines.join("\n") + "\n").as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let (mut matched, mut errors) = (0, 0);
    assert_eq!(answers.lines().count(), questions.len());
    for ((dialect, pattern, text), answer) in questions.iter().zip(answers.lines()) {
        match answer {
            // The pattern or the text is none of theirs.
            "error" => errors += 1,
            answer => {
                let expected = answer == "true";
                // policy-controller also looks at a name as it is written, which its webhook never hands it.
                let is_full = *dialect != "policy-controller" || canonical(text) == *text;
                if is_full {
                    assert_eq!(
                        model(dialect, pattern, text),
                        expected,
                        "{dialect}: {pattern} {text}"
                    );
                    matched += usize::from(expected);
                }
            }
        }
    }
    println!("{QUESTIONS} questions: {matched} match, {errors} are no patterns or names");
    assert!(matched > QUESTIONS / 20);
}

/// The names of the models are those that policy-controller compares.
#[test]
#[ignore = "it needs the program of tests/matchers: make matchers"]
fn names_are_as_policy_controller_has_them() {
    let program = std::env::var("MATCHERS").unwrap();
    let mut runner = TestRunner::default();
    for _ in 0..50 {
        let image = image().new_tree(&mut runner).unwrap().current();
        // The real one resolves a tag before.
        let pinned =
            if image.contains('@') { image.clone() } else { format!("{image}@{}", crate::DIGEST) };
        let asked =
            json!({"dialect": "policy-controller", "pattern": canonical(&image), "text": pinned});
        let mut child =
            Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "true\n", "{image}");
    }
}
