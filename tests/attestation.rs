//! What reports say, and whether that is enough: tables, and what holds of every report.

#![cfg(test)]
#![expect(clippy::too_many_lines, reason = "tables are as long as what they are about")]
#![expect(clippy::needless_pass_by_value, reason = "what makes values takes values")]

use proptest::prelude::*;
use serde_json::{Value, json};
use signed_images_policy::attestation::{ReportProblem, ReportSummary, evaluate, reduce};
use signed_images_policy::policy::predicate_type::PredicateType;
use signed_images_policy::policy::report::{
    Comparison, Conditions, Exception, Field, FieldTest, Licenses, Number, PackagePattern, Scalar,
    Severity, Vulnerabilities,
};
use signed_images_policy::policy::text_pattern::TextPattern;
use signed_images_policy::time::{Day, MaxAge, Time};

const HEX: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn now() -> Time {
    Time::parse("2026-06-10T00:00:00Z").unwrap()
}

fn statement(of: &str, predicate: &Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha1": "b"}}, {"name": "app", "digest": {"sha256": HEX}}],
        "predicateType": PredicateType::parse(of).unwrap().uri(),
        "predicate": predicate,
    })
}

fn judge(of: &str, statement: &Value, asked: &Conditions) -> Result<ReportSummary, ReportProblem> {
    let predicate_type = PredicateType::parse(of).unwrap();
    evaluate(statement.to_string().as_bytes(), "", &predicate_type, HEX, asked, now())
}

/// What is said of a predicate of that type; nothing when it is enough.
fn said(of: &str, predicate: &Value, asked: &Conditions) -> String {
    let verdict = judge(of, &statement(of, predicate), asked);
    verdict.err().map_or(String::new(), |problem| problem.to_string())
}

fn trivy(findings: Value) -> Value {
    scan(json!({"SchemaVersion": 2, "Results": [{"Target": "a"}, {"Vulnerabilities": findings}]}))
}

fn grype(matches: Value) -> Value {
    scan(json!({"matches": matches, "descriptor": {"name": "grype"}}))
}

fn scan(result: Value) -> Value {
    json!({
        "scanner": {"uri": "pkg:github/a/scanner@1", "version": "1", "result": result},
        "metadata": {"scanFinishedOn": "2026-06-05T00:00:00Z"},
    })
}

fn critical() -> Vulnerabilities {
    Vulnerabilities { refuse: vec![Severity::Critical], ..Vulnerabilities::default() }
}

fn asks_for(vulnerabilities: Vulnerabilities) -> Conditions {
    Conditions { vulnerabilities: Some(vulnerabilities), ..Conditions::default() }
}

fn finding(id: &str, severity: &str, fix: &str) -> Value {
    json!({
        "VulnerabilityID": id, "Severity": severity, "FixedVersion": fix, "PkgName": "openssl",
        "InstalledVersion": "3.0.1", "Description": "\u{e4} \"long\"", "CVSS": {"nvd": {"V3Score": 9.8}},
    })
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
            "is no in-toto Statement 0.1 or 1",
        ),
        (with("_type", Value::Null), "is no in-toto Statement 0.1 or 1"),
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
fn findings_of_trivy() {
    let both = || json!([finding("CVE-1", "CRITICAL", "3.0.2"), finding("CVE-2", "CRITICAL", "")]);
    let fixed = || Vulnerabilities { fixed_only: true, ..critical() };
    let except = |id: &str, until: Option<&str>| Vulnerabilities {
        except: vec![Exception { id: id.to_owned(), until: until.and_then(Day::parse) }],
        ..fixed()
    };
    let always =
        |id: &str| Vulnerabilities { always: vec![id.to_owned()], ..Vulnerabilities::default() };
    let one = "has 1 CRITICAL finding with a fix: CVE-1 (openssl 3.0.1)";
    let rows = [
        (json!([]), critical(), ""),
        (Value::Null, critical(), ""),
        (
            both(),
            critical(),
            "has 2 CRITICAL findings: CVE-1 (openssl 3.0.1), CVE-2 (openssl 3.0.1)",
        ),
        (both(), fixed(), one),
        (both(), except("cve-1", None), ""),
        (
            both(),
            except("CVE-1", Some("2026-06-09")),
            "has 1 CRITICAL finding with a fix: CVE-1 (openssl 3.0.1; its exception does not hold)",
        ),
        (both(), except("CVE-1", Some("2026-06-10")), ""),
        (both(), except("CVE-11", None), one),
        (both(), Vulnerabilities::default(), ""),
        (both(), always("CVE-2"), "has 1 CRITICAL finding: CVE-2 (openssl 3.0.1)"),
        (
            both(),
            Vulnerabilities { always: vec!["CVE-1".to_owned()], ..except("CVE-1", None) },
            one,
        ),
        (json!([finding("CVE-1", "HIGH", "1")]), critical(), ""),
        (json!([finding("CVE-1", "critical", "1")]), critical(), one),
        (
            json!([finding("CVE-1", "SEVERE", "1")]),
            critical(),
            "has 1 UNKNOWN finding with a fix: CVE-1 (openssl 3.0.1)",
        ),
        (json!([{}]), critical(), "has 1 UNKNOWN finding: one without a name"),
        (
            json!([{"Severity": 9, "Status": "fixed"}]),
            fixed(),
            "has 1 UNKNOWN finding with a fix: one without a name",
        ),
    ];
    for (findings, asked, expected) in rows {
        let asked = asks_for(asked);
        assert_eq!(
            said("vuln", &trivy(findings.clone()), &asked),
            expected,
            "{findings} {asked:?}"
        );
    }
}

