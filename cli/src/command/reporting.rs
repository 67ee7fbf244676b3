//! In which form `check` reports.
//!
//! - Which form is the default? The table on a terminal, elsewhere lines.
//! - How much is told? What fails and what is warned of in full, the rest as a count; with `--verbose` every image;
//!   with `--quiet` what fails. Programs get all there is.
//! - And when the run fails before it has anything to report, or the command line is not understood? A SARIF file says
//!   so: it is uploaded in any case.

use std::io::{IsTerminal, stdout};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::print::{is_coloured, print, tell, width};
use crate::check::output::{Detail, Format, Layout, render, sarif_failure, unplaced};
use crate::check::report::Report;
use crate::legible;

/// The table's width where nobody says how wide the terminal is.
const WIDTH: usize = 120;

#[derive(Debug, Args)]
pub(super) struct ReportOptions {
    /// The format of the report [default: table on a terminal, lines elsewhere]
    #[arg(long, short, value_name = "FORMAT", value_enum)]
    pub(super) output: Option<Output>,
    /// Print failures only
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people, on a terminal
    Table,
    /// One line for each image of each object
    Lines,
    /// All details, for programs
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For pipelines that show test results
    Junit,
}

/// Says what is wrong with the command line, or what was asked of it instead of a run, such as its help.
pub(super) fn misunderstood(error: &clap::Error) -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if error.use_stderr() && wants_sarif(&words) {
        let reason = error.render().to_string();
        // Nobody is left to be told.
        let _ = print(&format!("{:#}\n", sarif_failure(&legible::lines(reason.trim_end()))));
    }
    let _ = error.print();
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Whether `check` would have reported as SARIF.
fn wants_sarif(words: &[String]) -> bool {
    let written =
        |word: &String| ["--output=sarif", "-o=sarif", "-osarif"].contains(&word.as_str());
    let named = |pair: &[String]| matches!(pair, [name, form] if ["--output", "-o"].contains(&name.as_str()) && form == "sarif");
    words.iter().any(|word| word == "check")
        && (words.iter().any(written) || words.windows(2).any(named))
}

impl ReportOptions {
    /// Shows the report; on stderr when stdout is wanted for manifests.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn show(
        &self,
        report: &Report,
        is_verbose: bool,
        to_stderr: bool,
    ) -> anyhow::Result<()> {
        let format = self.format(is_verbose);
        let text = render(report, format)?;
        let unplaced = if format == Format::Sarif { unplaced(report) } else { 0 };
        if unplaced > 0 {
            tell(&format!(
                "not in the SARIF report, because they are in no file: {unplaced}; see --output lines\n"
            ));
        }
        if to_stderr {
            tell(&text);
            return Ok(());
        }
        Ok(print(&text)?)
    }

    /// The report of a run that came to nothing, where one is needed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn fail(&self, error: &anyhow::Error) -> anyhow::Result<()> {
        if self.output == Some(Output::Sarif) {
            let reason = legible::lines(&super::report(error));
            print(&format!("{:#}\n", sarif_failure(&reason)))?;
        }
        Ok(())
    }

    /// Whether nothing is told that is no failure.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    fn format(&self, is_verbose: bool) -> Format {
        let detail = match (self.quiet, is_verbose) {
            (true, _) => Detail::Failures,
            (false, true) => Detail::All,
            (false, false) => Detail::Summary,
        };
        let is_coloured = is_coloured(&stdout());
        let layout = Layout { width: width().unwrap_or(WIDTH), is_coloured };
        match self.output {
            Some(Output::Table) => Format::Table(layout, detail),
            None if stdout().is_terminal() => Format::Table(layout, detail),
            Some(Output::Lines) | None => Format::Lines(detail),
            Some(Output::Json) => Format::Json,
            Some(Output::Sarif) => Format::Sarif,
            Some(Output::Junit) => Format::Junit,
        }
    }
}
