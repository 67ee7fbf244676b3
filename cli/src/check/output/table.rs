//! The report as a table: a row for each image and what became of it, in all of its places.
//!
//! - How wide? As the terminal. With five columns where they have room, else with two, else with one; where even an
//!   image has no room in it, and below [`LEAST_WIDTH`], there are lines. An image is never broken.

use std::collections::{HashMap, HashSet};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table};

use super::super::Verdict;
use super::super::report::Report;
use super::rows::{Row, Subject, rows};
use super::{Detail, Layout, lines};

const LEAST_WIDTH: usize = 60;
/// Enough of a digest to know it again; as many digits as container runtimes show.
const SHORT_DIGEST: usize = 12;
/// How many places of a failing image are named.
const MAX_PLACES: usize = 10;
/// The room of places and reasons that makes five columns legible.
const ROOM: usize = 40;
/// Of a table with five columns, with two and with one: their lines, and a space on both sides of each column.
const FRAMES: (usize, usize, usize) = (16, 7, 4);

/// What is said about an image in all of its places.
struct Entry {
    verdict: Verdict,
    subject: String,
    digest: String,
    why: String,
    places: Vec<String>,
}

pub(super) fn render(report: &Report, layout: Layout, detail: Detail) -> String {
    let entries = entries(rows(report, detail));
    let widest = |text: fn(&Entry) -> &str| {
        entries.iter().map(|entry| text(entry).chars().count()).max().unwrap_or_default()
    };
    let verdicts = widest(|entry| entry.verdict.name());
    let subjects = widest(|entry| &entry.subject);
    let rest = layout.width.saturating_sub(verdicts + subjects);
    if entries.is_empty() {
        return String::new();
    }
    let table = if layout.width < LEAST_WIDTH || layout.width < subjects + FRAMES.2 {
        return lines::render(report, detail);
    } else if rest < FRAMES.1 {
        one_column(&entries, layout)
    } else if rest < FRAMES.0 + SHORT_DIGEST + ROOM {
        two_columns(&entries, layout)
    } else {
        five_columns(&entries, layout)
    };
    format!("{table}\n")
}

fn five_columns(entries: &[Entry], layout: Layout) -> Table {
    let mut table = framed(layout);
    table.set_header(["verdict", "image", "digest", "where", "why"]);
    for entry in entries {
        let Entry { subject, digest, places, why, .. } = entry;
        let texts = [subject, digest, &places.join("\n"), why];
        let cells = texts.into_iter().map(Cell::new);
        table.add_row([verdict(entry)].into_iter().chain(cells));
    }
    never_break(&mut table, &[0, 1, 2]);
    table
}

fn two_columns(entries: &[Entry], layout: Layout) -> Table {
    let mut table = framed(layout);
    table.set_header(["verdict", "image, where, and why"]);
    for entry in entries {
        table.add_row([verdict(entry), Cell::new(entry.lines())]);
    }
    never_break(&mut table, &[0]);
    table
}

fn one_column(entries: &[Entry], layout: Layout) -> Table {
    let mut table = framed(layout);
    table.set_header(["verdict, image, where, and why"]);
    for entry in entries {
        let verdict = entry.verdict.name();
        table.add_row([
            Cell::new(format!("{verdict}\n{}", entry.lines())).fg(colour(entry.verdict))
        ]);
    }
    table
}

fn framed(layout: Layout) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(layout.width).unwrap_or(u16::MAX));
    if layout.is_coloured {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

fn never_break(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

fn entries(rows: Vec<Row>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut known = HashMap::new();
    let mut told = HashSet::new();
    for row in rows {
        let place = match &row.object {
            Some(object) => format!("{} ({object})", row.place),
            None => row.place,
        };
        let (subject, why) = match row.subject {
            Subject::Image(image) => (image, row.why),
            Subject::Path(path) => (String::new(), format!("{path}: {}", row.why)),
            Subject::Object | Subject::Part => (String::new(), row.why),
        };
        let digest = short(&row.digest).to_owned();
        let verdict = row.verdict;
        let identity = (verdict.name(), subject.clone(), digest.clone(), why.clone());
        let index = *known.entry(identity).or_insert(entries.len());
        if !told.insert((index, place.clone())) {
            continue;
        }
        match entries.get_mut(index) {
            Some(entry) => entry.places.push(place),
            None => entries.push(Entry { verdict, subject, digest, why, places: vec![place] }),
        }
    }
    entries.iter_mut().for_each(shorten);
    entries
}

fn shorten(entry: &mut Entry) {
    let shown = if entry.verdict.fails() { MAX_PLACES } else { 1 };
    let more = entry.places.len().saturating_sub(shown);
    if more > 0 {
        entry.places.truncate(shown);
        entry.places.push(format!("and {more} more"));
    }
}

impl Entry {
    /// All but the verdict, one below the other.
    fn lines(&self) -> String {
        let Self { subject, digest, places, why, .. } = self;
        let texts = [subject, digest].into_iter().chain(places).chain([why]);
        let texts: Vec<&str> = texts.map(String::as_str).filter(|text| !text.is_empty()).collect();
        texts.join("\n")
    }
}

fn verdict(entry: &Entry) -> Cell {
    Cell::new(entry.verdict.name()).fg(colour(entry.verdict))
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
