//! Stage 5: outcomes → the answer: message, warnings, audit annotations, and the object with its images
//! pinned.
//!
//! *How is the object written?* It is the request's own text, with the image strings replaced at their
//! positions; `mutated_object` is there only when one was.

mod audit;
pub(crate) mod message;

use crate::image::reference::Reference;
use crate::policy::{pinning::PinAction, plan::UnmatchedImages};
use crate::policy::signer::Annotations;
use crate::response::message::{MAX_MESSAGE, bounded, bounded_warnings, hints};
use crate::text::{clip, clip_lines};
use crate::verify::verifier::{Approval, Expiring, Pinned, Refusal, Verified};
use crate::workload::found::{Found, FoundImage};
use signed_images_json::Writer;
use std::fmt::Write as _;

/// The longest line about one image, in bytes, so that one image cannot crowd out the others.
const MAX_LINE: usize = 1024;
/// What became of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Verified; what is to be written in its place is.
    Verified {
        /// The image.
        image: Reference,
        /// Its digest.
        pinned: Pinned,
        /// The rules that it satisfied.
        approvals: Vec<Approval>,
        /// The rules that it did not, which only warn.
        warned: Vec<Refusal>,
        /// What is to be written in its place.
        write: PinAction,
    },
    /// It satisfies no rule, and those only warn. A pin that was asked about stays.
    Tolerated(Vec<Refusal>, PinAction),
    /// A rule is not satisfied.
    Refused(Refusal),
    /// It is exempt.
    Exempt,
    /// No rule selects it.
    Unmatched(UnmatchedImages),
    /// It stands in the stored object already.
    Unchanged,
    /// It is written as it stands in the stored object, with its digest.
    KeepPin(String),
    /// It cannot be read.
    Invalid(String),
}

impl Outcome {
    /// The outcome of verifying.
    #[must_use]
    pub fn of(verified: Verified, image: Reference, write: PinAction) -> Self {
        match verified {
            Verified::Yes(pinned, approvals, warned) => {
                Self::Verified { image, pinned, approvals, warned, write }
            }
            Verified::Tolerated(warned) => Self::Tolerated(warned, write),
            Verified::No(refusal) => Self::Refused(refusal),
        }
    }

    /// What the image is written as, when that is not as it was.
    fn rewritten(&self, text: &str) -> Option<String> {
        match self {
            Self::Verified { pinned, write: PinAction::Digest, .. } => {
                Some([text, "@", pinned.digest().as_str()].concat())
            }
            Self::Verified { write: PinAction::Stored(kept), .. }
            | Self::Tolerated(_, PinAction::Stored(kept))
            | Self::KeepPin(kept) => Some(kept.clone()),
            _ => None,
        }
    }
}

/// The answer to `validate`.
#[derive(Debug, Default)]
pub struct Response<'r> {
    accepted: bool,
    message: Option<String>,
    audit_annotations: Annotations,
    warnings: Vec<String>,
    mutated_object: Option<Mutated<'r>>,
}

/// An object's text with images rewritten: what stands before each, what each is now, and the rest.
#[derive(Debug)]
struct Mutated<'r> {
    images: Vec<(&'r str, String)>,
    rest: &'r str,
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
        Self { message: Some(message), ..Self::default() }
    }

    /// The answer as the host reads it.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        let size = self.mutated_object.as_ref().map_or(0, Mutated::size);
        let mut json = Writer::with_capacity(MAX_MESSAGE + size);
        json.object().key("accepted").flag(self.accepted);
        if let Some(message) = &self.message {
            json.key("message").string(message);
        }
        if !self.audit_annotations.is_empty() {
            json.key("audit_annotations").object();
            for (k, v) in &self.audit_annotations {
                json.key(k).string(v);
            }
            json.end_object();
        }
        if !self.warnings.is_empty() {
            json.key("warnings").strings(&self.warnings);
        }
        if let Some(object) = self.mutated_object {
            json.key("mutated_object");
            for (before, image) in object.images {
                json.more(before).more_string(&image);
            }
            json.more(object.rest);
        }
        json.end_object();
        json.into_bytes()
    }
}

impl Mutated<'_> {
    fn size(&self) -> usize {
        let images = self.images.iter().map(|(before, image)| before.len() + image.len());
        images.sum::<usize>() + self.rest.len()
    }
}

/// The answer to `validate_settings`.
#[must_use]
pub fn settings_answer(outcome: Result<(), String>) -> Vec<u8> {
    let mut json = Writer::default();
    json.object().key("valid").flag(outcome.is_ok());
    if let Err(message) = outcome {
        json.key("message").string(&clip_lines(&message, MAX_MESSAGE));
    }
    json.end_object();
    json.into_bytes()
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
        ..Response::default()
    };
    if !answer.accepted {
        answer.message = Some(bounded(&lines, &hints(outcomes)));
        return answer;
    }
    match splice(found, outcomes) {
        Ok(mutated) => answer.mutated_object = mutated,
        Err(Misplaced) => return Response::reject("its images cannot be written back"),
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

/// The positions of the images are not in the order of the text, or not in it. An object that is not
/// changed as it should be is not let in.
struct Misplaced;

/// The object with its images rewritten; none when nothing changes.
fn splice<'r>(found: &Found<'r>, outcomes: &[Outcome]) -> Result<Option<Mutated<'r>>, Misplaced> {
    let mut images = Vec::new();
    let mut copied = 0;
    for (image, outcome) in found.images.iter().zip(outcomes) {
        let rewritten = image.text().ok().and_then(|text| outcome.rewritten(&text));
        let Some(text) = rewritten else { continue };
        images.push((found.object.get(copied..image.position.start).ok_or(Misplaced)?, text));
        copied = image.position.end;
    }
    let rest = found.object.get(copied..).ok_or(Misplaced)?;
    Ok((!images.is_empty()).then_some(Mutated { images, rest }))
}

/// Why the outcome rejects the object, if it does.
fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Refused(refusal) => Some(unsatisfied(refusal)),
        Outcome::Invalid(why) => Some(format!("invalid image reference: {why}")),
        Outcome::Unmatched(UnmatchedImages::Reject) => {
            Some("no rule selects this image, and `unmatchedImages` is `reject`".to_owned())
        }
        _ => None,
    }
}

fn image_warnings(image: &FoundImage<'_>, outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Verified { warned, .. } | Outcome::Tolerated(warned, _) => {
            warned.iter().map(|refusal| warning(image, &unsatisfied(refusal))).collect()
        }
        Outcome::Unmatched(UnmatchedImages::Warn) => {
            vec![warning(image, "no rule selects this image")]
        }
        _ => Vec::new(),
    }
}

/// What is long and least telling stands last, where it may be cut.
fn warning(image: &FoundImage<'_>, reason: &str) -> String {
    let path = image.path();
    let holder = image.holder().unwrap_or(&path);
    format!("`{}`: {reason} (`{}`)", clip(holder, 32), image.text().unwrap_or_default())
}

fn unsatisfied(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.rule, refusal.reason)
}

fn about(image: &FoundImage<'_>, reason: &str) -> String {
    let mut line = image.path();
    if let Some(holder) = image.holder() {
        let _ = write!(line, " (`{}`)", clip(holder, 64));
    }
    if let Ok(text) = image.text() {
        let _ = write!(line, " `{}`", clip(&text, 256));
    }
    let _ = write!(line, ": {reason}");
    clip(&line, MAX_LINE)
}
