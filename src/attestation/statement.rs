//! The frame of a report: an in-toto Statement (<https://github.com/in-toto/attestation/tree/main/spec>), 0.1 or 1.

use super::marks::{Mark, StatementPart};
use super::problem::ReportProblem;
use super::walk::Value;
use crate::policy::predicate_type::PredicateType;
use crate::text::clip;

pub(super) const PATHS: [(&str, Mark); 3] = [
    ("/_type", Mark::Statement(StatementPart::Type)),
    ("/predicateType", Mark::Statement(StatementPart::PredicateType)),
    ("/subject/*/digest/sha256", Mark::Statement(StatementPart::Subject)),
];

/// 0.1 and 1 have the same frame.
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"];

/// What is known of the frame so far.
#[derive(Debug)]
pub(super) struct Frame<'e> {
    /// The SHA-256 of what the report must be about, in hexadecimal digits.
    subject: &'e str,
    /// The digest of the manifest that it must come with, until it did.
    manifest: Option<&'e str>,
    is_statement: bool,
    predicate_type: Option<String>,
    is_about_subject: bool,
}

impl<'e> Frame<'e> {
    pub(super) fn new(subject: &'e str, manifest: Option<&'e str>) -> Self {
        let (is_statement, predicate_type, is_about_subject) = (false, None, false);
        Self { subject, manifest, is_statement, predicate_type, is_about_subject }
    }

    pub(super) fn take(&mut self, part: StatementPart, value: Value<'_>) {
        let Value::Text(text) = value else { return };
        match part {
            StatementPart::Type => self.is_statement = TYPES.contains(&text),
            StatementPart::PredicateType => self.predicate_type = Some(text.to_owned()),
            StatementPart::Manifest => self.manifest = self.manifest.filter(|asked| *asked != text),
            StatementPart::Subject => self.is_about_subject |= text == self.subject,
        }
    }

    /// Whether it is a statement of that type about the subject.
    pub(super) fn check(self, expected: &PredicateType) -> Result<(), ReportProblem> {
        if self.manifest.is_some() {
            return Err(ReportProblem::OtherManifest);
        }
        if !self.is_statement {
            return Err(ReportProblem::NoStatement);
        }
        let given = self.predicate_type.unwrap_or_default();
        if given != expected.uri() {
            return Err(ReportProblem::OtherType(clip(&given, 256)));
        }
        if self.is_about_subject { Ok(()) } else { Err(ReportProblem::OtherImage) }
    }
}
