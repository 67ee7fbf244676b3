//! What reports say, and whether that is enough: tables, and what holds of every report.

#![cfg(test)]
#![expect(clippy::too_many_lines, reason = "tables are as long as what they are about")]
#![expect(clippy::needless_pass_by_value, reason = "what makes values takes values")]

mod bills;
mod fields;
mod findings;
mod laws;
mod provenance;

use serde_json::{Value, json};
use signed_images_policy::attestation::{ReportProblem, ReportSummary, evaluate};
use signed_images_policy::policy::predicate_type::PredicateType;
use signed_images_policy::policy::report::{
    Comparison, Conditions, Field, FieldTest, PackagePattern, Scalar, Severity, Vulnerabilities,
};
use signed_images_policy::time::{MaxAge, Time};

const HEX: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(crate) fn now() -> Time {
    Time::parse("2026-06-10T00:00:00Z").unwrap()
}

pub(crate) fn statement(of: &str, predicate: &Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha1": "b"}}, {"name": "app", "digest": {"sha256": HEX}}],
        "predicateType": PredicateType::parse(of).unwrap().uri(),
        "predicate": predicate,
    })
}

pub(crate) fn judge(
    of: &str,
    statement: &Value,
    asked: &Conditions,
) -> Result<ReportSummary, ReportProblem> {
    let predicate_type = PredicateType::parse(of).unwrap();
    evaluate(statement.to_string().as_bytes(), "", &predicate_type, HEX, asked, now())
}

/// What is said of a predicate of that type; nothing when it is enough.
pub(crate) fn said(of: &str, predicate: &Value, asked: &Conditions) -> String {
    let verdict = judge(of, &statement(of, predicate), asked);
    verdict.err().map_or(String::new(), |problem| problem.to_string())
}

pub(crate) fn trivy(findings: Value) -> Value {
    scan(json!({"SchemaVersion": 2, "Results": [{"Target": "a"}, {"Vulnerabilities": findings}]}))
}

pub(crate) fn grype(matches: Value) -> Value {
    scan(json!({"matches": matches, "descriptor": {"name": "grype"}}))
}

pub(crate) fn scan(result: Value) -> Value {
    json!({
        "scanner": {"uri": "pkg:github/a/scanner@1", "version": "1", "result": result},
        "metadata": {"scanFinishedOn": "2026-06-05T00:00:00Z"},
    })
}

pub(crate) fn critical() -> Vulnerabilities {
    Vulnerabilities { refuse: vec![Severity::Critical], ..Vulnerabilities::default() }
}

pub(crate) fn asks_for(vulnerabilities: Vulnerabilities) -> Conditions {
    Conditions { vulnerabilities: Some(vulnerabilities), ..Conditions::default() }
}

pub(crate) fn finding(id: &str, severity: &str, fix: &str) -> Value {
    json!({
        "VulnerabilityID": id, "Severity": severity, "FixedVersion": fix, "PkgName": "openssl",
        "InstalledVersion": "3.0.1", "Description": "\u{e4} \"long\"", "CVSS": {"nvd": {"V3Score": 9.8}},
    })
}

pub(crate) fn package(name: &str, version: Option<&str>) -> PackagePattern {
    let versions = version.map(|version| (Comparison::Less, version.to_owned()));
    PackagePattern { name: name.to_owned(), versions }
}

pub(crate) fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

pub(crate) fn asks_field(at: &str, test: FieldTest) -> Conditions {
    Conditions { fields: vec![Field { at: at.to_owned(), test }], ..Conditions::default() }
}

