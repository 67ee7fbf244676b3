//! The stages of the policy, each by itself, natively: where the time of a request goes.
//!
//! - On what? The objects and settings of `cargo xtask bench`.
//! - What does a whole request take in a policy server? That is what `cargo xtask bench` measures; here
//!   the code is native, and nothing is instantiated.

#![expect(clippy::unwrap_used, reason = "a measurement may stop where it fails")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use signed_images_policy::json::{Document, Json};
use signed_images_policy::policy::pinning::{self, ImagePlan, Mutability, Rules};
use signed_images_policy::request::{self, AdmissionRequest};
use signed_images_policy::response::{self, Outcome};
use signed_images_policy::settings as policy_settings;
use signed_images_policy::verify::verifier::Verifier;
use signed_images_policy::workload::kinds;
use signed_images_policy::workload::stored::{self, Found};
use signed_images_testing::scenarios::{self, Scenario};

const OBJECTS: [&str; 3] = ["deployment-10k", "30-images", "object-650k"];
const POLICIES: [&str; 3] = ["1-rule", "100-rules", "1000-rules"];

fn reading_the_request(criterion: &mut Criterion) {
    measure(criterion, "request", &OBJECTS, |stage, scenario| {
        stage(&mut || {
            let document = document(scenario);
            drop(black_box(request::read(document.root())));
        });
    });
}

fn finding_images(criterion: &mut Criterion) {
    measure(criterion, "images", &OBJECTS, |stage, scenario| {
        let document = document(scenario);
        let (review, _) = request::read(document.root()).unwrap();
        let workload = kinds::built_in(&review.kind).unwrap();
        stage(&mut || drop(black_box(stored::find(&review, &workload))));
    });
}

fn compiling_settings(criterion: &mut Criterion) {
    measure(criterion, "settings", &POLICIES, |stage, scenario| {
        let document = document(scenario);
        let (review, settings) = request::read(document.root()).unwrap();
        let found = found(&review);
        stage(&mut || drop(black_box(selected(&found, settings))));
    });
}

fn matching_rules(criterion: &mut Criterion) {
    measure(criterion, "rules", &POLICIES, |stage, scenario| {
        let document = document(scenario);
        let (review, settings) = request::read(document.root()).unwrap();
        let found = found(&review);
        let rules = selected(&found, settings);
        stage(&mut || drop(black_box(tasks(&found, &rules))));
    });
}

fn giving_the_verdict(criterion: &mut Criterion) {
    measure(criterion, "verdict", &OBJECTS, |stage, scenario| {
        let document = document(scenario);
        let (review, settings) = request::read(document.root()).unwrap();
        let found = found(&review);
        let rules = selected(&found, settings);
        let host = &mut |namespace: &'static str, operation: &'static str, payload: &[u8]| {
            scenarios::host(namespace, operation, payload)
        };
        let mut verifier = Verifier::new(host, Duration::ZERO);
        let outcomes: Vec<Outcome> = tasks(&found, &rules)
            .into_iter()
            .filter_map(|task| match task {
                ImagePlan::Verify(image, rules, write) => {
                    Some(Outcome::of(verifier.verify(&image, &rules), image, write))
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

fn document(scenario: &Scenario) -> Document<'_> {
    Document::read(&scenario.payload).unwrap()
}

/// The rules that select an image of the object.
fn selected(found: &Found<'_>, settings: Json<'_>) -> Rules {
    let partial = policy_settings::partial(settings).unwrap();
    let in_question = pinning::in_question(&found.images, None, partial.unchanged);
    partial.rules(policy_settings::RuleFilter::For(&in_question)).unwrap()
}

fn found<'r>(review: &AdmissionRequest<'r>) -> Found<'r> {
    stored::find(review, &kinds::built_in(&review.kind).unwrap()).unwrap()
}

fn tasks<'r>(found: &Found<'_>, rules: &'r Rules) -> Vec<ImagePlan<'r>> {
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