#[test]
fn findings_of_grype() {
    let found = |id: &str, related: &[&str], fix: Value| {
        let related: Vec<Value> = related.iter().map(|id| json!({"id": id})).collect();
        json!([{
            "vulnerability": {"id": id, "severity": "Critical", "fix": fix},
            "relatedVulnerabilities": related,
            "artifact": {"name": "openssl", "version": "3.0.1"},
        }])
    };
    let asked = |except: &[&str]| {
        let exception = |id: &&str| Exception { id: (*id).to_owned(), until: None };
        let except = except.iter().map(exception).collect();
        asks_for(Vulnerabilities { fixed_only: true, except, ..critical() })
    };
    let state = |state: &str| json!({"versions": [], "state": state});
    let ghsa = "has 1 CRITICAL finding with a fix: GHSA-1 (openssl 3.0.1)";
    let rows = [
        (json!([]), vec![], ""),
        (found("GHSA-1", &[], state("fixed")), vec![], ghsa),
        (found("GHSA-1", &[], json!({"versions": ["2"], "state": "unknown"})), vec![], ghsa),
        (found("GHSA-1", &[], Value::Null), vec![], ghsa),
        (found("GHSA-1", &[], state("later")), vec![], ghsa),
        (found("GHSA-1", &[], state("not-fixed")), vec![], ""),
        (found("GHSA-1", &[], state("wont-fix")), vec![], ""),
        (found("GHSA-1", &[], state("unknown")), vec![], ""),
        (found("GHSA-1", &["CVE-1"], state("fixed")), vec!["CVE-1"], ""),
        (found("GHSA-1", &["CVE-1"], state("fixed")), vec!["GHSA-1"], ""),
        (
            found("GHSA-1", &["CVE-1", "CVE-2"], state("fixed")),
            vec!["CVE-1"],
            "has 1 CRITICAL finding with a fix: GHSA-1 (openssl 3.0.1; its exception does not hold)",
        ),
        (found("GHSA-1", &["CVE-1", "CVE-2"], state("fixed")), vec!["CVE-1", "CVE-2"], ""),
    ];
    for (matches, except, expected) in rows {
        assert_eq!(said("vuln", &grype(matches.clone()), &asked(&except)), expected, "{matches}");
    }
    let always = Vulnerabilities { always: vec!["CVE-2".to_owned()], ..Vulnerabilities::default() };
    let both = grype(found("GHSA-1", &["CVE-1", "CVE-2"], state("wont-fix")));
    assert_eq!(
        said("vuln", &both, &asks_for(always)),
        "has 1 CRITICAL finding: GHSA-1 (openssl 3.0.1)"
    );
}

