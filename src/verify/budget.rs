//! How much one request may ask the host, and be answered, for all of its images together.
//!
//! *Why beside the limits of each image?* A thousand images may each have as many signers, and as long answers, as one
//! may have.

use crate::host::{self, Host, MAX_WORDS};
use std::cell::Cell;

/// Questions of one request. A webhook answers within 30 seconds at most: none is left in which so many could be
/// answered, at a millisecond and a half each.
const MAX_QUESTIONS: usize = 20_000;

/// Bytes of all questions. A thousand images that must carry the signatures of a hundred keys are asked about in less.
const MAX_ASKED: usize = 32 * 1024 * 1024;

/// Bytes of all answers, of which each that gives JSON its form counts for more: to read many values takes longer than
/// to read long ones. The manifests of a thousand images with one signature each are less.
const MAX_ANSWERED: usize = 16 * 1024 * 1024;

/// A byte of the form counts for so many.
const FORM: usize = 8;

/// What is told once it is spent.
pub(super) const SPENT: &str = "the images of this object need more calls to the policy server, or longer ones, than \
     one request may make";

/// What was asked and answered so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    questions: Cell<usize>,
    asked: Cell<usize>,
    answered: Cell<usize>,
}

impl Budget {
    /// Whether something was not asked, or an answer not read.
    pub(super) fn is_spent(&self) -> bool {
        self.questions.get() > MAX_QUESTIONS
            || self.asked.get() > MAX_ASKED
            || self.answered.get() > MAX_ANSWERED
    }

    /// Asks the host, while something is left.
    pub(super) fn ask(
        &self,
        host: &mut Host<'_>,
        (namespace, operation, question): (&'static str, &'static str, &[u8]),
    ) -> Result<Vec<u8>, String> {
        self.questions.set(self.questions.get() + 1);
        self.asked.set(self.asked.get() + question.len());
        if self.is_spent() {
            return Err(SPENT.to_owned());
        }
        let answer = host(namespace, operation, question);
        let size = match &answer {
            // Reports have a limit of their own.
            Ok(_) if operation == host::CONFIG => 0,
            Ok(json) => json.iter().copied().map(weight).sum(),
            Err(words) => words.len().min(MAX_WORDS),
        };
        self.answered.set(self.answered.get() + size);
        if self.is_spent() { Err(SPENT.to_owned()) } else { answer }
    }
}

fn weight(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b',' | b':' | b'[' | b'{' => FORM,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &[u8], answer: &Result<Vec<u8>, String>) -> usize {
        let budget = Budget::default();
        let mut host = |_: &'static str, _: &'static str, _: &[u8]| answer.clone();
        (0..=MAX_QUESTIONS)
            .take_while(|_| budget.ask(&mut host, ("", "", question)).as_ref() == answer.as_ref())
            .count()
    }

    #[test]
    fn as_many_as_may_be() {
        let words = Err("x".to_owned());
        assert_eq!(asked(b"", &words), MAX_QUESTIONS);
        assert_eq!(asked(&vec![b'x'; MAX_ASKED / 4], &words), 4);
        assert_eq!(asked(b"", &Ok(vec![b'x'; MAX_ANSWERED / 4])), 4);
        assert_eq!(asked(b"", &Ok(vec![b','; MAX_ANSWERED / 4 / FORM])), 4);
    }

    #[test]
    fn what_is_spent_stays_spent() {
        let budget = Budget::default();
        let mut host = |_: &'static str, _: &'static str, _: &[u8]| Ok(Vec::new());
        assert!(budget.ask(&mut host, ("", "", &vec![b'x'; MAX_ASKED])).is_ok());
        assert!(budget.ask(&mut host, ("", "", b"x")).is_err());
        assert!(budget.is_spent() && budget.ask(&mut host, ("", "", b"")).is_err());
    }
}
