//! What holds of every report.

use crate::{
    asks_field, asks_for, critical, finding, grype, judge, package, said, statement, text, trivy,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use signed_images_policy::attestation::{ReportProblem, reduce};
use signed_images_policy::policy::predicate_type::PredicateType;
use signed_images_policy::policy::report::{
    Conditions, Exception, Field, FieldTest, Licenses, Number, Severity, Vulnerabilities,
};
use signed_images_policy::policy::text_pattern::TextPattern;
use signed_images_policy::time::MaxAge;

fn any_finding() -> impl Strategy<Value = Value> {
    let id = prop::sample::select(vec!["CVE-1", "CVE-2", "GHSA-1", ""]);
    let severity = prop::sample::select(vec![
        json!("CRITICAL"),
        json!("HIGH"),
        json!("LOW"),
        json!("odd"),
        Value::Null,
        json!(1),
    ]);
    let fix = prop::sample::select(vec![json!(""), json!("1.2"), Value::Null]);
    let state = prop::sample::select(vec!["fixed", "not-fixed", "unknown", "odd"]);
    (id, severity, fix, state, any::<bool>()).prop_map(|(id, severity, fix, state, is_aliased)| {
        let alias = if is_aliased { "CVE-2" } else { "DSA-1" };
        json!({
            "VulnerabilityID": id, "Severity": severity, "FixedVersion": fix, "Status": state,
            "VendorIDs": [alias], "Title": "t",
            "vulnerability": {"id": id, "severity": severity, "fix": {"versions": [fix], "state": state}},
            "relatedVulnerabilities": [{"id": alias, "description": "d"}],
        })
    })
}

fn any_findings() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(any_finding(), 0..5)
}

fn any_condition() -> impl Strategy<Value = Vulnerabilities> {
    let refuse = prop::sample::subsequence(Severity::ALL.to_vec(), 0..=6);
    let ids = || prop::sample::subsequence(vec!["CVE-1", "CVE-2", "GHSA-1"], 0..=3);
    (refuse, any::<bool>(), ids(), ids()).prop_map(|(refuse, fixed_only, except, always)| {
        let exception = |id: &str| Exception { id: id.to_owned(), until: None };
        Vulnerabilities {
            refuse,
            fixed_only,
            except: except.into_iter().map(exception).collect(),
            always: always.into_iter().map(str::to_owned).collect(),
        }
    })
}

fn any_package() -> impl Strategy<Value = Value> {
    let one_of = |texts: &[&'static str]| prop::option::of(prop::sample::select(texts.to_vec()));
    (
        one_of(&["a", "A", "x-y", "X.Y"]),
        one_of(&["0.9", "1.0", "1.0-1", "1.0-rc1", "1:0.9", "x"]),
        one_of(&["pkg:npm/a", "pkg:deb/debian/x_y", "pkg:pypi/X-Y", ""]),
        prop::collection::vec(
            prop::sample::select(vec!["MIT", "AGPL-3.0", "mit or X11", "NONE", ""]),
            0..3,
        ),
        one_of(&["container", "library"]),
    )
        .prop_map(|(name, version, purl, licenses, kind)| {
            let licenses: Vec<_> =
                licenses.iter().map(|text| json!({"license": {"name": text}})).collect();
            json!({"name": name, "version": version, "purl": purl, "licenses": licenses, "type": kind})
        })
}

/// A predicate of which parts are missing, or something else.
fn any_predicate() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(json!("a")),
        Just(json!(1)),
        Just(json!([])),
        Just(json!({})),
        any_finding(),
        Just(json!("2026-06-05T00:00:00Z")),
        Just(json!("SPDX-2.3")),
        Just(json!("MIT")),
        Just(json!("pkg:npm/a@1")),
        Just(json!([{"referenceLocator": "cpe:2.3:a"}, {"referenceLocator": "pkg:npm/a@1"}])),
    ];
    let key = prop::sample::select(vec![
        "scanner",
        "uri",
        "result",
        "SchemaVersion",
        "Results",
        "Vulnerabilities",
        "matches",
        "metadata",
        "scanFinishedOn",
        "packages",
        "externalRefs",
        "referenceLocator",
        "component",
        "licenses",
        "license",
        "spdxVersion",
        "name",
        "versionInfo",
        "licenseDeclared",
        "components",
        "specVersion",
        "x",
    ]);
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|members| json!(members)),
        ]
    })
}