#[test]
fn scans_that_are_none() {
    let mut unnamed = trivy(json!([]));
    unnamed["scanner"]["uri"] = json!("");
    let other = "is of a scanner whose findings are not read here";
    let rows = [
        (unnamed.clone(), "does not name its scanner"),
        (json!({"scanner": {"result": {"SchemaVersion": 2}}}), "does not name its scanner"),
        (scan(json!({})), other),
        (scan(Value::Null), other),
        (scan(json!({"runs": []})), other),
        (scan(json!({"Results": null, "matches": null})), other),
        (scan(json!({"SchemaVersion": 2})), ""),
        (scan(json!({"Results": []})), ""),
        (scan(json!({"matches": []})), ""),
        (json!({}), "does not name its scanner"),
        (Value::Null, "does not name its scanner"),
    ];
    for (predicate, expected) in rows {
        assert_eq!(said("vuln", &predicate, &asks_for(critical())), expected, "{predicate}");
    }
}

/// The gravest are named, in the order of the report.
#[test]
fn three_are_named() {
    let findings: Vec<Value> = (0..6000)
        .map(|number| {
            let severity = if number % 1000 == 5 { "CRITICAL" } else { "HIGH" };
            finding(&format!("CVE-{number}"), severity, "1")
        })
        .collect();
    let refuse = vec![Severity::High, Severity::Critical];
    let asked = asks_for(Vulnerabilities { refuse, ..Vulnerabilities::default() });
    let expected = "has 6 CRITICAL, 5994 HIGH findings with a fix: CVE-5 (openssl 3.0.1), CVE-1005 (openssl 3.0.1), \
                    CVE-2005 (openssl 3.0.1), …";
    assert_eq!(said("vuln", &trivy(json!(findings)), &asked), expected);
}

