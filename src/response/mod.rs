//! Stage 5: outcomes → the answer: message, warnings, audit annotations, and the object with its images
//! pinned.
//!
//! *How is the object written?* `splice.rs` says.

mod audit;
mod length;
mod log;
mod message;
mod outcome;
mod reason;
mod splice;
mod unmet;

pub use log::{Log, LogLine};
pub use message::expiry_notes;
pub use outcome::Outcome;

use crate::text::clip_lines;
use crate::workload::found::Found;
use length::{MAX_MESSAGE, bounded, bounded_warnings};
use message::{about, image_warnings, not_looked_at, reason};
use reason::hints;
use serde::{Serialize, Serializer};
use splice::{Misplaced, Mutated, splice};

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
///
/// ```
/// use signed_images_policy::policy::plan::UnmatchedImages;
/// use signed_images_policy::request::GroupKind;
/// use signed_images_policy::response::{Outcome, answer};
/// use signed_images_policy::workload::extract::extract;
/// use signed_images_policy::workload::kinds::built_in;
///
/// let object = r#"{"spec": {"containers": [{"name": "web", "image": "nginx"}]}}"#;
/// let pod = GroupKind { group: String::new(), kind: "Pod".to_owned() };
/// let object = serde_json::from_str(object).unwrap();
/// let found = extract(Some(object), &built_in(&pod).unwrap()).unwrap();
///
/// let refused = answer(&found, &[Outcome::Unmatched(UnmatchedImages::Reject)], Vec::new());
/// let refused: serde_json::Value = serde_json::from_slice(&refused.into_bytes()).unwrap();
/// assert_eq!(refused["accepted"], false);
/// assert_eq!(refused["audit_annotations"]["rejected"], "nginx (unmatched)");
/// ```
#[must_use]
pub fn answer<'r>(found: &Found<'r>, outcomes: &[Outcome], notes: Vec<String>) -> Response<'r> {
    let mut lines = Vec::new();
    let mut warnings = notes;
    for (image, outcome) in found.images.iter().zip(outcomes) {
        lines.extend(reason(outcome).map(|reason| about(image, &reason)));
        warnings.extend(image_warnings(image, outcome));
    }
    let mut answer = Response {
        accepted: outcomes.iter().all(Outcome::passes),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::GroupKind;
    use crate::workload::extract::extract;
    use crate::workload::kinds::built_in;

    /// Others were refused before it; were there none, the object would not pass all the same.
    #[test]
    fn an_image_that_was_not_looked_at_does_not_pass() {
        let pod = GroupKind { group: String::new(), kind: "Pod".to_owned() };
        let object = r#"{"spec":{"containers":[{"image":"nginx"}]}}"#;
        let object = serde_json::from_str(object).unwrap();
        let found = extract(Some(object), &built_in(&pod).unwrap()).unwrap();
        assert!(!answer(&found, &[Outcome::NotLookedAt], Vec::new()).accepted);
        assert!(answer(&found, &[Outcome::Exempt], Vec::new()).accepted);
    }
}
