//! What a report says, as the policy reads it.
//!
//! - Why before it is pushed? A report that no policy can read is the publisher's mistake, and is told to nobody else.
//! - Is it judged? No: what is refused is for the settings to say. It is read, and its findings are counted.

use signed_images_policy::attestation::{ReportProblem, ReportSummary, evaluate};
use signed_images_policy::policy::predicate_type::{Format, PredicateType};
use signed_images_policy::policy::report::{Conditions, Vulnerabilities};
use signed_images_policy::time::Time;

use crate::evaluation::now;

/// The statement's age and findings, in a line. It is about what has that SHA-256.
pub(super) fn of(
    statement: &[u8],
    predicate_type: &PredicateType,
    subject: &str,
) -> Result<String, ReportProblem> {
    let is_scan = predicate_type.format() == Format::Vulnerabilities;
    let asked = Conditions {
        vulnerabilities: is_scan.then(Vulnerabilities::default),
        ..Conditions::default()
    };
    let now = Time::since_epoch(now());
    let summary = evaluate(statement, "", predicate_type, subject, &asked, now)?;
    Ok(line(predicate_type, &summary))
}

fn line(predicate_type: &PredicateType, summary: &ReportSummary) -> String {
    let age = summary.age.as_deref().unwrap_or("without a time that `maxAge` could read");
    match summary.findings {
        None => format!("{predicate_type}, {age}"),
        Some(counts) if counts.total() == 0 => format!("{predicate_type}, {age}, no findings"),
        Some(counts) => format!("{predicate_type}, {age}, {counts}"),
    }
}