fn every_condition() -> Vec<(&'static str, Conditions)> {
    let timed = Conditions { max_age: MaxAge::parse("7d"), ..Conditions::default() };
    let packages = Conditions { packages: vec![package("a", None)], ..Conditions::default() };
    let licenses = || Conditions {
        licenses: Some(Licenses::Only(vec!["MIT".to_owned()])),
        ..Conditions::default()
    };
    vec![
        ("vuln", asks_for(critical())),
        ("vuln", timed),
        ("spdx", packages),
        ("spdx", licenses()),
        ("cyclonedx", licenses()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn adding_a_finding_never_admits(
        findings in any_findings(),
        another in any_finding(),
        at in any::<prop::sample::Index>(),
        asked in any_condition(),
    ) {
        let mut more = findings.clone();
        more.insert(at.index(findings.len() + 1), another);
        let asked = asks_for(asked);
        for scan in [trivy, grype] {
            let [fewer, more] = [&findings, &more].map(|findings| said("vuln", &scan(json!(findings)), &asked));
            prop_assert!(fewer.is_empty() || !more.is_empty(), "{} became admitted", fewer);
        }
    }

    #[test]
    fn a_field_that_is_missing_holds_for_absent_alone(
        predicate in any_predicate(),
        number in -5.0..5.0f64,
    ) {
        use FieldTest::{Absent, AtLeast, AtMost, Contains, Equals, In, Pattern};
        let tests = [
            Equals(text("a")), In(vec![text("a")]), Pattern(TextPattern::new("**")), Contains(text("a")),
            AtMost(Number(number)), AtLeast(Number(number)),
        ];
        for at in ["/not/there", "/x/*/not", "/scanner/nothing"] {
            for test in &tests {
                let asked = Conditions { fields: vec![Field { at: at.to_owned(), test: again(test) }], ..Conditions::default() };
                prop_assert!(!said("https://a/b", &predicate, &asked).is_empty());
            }
            prop_assert_eq!(said("https://a/b", &predicate, &asks_field(at, Absent)), "");
        }
    }

    #[test]
    fn adding_a_package_never_admits(
        packages in prop::collection::vec(any_package(), 0..4),
        another in any_package(),
        at in any::<prop::sample::Index>(),
        is_subject in any::<bool>(),
    ) {
        let bill = |packages: &[Value]| json!({"specVersion": "1.6", "components": packages});
        let mut more = packages.clone();
        more.insert(at.index(packages.len() + 1), another.clone());
        let mut more = bill(&more);
        if is_subject {
            more = bill(&packages);
            more["metadata"] = json!({"component": another});
        }
        let patterns = || vec!["AGPL-*".to_owned(), "MIT".to_owned()];
        let licenses = [Licenses::Refuse(patterns()), Licenses::Only(patterns())];
        let about_licenses = licenses.map(|licenses| Conditions { licenses: Some(licenses), ..Conditions::default() });
        let packaged = Conditions { packages: vec![package("a", Some("1.0")), package("x_*", None)], ..Conditions::default() };
        for asked in about_licenses.into_iter().chain([packaged]) {
            let [fewer, more] = [&bill(&packages), &more].map(|bill| said("cyclonedx", bill, &asked));
            prop_assert!(fewer.is_empty() || !more.is_empty(), "{} became admitted", fewer);
        }
    }

    #[test]
    fn an_empty_report_is_never_enough(of in prop::sample::select(every_condition_names())) {
        for (name, asked) in every_condition().into_iter().filter(|(name, _)| *name == of) {
            prop_assert!(!said(name, &json!({}), &asked).is_empty(), "{}", name);
            prop_assert!(!said(name, &Value::Null, &asked).is_empty(), "{}", name);
        }
    }

    #[test]
    fn reducing_never_changes_a_verdict(predicate in any_predicate(), findings in any_findings(), asked in any_condition()) {
        let mut all = every_condition();
        all.push(("vuln", asks_for(asked)));
        for predicate in [predicate, trivy(json!(findings)), grype(json!(findings))] {
            for (of, asked) in &all {
                let predicate_type = PredicateType::parse(of).unwrap();
                let reduced = reduce(&predicate_type, predicate.to_string().as_bytes(), &[]).unwrap();
                let reduced: Value = serde_json::from_slice(&reduced).unwrap();
                let [full, reduced] = [&predicate, &reduced].map(|predicate| judge(of, &statement(of, predicate), asked));
                let is_unreadable = |verdict: &Result<_, _>| matches!(verdict, Err(ReportProblem::Unreadable(_)));
                // Where in the text it fails differs.
                if !(is_unreadable(&full) && is_unreadable(&reduced)) {
                    prop_assert_eq!(full, reduced);
                }
            }
        }
    }
}

fn every_condition_names() -> Vec<&'static str> {
    every_condition().into_iter().map(|(name, _)| name).collect()
}

fn again(test: &FieldTest) -> FieldTest {
    use FieldTest::{Absent, AtLeast, AtMost, Contains, Equals, In, Pattern};
    match test {
        Equals(scalar) => Equals(scalar.clone()),
        In(scalars) => In(scalars.clone()),
        Pattern(pattern) => Pattern(pattern.clone()),
        Contains(scalar) => Contains(scalar.clone()),
        AtMost(most) => AtMost(*most),
        AtLeast(least) => AtLeast(*least),
        Absent => Absent,
    }
}

/// What `fields` read is kept where it is asked for.
#[test]
fn reduced_reports_keep_what_is_named() {
    let mut predicate = trivy(json!([finding("CVE-1", "LOW", "")]));
    predicate["scanner"]["db"] = json!({"version": "7", "uri": "x"});
    let of = PredicateType::parse("vuln").unwrap();
    let json = predicate.to_string();
    let reduced = |keep: &[&str]| -> Value {
        serde_json::from_slice(&reduce(&of, json.as_bytes(), keep).unwrap()).unwrap()
    };
    let expected = json!({
        "metadata": {"scanFinishedOn": "2026-06-05T00:00:00Z"},
        "scanner": {
            "db": {"version": "7"},
            "result": {"Results": [{}, {"Vulnerabilities": [{
                "FixedVersion": "", "InstalledVersion": "3.0.1", "PkgName": "openssl", "Severity": "LOW",
                "VulnerabilityID": "CVE-1",
            }]}], "SchemaVersion": 2},
            "uri": "pkg:github/a/scanner@1",
        },
    });
    assert_eq!(reduced(&["/scanner/db/version"]), expected);
    let of = PredicateType::parse("slsaprovenance1").unwrap();
    assert_eq!(reduce(&of, b"{\"a\":1}", &[]).unwrap(), b"{\"a\":1}");
}