#[test]
fn frames() {
    let of = "vuln";
    let right = statement(of, &trivy(json!([])));
    let with = |key: &str, value: Value| {
        let mut statement = right.clone();
        statement[key] = value;
        statement
    };
    let rows = [
        (right.clone(), ""),
        (with("_type", json!("https://in-toto.io/Statement/v0.1")), ""),
        (
            with("_type", json!("https://in-toto.io/Statement/v2")),
            "is not an in-toto Statement 0.1 or 1",
        ),
        (with("_type", Value::Null), "is not an in-toto Statement 0.1 or 1"),
        (
            with("predicateType", json!("https://spdx.dev/Document")),
            "is of another type: `https://spdx.dev/Document`",
        ),
        (with("predicateType", Value::Null), "is of another type: ``"),
        (with("subject", json!([])), "is about another image"),
        (with("subject", Value::Null), "is about another image"),
        (
            with("subject", json!([{"digest": {"sha256": HEX.replace('a', "b")}}])),
            "is about another image",
        ),
        (
            with("subject", json!([{"digest": {"sha256": HEX.to_uppercase()}}])),
            "is about another image",
        ),
        (with("subject", json!([{"digest": {"sha512": HEX}}])), "is about another image"),
    ];
    for (statement, expected) in rows {
        let verdict = judge(of, &statement, &asks_for(critical()));
        let said = verdict.err().map_or(String::new(), |problem| problem.to_string());
        assert_eq!(said, expected, "{statement}");
    }
}

#[test]
fn what_cannot_be_read() {
    let predicate_type = PredicateType::parse("vuln").unwrap();
    let asked = asks_for(critical());
    let whole = statement("vuln", &trivy(json!([finding("CVE-1", "LOW", "")]))).to_string();
    let twice = whole.replacen("\"SchemaVersion\":2", "\"Results\":[],\"SchemaVersion\":2", 1);
    let list = statement("vuln", &scan(json!([{"Vulnerabilities": []}]))).to_string();
    let text = statement("vuln", &trivy(json!(["CVE-1"]))).to_string();
    let half = whole.get(..whole.len() / 2).unwrap();
    let trailing = format!("{whole}x");
    for json in ["", "x", "{", "[]", "1", half, &trailing, &twice, &list, &text] {
        let verdict = evaluate(json.as_bytes(), "", &predicate_type, HEX, &asked, now());
        assert!(matches!(verdict, Err(ReportProblem::Unreadable(_))), "{json}: {verdict:?}");
    }
    assert!(evaluate(b"\"\xff\"", "", &predicate_type, HEX, &asked, now()).is_err());
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(evaluate(deep.as_bytes(), "", &predicate_type, HEX, &asked, now()).is_err());
}

#[test]
fn times() {
    let rows = [
        (json!("2026-06-05T00:00:00Z"), ""),
        (json!("2026-06-05T23:00:00.5+23:00"), ""),
        (json!("2026-06-01T00:00:00Z"), "is 9 days old, 7 allowed"),
        (json!("2026-06-10T00:05:00Z"), ""),
        (json!("2026-06-10T00:05:01Z"), "has a time in the future: 2026-06-10T00:05:01Z"),
        (json!("9999-12-31T23:59:59Z"), "has a time in the future: 9999-12-31T23:59:59Z"),
        (json!("yesterday"), "has a time that cannot be read: `yesterday`"),
        (json!(1_780_000_000), "has a time that cannot be read: ``"),
        (json!(""), "has a time that cannot be read: ``"),
        (Value::Null, "has no scan time"),
        (json!({}), "has no scan time"),
    ];
    for (time, expected) in rows {
        let asked = Conditions { max_age: MaxAge::parse("7d"), ..Conditions::default() };
        let at = [
            ("vuln", json!({"metadata": {"scanFinishedOn": time}})),
            ("slsaprovenance", json!({"metadata": {"buildFinishedOn": time}})),
            ("slsaprovenance1", json!({"runDetails": {"metadata": {"finishedOn": time}}})),
            ("cyclonedx", json!({"metadata": {"timestamp": time}})),
            ("spdx", json!({"creationInfo": {"created": time}})),
        ];
        for (of, predicate) in at {
            let expected = match of {
                "vuln" => expected.to_owned(),
                _ => expected.replace("no scan time", "no time"),
            };
            assert_eq!(said(of, &predicate, &asked), expected, "{of} {time}");
        }
        let asked = Conditions { time_at: Some("/at".to_owned()), ..asked };
        let expected = expected.replace("no scan time", "no time");
        assert_eq!(said("https://a/b", &json!({"at": time}), &asked), expected, "{time}");
    }
}
