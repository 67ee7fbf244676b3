//! `signed-images scaffold`: files that are made from a policy's metadata.
//!
//! - Which? Artifact Hub's. For the manifest of a policy there is `signed-images policy`.
//! - When was a package made? When this command runs, or at `SOURCE_DATE_EPOCH`
//!   (<https://reproducible-builds.org/specs/source-date-epoch/>).

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use clap::{Args, Subcommand};
use serde::Serialize;
use signed_images::artifacthub::{Package, Repository};
use signed_images::evaluation::now;
use signed_images::metadata::Metadata;

const EXAMPLES: &str = "\
Examples:
  signed-images scaffold artifacthub --output artifacthub-pkg.yml --repository-output artifacthub-repo.yml";

/// Print files that are made from a policy's metadata
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Scaffold {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Artifacthub(ArtifactHub),
}

/// Print artifacthub-pkg.yml, which describes a version of the policy to Artifact Hub
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct ArtifactHub {
    /// The metadata, a file of YAML
    #[arg(long, short, value_name = "PATH", default_value = "metadata.yml")]
    metadata_path: PathBuf,
    /// The form that Rancher shows for the policy's settings
    #[arg(long, short, value_name = "PATH")]
    questions_path: Option<PathBuf>,
    /// Where artifacthub-pkg.yml is written [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Where artifacthub-repo.yml is written, which says who owns the repository
    #[arg(long, value_name = "FILE")]
    repository_output: Option<PathBuf>,
}

impl Scaffold {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let What::Artifacthub(artifacthub) = self.what;
        artifacthub.run()
    }
}

impl ArtifactHub {
    fn run(self) -> anyhow::Result<ExitCode> {
        let of_metadata = || format!("metadata `{}`", self.metadata_path.display());
        let metadata = Metadata::parse(&read(&self.metadata_path)?).with_context(of_metadata)?;
        let questions = self.questions_path.as_deref().map(read).transpose()?;
        let created_at = created_at()?;
        let package = Package::new(&metadata, &created_at, questions.as_deref());
        write(self.output.as_deref(), &package.with_context(of_metadata)?)?;
        if let Some(path) = &self.repository_output {
            write(Some(path), &Repository::new(&metadata).with_context(of_metadata)?)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn created_at() -> anyhow::Result<String> {
    const VARIABLE: &str = "SOURCE_DATE_EPOCH";
    let seconds = match std::env::var(VARIABLE) {
        Ok(seconds) => seconds.parse().map(Duration::from_secs).context(VARIABLE)?,
        Err(_) => now(),
    };
    let seconds = i64::try_from(seconds.as_secs()).context(VARIABLE)?;
    let time = DateTime::from_timestamp(seconds, 0).context(VARIABLE)?;
    Ok(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn write(path: Option<&Path>, content: &impl Serialize) -> anyhow::Result<()> {
    let text = yaml_serde::to_string(content)?;
    let text = format!(
        "# Made by `signed-images scaffold artifacthub` from the policy's metadata.\n{text}"
    );
    match path {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
        }
        None => Ok(write!(stdout(), "{text}")?),
    }
}
