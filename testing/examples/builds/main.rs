//! The three builds of the policy side by side: how large they are, and how long they take. `component/README.md` has
//! what it prints.
//!
//! *How is it measured?* Every request goes to the three in turn, so that what else the machine does strikes them alike;
//! medians are told. Each call has a fresh instance, as on a policy server; the native library has none. The host
//! answers at once.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "what cannot be is a failure of the measurement"
)]

use anyhow::{Error, ensure};
use clap::Parser;
use signed_images_testing::builds::{Answers, Build};
use signed_images_testing::scenarios::{self, Scenario};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Measures the native library, the module and the component.
#[derive(Debug, Parser)]
struct Options {
    /// The module.
    #[arg(long, default_value = "policy.wasm")]
    module: PathBuf,
    /// The component.
    #[arg(long, default_value = "component.wasm")]
    component: PathBuf,
    /// How often each request is put to each.
    #[arg(long, default_value_t = 200)]
    iterations: usize,
}

/// How often they run before it counts.
const WARM_UPS: usize = 3;

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if cfg!(debug_assertions) {
        eprintln!(
            "this is built without optimisations: the times mean nothing; `make builds` builds it with"
        );
    }
    let builds = [options.module, options.component];
    let sizes = builds.each_ref().map(|path| std::fs::metadata(path).map(|file| file.len()));
    let [module_size, component_size] = sizes;
    println!("| | native | module | component |\n|---|---:|---:|---:|");
    println!("| size, bytes | - | {} | {} |", module_size?, component_size?);
    let [module, component] = builds.each_ref().map(|path| load(path));
    let ((module, module_time), (component, component_time)) = (module?, component?);
    println!(
        "| compiled once, ms | - | {} | {} |",
        module_time.as_millis(),
        component_time.as_millis()
    );
    for scenario in scenarios::all() {
        let [native, module, component] =
            measure(&scenario, &module, &component, options.iterations)?;
        let name = format!("`{}`, {} bytes", scenario.name, scenario.payload.len());
        println!("| {name}, µs | {native} | {module} | {component} |");
    }
    Ok(())
}

fn load(path: &Path) -> anyhow::Result<(Build, Duration)> {
    let start = Instant::now();
    let build = Build::load(path).map_err(Error::msg)?;
    Ok((build, start.elapsed()))
}

/// The medians, in microseconds.
fn measure(
    scenario: &Scenario,
    module: &Build,
    component: &Build,
    iterations: usize,
) -> anyhow::Result<[u128; 3]> {
    let runs: [&dyn Fn() -> Result<Vec<u8>, String>; 3] = [
        &|| Ok(natively(scenario.payload.as_bytes())),
        &|| module.run("validate", scenario.payload.as_bytes(), host()),
        &|| component.run("validate", scenario.payload.as_bytes(), host()),
    ];
    let mut samples = [const { Vec::new() }; 3];
    let expected = natively(scenario.payload.as_bytes());
    for round in 0..WARM_UPS + iterations {
        for (run, samples) in runs.iter().zip(&mut samples) {
            let start = Instant::now();
            let answer = run().map_err(Error::msg)?;
            let time = start.elapsed();
            ensure!(answer == expected, "{}: another answer", scenario.name);
            if round >= WARM_UPS {
                samples.push(time.as_micros());
            }
        }
    }
    Ok(samples.map(|mut samples| {
        samples.sort_unstable();
        samples.get(samples.len() / 2).copied().unwrap_or_default()
    }))
}

fn natively(payload: &[u8]) -> Vec<u8> {
    let host = &mut |namespace: &'static str, operation: &'static str, question: &[u8]| {
        scenarios::host(namespace, operation, question)
    };
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    signed_images_policy::validate(payload, host, &mut |_| (), now)
}

fn host() -> Box<Answers> {
    Box::new(scenarios::host)
}
