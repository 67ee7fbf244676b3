//! Stage 5: outcomes → the answer: message, warnings, audit annotations, and the object with its images
//! pinned.
//!
//! *How is the object written?* `splice.rs` says.

mod audit;
mod log;
mod message;
mod outcome;
mod reason;
mod splice;
mod unmet;

pub use log::{Log, LogLine};
pub use outcome::Outcome;

use crate::policy::plan::UnmatchedImages;
use crate::text::{clip, clip_lines};
use crate::verify::outcome::{Expiring, Refusal};
use crate::verify::verifier::MAX_REFUSED;
use crate::workload::found::{Found, FoundImage, Holder};
use message::{MAX_MESSAGE, bounded, bounded_warnings};
use reason::hints;
use serde::{Serialize, Serializer};
use splice::{Misplaced, Mutated, splice};
use std::fmt::Write as _;

/// The longest line about one image, in bytes, so that one image cannot crowd out the others.
const MAX_LINE: usize = 1024;

/// What is said of an image that no rule matches.
const NO_RULE: &str = "this image matches no rule";

/// The answer to `validate`. Keys without a value are left out.
#[derive(Debug, Default, Serialize)]
pub struct Response<'r> {
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_object")]
    audit_annotations: Vec<(&'static str, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// Written by [`Mutated::append_to`].
    #[serde(skip)]
    mutated_object: Option<Mutated<'r>>,
    /// What the policy server's log gets.
    #[serde(skip)]
    log: Vec<LogLine>,
}

fn as_object<S: Serializer>(
    members: &[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(members.iter().map(|(key, value)| (key, value)))
}

impl Response<'_> {
    /// Nothing speaks against it.
    #[must_use]
    pub fn accept() -> Self {
        Self { accepted: true, ..Self::default() }
    }

    /// Rejected for that reason.
    #[must_use]
    pub fn reject(message: &str) -> Self {
        let message = clip_lines(message, MAX_MESSAGE);
        let log = vec![LogLine::about_all(&message)];
        Self { message: Some(message), log, ..Self::default() }
    }

    /// What the policy server's log gets.
    #[must_use]
    pub fn log(&self) -> &[LogLine] {
        &self.log
    }

    /// The answer as the host reads it.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        // Strings can always be written; an answer without a byte would be an error to the host.
        self.to_json().unwrap_or_default()
    }

    fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let size = self.mutated_object.as_ref().map_or(0, Mutated::size);
        let mut json = Vec::with_capacity(MAX_MESSAGE + size);
        serde_json::to_writer(&mut json, self)?;
        if let Some(object) = &self.mutated_object {
            object.append_to(&mut json)?;
        }
        Ok(json)
    }
}

/// The answer to `validate_settings`.
#[derive(Serialize)]
struct SettingsResponse {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The answer to `validate_settings`, as the host reads it.
#[must_use]
pub fn settings_answer(outcome: Result<(), String>) -> Vec<u8> {
    let message = outcome.err().map(|message| clip_lines(&message, MAX_MESSAGE));
    let response = SettingsResponse { valid: message.is_none(), message };
    serde_json::to_vec(&response).unwrap_or_default()
}

/// The answer about an object: rejected when any image was refused or cannot be read. `notes` are
/// warnings about the object as a whole.
#[must_use]
pub fn answer<'r>(found: &Found<'r>, outcomes: &[Outcome], notes: Vec<String>) -> Response<'r> {
    let mut lines = Vec::new();
    let mut warnings = notes;
    for (image, outcome) in found.images.iter().zip(outcomes) {
        lines.extend(reason(outcome).map(|reason| about(image, &reason)));
        warnings.extend(image_warnings(image, outcome));
    }
    let mut answer = Response {
        accepted: lines.is_empty(),
        audit_annotations: audit::annotations(found, outcomes),
        warnings: bounded_warnings(&warnings),
        log: log::lines(found, outcomes),
        ..Response::default()
    };
    if !answer.accepted {
        let mut last: Vec<String> = not_looked_at(outcomes).into_iter().collect();
        last.extend(hints(outcomes).into_iter().map(str::to_owned));
        answer.message = Some(bounded(&lines, &last));
        return answer;
    }
    match splice(found, outcomes) {
        Ok(mutated) => answer.mutated_object = mutated,
        Err(Misplaced) => {
            return Response::reject("the verified digests cannot be written into the object");
        }
    }
    answer
}

