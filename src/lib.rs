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

pub mod host;
pub mod image;
mod json;
pub mod keys;
pub mod policy;
pub mod request;
pub mod response;
pub mod settings;
pub mod verify;
pub mod workload;

#[cfg(target_arch = "wasm32")]
mod guest;

use host::Host;
use policy::pinning::{ImagePlan, Mutability, Pinning};
use request::{AdmissionRequest, GroupKind, Operation};
use response::{Outcome, Response};
use settings::{PartialSettings, RuleFilter, SettingsError};
use signed_images_json::Document;
use std::fmt::Display;
use std::time::Duration;
use verify::verifier::Verifier;
use workload::kinds::{Form, Workload};
use workload::stored::{Found, FoundImage, Stored};

/// Answers `validate`: reviews an admission request. `now` is the time since the Unix epoch.
pub fn validate(payload: &[u8], host: &mut Host<'_>, now: Duration) -> Vec<u8> {
    answer(payload, host, now).unwrap_or_else(|refusal| Response::reject(&refusal).into_bytes())
}

/// The answer, or why none can be found.
fn answer(payload: &[u8], host: &mut Host<'_>, now: Duration) -> Result<Vec<u8>, String> {
    let unreadable = |error: &dyn Display| format!("the request cannot be read: {error}");
    let document = Document::from_bytes(payload).map_err(|error| unreadable(&error))?;
    let (request, settings) = request::read(document.root()).map_err(|error| unreadable(&error))?;
    settings::partial(settings)
        .and_then(|settings| review(&request, settings, host, now))
        .map(Response::into_bytes)
        .map_err(|error| format!("the settings of this policy are not valid:\n{error}"))
}

/// Answers `validate_settings`. `now` is the time since the Unix epoch.
pub fn validate_settings(payload: &[u8], host: &mut Host<'_>, now: Duration) -> Vec<u8> {
    response::settings_answer(check_settings(payload, host, now))
}

fn check_settings(payload: &[u8], host: &mut Host<'_>, now: Duration) -> Result<(), String> {
    let document = Document::from_bytes(payload)
        .map_err(|error| format!("the settings are not valid JSON: {error}"))?;
    let rules = settings::read(document.root()).map_err(|error| error.to_string())?;
    settings::check(&rules, host, now).map_err(|error| error.to_string())
}

fn review<'r>(
    review: &AdmissionRequest<'r>,
    settings: PartialSettings<'_>,
    host: &mut Host<'_>,
    now: Duration,
) -> Result<Response<'r>, SettingsError> {
    match review.operation {
        Operation::Delete | Operation::Connect => return Ok(Response::accept()),
        Operation::Create | Operation::Update => {}
    }
    let Some(workload) = workload_of(&review.kind, &settings.workloads) else {
        if workload::kinds::holds_no_image(&review.kind) {
            return Ok(Response::accept());
        }
        return Ok(Response::reject(&format!(
            "this policy does not know where {} holds images: add it to `extraWorkloads` in the \
             policy's settings, or take it out of the policy's rules",
            review.kind
        )));
    };
    let found = match workload::stored::find(review, &workload) {
        Ok(found) => found,
        Err(error) => {
            return Ok(Response::reject(&format!("this {} cannot be read: {error}", review.kind)));
        }
    };
    let stored =
        (review.operation == Operation::Update).then(|| Stored::read(review.old_object, &workload));
    let pinning = settings.pinning;
    let in_question =
        policy::pinning::in_question(&found.images, stored.as_ref(), settings.unchanged);
    let rules = settings.rules(RuleFilter::For(&in_question))?;
    let mut verifier = Verifier::new(host, now);
    let outcomes: Vec<Outcome> = found
        .images
        .iter()
        .map(|image| {
            let mutability = mutability(image, &found, stored.as_ref(), workload.form, pinning);
            outcome(rules.plan(image, stored.as_ref(), mutability), &mut verifier)
        })
        .collect();
    let mut notes = response::expiry_notes(verifier.expiring());
    if found.images.is_empty() {
        notes.push(format!("no image was found in this {}", review.kind));
    }
    Ok(response::answer(&found, &outcomes, notes))
}

/// Where objects of a kind hold images: what the settings say of it counts before what is built in.
#[must_use]
pub fn workload_of(kind: &GroupKind, extra: &[(GroupKind, Workload)]) -> Option<Workload> {
    let extra = extra.iter().find(|(known, _)| known == kind);
    extra.map(|(_, workload)| workload.clone()).or_else(|| workload::kinds::built_in(kind))
}

fn outcome<'t>(plan: ImagePlan<'t>, verifier: &mut Verifier<'_, '_, 't>) -> Outcome {
    match plan {
        ImagePlan::Verify(reference, rules, write) => {
            Outcome::of(verifier.verify(&reference, &rules), reference, write)
        }
        ImagePlan::Exempt => Outcome::Exempt,
        ImagePlan::Unmatched(unmatched) => Outcome::Unmatched(unmatched),
        ImagePlan::Unchanged => Outcome::Unchanged,
        ImagePlan::KeepPin(text) => Outcome::KeepPin(text),
        ImagePlan::Invalid(fault) => Outcome::Invalid(fault.to_string()),
    }
}

/// Where pinning would do harm, the object stays as it is. The controller of an owned object compares it
/// with its own template and replaces it when they differ (kubernetes/kubernetes#57167); the API server
/// refuses changes to ephemeral containers that are there already.
fn mutability(
    image: &FoundImage<'_>,
    found: &Found<'_>,
    stored: Option<&Stored<'_>>,
    form: Form,
    pinning: Pinning,
) -> Mutability {
    let is_owned = form == Form::Template && found.metadata.is_controlled();
    let is_running = image.is_ephemeral() && stored.is_some_and(|stored| stored.has(image));
    if is_owned || is_running || !pinning.includes(form) {
        Mutability::Forbidden
    } else {
        Mutability::Allowed
    }
}
