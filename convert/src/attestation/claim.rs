//! What a source says of a place in a report, in the vocabulary of `attestations`.
//!
//! - Why not in the source's own? Its texts, patterns and numbers mean more than they say: each source says in its own
//!   reader what it takes ([`crate::kyverno`], [`crate::ivp`], [`crate::policy_controller`]). Here they mean what they
//!   mean in settings.
//! - What of a claim that is a little narrower than its source? It is told as stricter. None is wider.

use signed_images_policy::settings;
use yaml_serde::Value;

use crate::subject::{self, Fidelity};

/// Whole numbers up to here are themselves as JSON's numbers are read.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// What must stand at a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Claim {
    /// A JSON pointer into the predicate.
    pub(crate) at: String,
    pub(crate) test: Test,
    /// What the source takes and this does not.
    pub(crate) stricter: Vec<&'static str>,
    /// What this takes and the source does not.
    pub(crate) less: Vec<&'static str>,
}

/// What is asked of the value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Equals(Value),
    In(Vec<Value>),
    /// `**` is any text.
    Pattern(String),
    /// The value, or an element of it.
    Contains(Value),
    AtMost(Value),
    AtLeast(Value),
    /// It is a time, at most so many hours ago.
    NoOlderThan(u64),
    /// The whole report is a scan of Trivy's, without findings of these severities.
    NoFindingOf(Vec<String>),
}

impl Claim {
    pub(crate) fn new(at: String, test: Test) -> Self {
        Self { at, test, stricter: Vec::new(), less: Vec::new() }
    }

    #[must_use]
    pub(crate) fn stricter(mut self, text: &'static str) -> Self {
        self.stricter.push(text);
        self
    }

    #[must_use]
    pub(crate) fn less(mut self, text: &'static str) -> Self {
        self.less.push(text);
        self
    }
}

impl Test {
    /// The key of a field, and its value.
    pub(super) fn setting(&self) -> (&'static str, Value) {
        match self {
            Self::Equals(value) => ("equals", value.clone()),
            Self::In(values) => ("in", Value::Sequence(values.clone())),
            Self::Pattern(pattern) => ("pattern", Value::from(pattern.as_str())),
            Self::Contains(value) => ("contains", value.clone()),
            Self::AtMost(value) => ("atMost", value.clone()),
            Self::AtLeast(value) => ("atLeast", value.clone()),
            Self::NoOlderThan(_) | Self::NoFindingOf(_) => ("", Value::Null),
        }
    }

    /// The builders that it names, as `builder` has them.
    pub(super) fn builders(&self) -> Option<Vec<String>> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let builders: Vec<String> = match self {
            Self::Equals(value) | Self::Contains(value) => vec![text(value)?],
            Self::In(values) => values.iter().map(text).collect::<Option<_>>()?,
            Self::Pattern(pattern) => vec![pattern.clone()],
            Self::AtMost(_) | Self::AtLeast(_) | Self::NoOlderThan(_) | Self::NoFindingOf(_) => {
                return None;
            }
        };
        let is_pattern = |text: &String| settings::subject_pattern(text).is_ok();
        let are_said = match self {
            Self::Pattern(_) => builders.iter().all(is_pattern),
            _ => builders.iter().all(|text| !text.contains('*')),
        };
        are_said.then_some(builders)
    }
}

/// The JSON pointer of a path; none, where settings could not say it.
pub(crate) fn pointer(path: &[String]) -> Option<String> {
    let is_said = |part: &String| {
        !part.is_empty() && !part.contains('*') && !part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if path.is_empty() || !path.iter().all(is_said) {
        return None;
    }
    let step = |part: &String| format!("/{}", part.replace('~', "~0").replace('/', "~1"));
    Some(path.iter().map(step).collect())
}

/// A number that is read as it is written.
pub(crate) fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.abs() <= MAX_WHOLE)
}