/// Warnings of certificates that expire soon.
#[must_use]
pub fn expiry_notes(expiring: &[Expiring]) -> Vec<String> {
    let note = |Expiring { rule, signer, days }: &Expiring| {
        let time = match days {
            0 => "in less than a day".to_owned(),
            1 => "in 1 day".to_owned(),
            days => format!("in {days} days"),
        };
        let (rule, signer) = (clip(rule, 32), clip(signer, 32));
        format!("{rule}: {signer}, or its chain, expires {time}")
    };
    expiring.iter().map(note).collect()
}

/// Why the outcome rejects the object, if it does.
fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Refused(refusal) => Some(unsatisfied(refusal)),
        Outcome::Invalid(why) => Some(format!("invalid image reference: {why}")),
        Outcome::Unmatched(UnmatchedImages::Reject) => {
            Some(format!("{NO_RULE}, and `unmatchedImages` is `reject`"))
        }
        Outcome::Verified { .. }
        | Outcome::Tolerated(..)
        | Outcome::Unmatched(UnmatchedImages::Accept | UnmatchedImages::Warn)
        | Outcome::Exempt
        | Outcome::Unchanged
        | Outcome::KeepPin(_)
        | Outcome::NotLookedAt => None,
    }
}

/// How many images were not looked at. Others were refused, so the object is rejected for these.
fn not_looked_at(outcomes: &[Outcome]) -> Option<String> {
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Refused(_))).count();
    // Fewer are refused where a request asks too much.
    let after = match refused {
        MAX_REFUSED.. => format!(", after {MAX_REFUSED} rejected ones"),
        _ => String::new(),
    };
    match outcomes.iter().filter(|outcome| **outcome == Outcome::NotLookedAt).count() {
        0 => None,
        1 => Some(format!("… and 1 image was not checked{after}")),
        count => Some(format!("… and {count} images were not checked{after}")),
    }
}

fn image_warnings(image: &FoundImage<'_>, outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Verified { warned, .. } | Outcome::Tolerated(warned, _) => {
            warned.iter().map(|refusal| warning(image, &unsatisfied_in_short(refusal))).collect()
        }
        Outcome::Unmatched(UnmatchedImages::Warn) => {
            vec![warning(image, NO_RULE)]
        }
        Outcome::Unmatched(UnmatchedImages::Accept | UnmatchedImages::Reject)
        | Outcome::Refused(_)
        | Outcome::Exempt
        | Outcome::Unchanged
        | Outcome::KeepPin(_)
        | Outcome::Invalid(_)
        | Outcome::NotLookedAt => Vec::new(),
    }
}

/// What is long and least telling stands last, where it may be cut.
fn warning(image: &FoundImage<'_>, reason: &str) -> String {
    let Holder { path, name, .. } = image.holder();
    let holder = clip(name.unwrap_or(&path), 32);
    format!("`{holder}`: {reason} (`{}`)", image.text().unwrap_or_default())
}

fn unsatisfied(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.rule.in_words(256), refusal.reason)
}

/// The reason is told, however long the rule's name is.
fn unsatisfied_in_short(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.rule.in_words(40), refusal.reason)
}

/// image `X` (`spec.containers[1]`, container `b`): the reason
fn about(image: &FoundImage<'_>, reason: &str) -> String {
    let mut line = "image".to_owned();
    if let Ok(text) = image.text() {
        let _ = write!(line, " `{}`", clip(&text, 256));
    }
    let Holder { path, kind, name } = image.holder();
    let _ = write!(line, " (`{path}`");
    if let Some(name) = name {
        let _ = write!(line, ", {kind} `{}`", clip(name, 64));
    }
    let _ = write!(line, "): {reason}");
    clip(&line, MAX_LINE)
}
