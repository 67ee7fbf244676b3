//! How the results look: a row a scenario, in columns for people or in Markdown.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};

use super::row::Row;
use super::time::{Spread, Times};

const COLUMNS: [&str; 10] =
    ["scenario", "bytes", "instance", "evaluation", "request", "floor", "×", "fuel", "floor", "×"];
const NOTE: &str = "\
Times in µs, median and 99th percentile: a request is an instance, made and dropped, and its evaluation.
Fuel is instructions. The floor only reads the request and hands the object back.";

pub(super) fn plain(rows: &[Row]) -> String {
    format!("{}\n\n{NOTE}", table(rows, NOTHING).trim_fmt())
}

pub(super) fn markdown(rows: &[Row]) -> String {
    table(rows, ASCII_MARKDOWN).to_string()
}

fn table(rows: &[Row], style: TableStyle) -> Table {
    let mut table = Table::new();
    table
        .load_style(style)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(COLUMNS)
        .add_rows(rows.iter().map(cells));
    table
        .column_iter_mut()
        .skip(1)
        .for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

fn cells(row: &Row) -> [String; COLUMNS.len()] {
    let policy = |part: fn(&Times) -> Spread| time(row.policy.time.as_ref().map(part));
    [
        row.scenario.to_owned(),
        row.payload_bytes.to_string(),
        policy(|times| times.instance),
        policy(|times| times.evaluation),
        policy(|times| times.request),
        time(row.floor.time.map(|times| times.request)),
        row.time_ratio.map_or_else(absent, ratio),
        row.policy.fuel.to_string(),
        row.floor.fuel.to_string(),
        ratio(row.fuel_ratio),
    ]
}

fn time(spread: Option<Spread>) -> String {
    let micros = |nanos: u64| nanos / 1_000;
    spread
        .map_or_else(absent, |Spread { median, p99 }| format!("{} {}", micros(median), micros(p99)))
}

fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}")
}

fn absent() -> String {
    "-".to_owned()
}
