//! What `cargo xtask bench` measures, and what it says. Of the numbers only what holds on every machine.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use signed_images::module::Module;

use signed_images_testing::command::{Outcome, run};
use signed_images_testing::scenarios::{self, Scenario};
use xtask::bench::budget::Budget;
use xtask::bench::check::{Subject, WrongAnswer};
use xtask::bench::fuel::Meter;
use xtask::made::root;

/// A module at the root of the repository.
fn built(name: &str) -> PathBuf {
    let file = root().join(name);
    assert!(file.exists(), "there is no module: run `make {name}`");
    file
}

fn named(name: &str) -> Scenario {
    scenarios::all().into_iter().find(|scenario| scenario.name == name).unwrap()
}

#[test]
fn the_payloads_have_their_sizes() {
    let rows = [
        ("pod", 2_000..3_000),
        ("deployment-10k", 10_000..10_500),
        ("30-images", 15_000..20_000),
        ("30-of-one", 15_000..20_000),
        ("object-650k", 650_000..655_000),
        ("1-rule", 10_000..10_500),
        ("100-rules", 10_000..10_500),
        ("1000-rules", 10_000..10_500),
        ("update-10k", 10_000..10_500),
        ("update-650k", 650_000..655_000),
    ];
    let scenarios = scenarios::all();
    assert_eq!(scenarios.len(), rows.len());
    for (scenario, (name, size)) in scenarios.iter().zip(rows) {
        let bytes = scenario.object.len();
        assert_eq!(scenario.name, name);
        assert!(size.contains(&bytes), "{name}: {bytes} bytes");
        let payload: Value = serde_json::from_str(&scenario.payload).unwrap();
        let has_old_object = payload["request"]["oldObject"].is_object();
        assert_eq!(has_old_object, name.starts_with("update-"), "{name}");
    }
}

#[test]
fn every_rule_has_a_key_of_its_own() {
    let payload: Value = serde_json::from_str(&named("1000-rules").payload).unwrap();
    let rules = payload["settings"]["rules"].as_array().unwrap();
    let keys: BTreeSet<&str> =
        rules.iter().map(|rule| rule["allOf"][0]["key"].as_str().unwrap()).collect();
    assert_eq!((rules.len(), keys.len()), (1_000, 1_000));
}

/// The policy accepts every scenario and pins its images, the floor hands each object back, and both take
/// the same number of instructions again.
#[test]
fn every_scenario_is_answered_as_it_must_be() {
    for (file, subject) in [("policy.wasm", Subject::Policy), ("floor.wasm", Subject::Floor)] {
        let bytes = std::fs::read(built(file)).unwrap();
        let (module, meter) = (Module::from_bytes(&bytes).unwrap(), Meter::new(&bytes).unwrap());
        for scenario in scenarios::all() {
            let reading = meter.read(&scenario.payload).unwrap();
            assert_eq!(reading.questions, subject.questions(&scenario), "{}", scenario.name);
            assert_eq!(subject.check(&scenario, &reading.answer), Ok(()), "{}", scenario.name);
            assert_eq!(meter.read(&scenario.payload).unwrap(), reading, "{}", scenario.name);
            // Both runtimes give the same answer.
            let answer = module.call("validate", scenario.payload.as_bytes(), scenarios::host);
            assert_eq!(answer.unwrap(), reading.answer, "{}", scenario.name);
        }
    }
}

