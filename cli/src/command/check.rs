//! `signed-images check`: what the cluster would say, before it says it.
//!
//! - Which exit codes? Those of [`exit`].
//! - And a run that reviewed nothing, or passed over what holds images? It did not check (3): a wrong folder, or a
//!   slip of the pen in a kind, must not pass a pipeline. Options say that it is right so.
//! - When does `--pin` write? When everything was accepted. Otherwise nothing is written.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, anyhow};
use clap::Args;
use tokio::runtime::{Handle, Runtime};
use tracing::debug;

use super::asking::{self, Asking};
use super::exit::{self, Mistake, Unchecked};
use super::expectations::Tests;
use super::module::ModuleOption;
use super::options::World;
use super::pinning;
use super::policies::PolicyOptions;
use super::print::{progress, tell};
use super::reporting::ReportOptions;
use super::running::{self, ClusterOptions};
use crate::check::conclusion::{Conclusion, Demands};
use crate::check::report::Report;
use crate::check::source::{self, Origin, Source};
use crate::check::{self, Reading};
use crate::fetch::Location;
use crate::host::{AT_ONCE, Answers, Host, Shared};
use crate::suite::Suite;

const USAGE: &str = "\
signed-images check [OPTIONS] --settings-path <PATH> [PATH|IMAGE|-]...
       signed-images check [OPTIONS] --tests <FILE>";

const HELP: &str = "\
An argument that exists as a path is a path. Otherwise it is an image, and must have a registry, a tag or a \
digest. An argument that ends in .yaml, .yml, .json, .txt or /, or begins with /, ./, ../ or ~, must exist. \
Folders are read with all folders below them, hidden files too, as kubectl does; `.git` is left out.

Exit codes:
  0  all is accepted, perhaps with warnings; with --tests: as expected
  1  something is rejected; with --tests: not as expected
  2  the command line, the settings or the tests are wrong
  3  nothing is rejected, but something was not checked or not pinned

Examples:
  signed-images check -s settings.yaml deploy/
  signed-images check -s policy.yaml ghcr.io/acme/app:1.4
  helm template . | signed-images check -s settings.yaml -
  kustomize build | signed-images check -s settings.yaml --pin - >pinned.yaml
  kubeadm config images list | signed-images check -s settings.yaml -
  signed-images check -s settings.yaml --cluster --namespace shop
  signed-images check --tests images.test.yaml
  signed-images check -s settings.yaml --output sarif deploy/ >check.sarif";

/// Check manifests and images as the policy does, and pin them
#[derive(Debug, Args)]
#[command(after_help = HELP, override_usage = USAGE)]
pub(crate) struct Check {
    /// Manifests, folders with manifests, lists of images, images; `-` is stdin
    #[arg(required_unless_present_any = ["cluster", "tests"], value_name = "PATH|IMAGE|-")]
    what: Vec<String>,
    #[command(flatten)]
    policies: PolicyOptions,
    #[command(flatten)]
    module: ModuleOption,
    #[command(flatten)]
    report: ReportOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    demands: DemandOptions,
    /// Write the verified digests into the manifests. Manifests from stdin go to stdout, the report to stderr.
    /// Nothing is written unless everything is accepted
    #[arg(long, conflicts_with = "cluster")]
    pin: bool,
    /// How many requests to registries run at the same time
    #[arg(long, short, value_name = "COUNT", default_value_t = AT_ONCE)]
    jobs: usize,
    /// The time limit for all answers of registries and the cluster; what has no answer then is not checked
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    #[command(flatten)]
    world: World,
}

#[derive(Debug, Args)]
struct DemandOptions {
    /// Accept objects with images, or what looks like images, of kinds that the policy does not review
    #[arg(long)]
    allow_unreviewed: bool,
    /// Accept a run that found nothing to check
    #[arg(long)]
    allow_empty: bool,
    /// Reject images that no rule matches, even if the settings accept them
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
        let asking = Asking::new(&module, &bytes, self.demands.demands(), self.timeout);
        let asking = asking.map_err(Mistake::new)?;
        let host = self.host(&module, &bytes, runtime.handle()).map_err(exit::mistaken)?;
        if let Some(path) = self.policies.tests() {
            let suite = Suite::read(path).map_err(Mistake::new)?;
            let tests = Tests { suite, asking, host, jobs: self.jobs };
            return tests.run(runtime.handle(), &self.report, is_verbose);
        }
        let policies = self.policies.read()?;
        if self.pin && policies.len() > 1 {
            return Err(Mistake::new(anyhow!(
                "--pin works with one policy: run it once for each policy"
            ))
            .into());
        }
        asking::tell_of(&policies);
        let checks = asking.checks(policies, &host).map_err(Mistake::new)?;
        let (sources, report) = self.report_of(&checks, asking.deadline, runtime.handle())?;
        if let Answers::Shared(_, shared) = &host.answers {
            debug!("{} host calls", shared.asked());
        }
        Ok(self.finish(&sources, &report, is_verbose).map_err(Unchecked::new)?)
    }

    fn host(&self, module: &Location, bytes: &[u8], runtime: &Handle) -> anyhow::Result<Arc<Host>> {
        let live = self.world.live_with(runtime.clone(), self.jobs, self.cluster.access())?;
        let readable = self.world.readable(bytes).with_context(|| format!("module `{module}`"))?;
        Ok(Arc::new(Host { answers: Answers::Shared(live, Shared::default()), readable }))
    }

    fn report_of(
        &self,
        checks: &[(String, check::Check)],
        deadline: Option<Instant>,
        runtime: &Handle,
    ) -> anyhow::Result<(Vec<Source>, Report)> {
        let policies: Vec<&check::Check> = checks.iter().map(|(_, check)| check).collect();
        let sources = if self.cluster.cluster {
            let kinds = running::kinds(&policies);
            let namespace = running::common_namespace(&policies);
            self.cluster.sources(&kinds, namespace, deadline, runtime)?
        } else {
            source::read(&self.what).map_err(exit::unread)?
        };
        let readings = check::read(&policies, &sources);
        let reports = checks
            .iter()
            .zip(readings)
            .map(|((name, check), reading)| (name.clone(), self.ask(check, &sources, &reading)));
        let report = Report::merge(reports.collect()).context("there is no policy");
        Ok((sources, report.map_err(Mistake::new)?))
    }

    fn ask(&self, check: &check::Check, sources: &[Source], reading: &Reading) -> Report {
        if self.report.is_quiet() {
            return check.ask(sources, reading, self.jobs, &|| ());
        }
        let bar = progress(reading.images().len());
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
                tell("nothing was pinned, because not everything is accepted\n");
                Ok(exit::of_check(report.conclusion))
            }
            Conclusion::Rejected | Conclusion::Unchecked => Ok(exit::of_check(report.conclusion)),
        }
    }
}
