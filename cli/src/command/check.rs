//! `signed-images check`: what the cluster would say, before it says it.
//!
//! - Which exit codes? Those of [`exit`].
//! - And a run that reviewed nothing, or passed over what holds images? It did not check (3): a wrong folder, or a
//!   slip of the pen in a kind, must not pass a pipeline. Options say that it is right so.
//! - When does `--pin` write? When everything was accepted. Otherwise nothing is written.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::{Handle, Runtime};
use tracing::debug;

use super::exit::{self, Mistake, Unchecked};
use super::module::ModuleOption;
use super::options::{SettingsOptions, World};
use super::print::{print, tell};
use super::reporting::ReportOptions;
use crate::check::kinds::Kinds;
use crate::check::pin::{Pinned, pin};
use crate::check::report::{Conclusion, Demands, Report};
use crate::check::source::{self, Origin, Source};
use crate::check::{self, Reading, write};
use crate::evaluation::Evaluation;
use crate::fetch::Location;
use crate::host::{Answers, Host, Shared};
use crate::legible;
use crate::metadata::section;
use crate::module::Module;

const HELP: &str = "\
What exists as a path is a path; what has a registry, a tag or a digest is an image. What ends in .yaml, \
.yml, .json or .txt, or begins with /, ./, ../ or ~, has to exist. Folders are read at any depth.

Exit codes:
  0  everything is accepted, perhaps with warnings
  1  something is rejected
  2  there is a mistake in the command line or the settings
  3  something was not checked or not pinned, and nothing is rejected

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
    #[command(flatten)]
    report: ReportOptions,
    #[command(flatten)]
    demands: DemandOptions,
    /// Write the digests that were verified into the manifests, and nothing else; those of stdin go to
    /// stdout, and the report to stderr. Nothing is written unless everything is accepted
    #[arg(long)]
    pin: bool,
    /// How long registries and the cluster may take for everything; what they have not answered by then is not
    /// checked
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    #[command(flatten)]
    world: World,
}

#[derive(Debug, Args)]
struct DemandOptions {
    /// Accept objects that hold images, or look as if they did, and whose kinds the policy does not review
    #[arg(long)]
    allow_unreviewed: bool,
    /// Accept a run that found nothing to review
    #[arg(long)]
    allow_empty: bool,
    /// Reject images that no rule matches, even where the settings accept them
    #[arg(long)]
    fail_on_unmatched: bool,
}

impl DemandOptions {
    fn demands(&self) -> Demands {
        Demands {
            reviews: !self.allow_unreviewed,
            something: !self.allow_empty,
            rules: self.fail_on_unmatched,
        }
    }
}

impl Check {
    pub(crate) fn run(&self, verbose: u8) -> anyhow::Result<ExitCode> {
        let result = self.check(verbose > 0);
        if let Err(error) = &result {
            self.report.fail(error)?;
        }
        result
    }

    fn check(&self, is_verbose: bool) -> anyhow::Result<ExitCode> {
        // Never dropped: questions that --timeout left behind would be told that it is gone.
        let runtime: &Runtime = Box::leak(Box::new(Runtime::new().map_err(Unchecked::new)?));
        let module = self.module.location()?;
        let bytes = self.world.fetch(&module, runtime.handle()).map_err(exit::unfetched)?;
        let policy = self.policy(&module, &bytes, runtime.handle().clone());
        let (check, host) = policy.map_err(Mistake::new)?;
        let sources = source::read(&self.what).map_err(exit::unread)?;
        let reading = check.read(&sources);
        let report = self.ask(&check, &sources, &reading);
        if let Answers::Shared(_, shared) = &host.answers {
            debug!("{} questions were asked", shared.asked());
        }
        Ok(self.finish(&sources, &report, is_verbose).map_err(Unchecked::new)?)
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
            answers: Answers::Shared(self.world.live(runtime)?, Shared::default()),
            readable: self.world.readable(bytes).with_context(of_module)?,
        });
        let evaluation = Evaluation {
            module: Module::from_bytes(bytes).with_context(of_module)?,
            settings,
            host: Arc::clone(&host),
            deadline: self
                .timeout
                .and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds))),
        };
        match check::Check::new(evaluation, kinds, self.demands.demands()) {
            Ok(check) => Ok((check, host)),
            Err(reason) => bail!("Provided settings are not valid: {reason}"),
        }
    }

    fn ask(&self, check: &check::Check, sources: &[Source], reading: &Reading) -> Report {
        if self.report.is_quiet() {
            return check.ask(sources, reading, &|| ());
        }
        let bar = ProgressBar::new(reading.images().len() as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} images") {
            bar.set_style(style);
        }
        bar.tick();
        let report = check.ask(sources, reading, &|| bar.inc(1));
        bar.finish_and_clear();
        report
    }

    fn finish(
        &self,
        sources: &[Source],
        report: &Report,
        is_verbose: bool,
    ) -> anyhow::Result<ExitCode> {
        let filters = self.pin && sources.iter().any(|source| source.origin == Origin::Stdin);
        self.report.show(report, is_verbose, filters)?;
        match report.conclusion {
            Conclusion::Accepted if self.pin => pin_all(sources, report),
            Conclusion::Accepted => Ok(ExitCode::SUCCESS),
            Conclusion::Rejected | Conclusion::Unchecked if self.pin => {
                tell("nothing was pinned, as not everything is accepted\n");
                Ok(exit::of_check(report.conclusion))
            }
            Conclusion::Rejected | Conclusion::Unchecked => Ok(exit::of_check(report.conclusion)),
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
            Origin::Stdin => print(text)?,
            Origin::File(_) | Origin::Argument => {}
        }
    }
    write::replace(&files)?;
    for (source, pinned) in &pinned {
        if pinned.images > 0 && source.origin != Origin::Argument {
            tell(&format!("pinned in {}: {}\n", source.name, pinned.images));
        }
    }
    let refused: Vec<_> = pinned.iter().flat_map(|(_, pinned)| &pinned.refused).collect();
    for refusal in &refused {
        tell(&format!("{}\n", legible::line(&refusal.to_string())));
    }
    Ok(if refused.is_empty() { ExitCode::SUCCESS } else { exit::of_check(Conclusion::Unchecked) })
}
