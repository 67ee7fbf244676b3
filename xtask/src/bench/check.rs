//! Whether a measurement counts: the answer must be the right one.
//!
//! - Why? A request that is refused is quick, and would pass for a quick policy.
//! - What is right? Accepted, each image pinned, and every other byte the request's own; from the floor, the
//!   object as it came.

use serde::Deserialize;
use serde_json::value::RawValue;
use signed_images_testing::scenarios::{DIGEST, Scenario};

/// Whose answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The policy's.
    Policy,
    /// The floor's.
    Floor,
}

/// Why a measurement does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongAnswer {
    /// The answer cannot be read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// The request was refused.
    #[error("the request is rejected: {0}")]
    Rejected(String),
    /// The object came back otherwise than it must.
    #[error("the object is not answered as it must be")]
    Object,
}

#[derive(Deserialize)]
struct Answer<'a> {
    accepted: bool,
    message: Option<String>,
    #[serde(borrow)]
    mutated_object: Option<&'a RawValue>,
}

impl Subject {
    /// How often the host must be asked.
    #[must_use]
    pub fn questions(self, scenario: &Scenario) -> usize {
        match self {
            Self::Policy => scenario.questions,
            Self::Floor => 0,
        }
    }

    /// Checks an answer.
    ///
    /// # Errors
    /// When it is not what it must be.
    pub fn check(self, scenario: &Scenario, answer: &[u8]) -> Result<(), WrongAnswer> {
        let answer: Answer<'_> = serde_json::from_slice(answer)
            .map_err(|error| WrongAnswer::Unreadable(error.to_string()))?;
        if !answer.accepted {
            return Err(WrongAnswer::Rejected(answer.message.unwrap_or_default()));
        }
        let object = answer.mutated_object.map(RawValue::get);
        let is_right = match self {
            Self::Policy => is_pinned(scenario, object),
            Self::Floor => object == Some(&scenario.object),
        };
        if is_right { Ok(()) } else { Err(WrongAnswer::Object) }
    }
}

fn is_pinned(scenario: &Scenario, object: Option<&str>) -> bool {
    let Some(object) = object else { return scenario.pins == 0 };
    let pin = format!("@{DIGEST}");
    scenario.pins > 0
        && object.matches(&pin).count() == scenario.pins
        && object.replace(&pin, "") == scenario.object
}
