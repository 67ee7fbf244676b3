//! `signed-images check`: what the cluster would say, before it says it.
//!
//! - Which exit codes? Those that `--help` lists: 0 accepted, 1 rejected, 2 a mistake in the command line or
//!   the settings, 3 not checked. They stay as they are.
//! - And a run that found nothing? No object and no image at all is a mistake (2): a wrong folder must not
//!   pass a pipeline. Objects without images are accepted, and the report says that no image was checked.
//! - When does `--pin` write? When everything was accepted. Otherwise nothing is written.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::{Handle, Runtime};
use tracing::debug;

use super::exit::{self, Mistake, Unchecked};
use super::module::ModuleOption;
use super::options::{SettingsOptions, World};
use crate::check::kinds::Kinds;
use crate::check::output::{Colours, Format, render};
use crate::check::pin::{Pinned, pin};
use crate::check::report::{Conclusion, Report};
use crate::check::source::{self, Origin, Source};
use crate::check::{self, Reading, write};
use crate::evaluation::Evaluation;
use crate::fetch::Location;
use crate::host::{AT_ONCE, Answers, Host, Shared};
use crate::metadata::section;
use crate::module::Module;

const HELP: &str = "\
What exists as a path is a path; what ends in .yaml, .yml, .json or .txt or begins with /, ./, ../ or ~ \
has to exist; the rest are images. Folders are read at any depth, hidden files too, as kubectl reads \
them; `.git` is left out.

Exit codes:
  0  everything is accepted, perhaps with warnings
  1  the policy rejects something
  2  a mistake in the command line or the settings, or nothing to check was found
  3  something could not be checked or pinned, and nothing is rejected

Examples:
  signed-images check -s settings.yaml deploy/
  signed-images check -s policy.yaml ghcr.io/acme/app:1.4
  helm template . | signed-images check -s settings.yaml -
  kustomize build | signed-images check -s settings.yaml --pin - >pinned.yaml
  kubeadm config images list | signed-images check -s settings.yaml -
  signed-images check -s settings.yaml --output sarif deploy/ >check.sarif";

/// Check manifests and images as the policy would, and pin them
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Check {
    /// Manifests, folders of them, lists of images, images; `-` is stdin
    #[arg(required = true, value_name = "PATH|IMAGE|-")]
    what: Vec<String>,
    #[command(flatten)]
    settings: SettingsOptions,
    #[command(flatten)]
    module: ModuleOption,
    /// The form of the report
    #[arg(long, short, value_name = "FORMAT", value_enum, default_value_t = Output::Table)]
    output: Output,
    /// Write the digests that were verified into the manifests, and nothing else; those of stdin go to
    /// stdout, and the report to stderr. Nothing is written unless everything is accepted
    #[arg(long)]
    pin: bool,
    /// How many things registries are asked at once
    #[arg(long, short, value_name = "COUNT", default_value_t = AT_ONCE)]
    jobs: usize,
    #[command(flatten)]
    world: World,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    Table,
    /// All there is
    Json,
    /// For code scanning (2.1.0)
    Sarif,
    /// For pipelines that show tests
    Junit,
}

