//! What scans find, and what becomes of it.

use crate::{asks_for, critical, finding, grype, said, scan, trivy};
use serde_json::{Value, json};
use signed_images_policy::policy::report::{Exception, Severity, Vulnerabilities};
use signed_images_policy::time::Day;

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
            "has 1 CRITICAL finding with a fix: CVE-1 (openssl 3.0.1; its exception does not apply)",
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
        (json!([{}]), critical(), "has 1 UNKNOWN finding: a finding without an ID"),
        (
            json!([{"Severity": 9, "Status": "fixed"}]),
            fixed(),
            "has 1 UNKNOWN finding with a fix: a finding without an ID",
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
        // A name that is neither a CVE nor a GHSA needs no exception of its own.
        (found("GHSA-1", &["CVE-1", "DSA-1"], state("fixed")), vec!["CVE-1"], ""),
        (
            found("GHSA-1", &["CVE-1", "CVE-2"], state("fixed")),
            vec!["CVE-1"],
            "has 1 CRITICAL finding with a fix: GHSA-1 (openssl 3.0.1; its exception does not apply)",
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
    let other = "is from a scanner that this policy does not know";
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
