//! What tests came to, as text.

use std::io;

use serde_json::json;

use super::outcome::{Outcome, Result};
use crate::check::output::junit::{self, Told};

/// One line for each case that is not as expected, or for each case; and their number.
#[must_use]
pub fn lines(name: &str, outcomes: &[Outcome], is_verbose: bool, is_quiet: bool) -> String {
    let is_told = |outcome: &&Outcome| is_verbose || outcome.result != Result::Passed;
    let lines =
        outcomes.iter().filter(is_told).map(|Outcome { case, line, result, reason, .. }| {
            let reason = reason.as_ref().map(|reason| format!("  {}", reason.replace('\n', "; ")));
            format!("{}  {name}:{line}  {case}{}\n", result.name(), reason.unwrap_or_default())
        });
    let text: String = lines.collect();
    if is_quiet { text } else { format!("{text}{}\n", summary(outcomes)) }
}

/// `3 cases: 2 passed, 1 failed`
fn summary(outcomes: &[Outcome]) -> String {
    let counts =
        [Result::Passed, Result::Unchecked, Result::Failed].into_iter().filter_map(|result| {
            let count = outcomes.iter().filter(|outcome| outcome.result == result).count();
            (count > 0).then(|| format!("{count} {}", result.name()))
        });
    let counts = counts.collect::<Vec<_>>().join(", ");
    match outcomes.len() {
        0 => "no case".to_owned(),
        1 => format!("1 case: {counts}"),
        number => format!("{number} cases: {counts}"),
    }
}

/// All there is, as JSON.
#[must_use]
pub fn json(name: &str, outcomes: &[Outcome]) -> String {
    format!("{:#}\n", json!({"file": name, "cases": outcomes}))
}

/// As `JUnit`'s XML.
///
/// # Errors
/// When XML cannot say it.
pub fn junit(name: &str, outcomes: &[Outcome]) -> io::Result<String> {
    let cases = outcomes.iter().map(|outcome| {
        let reason =
            || format!("{name}:{}: {}", outcome.line, outcome.reason.clone().unwrap_or_default());
        let told = match outcome.result {
            Result::Passed => Told::Passed,
            Result::Unchecked => Told::Error(reason()),
            Result::Failed => Told::Failure(reason()),
        };
        junit::Case {
            name: outcome.case.clone(),
            class: name.to_owned(),
            took: outcome.took,
            outcome: told,
        }
    });
    junit::write("signed-images check --tests", &[(name.to_owned(), cases.collect())].into())
}
