//! The variable that is the key of a condition: `{{ builder.id }}`.
//!
//! - What is read? One variable that is all of the key; of `JMESPath`, plain paths and a few functions whose meaning can be
//!   said of a report.
//! - Of what is a path? Of the predicate, beside what Kyverno's own context holds: where a path may be of that, it is not
//!   read.
//!
//! Source: `EvaluateConditions` in `pkg/engine/internal/utils.go`, `pkg/engine/jmespath/time.go` and
//! `pkg/engine/context/context.go` of kyverno/kyverno.

use crate::attestation::claim::pointer;
use crate::expression::without_spaces;

/// What the context of a request holds besides the predicate.
const CONTEXT: [&str; 9] = [
    "request",
    "images",
    "image",
    "element",
    "elementIndex",
    "serviceAccountName",
    "serviceAccountNamespace",
    "target",
    "globalContext",
];

/// What a condition compares.
#[derive(Debug, PartialEq)]
pub(super) enum Variable {
    /// What is at that JSON pointer.
    Path(String),
    /// How long ago the time there was.
    Since(String),
    /// Whether the text there matches.
    Matches { at: String, expression: String },
    /// The severities of all findings of Trivy's.
    Severities,
    /// How many findings of these severities Trivy has.
    Findings(Vec<String>),
}

/// Reads it; none, if it is of another form. `taken` are names that the rule has given.
pub(super) fn variable(key: &str, taken: &[String]) -> Option<Variable> {
    let text = without_spaces(key.strip_prefix("{{")?.strip_suffix("}}")?)?;
    if let Some(found) = findings(&text) {
        return Some(found);
    }
    let path = |text: &str| {
        let nested = text.strip_prefix("'{{").and_then(|rest| rest.strip_suffix("}}'"));
        path(nested.map_or(text, str::trim), taken)
    };
    let Some((function, arguments)) = text.strip_suffix(')').and_then(|text| text.split_once('('))
    else {
        return path(&text).map(Variable::Path);
    };
    let arguments = arguments_of(arguments)?;
    match (function, arguments.as_slice()) {
        ("time_since", [layout, time, end]) if is_rfc3339(layout) && end == "''" => {
            path(time).map(Variable::Since)
        }
        ("time_diff", [time, now]) => {
            let is_now =
                ["'{{time_now_utc()}}'", "'{{time_now()}}'", "time_now_utc()", "time_now()"];
            is_now
                .contains(&now.replace(' ', "").as_str())
                .then(|| path(time))?
                .map(Variable::Since)
        }
        ("regex_match", [expression, text]) => {
            Some(Variable::Matches { at: path(text)?, expression: literal(expression)? })
        }
        _ => None,
    }
}

fn is_rfc3339(layout: &str) -> bool {
    matches!(layout, "''" | "'2006-01-02T15:04:05Z07:00'")
}

/// The arguments of a function, apart.
fn arguments_of(text: &str) -> Option<Vec<String>> {
    let (mut arguments, mut is_text) = (vec![String::new()], false);
    for letter in text.chars() {
        is_text ^= letter == '\'';
        match arguments.last_mut() {
            Some(_) if letter == ',' && !is_text => arguments.push(String::new()),
            Some(last) => last.push(letter),
            None => return None,
        }
    }
    Some(arguments)
}

/// The text of a literal. A quote in it would need a backslash.
fn literal(text: &str) -> Option<String> {
    let text = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!text.contains(['\'', '{', '}'])).then(|| text.to_owned())
}

/// Names with dots between them; a name in double quotes may hold any letters.
fn path(text: &str, taken: &[String]) -> Option<String> {
    let (mut parts, mut rest) = (Vec::new(), text);
    loop {
        let (name, left) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        if !is_plain && !rest.starts_with('"') || name.contains('\\') {
            return None;
        }
        parts.push(name.to_owned());
        if left.is_empty() {
            break;
        }
        rest = left.strip_prefix('.')?;
    }
    let first = parts.first()?;
    let is_taken = CONTEXT.contains(&first.as_str()) || taken.contains(first);
    if is_taken { None } else { pointer(&parts) }
}

const FINDINGS: &str = "scanner.result.Results[].Vulnerabilities[";

