//! `cargo xtask`: what makers of the policy run.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use xtask::bench::Bench;
use xtask::limits::Limits;
use xtask::made::Made;
use xtask::{artifacthub, chart, man, policy_chart, schema};

/// What makers of the policy run
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", max_term_width = 100)]
enum Command {
    Bench(Bench),
    Limits(Limits),
    /// Write artifacthub-pkg.yml and artifacthub-repo.yml, from metadata.yml and questions-ui.yml
    Artifacthub,
    /// Write the charts for Rancher and for Helm, from metadata.yml, questions-ui.yml and the settings
    Chart,
    /// Write settings.schema.json, report.schema.json and tests.schema.json, from what is read and written
    Schema,
    /// Write the manual pages of `signed-images`
    Man {
        /// The folder to write them to; it is made when it is missing
        folder: PathBuf,
    },
}

impl Command {
    fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Bench(bench) => bench.run(),
            Self::Limits(limits) => limits.run(),
            Self::Artifacthub => write(&artifacthub::files(&artifacthub::created_at()?)?),
            Self::Chart => write(&chart::files()?).and_then(|()| write(&policy_chart::files()?)),
            Self::Schema => write(&[schema::file(), schema::report(), schema::tests()]),
            Self::Man { folder } => man::write(&folder),
        }
    }
}

fn write(files: &[Made]) -> anyhow::Result<()> {
    files.iter().try_for_each(Made::write)
}

fn main() -> ExitCode {
    match Command::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", signed_images::command::report(&error));
            ExitCode::FAILURE
        }
    }
}