/// A text there that the regular expression matches.
pub(crate) fn reg_exp(at: String, expression: &str) -> Result<Claim, String> {
    let cannot = || format!("`{expression}` cannot be converted to a pattern");
    // A star may stand for nothing, and for the end of a line; these may not. At an open end that is all one.
    let inner = expression.strip_prefix(".*").unwrap_or(expression);
    let inner = inner.strip_suffix(".*").unwrap_or(inner);
    if [".+", "[^/]+", ".*"].iter().any(|narrower| inner.contains(narrower)) {
        return Err(cannot());
    }
    let (pattern, fidelity) = subject::translated(expression).ok_or_else(cannot)?;
    let claim = Claim::new(at, pattern_or_text(&pattern).ok_or_else(cannot)?);
    Ok(match fidelity {
        Fidelity::Exact => claim,
        Fidelity::Nearly => claim.stricter("a `.` of the expression matches a dot alone, here"),
        Fidelity::Wider => return Err(cannot()),
    })
}

/// What a pattern with `*` and `**` asks for. Only what is plain ASCII can match one.
pub(crate) fn pattern_or_text(pattern: &str) -> Option<Test> {
    let is_plain = pattern.bytes().all(|byte| byte.is_ascii_graphic()) && !pattern.contains("***");
    let is_pattern = pattern.contains('*');
    (is_plain && !pattern.is_empty()).then(|| {
        if is_pattern {
            Test::Pattern(pattern.to_owned())
        } else {
            Test::Equals(Value::from(pattern))
        }
    })
}

/// A duration as Go writes it (`time.ParseDuration`), in whole hours.
pub(crate) fn whole_hours(duration: &str) -> Result<u64, String> {
    let wrong = || format!("`{duration}` is no whole number of hours");
    let (mut seconds, mut rest) = (0_u64, duration);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (count, unit) = rest.split_at(digits);
        let (each, left) = match unit.split_at_checked(1) {
            Some(("h", left)) => (3600, left),
            Some(("m", left)) if !left.starts_with('s') => (60, left),
            Some(("s", left)) => (1, left),
            _ => return Err(wrong()),
        };
        let count: u64 = count.parse().map_err(|_| wrong())?;
        seconds =
            count.checked_mul(each).and_then(|more| seconds.checked_add(more)).ok_or_else(wrong)?;
        rest = left;
    }
    let hours = seconds / 3600;
    // As far as an age can be written.
    (seconds % 3600 == 0 && (1..10_000_000).contains(&hours)).then_some(hours).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, hours) in
            [("168h", 168), ("24h0m0s", 24), ("60m", 1), ("3600s", 1), ("1h60m", 2)]
        {
            assert_eq!(whole_hours(text), Ok(hours), "{text}");
        }
        for text in ["", "7d", "90m", "0h", "-1h", "1.5h", "h", "3600000ms", "10000000h", "1"] {
            assert!(whole_hours(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pointers() {
        let path = |parts: &[&str]| {
            pointer(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(path(&["a", "b/c", "d~e"]).as_deref(), Some("/a/b~1c/d~0e"));
        for parts in [&[] as &[&str], &[""], &["a", "0"], &["*"]] {
            assert_eq!(path(parts), None, "{parts:?}");
        }
    }

    #[test]
    fn regular_expressions() {
        let rows = [
            (r"^https://acme\.io/b$", Some(Test::Equals(Value::from("https://acme.io/b")))),
            (r"^https://acme\.io/b", Some(Test::Pattern("https://acme.io/b**".to_owned()))),
            (r"v1$", Some(Test::Pattern("**v1".to_owned()))),
            (r"^a.*", Some(Test::Pattern("a**".to_owned()))),
            (r".*a$", Some(Test::Pattern("**a".to_owned()))),
            (r"^a.*$", None),
            (r"^.*a", None),
            (r"^a.+", None),
            (r"^v[0-9]$", None),
            (r"^[^/]*.*$", None),
            (r"^a b$", None),
            (r"^$", None),
        ];
        for (expression, expected) in rows {
            let claim = reg_exp("/a".to_owned(), expression);
            assert_eq!(claim.ok().map(|claim| claim.test), expected, "{expression}");
        }
    }
}
