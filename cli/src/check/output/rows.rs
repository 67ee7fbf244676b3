//! What people are told, a row for each thing that has a place; the failing ones first.

use super::super::Verdict;
use super::super::report::{ImageReport, Medium, NotReviewed, ObjectReport, Report};
use super::{Detail, place};

/// A thing and what became of it.
pub(super) struct Row {
    pub(super) verdict: Verdict,
    /// `web.yaml:12`
    pub(super) place: String,
    /// In its line, from 1.
    pub(super) column: Option<usize>,
    /// `Deployment shop/web`
    pub(super) object: Option<String>,
    pub(super) subject: Subject,
    pub(super) digest: String,
    pub(super) why: String,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Image(String),
    /// Where an image should be.
    Path(String),
    /// The object itself.
    Object,
    /// A part of a file.
    Part,
}

pub(super) fn rows(report: &Report, detail: Detail) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for object in &report.objects {
        rows.extend(object.images.iter().map(|image| of_image(object, image)));
        if let Some(verdict) = object.verdict() {
            let (place, title) = place_of(object, None);
            let why = said(object, object.message.clone().unwrap_or_default());
            let row = plain(verdict, place, Subject::Object, why);
            rows.push(Row { object: title, ..row });
        }
    }
    rows.extend(
        report.unreadable.iter().map(|part| {
            plain(Verdict::Unchecked, part.place(), Subject::Part, part.reason.clone())
        }),
    );
    rows.extend(report.missed().map(|object| {
        let place = place(&object.origin, None);
        let name = object.name.as_deref().unwrap_or_default();
        let title = format!("{} {name}", object.group_kind());
        let row = plain(Verdict::Unchecked, place, Subject::Object, missed(object));
        Row { object: Some(title.trim_end().to_owned()), ..row }
    }));
    rows.retain(|row| is_told(row.verdict, detail));
    rows.sort_by_key(|row| row.verdict);
    rows
}

fn is_told(verdict: Verdict, detail: Detail) -> bool {
    match detail {
        Detail::Failures => verdict.fails(),
        Detail::Summary => verdict.fails() || verdict == Verdict::Warned,
        Detail::All => true,
    }
}

/// Where an object is, and what it is called there: what is in a cluster has its name for a place.
fn place_of(object: &ObjectReport, line: Option<usize>) -> (String, Option<String>) {
    match (object.origin.medium, object.title()) {
        (Medium::Cluster, Some(title)) => (title, None),
        (Medium::Cluster | Medium::File | Medium::Text, title) => {
            (place(&object.origin, line), title)
        }
    }
}

fn of_image(object: &ObjectReport, image: &ImageReport) -> Row {
    let (line, column) = image.position.map(|position| (position.line, position.column)).unzip();
    let subject = if image.image.is_empty() {
        Subject::Path(image.path.clone())
    } else {
        Subject::Image(image.image.clone())
    };
    let (place, title) = place_of(object, line);
    Row {
        verdict: image.verdict,
        place,
        column,
        object: title,
        subject,
        digest: image.digest.clone().unwrap_or_default(),
        why: said(object, why(image)),
    }
}

/// What a policy says, with its name where there are several.
pub(super) fn said(object: &ObjectReport, why: String) -> String {
    match &object.policy {
        Some(policy) => format!("{policy}: {why}"),
        None => why,
    }
}

/// Why an object that holds images is not reviewed.
pub(super) fn missed(object: &NotReviewed) -> String {
    format!("it contains images, but {}", object.why.reason())
}

fn plain(verdict: Verdict, place: String, subject: Subject, why: String) -> Row {
    Row { verdict, place, column: None, object: None, subject, digest: String::new(), why }
}

/// The reason in words, with the rule that it is about.
pub(super) fn why(image: &ImageReport) -> String {
    let reason = image.reason.clone().unwrap_or_default();
    match image.verdict {
        Verdict::Verified => {
            let approvals = image.approvals.iter();
            approvals
                .map(|approval| format!("{}: {}", approval.rule, approval.signers))
                .chain(image.reports.clone())
                .chain(image.reason.clone())
                .collect::<Vec<_>>()
                .join("\n")
        }
        Verdict::Rejected | Verdict::Unchecked => match &image.rule {
            Some(rule) => format!("{rule}: {reason}"),
            None => reason,
        },
        Verdict::Warned => reason,
        Verdict::Exempt => "the settings exempt it".to_owned(),
        Verdict::Unmatched => "it matches no rule".to_owned(),
        Verdict::Unchanged => "the stored object already contains it".to_owned(),
    }
}
