//! A Kubewarden policy that lets into a cluster only images signed by those whom its settings name, and
//! pins each image to the digest that was verified.
//!
//! One way, no way back:
//!
//! 1. [`request`]: bytes → the request, its objects left as raw JSON
//! 2. [`workload`]: the object → every image in it, by position
//! 3. [`policy`]: an image → the rules that it matches, or why it is not asked about
//! 4. [`verify`]: rules → questions to the host → a verified digest or a refusal
//! 5. [`response`]: outcomes → message, warnings, audit annotations, and the object's own bytes with the
//!    digests spliced in
//!
//! What an image is called is in [`image`], what keys and certificates are in [`keys`]; [`settings`] makes the
//! rules. The host is one function that is handed in, so everything but the waPC
//! entry points builds and is tested natively.

pub mod attestation;
mod by_address;
pub mod host;
pub mod image;
mod json;
pub mod keys;
pub mod policy;
pub mod request;
pub mod response;
pub mod settings;
mod sorted_map;
mod suggestion;
mod text;
pub mod time;
pub mod verify;
pub mod workload;

#[cfg(target_env = "p1")]
mod guest;

use host::Host;
use image::names::{ImageNames, NamedImages};
use policy::pinning::Mutability;
use policy::plan::{ImagePlan, MAX_MATCHES, Rules, in_question};
use request::{AdmissionRequest, Operation};
use response::{Log, Outcome, Response};
use settings::{PartialSettings, RuleFilter, SettingsError};
use std::borrow::Cow;
use std::time::Duration;
use verify::verifier::Verifier;
use workload::extract::extract;
use workload::found::FoundImage;
use workload::kinds::{self, workload_of};
use workload::stored::Stored;

/// Answers `validate`: reviews an admission request. `now` is the time since the Unix epoch.
///
/// ```
/// use serde_json::{Value, json};
/// use std::time::Duration;
///
/// let payload = json!({
///     "settings": {"publicKeys": [{
///         "images": ["ghcr.io/acme/*"],
///         "keys": [include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/p256.pem"))],
///     }]},
///     "request": {
///         "operation": "CREATE",
///         "kind": {"group": "", "kind": "Pod"},
///         "object": {"spec": {"containers": [{"name": "app", "image": "ghcr.io/acme/app:1.2"}]}},
///     },
/// });
/// let digest = format!("sha256:{}", "a".repeat(64));
/// // A policy server that finds the signature.
/// let mut host = |namespace: &str, operation: &str, _question: &[u8]| {
///     assert_eq!((namespace, operation), ("oci", "v2/verify"));
///     Ok(json!({"is_trusted": true, "digest": digest}).to_string().into_bytes())
/// };
/// let now = Duration::from_secs(1_780_000_000);
/// let answer = signed_images_policy::validate(
///     payload.to_string().as_bytes(), &mut host, &mut |_: &_| {}, now,
/// );
/// let answer: Value = serde_json::from_slice(&answer).unwrap();
/// assert_eq!(answer["accepted"], true);
/// let image = &answer["mutated_object"]["spec"]["containers"][0]["image"];
/// assert_eq!(*image, format!("ghcr.io/acme/app:1.2@{digest}"));
/// ```
pub fn validate(payload: &[u8], host: &mut Host<'_>, log: &mut Log<'_>, now: Duration) -> Vec<u8> {
    let response = answer(payload, host, now).unwrap_or_else(|why| Response::reject(&why));
    response.log().iter().for_each(log);
    response.into_bytes()
}

/// The answer, or why none can be found.
fn answer<'r>(
    payload: &'r [u8],
    host: &mut Host<'_>,
    now: Duration,
) -> Result<Response<'r>, String> {
    let (request, settings) =
        request::read(payload).map_err(|error| format!("the request cannot be read: {error}"))?;
    PartialSettings::read(settings)
        .and_then(|settings| review(&request, &settings, host, now))
        .map_err(|error| format!("the settings of this policy are not valid:\n{error}"))
}

/// Answers `validate_settings`. `now` is the time since the Unix epoch.
pub fn validate_settings(payload: &[u8], host: &mut Host<'_>, now: Duration) -> Vec<u8> {
    response::settings_answer(check_settings(payload, host, now))
}

fn check_settings(payload: &[u8], host: &mut Host<'_>, now: Duration) -> Result<(), String> {
    let settings = request::raw(payload)
        .map_err(|error| format!("the settings are not valid JSON: {error}"))?;
    let rules = settings::read(settings).map_err(|error| error.to_string())?;
    settings::check(&rules, host, now).map_err(|error| error.to_string())
}

