//! A Kubewarden policy that lets into a cluster only images signed by those whom its settings name, and
//! pins each image to the digest that was verified.
//!
//! One way, no way back:
//!
//! 1. [`request`]: bytes → the request, its objects left as raw JSON
//! 2. [`images`]: the object → every image in it, by position
//! 3. [`rules`]: an image → the rules that apply, or why none does
//! 4. [`verify`]: rules → questions to the host → a verified digest or a refusal
//! 5. [`verdict`]: outcomes → message, warnings, audit annotations, and the object's own bytes with the
//!    digests spliced in
//!
//! [`settings`] makes the rules. The host is one function that is handed in, so everything but the waPC
//! entry points builds and is tested natively.

pub mod certificate;
pub mod host;
pub mod images;
mod inquiry;
pub mod keys;
pub mod pattern;
pub mod reference;
pub mod request;
pub mod rules;
pub mod settings;
pub mod signer;
pub mod verdict;
pub mod verify;
mod walk;
pub mod workloads;

#[cfg(target_arch = "wasm32")]
mod guest;

use host::Host;
use images::{Found, Image, Stored};
use reference::Reference;
use request::{Operation, Payload, Review};
use rules::{Rewrite, Rules, Task};
use std::time::Duration;
use verdict::{Answer, Outcome};
use verify::{Verified, verify};
use workloads::{Form, Workload};

/// Answers `validate`: reviews an admission request. `now` is the time since the Unix epoch.
pub fn validate(payload: &[u8], host: &mut Host<'_>, now: Duration) -> Vec<u8> {
    let answer = match json::<Payload<'_>>(payload) {
        Err(error) => Answer::reject(&format!("the request cannot be read: {error}")),
        Ok(payload) => match settings::read(payload.settings) {
            Err(error) => {
                Answer::reject(&format!("the settings of this policy are not valid:\n{error}"))
            }
            Ok(rules) => review(&payload.request, &rules, host, now),
        },
    };
    answer.into_bytes()
}

/// Answers `validate_settings`. `now` is the time since the Unix epoch.
pub fn validate_settings(payload: &[u8], host: &mut Host<'_>, now: Duration) -> Vec<u8> {
    let check = |raw| {
        let rules = settings::read(raw).map_err(|error| error.to_string())?;
        settings::check(&rules, host, now).map_err(|error| error.to_string())
    };
    verdict::settings_answer(json(payload).and_then(check))
}

fn json<'r, T: serde::Deserialize<'r>>(bytes: &'r [u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn review(review: &Review<'_>, rules: &Rules, host: &mut Host<'_>, now: Duration) -> Answer {
    match review.operation {
        Operation::Delete | Operation::Connect => return Answer::accept(),
        Operation::Create | Operation::Update => {}
    }
    if workloads::holds_no_image(&review.kind) {
        return Answer::accept();
    }
    let Some(workload) = workloads::built_in(&review.kind) else {
        return Answer::reject(&format!(
            "this policy does not know where {} holds images; take it out of the policy's rules",
            review.kind
        ));
    };
    let found = match images::find(review, &workload) {
        Ok(found) => found,
        Err(error) => {
            return Answer::reject(&format!("this {} cannot be read: {error}", review.kind));
        }
    };
    let stored =
        (review.operation == Operation::Update).then(|| Stored::read(review.old_object, &workload));
    let outcomes = outcomes(&found, stored.as_ref(), &workload, rules, host, now);
    verdict::answer(&found, &outcomes)
}

/// One outcome for each image, in order. Each distinct image is verified once.
fn outcomes(
    found: &Found<'_>,
    stored: Option<&Stored<'_>>,
    workload: &Workload,
    rules: &Rules,
    host: &mut Host<'_>,
    now: Duration,
) -> Vec<Outcome> {
    let mut answers: Vec<(Reference, Verified)> = Vec::new();
    found
        .images
        .iter()
        .map(|image| {
            let rewrite = rewrite(image, found, stored, workload, rules);
            match rules.task(image, stored, rewrite) {
                Task::Verify(reference, applicable) => {
                    let known = answers.iter().find(|(known, _)| *known == reference);
                    let verified = match known {
                        Some((_, verified)) => verified.clone(),
                        None => verify(host, now, &reference, &applicable),
                    };
                    answers.push((reference.clone(), verified.clone()));
                    Outcome::of(verified, reference, rewrite)
                }
                Task::Unmatched => Outcome::Unmatched,
                Task::Unchanged => Outcome::Unchanged,
                Task::KeepPin(text) => Outcome::KeepPin(text),
                Task::Unreadable(fault) => Outcome::Invalid(fault.to_string()),
                Task::Invalid(error) => Outcome::Invalid(error.to_string()),
            }
        })
        .collect()
}

/// Where pinning would do harm, the object stays as it is. The controller of an owned object compares it
/// with its own template and replaces it when they differ (kubernetes/kubernetes#57167); the API server
/// refuses changes to ephemeral containers that are there already.
fn rewrite(
    image: &Image<'_>,
    found: &Found<'_>,
    stored: Option<&Stored<'_>>,
    workload: &Workload,
    rules: &Rules,
) -> Rewrite {
    let is_owned = workload.form == Form::Template && found.metadata.is_controlled();
    let is_running = image.is_ephemeral() && stored.is_some_and(|stored| stored.has(image));
    if is_owned || is_running { Rewrite::Forbidden } else { rules.rewrite() }
}
