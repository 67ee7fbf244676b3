//! Policies on statements, in CUE and Rego, with what each says in another language.
//!
//! In CUE, a field that a statement lacks is taken from the policy, and is enough.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Report, text};

/// A policy: its language, its text, and whether a report satisfies it at that time.
pub type Policy = (&'static str, &'static str, fn(&Report, Duration) -> bool);

/// Policies that the model knows.
pub const POLICIES: [Policy; 10] = [
    ("cue", "predicateType: \"https://acme.io/review/v1\"\n", |report, _| is_review(report)),
    (
        "cue",
        "predicateType: \"https://acme.io/review/v1\"\npredicate: branch: \"main\"\n",
        |report, _| is_review(report) && is_or_lacks(report, "/branch", &json!("main")),
    ),
    ("cue", "predicate: {\n  builder: id: =~\"^https://acme\\\\.io/\"\n}", |report, _| {
        let id = report.predicate.pointer("/builder/id").and_then(Value::as_str);
        id.is_none_or(|id| id.starts_with("https://acme.io/"))
    }),
    ("cue", "predicate: buildType: \"make\" | \"bazel\"", |report, _| {
        ["make", "bazel"].iter().any(|one| is_or_lacks(report, "/buildType", &json!(one)))
    }),
    ("cue", "import \"time\"\npredicate: done: true", |report, _| {
        is_or_lacks(report, "/done", &json!(true))
    }),
    (
        "rego",
        "package sigstore\ndefault isCompliant = false\nisCompliant {\n  input.predicateType == \
         \"https://acme.io/review/v1\"\n  input.predicate.branch == \"main\"\n}\n",
        |report, _| is_review(report) && report.predicate["branch"] == "main",
    ),
    (
        "rego",
        "package sigstore\ndefault isCompliant = false\nisCompliant {\n  input.predicate.score >= 8\n}\n",
        |report, _| report.predicate["score"].as_f64().is_some_and(|score| score >= 8.0),
    ),
    (
        "rego",
        "package sigstore\ndefault isCompliant := false\nisCompliant {\n  input.predicate.done = true\n}\n",
        |report, _| report.predicate["done"] == true,
    ),
    (
        "rego",
        "package sigstore\nnanosecs_per_second = 1000 * 1000 * 1000\nnanosecs_per_day = 24 * 60 * 60 * \
         nanosecs_per_second\nmaximum_age = 7 * nanosecs_per_day\nisCompliant[response] {\n  created := \
         time.parse_rfc3339_ns(input.predicate.metadata.scanFinishedOn)\n  response := {\n    \"result\" : \
         time.now_ns() < created + maximum_age,\n    \"error\" : \"old\"\n  }\n}\n",
        |report, now| {
            let time = report.predicate.pointer("/metadata/scanFinishedOn").and_then(Value::as_str);
            let time = time.and_then(|time| time.parse::<jiff::Timestamp>().ok());
            let age =
                |time: jiff::Timestamp| i128::from(now.as_secs()) - i128::from(time.as_second());
            time.is_some_and(|time| age(time) < 7 * 24 * 3600)
        },
    ),
    ("rego", SEVERITIES, |report, _| {
        let results = report.predicate.pointer("/scanner/result/Results").and_then(Value::as_array);
        let found = results
            .into_iter()
            .flatten()
            .flat_map(|result| result["Vulnerabilities"].as_array().map_or(&[][..], Vec::as_slice));
        report.predicate_type == "https://cosign.sigstore.dev/attestation/vuln/v1"
            && found
                .into_iter()
                .all(|one| one["Severity"] != "HIGH" && one["Severity"] != "CRITICAL")
    }),
];

const SEVERITIES: &str = "package sigstore
isCompliant[response] {
  input.predicateType = \"https://cosign.sigstore.dev/attestation/vuln/v1\"
  filteredHighSeverity = [c | c := input.predicate.scanner.result.Results[_].Vulnerabilities[_]; c.Severity == \"HIGH\"]
  filteredCriticalSeverity = [c | c := input.predicate.scanner.result.Results[_].Vulnerabilities[_]; c.Severity == \"CRITICAL\"]
  result = ((count(filteredHighSeverity) + count(filteredCriticalSeverity)) == 0)
  errorMsg = sprintf(\"'%d' '%d'\", [count(filteredHighSeverity) ,count(filteredCriticalSeverity)])
  warnMsg = \"\"
  response := {
    \"result\" : result,
    \"error\" : errorMsg,
    \"warning\" : warnMsg
  }
}
";

/// Whether the report satisfies a policy; one that is not known refuses it.
pub(super) fn satisfies(policy: &yaml_serde::Value, report: &Report, now: Duration) -> bool {
    let known = POLICIES.iter().find(|(language, data, _)| {
        text(policy, "type") == Some(language) && text(policy, "data") == Some(data)
    });
    known.is_some_and(|(_, _, is_satisfied)| is_satisfied(report, now))
}

fn is_review(report: &Report) -> bool {
    report.predicate_type == "https://acme.io/review/v1"
}

fn is_or_lacks(report: &Report, at: &str, wanted: &Value) -> bool {
    report.predicate.pointer(at).is_none_or(|found| found == wanted)
}
