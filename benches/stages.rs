//! The stages of the policy, each by itself, natively: where the time of a request goes.
//!
//! - On what? The objects and settings of `cargo xtask bench`.
//! - What does a whole request take in a policy server? That is what `cargo xtask bench` measures; here
//!   the code is native, and nothing is instantiated.

#![expect(clippy::unwrap_used, reason = "a measurement may stop where it fails")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::value::RawValue;
use signed_images_policy::policy::pinning::Mutability;
use signed_images_policy::policy::plan::{self, ImagePlan, Rules};
use signed_images_policy::request::{self, AdmissionRequest};
use signed_images_policy::response::{self, Outcome};
use signed_images_policy::settings::{PartialSettings, RuleFilter};
use signed_images_policy::verify::verifier::Verifier;
use signed_images_policy::workload::extract::extract;
use signed_images_policy::workload::found::Found;
use signed_images_policy::workload::kinds;
use signed_images_testing::scenarios::{self, Scenario};

const OBJECTS: [&str; 3] = ["deployment-10k", "30-images", "object-650k"];
const POLICIES: [&str; 3] = ["1-rule", "100-rules", "1000-rules"];

fn reading_the_request(criterion: &mut Criterion) {
    measure(criterion, "request", &OBJECTS, |stage, scenario| {
        stage(&mut || drop(black_box(request::read(scenario.payload.as_bytes()))));
    });
}

fn finding_images(criterion: &mut Criterion) {
    measure(criterion, "images", &OBJECTS, |stage, scenario| {
        let (request, _) = request::read(scenario.payload.as_bytes()).unwrap();
        let workload = kinds::built_in(&request.kind).unwrap();
        stage(&mut || drop(black_box(extract(request.object, &workload))));
    });
}

fn compiling_settings(criterion: &mut Criterion) {
    measure(criterion, "settings", &POLICIES, |stage, scenario| {
        let (request, settings) = request::read(scenario.payload.as_bytes()).unwrap();
        let found = found(&request);
        stage(&mut || drop(black_box(matching(&found, settings))));
    });
}

fn matching_rules(criterion: &mut Criterion) {
    measure(criterion, "rules", &POLICIES, |stage, scenario| {
        let (request, settings) = request::read(scenario.payload.as_bytes()).unwrap();
        let found = found(&request);
        let rules = matching(&found, settings);
        stage(&mut || drop(black_box(plans(&found, &rules))));
    });
}

fn giving_the_verdict(criterion: &mut Criterion) {
    measure(criterion, "verdict", &OBJECTS, |stage, scenario| {
        let (request, settings) = request::read(scenario.payload.as_bytes()).unwrap();
        let found = found(&request);
        let rules = matching(&found, settings);
        let host = &mut |namespace: &'static str, operation: &'static str, payload: &[u8]| {
            scenarios::host(namespace, operation, payload)
        };
        let mut verifier = Verifier::new(host, Duration::ZERO);
        let outcomes: Vec<Outcome> = plans(&found, &rules)
            .into_iter()
            .filter_map(|plan| match plan {
                ImagePlan::Verify { image, rules, pin } => {
                    Some(Outcome::of(verifier.verify(&image, &rules), image, pin))
                }
                _ => None,
            })
            .collect();
        assert_eq!(outcomes.len(), scenario.pins, "every image is verified");
        stage(&mut || {
            drop(black_box(response::answer(&found, &outcomes, Vec::new()).into_bytes()));
        });
    });
}

/// Runs a stage on each scenario of these names.
fn measure(
    criterion: &mut Criterion,
    stage: &str,
    names: &[&str],
    run: impl Fn(&mut dyn FnMut(&mut dyn FnMut()), &Scenario),
) {
    let mut group = criterion.benchmark_group(stage);
    for scenario in scenarios::all().iter().filter(|scenario| names.contains(&scenario.name)) {
        group.bench_function(scenario.name, |bencher| {
            run(&mut |stage| bencher.iter(stage), scenario);
        });
    }
    group.finish();
}

/// The rules that match an image of the object.
fn matching(found: &Found<'_>, settings: &RawValue) -> Rules {
    let partial = PartialSettings::read(settings).unwrap();
    let in_question = plan::in_question(&found.images, None, partial.unchanged);
    partial.rules(RuleFilter::For(&in_question)).unwrap()
}

fn found<'r>(request: &AdmissionRequest<'r>) -> Found<'r> {
    extract(request.object, &kinds::built_in(&request.kind).unwrap()).unwrap()
}

fn plans<'r>(found: &Found<'_>, rules: &'r Rules) -> Vec<ImagePlan<'r>> {
    found.images.iter().map(|image| rules.plan(image, None, Mutability::Allowed)).collect()
}

criterion_group!(
    stages,
    reading_the_request,
    finding_images,
    compiling_settings,
    matching_rules,
    giving_the_verdict
);
criterion_main!(stages);
