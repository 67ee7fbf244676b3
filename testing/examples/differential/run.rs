//! What a build of the policy answered, and what it asked on the way.

use signed_images_testing::builds::{Answers, Build};
use signed_images_testing::generate::host::Host;
use std::sync::{Arc, Mutex};

/// One call of a build.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its answer, or how it failed.
    pub(crate) answer: Result<Vec<u8>, String>,
    /// Its calls, in their order.
    pub(crate) calls: Vec<Call>,
}

/// A call to the host.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Namespace and operation.
    pub(crate) name: String,
    pub(crate) question: Vec<u8>,
    pub(crate) answer: Result<Vec<u8>, String>,
}

impl Run {
    /// Puts a payload to a build.
    pub(crate) fn of(
        build: &Build,
        operation: &str,
        payload: &[u8],
        mut host: Box<Answers>,
    ) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&calls);
        let host = move |namespace: &str, operation: &str, question: &[u8]| {
            let answer = host(namespace, operation, question);
            let name = format!("{namespace}/{operation}");
            let question = question.to_vec();
            log.lock().unwrap().push(Call { name, question, answer: answer.clone() });
            answer
        };
        let answer = build.run(operation, payload, Box::new(host));
        let calls = std::mem::take(&mut *calls.lock().unwrap());
        Self { answer, calls }
    }
}

/// The answers of a generated host.
pub(crate) fn answers(mut host: Host) -> Box<Answers> {
    Box::new(move |namespace, operation, question| host.answer(namespace, operation, question))
}
