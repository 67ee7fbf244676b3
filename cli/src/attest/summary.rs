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
    let age = match &summary.age {
        Some(age) => format!("{age} old"),
        None => "without a time for `maxAge`".to_owned(),
    };
    match summary.findings {
        None => format!("{predicate_type}, {age}"),
        Some(counts) if counts.total() == 0 => format!("{predicate_type}, {age}, no findings"),
        Some(counts) => format!("{predicate_type}, {age}, {counts}"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::attest::predicate::{read, reduced};
    use crate::attest::statement::Statement;

    /// testing/fixtures/scans/SOURCE.md
    const REPORTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testing/fixtures/scans");
    const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn summary(file: &str, kind: &str, is_reduced: bool) -> (String, usize) {
        let kind = PredicateType::parse(kind).unwrap();
        let predicate = read(&Path::new(REPORTS).join(file), &kind, None).unwrap();
        let predicate =
            if is_reduced { reduced(&predicate, &kind, &[]).unwrap() } else { predicate };
        let image = format!("r.local/app@sha256:{DIGEST}").parse().unwrap();
        let statement = serde_json::to_vec(&Statement::new(&image, &kind, predicate)).unwrap();
        (of(&statement, &kind, DIGEST).unwrap(), statement.len())
    }

    #[test]
    fn what_tools_write_says_the_same_when_it_is_reduced() {
        let rows = [
            ("grype.json", "vuln", ", 2 CRITICAL, 1 HIGH"),
            ("trivy.json", "vuln", ", 2 CRITICAL, 1 HIGH"),
            ("trivy.cosign-vuln.json", "vuln", ", 2 CRITICAL, 1 HIGH"),
            ("trivy-clean.json", "vuln", ", no findings"),
            ("grype-clean.json", "vuln", ", no findings"),
            ("syft.spdx.json", "spdx", ""),
            ("syft.spdx-2.2.json", "spdx", ""),
            ("syft.cyclonedx-1.4.json", "cyclonedx", ""),
            ("syft.cyclonedx-1.6.json", "cyclonedx", ""),
            ("syft.cyclonedx-1.7.json", "cyclonedx", ""),
        ];
        for (file, kind, end) in rows {
            let (full, size) = summary(file, kind, false);
            let (reduced, smaller) = summary(file, kind, true);
            assert_eq!(full, reduced, "{file}");
            assert!(smaller < size, "{file}");
            assert!(full.starts_with(&format!("{kind}, ")) && full.ends_with(end), "{full}");
            assert!(!full.contains("without a time"), "{full}");
        }
    }
}
