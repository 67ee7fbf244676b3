//! The report as lines, one for each place: `rejected  web.yaml:12:18  IMAGE  acme: not signed`. Between the parts
//! are two spaces, and no part has two.

use super::super::report::Report;
use super::Detail;
use super::rows::{Row, Subject, rows};

pub(super) fn render(report: &Report, detail: Detail) -> String {
    let mut lines: Vec<String> = Vec::new();
    for row in rows(report, detail) {
        let Row { verdict, place, column, object, subject, why, .. } = row;
        let column = column.map(|column| format!(":{column}")).unwrap_or_default();
        let subject = match subject {
            Subject::Image(text) | Subject::Path(text) => text,
            Subject::Object => object.unwrap_or_else(|| "object".to_owned()),
            Subject::Part => "cannot be read".to_owned(),
        };
        let why = why.lines().collect::<Vec<_>>().join("; ");
        let parts = [verdict.name(), &format!("{place}{column}"), &subject, &why];
        let parts: Vec<String> = parts.into_iter().map(single_spaced).collect();
        lines.push(format!("{}\n", parts.join("  ").trim_end()));
    }
    // An anchor is one place, however often it is used.
    lines.dedup();
    lines.concat()
}

fn single_spaced(part: &str) -> String {
    part.split_whitespace().collect::<Vec<_>>().join(" ")
}
