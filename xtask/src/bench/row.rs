//! One scenario's results: the policy's, the floor's, and how one stands to the other.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::Serialize;
use signed_images::module::Module;
use signed_images_testing::scenarios::Scenario;

use super::check::Subject;
use super::fuel::Meter;
use super::time::{self, Times};

/// The policy and the floor, ready to be measured.
pub(super) struct Subjects {
    policy: Loaded,
    floor: Loaded,
}

struct Loaded {
    module: Module,
    meter: Meter,
}

/// What one scenario takes.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) scenario: &'static str,
    pub(super) payload_bytes: usize,
    pub(super) policy: Cost,
    pub(super) floor: Cost,
    /// The policy's fuel, as a multiple of the floor's.
    pub(super) fuel_ratio: f64,
    /// The policy's time for a whole request, as a multiple of the floor's.
    pub(super) time_ratio: Option<f64>,
}

/// What one module takes for it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Cost {
    pub(super) fuel: u64,
    /// In nanoseconds; none when nothing was timed.
    pub(super) time: Option<Times>,
}

impl Subjects {
    pub(super) fn load(policy: &Path, floor: &Path) -> anyhow::Result<Self> {
        Ok(Self { policy: load(policy, "policy.wasm")?, floor: load(floor, "floor.wasm")? })
    }
}

fn load(path: &Path, target: &str) -> anyhow::Result<Loaded> {
    let shown = path.display();
    if !path.exists() {
        bail!("no module `{shown}`: run `make {target}`");
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read module `{shown}`"))?;
    let fault = || format!("module `{shown}`");
    Ok(Loaded {
        module: Module::from_bytes(&bytes).with_context(fault)?,
        meter: Meter::new(&bytes).with_context(fault)?,
    })
}

impl Row {
    pub(super) fn measure(
        subjects: &Subjects,
        scenario: &Scenario,
        iterations: usize,
    ) -> anyhow::Result<Self> {
        let policy = count(&subjects.policy.meter, scenario, Subject::Policy).context("policy")?;
        let floor = count(&subjects.floor.meter, scenario, Subject::Floor).context("floor")?;
        let modules = [&subjects.policy.module, &subjects.floor.module];
        let times = match iterations {
            0 => None,
            _ => Some(time::measure(modules, &scenario.payload, iterations)?),
        };
        let time_ratio =
            times.map(|[policy, floor]| ratio(policy.request.median, floor.request.median));
        Ok(Self {
            scenario: scenario.name,
            payload_bytes: scenario.payload.len(),
            policy: Cost { fuel: policy, time: times.map(|[policy, _]| policy) },
            floor: Cost { fuel: floor, time: times.map(|[_, floor]| floor) },
            fuel_ratio: ratio(policy, floor),
            time_ratio,
        })
    }

    pub(super) fn fuel(&self) -> (String, u64) {
        (self.scenario.to_owned(), self.policy.fuel)
    }
}

/// The fuel of a request that was answered as it must be.
fn count(meter: &Meter, scenario: &Scenario, subject: Subject) -> anyhow::Result<u64> {
    let reading = meter.read(&scenario.payload)?;
    subject.check(scenario, &reading.answer)?;
    let (asked, expected) = (reading.questions, subject.questions(scenario));
    ensure!(asked == expected, "the host was asked {asked} times instead of {expected}");
    Ok(reading.fuel)
}

#[expect(clippy::cast_precision_loss, reason = "only two digits are shown")]
fn ratio(of: u64, to: u64) -> f64 {
    of as f64 / to as f64
}
