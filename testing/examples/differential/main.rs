//! Compares two builds of the policy: whatever they are asked, and whatever the host answers, both must say the same
//! and ask the same. `testing/README.md` tells how to run it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "it is a test, and what cannot be is a failure"
)]

mod compare;
mod inputs;
mod report;
mod run;

use clap::Parser;
use compare::{Class, Comparison, compare};
use inputs::Question;
use report::Tally;
use run::Run;
use signed_images_testing::builds::Build;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Instant, SystemTime};

/// Compares two builds of the policy.
#[derive(Debug, Parser)]
struct Options {
    /// The module or component as it was.
    #[arg(long)]
    before: PathBuf,
    /// The module or component as it is.
    #[arg(long)]
    now: PathBuf,
    /// The seed of the first input that is generated; the others follow it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// So many requests are generated.
    #[arg(long, default_value_t = 100_000)]
    count: usize,
    /// So many settings are generated to be validated.
    #[arg(long, default_value_t = 20_000)]
    settings: usize,
    /// Leaves out the cases, and what fuzzing kept.
    #[arg(long)]
    generated_only: bool,
    /// Differences that are allowed, and counted.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Class::ALL)]
    allow: Vec<Class>,
    /// Allows no difference at all.
    #[arg(long, conflicts_with = "allow")]
    strict: bool,
    /// Stops after so many differences.
    #[arg(long, default_value_t = 3)]
    differences: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let comparing = Comparing {
        before: load(&options.before)?,
        now: load(&options.now)?,
        allowed: if options.strict { Vec::new() } else { options.allow },
        found: Mutex::new(0),
        most: options.differences,
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root");
    let now = SystemTime::UNIX_EPOCH.elapsed()?;
    if !options.generated_only {
        let cases = inputs::cases(root);
        comparing.all("cases", cases.len(), &|at| cases[at].clone());
        let seeds = inputs::seeds(root, now);
        comparing.all("what fuzzing kept", seeds.len(), &|at| seeds[at].clone());
    }
    let generated = |operation: &'static str| {
        move |at| inputs::generated(operation, options.seed.wrapping_add(at as u64), now)
    };
    let requests = comparing.all("generated requests", options.count, &generated("validate"));
    comparing.all("generated settings", options.settings, &generated("validate_settings"));
    Ok(conclude(comparing.found.into_inner()?, &requests))
}

fn load(path: &Path) -> anyhow::Result<Build> {
    Build::load(path).map_err(anyhow::Error::msg)
}

fn conclude(found: usize, requests: &Tally) -> ExitCode {
    let seldom = requests.seldom();
    for verdict in &seldom {
        println!("less than a tenth of the generated requests are {verdict}");
    }
    println!("{found} differences");
    if found == 0 && seldom.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Both builds, and how often they differed so far.
struct Comparing {
    before: Build,
    now: Build,
    allowed: Vec<Class>,
    found: Mutex<usize>,
    most: usize,
}

impl Comparing {
    /// Puts so many questions to both, on every core, and tells what came of it.
    fn all(
        &self,
        what: &str,
        count: usize,
        question: &(dyn Fn(usize) -> Question + Sync),
    ) -> Tally {
        let (started, next) = (Instant::now(), AtomicUsize::new(0));
        let work = || {
            let mut tally = Tally::default();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count || *self.found.lock().unwrap() >= self.most {
                    return tally;
                }
                self.one(at, &question(at), &mut tally);
            }
        };
        let mut tally = Tally::default();
        thread::scope(|scope| {
            let cores = thread::available_parallelism().map_or(1, usize::from);
            let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                tally.add(thread.join().expect("a thread"));
            }
        });
        tally.print(what, started.elapsed().as_secs_f64());
        tally
    }

    fn one(&self, at: usize, question: &Question, tally: &mut Tally) {
        let ask = |build: &Build| {
            Run::of(build, question.operation, &question.payload, question.host.fresh())
        };
        let (before, now) = (ask(&self.before), ask(&self.now));
        tally.count(&before);
        match compare(&before, &now, &self.allowed) {
            Comparison::Same => {}
            Comparison::Allowed(class) => tally.allow(class),
            Comparison::Different(what) => {
                let mut found = self.found.lock().unwrap();
                if *found < self.most {
                    *found += 1;
                    println!("run {at}: {}", report::difference(question, &what, &before, &now));
                }
            }
        }
    }
}
