//! A report as text, in the forms that people and machines read.

pub(crate) mod junit;
mod lines;
mod rows;
mod sarif;
mod summary;
mod table;

use super::report::{Origination, Report};

pub use sarif::{failure as sarif_failure, unplaced};

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, on a terminal.
    Table(Layout, Detail),
    /// For people and for `grep`: one line an image.
    Lines(Detail),
    /// All there is, as JSON.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For pipelines that show tests: `JUnit`'s XML.
    Junit,
}

/// How much people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What keeps the run from being accepted.
    Failures,
    /// Warnings as well, and how many images there are of each kind.
    Summary,
    /// Every image.
    All,
}

/// What the table has to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// In columns.
    pub width: usize,
    /// Whether it has colours.
    pub is_coloured: bool,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// JSON cannot say it.
    #[error("cannot write the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// XML cannot say it.
    #[error("cannot write the report as XML: {0}")]
    Xml(#[from] std::io::Error),
}

/// The report as text, which ends with a line break unless it is empty.
///
/// # Errors
/// When the form cannot say it.
pub fn render(report: &Report, format: Format) -> Result<String, OutputError> {
    Ok(match format {
        Format::Table(layout, detail) => {
            table::render(report, layout, detail) + &summary::render(report, detail)
        }
        Format::Lines(detail) => lines::render(report, detail) + &summary::render(report, detail),
        Format::Json => format!("{}\n", serde_json::to_string_pretty(report)?),
        Format::Sarif => format!("{:#}\n", sarif::render(report)),
        Format::Junit => junit::render(report)?,
    })
}

/// `web.yaml:12`
pub(super) fn place(origin: &Origination, line: Option<usize>) -> String {
    match (&origin.file, line.or(origin.line)) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => "command line".to_owned(),
    }
}
