//! What the policy made of a request, and whether it should have.

use anyhow::{anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::reviews::{Expected, Review};
use crate::answer::Answer;
use crate::evaluation::Evaluation;

/// A request with its answer.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) review: Review,
    pub(super) answer: Answer,
    /// The JSON patch of the answer, as a list of operations.
    pub(super) patch: Vec<Value>,
}

impl Outcome {
    /// Puts a request to the policy.
    pub(super) fn of(review: Review, evaluation: &Evaluation) -> anyhow::Result<Self> {
        let answer = evaluation.validate(&review.request);
        let patch = match &answer.patch {
            Some(patch) => serde_json::from_slice(&STANDARD.decode(patch)?)?,
            None => Vec::new(),
        };
        Ok(Self { review, answer, patch })
    }

    /// The digest that the patch pins `image` to.
    pub(super) fn digest(&self, image: &str) -> Option<&str> {
        self.pinned().find_map(|pinned| pinned.strip_prefix(image)?.strip_prefix('@'))
    }

    /// What the policy says about `image`: the lines of its message that name it.
    pub(super) fn reason(&self, image: &str) -> Option<String> {
        let lines: Vec<&str> = self.message().lines().filter(|line| line.contains(image)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Compares the outcome with what was expected.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let failed = |what: &str| anyhow!("{}: {what}", self.review.title);
        match &self.review.expected {
            Expected::Pinned(_) if !self.answer.allowed => {
                bail!(failed(&format!(
                    "was rejected, although every image is signed: {}",
                    self.message()
                )))
            }
            Expected::Pinned(image) if self.pinned().ne([image.as_str()]) => {
                bail!(failed(&format!("was not pinned to `{image}`")))
            }
            Expected::Refused(image) if self.answer.allowed => {
                bail!(failed(&format!("was accepted, although `{image}` is not signed")))
            }
            Expected::Refused(image) if self.reason(image).is_none() => {
                bail!(failed(&format!(
                    "was rejected, but the message does not name `{image}`: {}",
                    self.message()
                )))
            }
            Expected::Pinned(_) | Expected::Refused(_) => Ok(()),
        }
    }

    fn pinned(&self) -> impl Iterator<Item = &str> {
        self.patch.iter().filter_map(|operation| operation.get("value")?.as_str())
    }

    fn message(&self) -> &str {
        self.answer.status.as_ref().and_then(|status| status.message.as_deref()).unwrap_or_default()
    }
}