impl Check {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let runtime = Runtime::new().map_err(Unchecked::new)?;
        let module = self.module.location()?;
        let bytes = self.world.fetch(&module, runtime.handle()).map_err(exit::unfetched)?;
        let policy = self.policy(&module, &bytes, runtime.handle().clone());
        let (check, host) = policy.map_err(Mistake::new)?;
        let sources = source::read(&self.what).map_err(exit::unread)?;
        let reading = check.read(&sources);
        if reading.is_empty() {
            let what = self.what.join("`, `");
            let nothing = anyhow!("no image and no Kubernetes object was found in `{what}`");
            return Err(Mistake::new(nothing).into());
        }
        let report = ask(&check, &sources, &reading, self.jobs);
        if let Answers::Shared(_, shared) = &host.answers {
            debug!("{} questions were asked", shared.asked());
        }
        Ok(self.finish(&sources, &report).map_err(Unchecked::new)?)
    }

    fn policy(
        &self,
        module: &Location,
        bytes: &[u8],
        runtime: Handle,
    ) -> anyhow::Result<(check::Check, Arc<Host>)> {
        let settings = self.settings.settings()?;
        let of_module = || format!("module `{module}`");
        let kinds = match self.settings.reviewed()? {
            Some(kinds) => kinds,
            None => kinds_of_module(bytes).with_context(of_module)?,
        };
        let host = Arc::new(Host {
            answers: Answers::Shared(self.world.live(runtime, self.jobs)?, Shared::default()),
            readable: self.world.readable(bytes).with_context(of_module)?,
        });
        let evaluation = Evaluation {
            module: Module::from_bytes(bytes).with_context(of_module)?,
            settings,
            host: Arc::clone(&host),
        };
        match check::Check::new(evaluation, kinds) {
            Ok(check) => Ok((check, host)),
            Err(reason) => bail!("Provided settings are not valid: {reason}"),
        }
    }

    fn finish(&self, sources: &[Source], report: &Report) -> anyhow::Result<ExitCode> {
        let filters = self.pin && sources.iter().any(|source| source.origin == Origin::Stdin);
        let text = render(report, self.format())?;
        let shown = if filters { write!(stderr(), "{text}") } else { write!(stdout(), "{text}") };
        shown?;
        match report.conclusion {
            Conclusion::Accepted if self.pin => pin_all(sources, report),
            Conclusion::Accepted => Ok(ExitCode::SUCCESS),
            Conclusion::Rejected | Conclusion::Unchecked if self.pin => {
                eprintln!("nothing was pinned, as not everything is accepted");
                Ok(exit::of_check(report.conclusion))
            }
            Conclusion::Rejected | Conclusion::Unchecked => Ok(exit::of_check(report.conclusion)),
        }
    }

    fn format(&self) -> Format {
        let is_plain = super::forbids_colour() || !stdout().is_terminal();
        match self.output {
            Output::Table if is_plain => Format::Table(Colours::Never),
            Output::Table => Format::Table(Colours::Auto),
            Output::Json => Format::Json,
            Output::Sarif => Format::Sarif,
            Output::Junit => Format::Junit,
        }
    }
}

fn kinds_of_module(module: &[u8]) -> anyhow::Result<Kinds> {
    match section::read(module)? {
        Some(metadata) => Ok(Kinds::of_metadata(&metadata.rules)),
        None => bail!(
            "it carries no metadata, which says what kinds the policy reviews: annotate it with \
             `signed-images annotate`, or name the policy's manifest with --settings-path"
        ),
    }
}

fn ask(check: &check::Check, sources: &[Source], reading: &Reading, jobs: usize) -> Report {
    let bar = ProgressBar::new(reading.images().len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} images") {
        bar.set_style(style);
    }
    bar.tick();
    let report = check.ask(sources, reading, jobs, &|| bar.inc(1));
    bar.finish_and_clear();
    report
}

fn pin_all(sources: &[Source], report: &Report) -> anyhow::Result<ExitCode> {
    let pinned: Vec<(&Source, Pinned)> = sources
        .iter()
        .enumerate()
        .map(|(index, source)| (source, pin(source, index, report)))
        .collect();
    let mut files: Vec<(&Path, &str)> = Vec::new();
    for (source, Pinned { text, images, .. }) in &pinned {
        match &source.origin {
            Origin::File(path) if *images > 0 => files.push((path, text)),
            Origin::Stdin => write!(stdout(), "{text}")?,
            Origin::File(_) | Origin::Argument => {}
        }
    }
    write::replace(&files)?;
    for (source, pinned) in &pinned {
        if pinned.images > 0 && source.origin != Origin::Argument {
            eprintln!("pinned in {}: {}", source.name, pinned.images);
        }
    }
    let refused: Vec<_> = pinned.iter().flat_map(|(_, pinned)| &pinned.refused).collect();
    for refusal in &refused {
        eprintln!("{refusal}");
    }
    Ok(if refused.is_empty() { ExitCode::SUCCESS } else { exit::of_check(Conclusion::Unchecked) })
}
