//! What becomes of a policy's verdicts, as its manifest says.

use super::answers::{ImageAnswer, Verdict};
use crate::answer::Answer;

const MONITORED: &str = "would be rejected, but the policy is in monitor mode";
/// Policy servers say "The policy attempted to mutate the request, but it is currently configured to not allow
/// mutations".
const CHANGED: &str = "the policy server rejects it: the settings pin images, and the policy's manifest says \
    `mutating: false`; set `mutating: true`, or `modifyImagesWithDigest: false` in the settings";

/// What becomes of a policy's verdicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effect {
    /// What it rejects is let in, and nothing is changed: `mode: monitor`.
    pub is_monitored: bool,
    /// What it would change is rejected: `mutating: false`.
    pub forbids_changes: bool,
}

impl Effect {
    /// Whether objects stay as they are.
    pub(super) fn changes_nothing(self) -> bool {
        self.is_monitored || self.forbids_changes
    }

    /// Whether an object with this answer is let in by the policy, and why not.
    pub(super) fn on_object(self, answer: &Answer) -> (bool, Option<String>) {
        let is_changed = answer.patch.is_some() && !self.is_monitored;
        if answer.allowed && is_changed && self.forbids_changes {
            return (false, Some(CHANGED.to_owned()));
        }
        let message = answer.status.as_ref().and_then(|status| status.message.clone());
        (answer.allowed, message.filter(|_| !answer.allowed))
    }

    /// What is said of an image: what monitor mode lets in is warned of.
    pub(super) fn on_image(self, said: ImageAnswer) -> ImageAnswer {
        if !self.is_monitored || said.verdict != Verdict::Rejected {
            return said;
        }
        let rule = said.rule.as_ref().map(|rule| format!("{rule}: ")).unwrap_or_default();
        let reason = said.reason.as_deref().unwrap_or_default();
        let reason = Some(format!("{MONITORED}: {rule}{reason}"));
        ImageAnswer { verdict: Verdict::Warned, reason, ..said }
    }
}
