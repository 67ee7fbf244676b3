//! A report as text, in the forms that people and machines read.

mod junit;
mod sarif;
mod summary;
mod table;

use super::report::{Origination, Report};

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table(Colours),
    /// All there is, as JSON.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For pipelines that show tests: `JUnit`'s XML.
    Junit,
}

/// Whether the table has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// On a terminal.
    Auto,
    /// Nowhere.
    Never,
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

/// The report as text, which ends with a line break.
///
/// # Errors
/// When the form cannot say it.
pub fn render(report: &Report, format: Format) -> Result<String, OutputError> {
    Ok(match format {
        Format::Table(colours) => {
            format!("{}{}", table::render(report, colours), summary::render(report))
        }
        Format::Json => format!("{}\n", serde_json::to_string_pretty(report)?),
        Format::Sarif => format!("{:#}\n", sarif::render(report)),
        Format::Junit => junit::render(report)?,
    })
}

/// `web.yaml:12`
fn place(origin: &Origination, line: Option<usize>) -> String {
    match (&origin.file, line.or(origin.line)) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => "command line".to_owned(),
    }
}
