//! What the policy server's log gets: a line for each image that is refused or warned of, and for an object that is
//! rejected as a whole. Where all is well there is none.

use super::audit::UNMATCHED;
use super::message::{NO_RULE, about, reason, unsatisfied};
use super::outcome::Outcome;
use crate::policy::plan::UnmatchedImages;
use crate::text::clip;
use crate::verify::outcome::Refusal;
use crate::workload::found::{Found, FoundImage};

/// Lines of one request, each of which is a call of the host.
const MAX_LINES: usize = 32;

/// Where the lines go.
pub type Log<'l> = dyn FnMut(&LogLine) + 'l;

/// A line, and what stands beside it for programs to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// What people read.
    pub message: String,
    /// The image as it is written; empty where the line is about more than one.
    pub image: String,
    /// The rule that the image does not satisfy; empty where there is none.
    pub rule: String,
    /// The code of the reason.
    pub reason: &'static str,
}

impl LogLine {
    /// About an object that is rejected as a whole.
    pub(super) fn about_all(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            image: String::new(),
            rule: String::new(),
            reason: "object-rejected",
        }
    }

    fn about(image: &FoundImage<'_>, rule: String, code: &'static str, words: &str) -> Self {
        let text = image.text().unwrap_or_default();
        Self { message: about(image, words), image: clip(&text, 256), rule, reason: code }
    }

    fn of(image: &FoundImage<'_>, refusal: &Refusal) -> Self {
        let rule = clip(&refusal.rule.to_string(), 256);
        Self::about(image, rule, refusal.reason.code(), &unsatisfied(refusal))
    }
}

/// The lines about the images of an object.
pub(super) fn lines(found: &Found<'_>, outcomes: &[Outcome]) -> Vec<LogLine> {
    let images = found.images.iter().zip(outcomes);
    let mut lines: Vec<LogLine> =
        images.flat_map(|(image, outcome)| lines_of(image, outcome)).take(MAX_LINES + 1).collect();
    if let Some(last) = lines.get_mut(MAX_LINES) {
        *last = LogLine::about_all("there are more such images: see the answer");
    }
    lines
}

fn lines_of(image: &FoundImage<'_>, outcome: &Outcome) -> Vec<LogLine> {
    let line = |code, words: &str| vec![LogLine::about(image, String::new(), code, words)];
    match outcome {
        Outcome::Refused(refusal) => vec![LogLine::of(image, refusal)],
        Outcome::Verified { warned, .. } | Outcome::Tolerated(warned, _) => {
            warned.iter().map(|refusal| LogLine::of(image, refusal)).collect()
        }
        Outcome::Invalid(_) => line("invalid-reference", &reason(outcome).unwrap_or_default()),
        Outcome::Unmatched(UnmatchedImages::Reject | UnmatchedImages::Warn) => {
            line(UNMATCHED, NO_RULE)
        }
        Outcome::Unmatched(UnmatchedImages::Accept)
        | Outcome::Exempt
        | Outcome::Unchanged
        | Outcome::KeepPin(_)
        | Outcome::NotLookedAt => Vec::new(),
    }
}