#[test]
fn the_settings_are_those_of_a_policy_that_is_set_up() {
    let module = Module::load(built("policy.wasm")).unwrap();
    for scenario in scenarios::all() {
        let payload: Value = serde_json::from_str(&scenario.payload).unwrap();
        let settings = payload["settings"].to_string();
        let answer =
            module.call("validate_settings", settings.as_bytes(), scenarios::host).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        assert_eq!(answer, r#"{"valid":true}"#, "{}", scenario.name);
    }
}

#[test]
fn an_answer_that_is_not_as_it_must_be_is_no_measurement() {
    let scenario = named("pod");
    let payload: Value = serde_json::from_str(&scenario.payload).unwrap();
    let unpinned =
        format!(r#"{{"accepted":true,"mutated_object":{}}}"#, payload["request"]["object"]);
    let rows = [
        ("", WrongAnswer::Unreadable("EOF while parsing a value at line 1 column 0".to_owned())),
        (r#"{"accepted":false,"message":"no"}"#, WrongAnswer::Rejected("no".to_owned())),
        (r#"{"accepted":true}"#, WrongAnswer::Object),
        (r#"{"accepted":true,"mutated_object":{}}"#, WrongAnswer::Object),
        (&unpinned, WrongAnswer::Object),
    ];
    for (answer, expected) in rows {
        assert_eq!(Subject::Policy.check(&scenario, answer.as_bytes()), Err(expected), "{answer}");
    }
    // An update of images that did not change pins nothing.
    let update = named("update-10k");
    assert_eq!(Subject::Policy.check(&update, br#"{"accepted":true}"#), Ok(()));
    let pinned = br#"{"accepted":true,"mutated_object":{}}"#;
    assert_eq!(Subject::Policy.check(&update, pinned), Err(WrongAnswer::Object));
}

fn bench(line: &str) -> Outcome {
    let arguments = ["bench"].into_iter().chain(line.split_whitespace());
    built("floor.wasm");
    run("xtask", root(), arguments, &[], "")
}

#[test]
fn the_table_has_its_columns() {
    let outcome = bench("--scenario pod --iterations 2");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with("pod\n"), "{}", outcome.stderr);
    let lines: Vec<Vec<&str>> =
        outcome.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let columns = [
        "scenario",
        "bytes",
        "instance",
        "evaluation",
        "request",
        "floor",
        "×",
        "fuel",
        "floor",
        "×",
    ];
    assert_eq!(lines[0], columns);
    // Four of them hold two numbers.
    assert_eq!((lines[1][0], lines[1].len()), ("pod", columns.len() + 4));
    assert!(lines[1][1..].iter().all(|cell| cell.parse::<f64>().is_ok_and(|cell| cell > 0.0)));
    let outcome = bench("--scenario pod --iterations 0 --markdown");
    assert!(outcome.stdout.starts_with("| scenario |"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("\n| pod "), "{}", outcome.stdout);
}

#[test]
fn json_has_the_same() {
    let outcome = bench("--scenario update --iterations 2 --json");
    let rows: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let rows = rows.as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["scenario"].as_str().unwrap()).collect();
    assert_eq!(names, ["update-10k", "update-650k"]);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let is = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let row = &rows[0];
    let names = ["floor", "fuel_ratio", "payload_bytes", "policy", "scenario", "time_ratio"];
    assert_eq!(keys(row), is(&names));
    assert_eq!(keys(&row["policy"]), is(&["fuel", "time"]));
    assert_eq!(keys(&row["floor"]["time"]), is(&["evaluation", "instance", "request"]));
    assert_eq!(keys(&row["policy"]["time"]["request"]), is(&["median", "p99"]));
}

#[test]
fn a_budget_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fuel.json");
    let meter = Meter::new(&std::fs::read(built("policy.wasm")).unwrap()).unwrap();
    let fuel = meter.read(&named("pod").payload).unwrap().fuel;
    let renew = format!("`--write-budget {}`", file.display());
    let rows = [
        // 6 % over it, and 4 %.
        (
            (fuel * 100).div_ceil(106),
            Some(1),
            format!(
                "pod\nerror: `pod` is 6 % over its budget; if it must be so, renew the budget with {renew}\n"
            ),
        ),
        (fuel * 100 / 104, Some(0), "pod\n".to_owned()),
        (
            fuel * 2,
            Some(0),
            format!("pod\n`pod` is 50 % under its budget: lower it with {renew}\n"),
        ),
    ];
    for (budget, code, stderr) in rows {
        Budget::from_iter([("pod".to_owned(), budget)]).write(&file).unwrap();
        let line = format!("--scenario pod --iterations 0 --budget {}", file.display());
        let outcome = bench(&line);
        assert_eq!((outcome.code, outcome.stderr), (code, stderr), "{budget}");
    }
}

#[test]
fn mistakes_are_told() {
    let all = "pod, deployment-10k, 30-images, 30-of-one, object-650k, 1-rule, 100-rules, 1000-rules, update-10k, update-650k";
    let rows = [
        (
            "--module nowhere.wasm",
            "error: no module `nowhere.wasm`: run `make policy.wasm`\n".to_owned(),
        ),
        (
            "--floor nowhere.wasm",
            "error: no module `nowhere.wasm`: run `make floor.wasm`\n".to_owned(),
        ),
        (
            "--scenario none",
            format!("error: no scenario has `none` in its name; there are: {all}\n"),
        ),
        // What answers otherwise is not measured.
        (
            "--module floor.wasm --scenario pod --iterations 0",
            "pod\nerror: scenario `pod`: policy: the object is not answered as it must be\n"
                .to_owned(),
        ),
    ];
    for (line, stderr) in rows {
        let outcome = bench(line);
        assert_eq!((outcome.code, outcome.stderr), (Some(1), stderr), "{line}");
        assert_eq!(outcome.stdout, "", "{line}");
    }
}
