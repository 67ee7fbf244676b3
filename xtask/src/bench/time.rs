//! How long a request takes, in this machine's time.
//!
//! - What is apart? Making and dropping the instance, and the call itself: the first is the runtime's work,
//!   the second the module's.
//! - What of the noise of the machine? The modules take turns, so that it strikes them alike; medians are
//!   compared.

use std::time::{Duration, Instant};

use serde::Serialize;
use signed_images::module::{Module, ModuleError};
use signed_images_testing::scenarios;

/// How often the modules run before it counts.
const WARM_UPS: usize = 3;

/// What one request took.
#[derive(Debug, Clone, Copy)]
struct Sample {
    instance: Duration,
    evaluation: Duration,
}

/// Many requests, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Times {
    /// Making and dropping the instance.
    pub instance: Spread,
    /// The call.
    pub evaluation: Spread,
    /// Both.
    pub request: Spread,
}

/// The middle of what was measured, and what one in a hundred exceeds; in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Half took longer.
    pub median: u64,
    /// One in a hundred took longer.
    pub p99: u64,
}

/// Puts the payload to each module in turn, so many times.
///
/// # Errors
/// When a call traps or fails.
pub fn measure<const N: usize>(
    modules: [&Module; N],
    payload: &str,
    iterations: usize,
) -> Result<[Times; N], ModuleError> {
    let mut samples = [(); N].map(|()| Vec::with_capacity(iterations));
    for round in 0..WARM_UPS + iterations {
        for (module, samples) in modules.iter().zip(&mut samples) {
            let sample = sample(module, payload)?;
            if round >= WARM_UPS {
                samples.push(sample);
            }
        }
    }
    Ok(samples.map(|samples| Times::of(&samples)))
}

fn sample(module: &Module, payload: &str) -> Result<Sample, ModuleError> {
    let start = Instant::now();
    let instance = module.instance(scenarios::host)?;
    let made = Instant::now();
    let answer = instance.call("validate", payload.as_bytes())?;
    let answered = Instant::now();
    drop(instance);
    let dropped = Instant::now();
    drop(answer);
    Ok(Sample {
        instance: made.duration_since(start) + dropped.duration_since(answered),
        evaluation: answered.duration_since(made),
    })
}

impl Times {
    fn of(samples: &[Sample]) -> Self {
        let spread = |part: fn(&Sample) -> Duration| Spread::of(samples.iter().map(part).collect());
        Self {
            instance: spread(|sample| sample.instance),
            evaluation: spread(|sample| sample.evaluation),
            request: spread(|sample| sample.instance + sample.evaluation),
        }
    }
}

impl Spread {
    fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| {
            let index = (durations.len() * percent / 100).min(durations.len().saturating_sub(1));
            let duration = durations.get(index).copied().unwrap_or_default();
            duration.as_nanos().try_into().unwrap_or(u64::MAX)
        };
        Self { median: at(50), p99: at(99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_end_are_found() {
        let rows = [
            (vec![], (0, 0)),
            (vec![7], (7, 7)),
            (vec![3, 1, 2], (2, 3)),
            ((0..1_000).rev().collect(), (500, 990)),
        ];
        for (nanos, (median, p99)) in rows {
            let spread = Spread::of(nanos.into_iter().map(Duration::from_nanos).collect());
            assert_eq!(spread, Spread { median, p99 });
        }
    }
}
