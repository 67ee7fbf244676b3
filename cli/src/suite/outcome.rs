//! What a case comes to: what is expected beside what is.

use std::time::Duration;

use serde::Serialize;

use super::{Case, Expected};
use crate::check::Verdict;
use crate::check::report::{ImageReport, ObjectReport, Report};

/// What a case comes to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What it is called.
    pub case: String,
    /// From 1.
    pub line: usize,
    /// Whether it is as expected.
    pub result: Result,
    /// What is otherwise, in words.
    pub reason: Option<String>,
    /// How long it took.
    #[serde(skip)]
    pub took: Duration,
}

/// Whether it is as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Result {
    /// It is.
    Passed,
    /// Nobody knows: it could not be checked.
    #[serde(rename = "not checked")]
    Unchecked,
    /// It is not.
    Failed,
}

impl Result {
    /// As reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Unchecked => "not checked",
            Self::Failed => "failed",
        }
    }
}

/// What became of everything in a report, and what is said of it.
struct Found<'r> {
    verdict: Verdict,
    images: Vec<&'r ImageReport>,
    reason: Option<String>,
}

impl Case {
    /// What it comes to: `matching` are the rules that match its image, `report` is that of what it is about.
    #[must_use]
    pub fn outcome(&self, matching: Option<&[String]>, report: Option<&Report>) -> Outcome {
        let mut result = Result::Passed;
        let mut reasons = Vec::new();
        if let Some(reason) = self.rules_fail(matching.unwrap_or_default()) {
            result = Result::Failed;
            reasons.push(reason);
        }
        if let (Some(expected), Some(report)) = (self.expect, report) {
            let found = Found::of(report);
            if !self.is_as_expected(expected, &found) {
                let is_unknown = found.verdict == Verdict::Unchecked;
                result = result.max(if is_unknown { Result::Unchecked } else { Result::Failed });
                reasons.push(format!(
                    "expected {}; it is {}",
                    self.expected(expected),
                    found.told()
                ));
            }
        }
        let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
        Outcome { case: self.title(), line: self.line, result, reason, took: Duration::ZERO }
    }

    fn rules_fail(&self, matching: &[String]) -> Option<String> {
        let expected = self.rules.as_deref()?;
        let list = |rules: &[String]| match rules {
            [] => "none".to_owned(),
            rules => rules.join(", "),
        };
        let is_same =
            expected.len() == matching.len() && expected.iter().all(|rule| matching.contains(rule));
        (!is_same).then(|| {
            format!("expected rules: {}; those that match: {}", list(expected), list(matching))
        })
    }

    fn is_as_expected(&self, expected: Expected, found: &Found<'_>) -> bool {
        let is_verdict = match expected {
            Expected::Accepted => !found.verdict.fails(),
            Expected::Rejected => found.verdict == Verdict::Rejected,
            Expected::Unchecked => found.verdict == Verdict::Unchecked,
            Expected::Warned => found.verdict == Verdict::Warned,
            Expected::Verified => found.verdict == Verdict::Verified,
            Expected::Exempt => found.verdict == Verdict::Exempt,
            Expected::Unmatched => found.verdict == Verdict::Unmatched,
        };
        let is_by = |image: &&ImageReport| {
            let by_rule = self.rule.as_ref().is_none_or(|rule| {
                image.rule.as_ref() == Some(rule)
                    || image.approvals.iter().any(|of| of.rule == *rule)
            });
            by_rule && self.reason.as_ref().is_none_or(|code| image.code.as_ref() == Some(code))
        };
        let has_details = self.rule.is_some() || self.reason.is_some();
        is_verdict && (!has_details || found.images.iter().any(is_by))
    }

    /// `rejected by acme (not-signed)`
    fn expected(&self, expected: Expected) -> String {
        let verdict = match expected {
            Expected::Accepted => "accepted",
            Expected::Rejected => Verdict::Rejected.name(),
            Expected::Unchecked => Verdict::Unchecked.name(),
            Expected::Warned => Verdict::Warned.name(),
            Expected::Verified => Verdict::Verified.name(),
            Expected::Exempt => Verdict::Exempt.name(),
            Expected::Unmatched => Verdict::Unmatched.name(),
        };
        let rule = self.rule.as_ref().map(|rule| format!(" by {rule}")).unwrap_or_default();
        let reason = self.reason.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        crate::legible::line(&format!("{verdict}{rule}{reason}"))
    }
}

impl<'r> Found<'r> {
    /// The worst counts.
    fn of(report: &'r Report) -> Self {
        let of_images = report.images().map(|(_, image)| image.verdict);
        let of_objects = report.objects.iter().filter_map(ObjectReport::verdict);
        let is_open = !report.unreadable.is_empty() || report.missed().next().is_some();
        let verdicts = of_images.chain(of_objects).chain(is_open.then_some(Verdict::Unchecked));
        let verdict = verdicts.min().unwrap_or(Verdict::Unchecked);
        let images: Vec<_> = report.images().map(|(_, image)| image).collect();
        let images: Vec<_> = images.into_iter().filter(|image| image.verdict == verdict).collect();
        let of_object = || report.objects.iter().find_map(|object| object.message.clone());
        let of_part = || report.unreadable.first().map(|part| part.reason.clone());
        let of_image = images.first().map(|image| said(image)).filter(|said| !said.is_empty());
        let reason = of_image.or_else(of_object).or_else(of_part);
        Self { verdict, images, reason }
    }

    /// `rejected: acme: not signed (not-signed)`
    fn told(&self) -> String {
        let reason = self.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{}{reason}", self.verdict.name())
    }
}

fn said(image: &ImageReport) -> String {
    let approvals = image.approvals.iter().map(|of| format!("{}: {}", of.rule, of.signers));
    let rule = image.rule.iter().map(|rule| format!("{rule}:"));
    let code = image.code.iter().filter(|_| image.reason.is_some());
    let code = code.map(|code| format!("({code})"));
    let parts = approvals.chain(rule).chain(image.reason.clone()).chain(code);
    parts.collect::<Vec<_>>().join(" ")
}
