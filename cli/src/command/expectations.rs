//! `check --tests`: whether settings do what is expected of them.
//!
//! - Which exit code? 0 when every case is as expected; 1 when one is not; 3 when all that is not could not be checked.
//! - Which forms? Lines, JSON, `JUnit`. Code scanning has no use for tests.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::anyhow;
use tokio::runtime::Handle;

use super::asking::Asking;
use super::exit::{self, Mistake, Unchecked};
use super::options::nowhere;
use super::policies::{self, Policy};
use super::print::print;
use super::reporting::{Output, ReportOptions};
use crate::check::conclusion::Conclusion;
use crate::check::report::Report;
use crate::check::source::{self, Source};
use crate::check::{self, Check};
use crate::evaluation::now;
use crate::explain::{Fate, explain};
use crate::host::{Answers, Host, Told};
use crate::suite::outcome::{Outcome, Result as Came};
use crate::suite::{Case, Suite, output};
use signed_images_policy::policy::plan::Rules;

/// A file of tests, and the policies that it is about.
pub(super) struct Tests<'a> {
    pub(super) suite: Suite,
    pub(super) asking: Asking<'a>,
    /// Who answers where a case tells nothing.
    pub(super) host: Arc<Host>,
    pub(super) jobs: usize,
}

impl Tests<'_> {
    /// Runs the cases, and shows what they came to.
    ///
    /// # Errors
    /// When there is a mistake in the file or the settings.
    pub(super) fn run(
        &self,
        runtime: &Handle,
        options: &ReportOptions,
        is_verbose: bool,
    ) -> anyhow::Result<ExitCode> {
        let policies = self.policies()?;
        let rules = rules_of(&policies, runtime).map_err(Mistake::new)?;
        let checks = self.asking.checks(policies.clone(), &self.host).map_err(Mistake::new)?;
        let mut outcomes = Vec::new();
        for case in &self.suite.cases {
            let began = Instant::now();
            let matching = case.image.as_ref().map(|image| matching(image, &rules));
            let report = self.report(case, &policies, &checks)?;
            let outcome = case.outcome(matching.as_deref(), report.as_ref());
            outcomes.push(Outcome { took: began.elapsed(), ..outcome });
        }
        show(&self.suite.name, &outcomes, options, is_verbose)?;
        let worst = outcomes.iter().map(|outcome| outcome.result).max();
        Ok(exit::of_check(match worst {
            None | Some(Came::Unchecked) => Conclusion::Unchecked,
            Some(Came::Passed) => Conclusion::Accepted,
            Some(Came::Failed) => Conclusion::Rejected,
        }))
    }

    fn policies(&self) -> anyhow::Result<Vec<Policy>> {
        let paths = self.suite.policies();
        let read: anyhow::Result<Vec<_>> = paths.iter().map(|path| policies::read(path)).collect();
        let policies: Vec<Policy> = read.map_err(Mistake::new)?.into_iter().flatten().collect();
        if policies.is_empty() {
            return Err(Mistake::new(anyhow!("{}: there is no policy", self.suite.name)).into());
        }
        Ok(policies)
    }

    /// What becomes of what the case is about, if it wants to know.
    fn report(
        &self,
        case: &Case,
        policies: &[Policy],
        live: &[(String, Check)],
    ) -> anyhow::Result<Option<Report>> {
        if case.expect.is_none() {
            return Ok(None);
        }
        let sources = self.sources(case)?;
        let told = self.suite.told(case).map_err(Mistake::new)?;
        let Some(signatures) = told else { return Ok(self.ask(live, &sources)) };
        let answers = Answers::Told(Told { signatures });
        let host = Host { answers, readable: self.host.readable.clone() };
        let checks = self.asking.checks(policies.to_vec(), &Arc::new(host));
        Ok(self.ask(&checks.map_err(Mistake::new)?, &sources))
    }

    fn sources(&self, case: &Case) -> anyhow::Result<Vec<Source>> {
        match (&case.image, &case.file) {
            (Some(image), _) => Ok(vec![Source::image(image)]),
            (None, file) => {
                let path = self.suite.path(file.as_deref().unwrap_or(Path::new("")));
                let read = source::read(&[path.display().to_string()]);
                read.map_err(|error| {
                    let place = format!("{}:{}", self.suite.name, case.line);
                    exit::unread(error).context(place)
                })
            }
        }
    }

    fn ask(&self, checks: &[(String, Check)], sources: &[Source]) -> Option<Report> {
        let policies: Vec<&Check> = checks.iter().map(|(_, check)| check).collect();
        let readings = check::read(&policies, sources);
        let reports = checks.iter().zip(readings).map(|((name, check), reading)| {
            (name.clone(), check.ask(sources, &reading, self.jobs, &|| ()))
        });
        Report::merge(reports.collect())
    }
}

fn rules_of(policies: &[Policy], runtime: &Handle) -> anyhow::Result<Vec<Rules>> {
    let host = nowhere(runtime.clone());
    policies.iter().map(|policy| Ok(policy.settings.rules(&host, now())?)).collect()
}

/// The rules that match an image that is not exempt.
fn matching(image: &str, policies: &[Rules]) -> Vec<String> {
    let explanations = policies.iter().map(|rules| explain(image, rules));
    explanations
        .filter(|explanation| explanation.fate == Fate::Verify)
        .flat_map(|explanation| explanation.rules)
        .filter(|rule| rule.selects)
        .map(|rule| rule.name)
        .collect()
}

fn show(
    name: &str,
    outcomes: &[Outcome],
    options: &ReportOptions,
    is_verbose: bool,
) -> anyhow::Result<()> {
    let text = match options.output {
        None | Some(Output::Lines | Output::Table) => {
            output::lines(name, outcomes, is_verbose, options.is_quiet())
        }
        Some(Output::Json) => output::json(name, outcomes),
        Some(Output::Junit) => output::junit(name, outcomes)?,
        Some(Output::Sarif) => {
            let reason = anyhow!("--tests has no SARIF report: pass --output junit, json or lines");
            return Err(Mistake::new(reason).into());
        }
    };
    print(&text).map_err(|error| Unchecked::new(error).into())
}
