//! `cargo xtask bench`: how long the policy takes for requests of many sizes, and how many instructions, beside
//! a module that only reads them.
//!
//! - How is it run? As the policy server runs it: a fresh instance for each request, on wasmtime under waPC.
//!   Host calls are answered at once, always with the same digest, so that the policy alone is measured. (A
//!   policy server also has epoch interruption on, for its timeouts; both modules are measured without.)
//! - On what? The payloads of [`scenarios`], which are the same on every machine.
//! - Which measure is which? [`time`] is what a user waits, and differs by machine and by hour. [`fuel`] is
//!   what wasmtime counts of instructions: the same every time, so that a [`budget`] can hold it.
//! - What is printed? A table, or JSON, on stdout; how far it is on stderr.
//! - When does it fail? When the policy answers otherwise than it must, or takes more instructions than its
//!   budget.

use std::io::{Write, stdout};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use signed_images_testing::scenarios::{self, Scenario};

pub mod budget;
pub mod check;
pub mod fuel;
mod imports;
mod row;
mod table;
pub mod time;

use budget::{Budget, Verdict};
use row::{Row, Subjects};

const EXAMPLES: &str = "\
Examples:
  make policy.wasm floor.wasm
  cargo xtask bench
  cargo xtask bench --scenario rule --iterations 1000
  cargo xtask bench --iterations 0 --json";

const UNOPTIMISED: &str = "this runtime is built without optimisations: times are too \
                           long, and ratios of times too small; `make bench` builds it as servers do";

/// Measure the policy, beside a module that only reads the request
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Bench {
    /// The policy's module
    #[arg(long, value_name = "PATH", default_value = "policy.wasm")]
    module: PathBuf,
    /// The module that only reads the request and hands the object back
    #[arg(long, value_name = "PATH", default_value = "floor.wasm")]
    floor: PathBuf,
    /// How often each request is timed; 0: only instructions are counted
    #[arg(long, value_name = "N", default_value_t = 200)]
    iterations: usize,
    /// Measure only the scenarios with this text in their names
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    scenario: String,
    /// Print JSON, with times in nanoseconds
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print a table in Markdown
    #[arg(long)]
    markdown: bool,
    /// Fail when a scenario takes more instructions than this file allows
    #[arg(long, value_name = "PATH")]
    budget: Option<PathBuf>,
    /// Write what the scenarios take to a file, as their budget
    #[arg(long, value_name = "PATH", conflicts_with_all = ["budget", "scenario"])]
    write_budget: Option<PathBuf>,
}

impl Bench {
    /// Measures, and prints what it took.
    ///
    /// # Errors
    /// When there is nothing to measure, an answer is wrong, or a scenario is over its budget.
    pub fn run(&self) -> anyhow::Result<()> {
        let scenarios = self.scenarios()?;
        let subjects = Subjects::load(&self.module, &self.floor)?;
        if cfg!(debug_assertions) && self.iterations > 0 {
            eprintln!("{UNOPTIMISED}");
        }
        let mut rows = Vec::new();
        for scenario in &scenarios {
            eprintln!("{}", scenario.name);
            let row = Row::measure(&subjects, scenario, self.iterations);
            rows.push(row.with_context(|| format!("scenario `{}`", scenario.name))?);
        }
        let text = if self.json {
            serde_json::to_string_pretty(&rows)?
        } else if self.markdown {
            table::markdown(&rows)
        } else {
            table::plain(&rows)
        };
        writeln!(stdout(), "{text}")?;
        if let Some(path) = &self.write_budget {
            rows.iter().map(Row::fuel).collect::<Budget>().write(path)?;
        }
        self.check(&rows)
    }

    fn scenarios(&self) -> anyhow::Result<Vec<Scenario>> {
        let mut scenarios = scenarios::all();
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name).collect();
        let names = names.join(", ");
        scenarios.retain(|scenario| scenario.name.contains(&self.scenario));
        if scenarios.is_empty() {
            bail!("no scenario has `{}` in its name; there are: {names}", self.scenario);
        }
        Ok(scenarios)
    }

    fn check(&self, rows: &[Row]) -> anyhow::Result<()> {
        let Some(path) = &self.budget else { return Ok(()) };
        let budget = Budget::read(path)?;
        let mut over = Vec::new();
        for row in rows {
            let (name, fuel) = row.fuel();
            let verdict = budget.judge(&name, fuel);
            match verdict {
                Verdict::Within => {}
                Verdict::FarUnder(_) => eprintln!(
                    "`{name}` is {verdict}: lower it with `--write-budget {}`",
                    path.display()
                ),
                Verdict::Over(_) | Verdict::Unknown => over.push(format!("`{name}` is {verdict}")),
            }
        }
        if over.is_empty() {
            return Ok(());
        }
        bail!(
            "{}; if it must be so, renew the budget with `--write-budget {}`",
            over.join(", "),
            path.display()
        )
    }
}
