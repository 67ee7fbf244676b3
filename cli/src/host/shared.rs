//! Answers that several evaluations share: each question is asked once a run.
//!
//! - What is the same question? The same operation with the same bytes; the policy spells every image in one
//!   way.
//! - What if two ask at once? One asks, the other waits for its answer.
//! - Are failures kept? Yes: a run says one thing of an image, wherever it stands.
//! - How many questions at once? At most [`PER_REGISTRY`] to one registry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use oci_client::Reference;
use tokio::sync::Semaphore;

use super::{HostError, Live, Question};

/// Docker Hub and the larger registries answer so many connections of one client without throttling it.
const PER_REGISTRY: usize = 4;

/// What evaluations share.
#[derive(Debug, Default)]
pub struct Shared {
    answers: Mutex<HashMap<Key, Arc<OnceLock<Answer>>>>,
    registries: Mutex<HashMap<String, Arc<Semaphore>>>,
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
        answer.get_or_init(|| self.ask(live, question).map_err(|error| error.report())).clone()
    }

    fn ask(&self, live: &Live, question: &Question) -> Result<Vec<u8>, HostError> {
        let turns = question.image().and_then(|image| self.turns(image));
        // Turns are never taken away, so that waiting for one cannot fail.
        let _turn = turns.and_then(|turns| live.runtime.block_on(turns.acquire_owned()).ok());
        live.answer(question)
    }

    fn turns(&self, image: &str) -> Option<Arc<Semaphore>> {
        let registry = image.parse::<Reference>().ok()?.registry().to_owned();
        let mut registries = self.registries.lock().unwrap_or_else(PoisonError::into_inner);
        let turns =
            registries.entry(registry).or_insert_with(|| Arc::new(Semaphore::new(PER_REGISTRY)));
        Some(Arc::clone(turns))
    }
}