fn review<'r>(
    request: &AdmissionRequest<'r>,
    settings: &PartialSettings<'_>,
    host: &mut Host<'_>,
    now: Duration,
) -> Result<Response<'r>, SettingsError> {
    match request.operation {
        Operation::Delete | Operation::Connect => return Ok(Response::accept()),
        Operation::Create | Operation::Update => {}
    }
    let kind = &request.kind;
    let Some(workload) = workload_of(kind, &settings.workloads) else {
        if kinds::holds_no_image(kind) {
            return Ok(Response::accept());
        }
        return Ok(Response::reject(&format!(
            "this policy does not know where {kind} contains images: add it to `extraWorkloads` in the settings, or \
             remove it from `spec.rules` of the policy",
        )));
    };
    let found = match extract(request.object, &workload) {
        Ok(found) => found,
        Err(error) => {
            return Ok(Response::reject(&format!("this {kind} cannot be read: {error}")));
        }
    };
    let stored = match request.operation {
        Operation::Update => Some(Stored::read(request.old_object, &workload)),
        Operation::Create | Operation::Delete | Operation::Connect => None,
    };
    let stored = stored.as_ref();
    let in_question = in_question(&found.images, stored, settings.unchanged);
    let rules = settings.rules(RuleFilter::For(&in_question))?;
    let mutability =
        |image: &_| Mutability::of(image, &found, stored, workload.form, settings.pinning);
    let plans = found.images.iter().map(|image| rules.plan(image, stored, mutability(image)));
    let Some(plans) = bounded(plans) else {
        return Ok(Response::reject(&format!(
            "the images of this {kind} match more than {MAX_MATCHES} rules in total: write rules that match fewer \
             images"
        )));
    };
    let mut verifier = Verifier::new(host, now);
    let mut outcomes: Vec<Outcome> =
        plans.into_iter().map(|plan| outcome(plan, &mut verifier)).collect();
    let mut notes = response::expiry_notes(verifier.expiring());
    notes.extend(rules.notes.iter().cloned());
    review_pins(&found.images, &mut outcomes, &rules, settings, verifier)?;
    if found.images.is_empty() {
        notes.push(format!("no image was found in this {kind}"));
    }
    Ok(response::answer(&found, &outcomes, notes))
}

/// The plans; none when more rules are to be satisfied than one request may take.
fn bounded<'p>(plans: impl Iterator<Item = ImagePlan<'p>>) -> Option<Vec<ImagePlan<'p>>> {
    let (mut bounded, mut matches) = (Vec::new(), 0);
    for plan in plans {
        matches += plan.matches();
        if matches > MAX_MATCHES {
            return None;
        }
        bounded.push(plan);
    }
    Some(bounded)
}

/// What is written is admitted again as it stands: where a rule looks at the digest, or at a tag that is not written, an
/// image is held to the rules of what will be written.
fn review_pins(
    images: &[FoundImage<'_>],
    outcomes: &mut [Outcome],
    rules: &Rules,
    settings: &PartialSettings<'_>,
    verifier: Verifier<'_, '_>,
) -> Result<(), SettingsError> {
    let mut pins = Vec::new();
    let read_digests = rules.read_digests();
    for (image, outcome) in images.iter().zip(outcomes) {
        if !read_digests && !image.lacks_tag() {
            continue;
        }
        let pinned = outcome.pinned(image);
        if let Some(pinned) = pinned.filter(|pinned| !is_settled(image, pinned, rules)) {
            pins.push((outcome, pinned));
        }
    }
    if pins.is_empty() {
        return Ok(());
    }
    let in_question = pins
        .iter()
        .flat_map(|(_, pin)| [Some(Cow::Borrowed(pin)), pin.without_tag().map(Cow::Owned)])
        .flatten()
        .collect();
    let in_question = NamedImages::new(in_question);
    let rules = settings.rules(RuleFilter::For(&in_question))?;
    let mut verifier = verifier.for_other_rules();
    for (was, pinned) in &mut pins {
        let again = outcome(rules.plan_as_written(pinned), &mut verifier);
        if !again.passes() {
            **was = again;
        }
    }
    Ok(())
}

fn is_settled(image: &FoundImage<'_>, pinned: &ImageNames, rules: &Rules) -> bool {
    image.names().is_ok_and(|names| rules.are_same_for(names, pinned))
}

fn outcome<'t>(plan: ImagePlan<'t>, verifier: &mut Verifier<'_, 't>) -> Outcome {
    match plan {
        ImagePlan::Verify { image, rules, pin } => {
            Outcome::of(verifier.verify(&image, &rules), image, pin)
        }
        ImagePlan::Exempt => Outcome::Exempt,
        ImagePlan::Unmatched(unmatched) => Outcome::Unmatched(unmatched),
        ImagePlan::Unchanged => Outcome::Unchanged,
        ImagePlan::KeepPin(text) => Outcome::KeepPin(text),
        ImagePlan::Invalid(error) => Outcome::Invalid(error.to_string()),
    }
}
