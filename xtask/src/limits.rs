//! `cargo xtask limits`: how many instructions the policy takes at every limit, how much memory, and how long.
//!
//! - What is measured? Each of [`limits`]: the costliest shapes within what is documented.
//! - How much may it be? [`MOST`], whatever the limit; and by a [`budget`](super::bench::budget) about what it was last.
//! - What is printed? A row a limit, on stdout. Times are those of this machine, and of the runtime as it was built.

use std::fmt;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;
use signed_images::module::Module;
use signed_images_testing::limits::{self, Limit};

use super::bench::budget::{Budget, Verdict};
use super::bench::fuel::{Meter, Reading};

/// What no request and no settings may take, so that they take no more than 200 milliseconds. On two shared cores of a
/// server, a millisecond is 16 million instructions at most of these limits, and 8 million at the slowest, of which none
/// takes so many.
pub const MOST: u64 = 2_500_000_000;

/// How much memory, in bytes, no request and no settings may take.
pub const MOST_MEMORY: usize = 100_000_000;

const EXAMPLES: &str = "\
Examples:
  make policy.wasm
  cargo xtask limits
  cargo xtask limits --name rules/ --iterations 5";

/// Measure the policy at its limits
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Limits {
    /// The policy's module
    #[arg(long, value_name = "PATH", default_value = "policy.wasm")]
    module: PathBuf,
    /// How often each is timed, of which the least counts; 0: only instructions are counted
    #[arg(long, value_name = "N", default_value_t = 3)]
    iterations: usize,
    /// Measure only those with this text in their names
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    name: String,
    /// Fail when one takes more instructions than this file allows
    #[arg(long, value_name = "PATH")]
    budget: Option<PathBuf>,
    /// Write what they take to a file, as their budget
    #[arg(long, value_name = "PATH", conflicts_with_all = ["budget", "name"])]
    write_budget: Option<PathBuf>,
}

/// What one takes.
struct Row {
    name: &'static str,
    bytes: usize,
    fuel: u64,
    memory: usize,
    time: Option<Duration>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, bytes, fuel, memory, time } = self;
        let time = time.map_or_else(|| "-".to_owned(), |time| time.as_millis().to_string());
        write!(f, "{name:32} {bytes:>10} {fuel:>13} {memory:>10} {time:>6}")
    }
}

impl Limits {
    /// Measures, and prints what it took.
    ///
    /// # Errors
    /// When an answer is wrong, or takes too much.
    pub fn run(&self) -> anyhow::Result<()> {
        let shown = self.module.display();
        let bytes = std::fs::read(&self.module)
            .with_context(|| format!("cannot read module `{shown}`: run `make policy.wasm`"))?;
        let (module, meter) = (Module::from_bytes(&bytes)?, Meter::new(&bytes)?);
        let mut rows = Vec::new();
        let [limit, bytes, fuel, memory, ms] = ["limit", "bytes", "fuel", "memory", "ms"];
        writeln!(stdout(), "{limit:32} {bytes:>10} {fuel:>13} {memory:>10} {ms:>6}")?;
        for limit in limits::all().filter(|limit| limit.name.contains(&self.name)) {
            let row = self.measure(&module, &meter, &limit);
            let row = row.with_context(|| format!("limit `{}`", limit.name))?;
            writeln!(stdout(), "{row}")?;
            rows.push(row);
        }
        if let Some(path) = &self.write_budget {
            let fuels = rows.iter().map(|row| (row.name.to_owned(), row.fuel));
            fuels.collect::<Budget>().write(path)?;
        }
        self.check(&rows)
    }

    fn measure(&self, module: &Module, meter: &Meter, limit: &Limit) -> anyhow::Result<Row> {
        let Reading { fuel, memory, .. } = read(meter, limit)?;
        let mut time = None;
        for _ in 0..self.iterations {
            let took = sample(module, limit)?;
            time = Some(time.map_or(took, |least: Duration| least.min(took)));
        }
        Ok(Row { name: limit.name, bytes: limit.payload.len(), fuel, memory, time })
    }

    fn check(&self, rows: &[Row]) -> anyhow::Result<()> {
        let slow = rows.iter().filter(|row| row.fuel > MOST);
        let large = rows.iter().filter(|row| row.memory > MOST_MEMORY);
        let mut over: Vec<String> =
            slow.map(|row| format!("`{}` takes more than {MOST} instructions", row.name))
                .chain(large.map(|row| {
                    format!("`{}` takes more than {MOST_MEMORY} bytes of memory", row.name)
                }))
                .collect();
        if let Some(path) = &self.budget {
            let budget = Budget::read(path)?;
            for Row { name, fuel, .. } in rows {
                let verdict = budget.judge(name, *fuel);
                match verdict {
                    Verdict::Within => {}
                    Verdict::FarUnder(_) => eprintln!("`{name}` is {verdict}: lower it"),
                    Verdict::Over(_) | Verdict::Unknown => {
                        over.push(format!("`{name}` is {verdict}"));
                    }
                }
            }
        }
        if over.is_empty() {
            return Ok(());
        }
        bail!("{}; if it must be so, renew the budget: `make fuel-budget`", over.join(", "))
    }
}

/// What a limit takes, when it is answered as it must be.
///
/// # Errors
/// When it is not.
pub fn read(meter: &Meter, limit: &Limit) -> anyhow::Result<Reading> {
    let host = limit.host.clone();
    let answer = move |namespace: &str, operation: &str, payload: &[u8]| {
        host.answer(namespace, operation, payload)
    };
    let reading = meter.ask(limit.operation, &limit.payload, answer)?;
    let answer = String::from_utf8_lossy(&reading.answer);
    let start: String = answer.chars().take(400).collect();
    ensure!(limit.is_right(&reading.answer), "the answer is not as it must be: {start}");
    Ok(reading)
}

fn sample(module: &Module, limit: &Limit) -> anyhow::Result<Duration> {
    let host = limit.host.clone();
    let instance = module.instance(move |namespace, operation, payload| {
        host.answer(namespace, operation, payload)
    })?;
    let start = (Instant::now(), on_processor());
    let answer = instance.call(limit.operation, limit.payload.as_bytes());
    let took = match (start.1, on_processor()) {
        (Some(start), Some(end)) => end.saturating_sub(start),
        _ => start.0.elapsed(),
    };
    answer?;
    Ok(took)
}

/// How long this thread has run, which other work on the machine does not lengthen, where the system tells it
/// (<https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat>).
fn on_processor() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
