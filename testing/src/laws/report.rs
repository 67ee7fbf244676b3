//! Signed reports: none is enough that does not say so, adding a finding admits none, and reducing one changes nothing.

use super::text;
use serde_json::{Value, json};
use signed_images_policy::attestation::{ReportProblem, evaluate, reduce};
use signed_images_policy::policy::predicate_type::PredicateType;
use signed_images_policy::policy::report::{
    Comparison, Conditions, Field, FieldTest, Licenses, PackagePattern, Scalar, Severity,
    Vulnerabilities,
};
use signed_images_policy::policy::text_pattern::TextPattern;
use signed_images_policy::time::{Day, MaxAge, Time};

const HEX: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn asked() -> Vec<(&'static str, Conditions)> {
    let patterns = |text| vec![TextPattern::new(text)];
    let field = |at: &str, test| Field { at: at.to_owned(), test };
    let scan = Vulnerabilities {
        refuse: vec![Severity::Critical, Severity::High],
        fixed_only: true,
        ..Vulnerabilities::default()
    };
    let versions = Some((Comparison::Less, "2.17.1".to_owned()));
    let package = PackagePattern { name: "log4j*".to_owned(), versions };
    let bill = Conditions { packages: vec![package], ..Conditions::default() };
    let only = Licenses::Only(vec!["MIT".to_owned(), "Apache-*".to_owned()]);
    let built = Conditions {
        builder: patterns("https://github.com/**"),
        source: patterns("https://github.com/acme/*"),
        ..Conditions::default()
    };
    let fields = vec![
        field("/x/*/y", FieldTest::Contains(Scalar::Text("z".to_owned()))),
        field("/a", FieldTest::Pattern(TextPattern::new("b*"))),
    ];
    vec![
        (
            "vuln",
            Conditions {
                vulnerabilities: Some(scan),
                max_age: MaxAge::parse("7d"),
                ..Conditions::default()
            },
        ),
        ("spdx", Conditions { licenses: Some(only), ..Conditions::default() }),
        ("cyclonedx", bill),
        ("slsaprovenance1", built),
        ("https://a/b", Conditions { fields, ..Conditions::default() }),
    ]
}

fn now() -> Time {
    Time::parse("2026-06-10T00:00:00Z").unwrap()
}

fn judge(of: &str, statement: &str, asked: &Conditions) -> Result<(), ReportProblem> {
    let of = PredicateType::parse(of).unwrap();
    evaluate(statement.as_bytes(), "", &of, HEX, asked, now()).map(drop)
}

/// A statement that is enough is one, of that type, about that image.
pub(super) fn law_of_statements(input: &[u8]) {
    let Some(text) = text::of(input) else { return };
    for (of, asked) in asked() {
        if judge(of, text, &asked).is_ok() {
            // Keys are read as bytes, which may have a control character. No key that is looked for has one.
            let plain = text.replace(|c: char| c < ' ', " ");
            let statement: Value = serde_json::from_str(&plain).unwrap();
            assert_eq!(statement["predicateType"], PredicateType::parse(of).unwrap().uri());
            let subjects = statement["subject"].as_array().unwrap();
            assert!(subjects.iter().any(|subject| subject["digest"]["sha256"] == HEX));
        }
    }
}

/// What its reduced form says is what a predicate says, and one more finding lets nothing in.
pub(super) fn law_of_predicates(input: &[u8]) {
    let Ok(predicate) = serde_json::from_slice::<Value>(input) else { return };
    for (of, asked) in asked() {
        let predicate_type = PredicateType::parse(of).unwrap();
        let verdict = |predicate: &Value| {
            let statement = json!({
                "_type": "https://in-toto.io/Statement/v1", "predicateType": predicate_type.uri(),
                "subject": [{"digest": {"sha256": HEX}}], "predicate": predicate,
            });
            judge(of, &statement.to_string(), &asked)
        };
        let full = verdict(&predicate);
        let reduced = reduce(&predicate_type, predicate.to_string().as_bytes(), &[]).unwrap();
        let reduced = verdict(&serde_json::from_slice(&reduced).unwrap());
        match (&full, &reduced) {
            // Where in the text it is told, and the text is another.
            (Err(ReportProblem::Unreadable(_)), Err(ReportProblem::Unreadable(_))) => {}
            _ => assert_eq!(full, reduced, "{of} {predicate}"),
        }
        let mut more = predicate.clone();
        let at = if more.pointer("/scanner/result/matches").is_some() {
            "/scanner/result/matches"
        } else {
            "/scanner/result/Results/0/Vulnerabilities"
        };
        if let Some(findings) = more.pointer_mut(at).and_then(Value::as_array_mut) {
            findings.insert(0, json!({"VulnerabilityID": "CVE-1", "Severity": "LOW"}));
            assert!(full.is_ok() || verdict(&more).is_err(), "{of} {predicate}");
        }
    }
}

/// Times, days and ages: none is too much, and a later time is not older.
pub(super) fn law_of_times(input: &[u8]) {
    let Some(text) = text::of(input) else { return };
    let _ = (Day::parse(text), MaxAge::parse(text));
    let Some(time) = Time::parse(text) else { return };
    let age = MaxAge::parse("7d").unwrap();
    assert!(age.exceeded_by(time, time).is_none() && !time.is_ahead_of(time), "{text}");
    assert!(!(time.is_ahead_of(now()) && age.exceeded_by(time, now()).is_some()), "{text}");
}
