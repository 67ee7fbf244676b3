//! What is said to people of an object's images: the lines of a rejection, and warnings. (Why a rule is not satisfied:
//! `reason.rs`. How long all of it may be: `length.rs`.)

use super::outcome::Outcome;
use crate::policy::plan::UnmatchedImages;
use crate::text::clip;
use crate::verify::outcome::{Expiring, Refusal};
use crate::verify::verifier::MAX_REFUSED;
use crate::workload::found::{FoundImage, Holder};
use std::fmt::Write as _;

/// The longest line about one image, in bytes, so that one image cannot crowd out the others.
const MAX_LINE: usize = 1024;

/// What is said of an image that no rule matches.
pub(super) const NO_RULE: &str = "this image matches no rule";

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
pub(super) fn reason(outcome: &Outcome) -> Option<String> {
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
pub(super) fn not_looked_at(outcomes: &[Outcome]) -> Option<String> {
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

pub(super) fn image_warnings(image: &FoundImage<'_>, outcome: &Outcome) -> Vec<String> {
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

pub(super) fn unsatisfied(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.rule.in_words(256), refusal.reason)
}

/// The reason is told, however long the rule's name is.
fn unsatisfied_in_short(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.rule.in_words(40), refusal.reason)
}

/// image `X` (`spec.containers[1]`, container `b`): the reason
pub(super) fn about(image: &FoundImage<'_>, reason: &str) -> String {
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
