//! The report as a table: a row for each image and what became of it, the failing ones first.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table};

use super::super::Verdict;
use super::super::report::{ImageReport, ObjectReport, Report};
use super::{Colours, place};

/// The table's width where nobody says how wide the terminal is.
const WIDTH: u16 = 120;
/// Below this the reasons have no room.
const LEAST_WIDTH: u16 = 80;
/// Enough of a digest to know it again; as many digits as container runtimes show.
const SHORT_DIGEST: usize = 12;
/// How many places of a failing image are named.
const MAX_PLACES: usize = 10;

/// An image, and what is said about it in all of its places.
#[derive(PartialEq, Eq)]
struct Row {
    verdict: Verdict,
    image: String,
    digest: String,
    why: String,
}

pub(super) fn render(report: &Report, colours: Colours) -> String {
    let rows = rows(report);
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["verdict", "image", "digest", "where", "why"]);
    if colours == Colours::Never {
        table.force_no_tty();
    }
    let width = table.width().unwrap_or(WIDTH).max(LEAST_WIDTH);
    table.set_width(width);
    for (row, places) in &rows {
        table.add_row(vec![
            Cell::new(row.verdict.name()).fg(colour(row.verdict)),
            Cell::new(&row.image),
            Cell::new(&row.digest),
            Cell::new(shorten(row.verdict, places)),
            Cell::new(&row.why),
        ]);
    }
    for column in [0, 2] {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    format!("{table}\n")
}

fn rows(report: &Report) -> Vec<(Row, Vec<String>)> {
    let mut rows: Vec<(Row, Vec<String>)> = Vec::new();
    let mut add = |row: Row, place: String| match rows.iter_mut().find(|(known, _)| *known == row) {
        Some((_, places)) if places.contains(&place) => {}
        Some((_, places)) => places.push(place),
        None => rows.push((row, vec![place])),
    };
    for object in &report.objects {
        for image in &object.images {
            let line = image.position.map(|position| position.line);
            add(of_image(image), titled(object, place(&object.origin, line)));
        }
        if object.is_rejected_itself() {
            let why = object.message.clone().unwrap_or_default();
            add(plain(Verdict::Rejected, why), titled(object, place(&object.origin, None)));
        }
    }
    for unreadable in &report.unreadable {
        let why = unreadable.reason.clone();
        add(plain(Verdict::Unchecked, why), unreadable.place());
    }
    rows.sort_by_key(|(row, _)| row.verdict);
    rows
}

fn of_image(image: &ImageReport) -> Row {
    Row {
        verdict: image.verdict,
        image: image.image.clone(),
        digest: image.digest.as_deref().map(short).unwrap_or_default().to_owned(),
        why: why(image),
    }
}

fn plain(verdict: Verdict, why: String) -> Row {
    Row { verdict, image: String::new(), digest: String::new(), why }
}

fn titled(object: &ObjectReport, place: String) -> String {
    match object.title() {
        Some(title) => format!("{place} ({title})"),
        None => place,
    }
}

/// The reason in words, with the rule that it is about.
pub(super) fn why(image: &ImageReport) -> String {
    let reason = image.reason.clone().unwrap_or_default();
    match image.verdict {
        Verdict::Verified => {
            let approvals = image.approvals.iter();
            approvals
                .map(|approval| format!("{}: {}", approval.rule, approval.signers))
                .chain(image.reason.clone())
                .collect::<Vec<_>>()
                .join("\n")
        }
        Verdict::Rejected | Verdict::Unchecked => match &image.rule {
            Some(rule) => format!("{rule}: {reason}"),
            None if image.image.is_empty() => format!("{}: {reason}", image.path),
            None => reason,
        },
        Verdict::Warned => reason,
        Verdict::Exempt => "the settings exempt it".to_owned(),
        Verdict::Unmatched => "no rule matches it".to_owned(),
        Verdict::Unchanged => "the stored object holds it".to_owned(),
    }
}

fn shorten(verdict: Verdict, places: &[String]) -> String {
    let shown = if verdict.fails() { MAX_PLACES } else { 1 };
    let mut lines: Vec<String> = places.iter().take(shown).cloned().collect();
    if places.len() > shown {
        lines.push(format!("and {} more", places.len() - shown));
    }
    lines.join("\n")
}

fn colour(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Rejected => Color::Red,
        Verdict::Unchecked | Verdict::Warned => Color::Yellow,
        Verdict::Verified => Color::Green,
        Verdict::Exempt | Verdict::Unmatched | Verdict::Unchanged => Color::Grey,
    }
}

fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..SHORT_DIGEST).unwrap_or(hex)
}
