//! Policies on statements, in Rego (<https://www.openpolicyagent.org/docs/policy-language>).
//!
//! - What is read? One rule `isCompliant` of comparisons of paths with literals; and two policies of Chainguard's catalogue
//!   (<https://github.com/chainguard-dev/policy-catalog>), on the age of a scan and its severities. Whatever else stands in a
//!   policy, none of it is said.
//! - What if a path leads nowhere? Then it is not equal to anything.

use regex::Regex;
use yaml_serde::Value;

use crate::attestation::claim::{Claim, Test, number, pointer};
use crate::expression::without_spaces;

/// One rule, and what it falls back to.
const RULE: &str = r"(?sx)^\s* package\s+sigstore \s+ default\s+isCompliant\s*:?=\s*false
    \s+ isCompliant\s*(?:if\s*)?\{ ([^{}]*) \}\s*$";
const COMPARISON: &str =
    r#"^input\.([\w.]+)\s*==?\s*("[^"\\]*"|true|false|-?[0-9]+(?:\.[0-9]+)?)$"#;

/// `templates/attestations/vuln/vuln-maximum-scan-age-rego.yaml`, without spaces.
const AGE: &str = r#"(?x)^packagesigstore
    nanosecs_per_second=1000\*1000\*1000
    nanosecs_per_day=24\*60\*60\*nanosecs_per_second
    maximum_age=([0-9]+)\*nanosecs_per_day
    isCompliant\[response\]\{
        created:=time\.parse_rfc3339_ns\(input\.([\w.]+)\)
        response:=\{"result":time\.now_ns\(\)<created\+maximum_age,"error":"[^"]*",?\}
    \}$"#;
/// `templates/attestations/vuln/vuln-no-high-or-critical-rego.yaml`, without spaces.
const SEVERITIES: &str = r#"(?x)^packagesigstoreisCompliant\[response\]\{
    input\.predicateType="([^"]*)"
    filteredHighSeverity=\[c\|c:=input\.predicate\.scanner\.result\.Results\[_\]
        \.Vulnerabilities\[_\];c\.Severity=="HIGH"\]
    filteredCriticalSeverity=\[c\|c:=input\.predicate\.scanner\.result\.Results\[_\]
        \.Vulnerabilities\[_\];c\.Severity=="CRITICAL"\]
    result=\(\(count\(filteredHighSeverity\)\+count\(filteredCriticalSeverity\)\)==0\)
    errorMsg=sprintf\("[^"]*",
        \[count\(filteredHighSeverity\),count\(filteredCriticalSeverity\)\]\)
    warnMsg=""
    response:=\{"result":result,"error":errorMsg,"warning":warnMsg\}
    \}$"#;

