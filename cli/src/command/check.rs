//! `signed-images check`: what the cluster would say, before it says it.
//!
//! - Which exit codes? Those of [`exit`].
//! - And a run that reviewed nothing, or passed over what holds images? It did not check (3): a wrong folder, or a
//!   slip of the pen in a kind, must not pass a pipeline. Options say that it is right so.
//! - When does `--pin` write? When everything was accepted. Otherwise nothing is written.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::{Handle, Runtime};
use tracing::debug;

use super::exit::{self, Mistake, Unchecked};
use super::module::ModuleOption;
use super::options::World;
use super::pinning;
use super::policies::{Policy, PolicyOptions};
use super::print::tell;
use super::reporting::ReportOptions;
use crate::check::conclusion::{Conclusion, Demands};
use crate::check::kinds::Kinds;
use crate::check::policy::Manifest;
use crate::check::report::Report;
use crate::check::source::{self, Origin, Source};
use crate::check::{self, Reading};
use crate::evaluation::Evaluation;
use crate::fetch::Location;
use crate::host::{AT_ONCE, Answers, Host, Shared};
use crate::legible;
use crate::metadata::section;
use crate::module::Module;

const HELP: &str = "\
What exists as a path is a path; what has a registry, a tag or a digest is an image. What ends in .yaml, \
.yml, .json or .txt, or begins with /, ./, ../ or ~, has to exist. Folders are read at any depth, hidden \
files too, as kubectl reads them; `.git` is left out.

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
    policies: PolicyOptions,
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
    /// How many things registries are asked at once
    #[arg(long, short, value_name = "COUNT", default_value_t = AT_ONCE)]
    jobs: usize,
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

/// The policies by their names, and the host of them all.
struct Policies {
    checks: Vec<(String, check::Check)>,
    host: Arc<Host>,
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
        let policies = self.policies.read()?;
        if self.pin && policies.len() > 1 {
            return Err(Mistake::new(anyhow!(
                "--pin takes one policy: pin by one after the other"
            ))
            .into());
        }
        let checks = self.checks(policies, &module, &bytes, runtime.handle().clone());
        let Policies { checks, host } = checks.map_err(Mistake::new)?;
        let sources = source::read(&self.what).map_err(exit::unread)?;
        let reports = checks.iter().map(|(name, check)| {
            let reading = check.read(&sources);
            (name.clone(), self.ask(check, &sources, &reading))
        });
        let report = Report::merge(reports.collect()).context("there is no policy");
        let report = report.map_err(Mistake::new)?;
        if let Answers::Shared(_, shared) = &host.answers {
            debug!("{} questions were asked", shared.asked());
        }
        Ok(self.finish(&sources, &report, is_verbose).map_err(Unchecked::new)?)
    }

    fn checks(
        &self,
        policies: Vec<Policy>,
        module: &Location,
        bytes: &[u8],
        runtime: Handle,
    ) -> anyhow::Result<Policies> {
        let of_module = || format!("module `{module}`");
        let compiled = Module::from_bytes(bytes).with_context(of_module)?;
        let deadline = self
            .timeout
            .and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
        let host = Arc::new(Host {
            answers: Answers::Shared(self.world.live(runtime, self.jobs)?, Shared::default()),
            readable: self.world.readable(bytes).with_context(of_module)?,
        });
        let mut checks = Vec::new();
        let several = policies.len() > 1;
        for (index, Policy { settings, mut manifest }) in policies.into_iter().enumerate() {
            let name = manifest.name.clone().unwrap_or_else(|| format!("policy {}", index + 1));
            if manifest.kinds.is_none() {
                manifest.kinds = Some(kinds_of_module(bytes).with_context(of_module)?);
            }
            tell_of(&name, &manifest);
            let (module, host) = (compiled.clone(), Arc::clone(&host));
            let evaluation = Evaluation { module, settings, host, deadline };
            match check::Check::new(evaluation, manifest, self.demands.demands()) {
                Ok(check) => checks.push((name, check)),
                Err(reason) if several => {
                    bail!("{name}: Provided settings are not valid: {reason}")
                }
                Err(reason) => bail!("Provided settings are not valid: {reason}"),
            }
        }
        Ok(Policies { checks, host })
    }

    fn ask(&self, check: &check::Check, sources: &[Source], reading: &Reading) -> Report {
        if self.report.is_quiet() {
            return check.ask(sources, reading, self.jobs, &|| ());
        }
        let bar = ProgressBar::new(reading.images().len() as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} images") {
            bar.set_style(style);
        }
        bar.tick();
        let report = check.ask(sources, reading, self.jobs, &|| bar.inc(1));
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
            Conclusion::Accepted if self.pin => pinning::pin_all(sources, report),
            Conclusion::Accepted => Ok(ExitCode::SUCCESS),
            Conclusion::Rejected | Conclusion::Unchecked if self.pin => {
                tell("nothing was pinned, as not everything is accepted\n");
                Ok(exit::of_check(report.conclusion))
            }
            Conclusion::Rejected | Conclusion::Unchecked => Ok(exit::of_check(report.conclusion)),
        }
    }
}

/// What of a policy's manifest this cannot do, or does otherwise than one would think.
fn tell_of(name: &str, manifest: &Manifest) {
    let name = legible::line(name);
    if !manifest.not_applied.is_empty() {
        let fields = manifest.not_applied.join(" and ");
        tell(&format!(
            "{name}: {fields} are not applied: what they leave out is checked as well\n"
        ));
    }
    if manifest.effect.is_monitored {
        tell(&format!("{name}: in monitor mode: what it rejects is let in, and warned of\n"));
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
