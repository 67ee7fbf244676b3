//! Answers that several evaluations share: each question is asked once a run.
//!
//! - What is the same question? The same operation with the same bytes; the policy spells every image in one
//!   way.
//! - What if two ask at once? One asks, the other waits for its answer.
//! - Are failures kept? Yes: a run says one thing of an image, wherever it stands.
//! - How many requests at once? That is for who sends them ([`crate::transport`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Live, Question};

/// What evaluations share.
#[derive(Debug, Default)]
pub struct Shared {
    answers: Mutex<HashMap<Key, Arc<OnceLock<Answer>>>>,
}

/// Operation and payload.
pub(super) type Key = (String, Vec<u8>);
/// What the policy gets: an answer, or the report of a failure.
type Answer = Result<Vec<u8>, String>;

impl Shared {
    /// How many questions were asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn answer(&self, live: &Live, key: Key, question: &Question) -> Answer {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = Arc::clone(answers.entry(key).or_default());
        drop(answers);
        answer.get_or_init(|| live.ask(question).map_err(|error| error.report())).clone()
    }
}