/// What a policy asks of statements of that type.
pub(super) fn claims(text: &str, uri: &str) -> Result<Vec<Claim>, String> {
    let text = without_comments(text);
    template(&text, uri)
        .or_else(|| comparisons(&text, uri))
        .ok_or_else(|| "the Rego cannot be converted".to_owned())
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

fn template(text: &str, uri: &str) -> Option<Vec<Claim>> {
    let text = without_spaces(text)?;
    if let Some(found) = Regex::new(AGE).ok()?.captures(&text) {
        let days: u64 = found.get(1)?.as_str().parse().ok()?;
        // As far as an age can be written.
        let hours = days.checked_mul(24).filter(|hours| (1..10_000_000).contains(hours))?;
        return Some(vec![Claim::new(place(found.get(2)?.as_str())?, Test::NoOlderThan(hours))]);
    }
    let found = Regex::new(SEVERITIES).ok()?.captures(&text)?;
    let severities = ["HIGH", "CRITICAL"].map(str::to_owned).to_vec();
    let is_own = found.get(1)?.as_str() == uri;
    is_own.then(|| vec![Claim::new(String::new(), Test::NoFindingOf(severities))])
}

fn comparisons(text: &str, uri: &str) -> Option<Vec<Claim>> {
    let rule = Regex::new(RULE).ok()?.captures(text)?;
    let comparison = Regex::new(COMPARISON).ok()?;
    let mut claims = Vec::new();
    let lines = rule.get(1)?.as_str().split(['\n', ';']).map(str::trim);
    for line in lines.filter(|line| !line.is_empty()) {
        let found = comparison.captures(line)?;
        let path = found.get(1)?.as_str();
        let value: Value = yaml_serde::from_str(found.get(2)?.as_str()).ok()?;
        if path == "predicateType" {
            (value.as_str() == Some(uri)).then_some(())?;
            continue;
        }
        if value.is_number() {
            number(&value)?;
        }
        claims.push(Claim::new(place(path)?, Test::Equals(value)));
    }
    Some(claims)
}

fn place(path: &str) -> Option<String> {
    let path = path.strip_prefix("predicate.")?;
    pointer(&path.split('.').map(str::to_owned).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(body: &str) -> String {
        format!("package sigstore\ndefault isCompliant = false\n# so\nisCompliant {{\n{body}\n}}\n")
    }

    #[test]
    fn policies() {
        let of = |text: &str| {
            let claim = |claim: &Claim| format!("{} {:?}", claim.at, claim.test);
            let claims = claims(text, "https://a/b").ok();
            claims.map(|claims| claims.iter().map(claim).collect::<Vec<_>>().join(", "))
        };
        let rows = [
            (rule("input.predicateType == \"https://a/b\""), Some("")),
            (rule("input.predicateType = \"https://a/c\""), None),
            (
                rule("input.predicate.Data == \"x y\"; input.predicate.a.b = true"),
                Some("/Data Equals(String(\"x y\")), /a/b Equals(Bool(true))"),
            ),
            (rule("input.predicate.score == 8"), Some("/score Equals(Number(8))")),
            (rule("input.predicate.score >= 8"), None),
            (rule("not input.predicate.score == 8"), None),
            (rule("input.predicate == \"x\""), None),
            (rule("input.predicate.a[_] == \"x\""), None),
            (rule("input.predicate.a == \"x\"\n}\nisCompliant {\ntrue"), None),
            (rule("x := 1"), None),
        ];
        for (text, expected) in rows {
            assert_eq!(of(&text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn policies_of_the_catalogue() {
        let age = "package sigstore\nnanosecs_per_second = 1000 * 1000 * 1000\nnanosecs_per_day = 24 * 60 * 60 * \
                   nanosecs_per_second\n\n# Days.\nmaximum_age = 15 * nanosecs_per_day\n\nisCompliant[response] {\n  \
                   created := time.parse_rfc3339_ns(input.predicate.metadata.scanFinishedOn)\n\n  response := {\n    \
                   \"result\" : time.now_ns() < created + maximum_age,\n    \"error\" : \"Scan is old.\"\n  }\n}\n";
        let found = claims(age, "https://a/b").unwrap();
        let expected =
            Claim::new("/metadata/scanFinishedOn".to_owned(), Test::NoOlderThan(15 * 24));
        assert_eq!(found, [expected]);
        assert!(claims(&age.replace("time.now_ns() <", "time.now_ns() >"), "https://a/b").is_err());
        let listed = |name: &str, severity: &str| {
            format!(
                "  filtered{name}Severity = [c | c := input.predicate.scanner.result.Results[_].Vulnerabilities[_]; \
                 c.Severity == \"{severity}\"]\n"
            )
        };
        let scan = [
            "package sigstore\nisCompliant[response] {\n  input.predicateType = \"https://a/b\"\n",
            &listed("High", "HIGH"),
            &listed("Critical", "CRITICAL"),
            "  result = ((count(filteredHighSeverity) + count(filteredCriticalSeverity)) == 0)\n",
            "  errorMsg = sprintf(\"HIGH '%d'\", [count(filteredHighSeverity) ,count(filteredCriticalSeverity)])\n",
            "  warnMsg = \"\"\n  response := {\n    \"result\" : result,\n    \"error\" : errorMsg,\n    \"warning\" : \
             warnMsg\n  }\n}\n",
        ]
        .concat();
        let found = claims(&scan, "https://a/b").unwrap();
        let severities = ["HIGH", "CRITICAL"].map(str::to_owned).to_vec();
        assert_eq!(found, [Claim::new(String::new(), Test::NoFindingOf(severities))]);
        assert!(claims(&scan, "https://a/c").is_err());
        assert!(claims(&scan.replace("== 0)", "== 1)"), "https://a/b").is_err());
    }
}