#[test]
fn times() {
    let rows = [
        (json!("2026-06-05T00:00:00Z"), ""),
        (json!("2026-06-05T23:00:00.5+23:00"), ""),
        (json!("2026-06-01T00:00:00Z"), "is 9 days old, 7 allowed"),
        (json!("2026-06-10T00:05:00Z"), ""),
        (
            json!("2026-06-10T00:05:01Z"),
            "has a time that is ahead of this clock: 2026-06-10T00:05:01Z",
        ),
        (
            json!("9999-12-31T23:59:59Z"),
            "has a time that is ahead of this clock: 9999-12-31T23:59:59Z",
        ),
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

#[test]
fn builders_and_sources() {
    let asked = |builder: &[&str], source: &[&str]| {
        let patterns = |texts: &[&str]| texts.iter().map(|text| TextPattern::new(text)).collect();
        Conditions { builder: patterns(builder), source: patterns(source), ..Conditions::default() }
    };
    let runner = "https://github.com/actions/runner/github-hosted";
    let github = |repository: Value| {
        json!({
            "runDetails": {"builder": {"id": runner}},
            "buildDefinition": {
                "externalParameters": {"workflow": {"repository": repository, "ref": "refs/heads/main"}},
                "resolvedDependencies": [{"uri": "git+https://github.com/acme/app@refs/heads/main"}],
            },
        })
    };
    let parameters =
        |parameters: Value| json!({"buildDefinition": {"externalParameters": parameters}});
    let acme = &["https://github.com/acme/*"][..];
    let rows = [
        (
            "slsaprovenance1",
            github(json!("https://github.com/acme/app")),
            asked(&[runner], acme),
            "",
        ),
        (
            "slsaprovenance1",
            github(json!("https://github.com/evil/app")),
            asked(&[], acme),
            "is of another source: `https://github.com/evil/app`",
        ),
        (
            "slsaprovenance1",
            github(json!("https://github.com/acme/app")),
            asked(&["https://b"], &[]),
            "is by another builder: `https://github.com/actions/runner/github-hosted`",
        ),
        // What was fetched is no source.
        ("slsaprovenance1", github(Value::Null), asked(&[], acme), "names no source"),
        ("slsaprovenance1", json!({}), asked(&[runner], &[]), "names no builder"),
        (
            "slsaprovenance1",
            parameters(json!({"source": {"uri": "git+https://github.com/acme/app@refs/tags/v1"}})),
            asked(&[], acme),
            "",
        ),
        (
            "slsaprovenance1",
            parameters(json!({"source": "git+https://github.com/acme/app@refs/tags/v1"})),
            asked(&[], acme),
            "",
        ),
        (
            "slsaprovenance1",
            parameters(json!({"buildConfigSource": {"repository": "https://github.com/acme/app"}})),
            asked(&[], acme),
            "",
        ),
        (
            "slsaprovenance1",
            parameters(
                json!({"source": "https://github.com/acme/app", "workflow": {"repository": "https://github.com/evil/app"}}),
            ),
            asked(&[], acme),
            "is of another source: `https://github.com/evil/app`",
        ),
        (
            "slsaprovenance",
            json!({"builder": {"id": "https://b"}, "invocation": {"configSource": {"uri": "git+https://github.com/acme/app@refs/heads/main"}}}),
            asked(&["https://b"], acme),
            "",
        ),
        (
            "slsaprovenance",
            json!({"builder": {"id": 1}}),
            asked(&["https://b"], &[]),
            "names no builder",
        ),
        (
            "slsaprovenance",
            github(json!("https://github.com/acme/app")),
            asked(&[], acme),
            "names no source",
        ),
    ];
    for (of, predicate, asked, expected) in rows {
        assert_eq!(said(of, &predicate, &asked), expected, "{predicate}");
    }
}

fn package(name: &str, version: Option<&str>) -> PackagePattern {
    let versions = version.map(|version| (Comparison::Less, version.to_owned()));
    PackagePattern { name: name.to_owned(), versions }
}

#[test]
fn bills_of_materials() {
    let asked = Conditions {
        packages: vec![package("log4j-core", Some("2.17.1"))],
        licenses: Some(Licenses::Refuse(vec!["AGPL-*".to_owned()])),
        ..Conditions::default()
    };
    let spdx = |packages: Value| json!({"spdxVersion": "SPDX-2.3", "packages": packages});
    let cyclone = |components: Value| json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components});
    let mit = json!([{"license": {"id": "MIT"}}]);
    let rows = [
        ("spdx", spdx(json!([])), ""),
        ("spdx", spdx(json!([{"name": "a", "versionInfo": "1", "licenseDeclared": "MIT"}])), ""),
        (
            "spdx",
            spdx(
                json!([{"name": "log4j-core", "versionInfo": "2.14.1", "licenseDeclared": "Apache-2.0"}]),
            ),
            "lists what is refused: log4j-core 2.14.1",
        ),
        (
            "spdx",
            spdx(json!([{"name": "log4j-core", "licenseDeclared": "Apache-2.0"}])),
            "lists what is refused: log4j-core",
        ),
        (
            "spdx",
            spdx(
                json!([{"name": "a", "licenseConcluded": "NOASSERTION", "licenseDeclared": "MIT AND AGPL-3.0-only"}]),
            ),
            "lists packages whose licences are refused: a (AGPL-3.0-only)",
        ),
        (
            "spdx",
            spdx(json!([{"name": "a", "licenseConcluded": "NOASSERTION"}])),
            "names no licence of any package",
        ),
        ("spdx", spdx(Value::Null), "has no list of packages"),
        (
            "spdx",
            json!({"spdxVersion": "SPDX-3.0", "packages": []}),
            "is of a version that is not read: `SPDX-3.0`",
        ),
        (
            "spdx",
            json!({"packages": []}),
            "is no bill of materials: it names no version of SPDX or CycloneDX",
        ),
        ("cyclonedx", cyclone(json!([])), ""),
        (
            "cyclonedx",
            json!({"bomFormat": "CycloneDX", "specVersion": "1.7", "components": []}),
            "",
        ),
        (
            "cyclonedx",
            json!({"bomFormat": "CycloneDX", "specVersion": "1.8", "components": []}),
            "is of a version that is not read: `1.8`",
        ),
        ("cyclonedx", cyclone(json!([{"name": "a", "version": "1", "licenses": mit}])), ""),
        (
            "cyclonedx",
            cyclone(
                json!([{"name": "a", "licenses": mit, "components": [{"name": "log4j-core", "version": "2.3"}]}]),
            ),
            "lists what is refused: log4j-core 2.3",
        ),
        (
            "cyclonedx",
            cyclone(
                json!([{"name": "log4j-core", "version": "2.3", "licenses": mit, "components": [{"name": "b", "version": "9"}]}]),
            ),
            "lists what is refused: log4j-core 2.3",
        ),
        (
            "cyclonedx",
            cyclone(json!([{"name": "a", "licenses": [{"expression": "MIT OR AGPL-1.0"}]}])),
            "lists packages whose licences are refused: a (AGPL-1.0)",
        ),
        (
            "cyclonedx",
            cyclone(json!([{"name": "a", "licenses": [{"license": {"name": "agpl-ours"}}]}])),
            "lists packages whose licences are refused: a (agpl-ours)",
        ),
        ("cyclonedx", json!({"specVersion": "1.4"}), "has no list of packages"),
    ];
    for (of, predicate, expected) in rows {
        assert_eq!(said(of, &predicate, &asked), expected, "{predicate}");
    }
    assert!(said("spdx", &json!("SPDXVersion: SPDX-2.3"), &asked).starts_with("cannot be read"));
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

fn asks_field(at: &str, test: FieldTest) -> Conditions {
    Conditions { fields: vec![Field { at: at.to_owned(), test }], ..Conditions::default() }
}

#[test]
fn fields_that_hold() {
    use FieldTest::{Absent, AtLeast, AtMost, Contains, Equals, In, Pattern};
    let predicate = json!({
        "level": 3, "ratio": 0.5, "ok": true, "by": "ann", "none": null, "list": ["a", "b"], "empty": [],
        "a/b": {"~": "odd"}, "object": {},
        "approvers": [{"team": "web"}, {"team": "security"}],
        "partly": [{"team": "web"}, {}], "null": [{"team": "web"}, null], "mixed": [{"team": "web"}, "web"],
        "deep": [{"of": [{"x": 1}, {"x": 1}]}, {"of": [{"x": 1}]}],
        "hollow": [{"of": [{"x": 1}]}, {"of": []}],
        "shallow": [{"of": [{"x": 1}]}, {}],
    });
    let pattern = |text: &str| Pattern(TextPattern::new(text));
    let rows = [
        ("/level", Equals(Scalar::Number(Number(3.0))), true),
        ("/level", Equals(text("3")), false),
        ("/ok", Equals(Scalar::Flag(true)), true),
        ("/by", In(vec![text("bob"), text("ann")]), true),
        ("/by", In(vec![text("bob")]), false),
        ("/by", pattern("a*"), true),
        ("/by", pattern("b*"), false),
        ("/level", pattern("*"), false),
        ("/level", AtMost(Number(3.0)), true),
        ("/level", AtMost(Number(2.5)), false),
        ("/level", AtLeast(Number(3.0)), true),
        ("/level", AtLeast(Number(4.0)), false),
        ("/by", AtLeast(Number(0.0)), false),
        ("/object", Equals(text("{}")), false),
        ("/a~1b/~0", Equals(text("odd")), true),
        ("/list", Contains(text("b")), true),
        ("/list", Contains(text("c")), false),
        ("/list/*", Contains(text("b")), true),
        ("/by", Contains(text("ann")), true),
        ("/by", Contains(text("an")), false),
        ("/list", Equals(text("a")), false),
        ("/list/*", Equals(text("a")), false),
        ("/list/*", In(vec![text("a"), text("b")]), true),
        ("/empty/*", In(vec![text("a")]), false),
        ("/approvers/*/team", Contains(text("security")), true),
        ("/approvers/*/team", Equals(text("security")), false),
        ("/approvers/*/team", In(vec![text("web"), text("security")]), true),
        ("/partly/*/team", Equals(text("web")), false),
        ("/null/*/team", Equals(text("web")), false),
        ("/mixed/*/team", Equals(text("web")), false),
        ("/deep/*/of/*/x", Equals(Scalar::Number(Number(1.0))), true),
        ("/hollow/*/of/*/x", Equals(Scalar::Number(Number(1.0))), false),
        ("/shallow/*/of/*/x", Equals(Scalar::Number(Number(1.0))), false),
        ("/none", Absent, true),
        ("/nothing/below", Absent, true),
        ("/by/below", Absent, true),
        ("/object", Absent, false),
        ("/list", Absent, false),
        ("/partly/*/team", Absent, false),
        ("/approvers/*/name", Absent, true),
        ("/none", Equals(text("")), false),
    ];
    for (at, test, expected) in rows {
        let asked = asks_field(at, test);
        let said = said("https://a/b", &predicate, &asked);
        assert_eq!(said.is_empty(), expected, "{asked:?}: {said}");
    }
}

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