/// The severities of Trivy's findings, or how many have some of them.
fn findings(text: &str) -> Option<Variable> {
    let counted = text
        .strip_suffix("|length(@)")
        .or_else(|| text.strip_prefix("length(").and_then(|rest| rest.strip_suffix(')')));
    let Some(counted) = counted else {
        return (text.strip_prefix(FINDINGS)? == "].Severity").then_some(Variable::Severities);
    };
    let filter = counted.strip_prefix(FINDINGS)?;
    // Without the last brackets, lists would be counted.
    let filter = filter
        .strip_prefix('?')
        .and_then(|rest| rest.strip_suffix("][]"))
        .or_else(|| filter.strip_prefix("]|[?").and_then(|rest| rest.strip_suffix(']')))?;
    let severity = |one: &str| {
        let text = one.strip_prefix("Severity=='")?.strip_suffix('\'')?;
        is_severity(text).then(|| text.to_owned())
    };
    filter.split("||").map(severity).collect::<Option<_>>().map(Variable::Findings)
}

/// As Trivy writes them.
pub(super) fn is_severity(text: &str) -> bool {
    matches!(text, "CRITICAL" | "HIGH" | "MEDIUM" | "LOW" | "UNKNOWN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read() {
        let path = |at: &str| Some(Variable::Path(at.to_owned()));
        let since = |at: &str| Some(Variable::Since(at.to_owned()));
        let matches = Some(Variable::Matches {
            at: "/builder/id".to_owned(),
            expression: "^a, b$".to_owned(),
        });
        let rows = [
            ("{{ builder.id }}", path("/builder/id")),
            ("{{builder.\"a.b/c\"}}", path("/builder/a.b~1c")),
            ("{{ a }} ", None),
            ("{{ a }}{{ b }}", None),
            ("{{ a. }}", None),
            ("{{ a..b }}", None),
            ("{{ a-b }}", None),
            ("{{ a\"b\" }}", None),
            ("{{ a[].b }}", None),
            ("{{ a || b }}", None),
            ("{{ images.a }}", None),
            ("{{ cve.a }}", None),
            (
                "{{ time_since('','{{metadata.scanFinishedOn}}','') }}",
                since("/metadata/scanFinishedOn"),
            ),
            (
                "{{ time_since('', metadata.scanFinishedOn, '') }}",
                since("/metadata/scanFinishedOn"),
            ),
            ("{{ time_since('', '{{ a }}', '2024-01-01T00:00:00Z') }}", None),
            ("{{ time_since('02/01', '{{ a }}', '') }}", None),
            ("{{ time_diff('{{a}}','{{ time_now_utc() }}') }}", since("/a")),
            ("{{ time_diff('{{ time_now_utc() }}','{{a}}') }}", None),
            ("{{ regex_match('^a, b$', '{{ builder.id}}') }}", matches),
            ("{{ regex_match('^{{ x }}$', '{{ builder.id}}') }}", None),
        ];
        for (key, expected) in rows {
            assert_eq!(variable(key, &["cve".to_owned()]), expected, "{key}");
        }
    }

    #[test]
    fn findings_of_trivy() {
        let found = |of: &[&str]| {
            Some(Variable::Findings(of.iter().map(|one| (*one).to_owned()).collect()))
        };
        let rows = [
            (
                "{{ scanner.result.Results[].Vulnerabilities[].Severity }}",
                Some(Variable::Severities),
            ),
            (
                "{{ scanner.result.Results[].Vulnerabilities[?Severity=='HIGH' || Severity=='LOW'][] | length(@) }}",
                found(&["HIGH", "LOW"]),
            ),
            (
                "{{ length(scanner.result.Results[].Vulnerabilities[] | [?Severity == 'CRITICAL']) }}",
                found(&["CRITICAL"]),
            ),
            ("{{ length(scanner.result.Results[].Vulnerabilities[?Severity=='HIGH']) }}", None),
            ("{{ length(scanner.result.Results[].Vulnerabilities[?Severity=='High'][]) }}", None),
            ("{{ length(scanner.result.Results[].Vulnerabilities[?Severity!='LOW'][]) }}", None),
        ];
        for (key, expected) in rows {
            assert_eq!(variable(key, &[]), expected, "{key}");
        }
    }
}
