//! Recorded sessions: the questions that a policy asked its host, with the answers.
//!
//! - Which format? That of `kwctl --record-host-capabilities-interactions`: a YAML list of exchanges, each
//!   with the question as a YAML text and the answer as the JSON that the policy got, or the error.
//! - How is it replayed? Strictly in order, and each question must equal the recorded one. The questions that
//!   the policy asks while its settings are validated come first.
//! - What is not recorded? Log lines, and calls that never reached the host's task, such as a Kubernetes
//!   object that the policy may not read.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{HostError, Question};

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
struct Exchange {
    request: String,
    response: Response,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Response {
    Success { payload: String },
    Error { message: String },
}

/// Why a session could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The file could not be read.
    #[error("cannot read recorded session `{}`: {source}", .path.display())]
    Read {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a list of exchanges.
    #[error("recorded session `{}`: {source}", .path.display())]
    Yaml {
        /// The file that was asked for.
        path: PathBuf,
        /// What is wrong, and on which line.
        source: yaml_serde::Error,
    },
    /// A question is not one that this command knows.
    #[error("recorded session `{}`: [{index}].request: {source}", .path.display())]
    Question {
        /// The file that was asked for.
        path: PathBuf,
        /// Which exchange, from 0.
        index: usize,
        /// What is wrong.
        source: yaml_serde::Error,
    },
    /// The file could not be written.
    #[error("cannot write recorded session `{}`: {reason}", .path.display())]
    Write {
        /// The file that was asked for.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

/// Writes a session down.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    exchanges: Mutex<Vec<Result<Exchange, String>>>,
}

/// Answers from a session.
#[derive(Debug)]
pub struct Replay {
    exchanges: Mutex<VecDeque<(Question, Response)>>,
}

impl Recorder {
    /// Records into the file `path`, which is written by [`Recorder::save`].
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, exchanges: Mutex::default() }
    }

    pub(crate) fn record(&self, question: &Question, answer: &Result<Vec<u8>, HostError>) {
        let response = match answer {
            Ok(payload) => String::from_utf8(payload.clone())
                .map(|payload| Response::Success { payload })
                .map_err(|error| error.to_string()),
            Err(error) => Ok(Response::Error { message: error.to_string() }),
        };
        let exchange = response.and_then(|response| {
            let request = yaml_serde::to_string(question).map_err(|error| error.to_string())?;
            Ok(Exchange { request, response })
        });
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When an exchange cannot be put into words, or the file cannot be written.
    pub fn save(&self) -> Result<(), SessionError> {
        let failed = |reason: String| SessionError::Write { path: self.path.clone(), reason };
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let exchanges: Vec<&Exchange> = exchanges
            .iter()
            .map(Result::as_ref)
            .collect::<Result<_, _>>()
            .map_err(|reason| failed(reason.clone()))?;
        let text = yaml_serde::to_string(&exchanges).map_err(|error| failed(error.to_string()))?;
        std::fs::write(&self.path, text).map_err(|error| failed(error.to_string()))
    }
}

impl Replay {
    /// Reads the file `path`.
    ///
    /// # Errors
    /// When the file cannot be read, or is not a recorded session.
    pub fn read(path: &Path) -> Result<Self, SessionError> {
        let text = crate::text::read(path)
            .map_err(|source| SessionError::Read { path: path.to_owned(), source })?;
        let exchanges: Vec<Exchange> = yaml_serde::from_str(&text)
            .map_err(|source| SessionError::Yaml { path: path.to_owned(), source })?;
        let exchanges = exchanges
            .into_iter()
            .enumerate()
            .map(|(index, exchange)| match yaml_serde::from_str(&exchange.request) {
                Ok(question) => Ok((question, exchange.response)),
                Err(source) => Err(SessionError::Question { path: path.to_owned(), index, source }),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { exchanges: Mutex::new(exchanges) })
    }

    pub(crate) fn answer(&self, question: &Question) -> Result<Vec<u8>, HostError> {
        let next = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match next {
            None => Err(HostError::Recorded("the list of recorded responses is empty".to_owned())),
            Some((expected, _)) if expected != *question => Err(HostError::Recorded(format!(
                "Replay error: unexpected request. Was expecting {expected:?}, got {question:?} instead"
            ))),
            Some((_, Response::Success { payload })) => Ok(payload.into_bytes()),
            Some((_, Response::Error { message })) => Err(HostError::Recorded(message)),
        }
    }

    /// How many exchanges nobody asked for.
    #[must_use]
    pub fn leftovers(&self) -> usize {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(image: &str) -> Question {
        Question::OciManifestDigest { image: image.to_owned() }
    }

    fn replay(text: &str) -> Result<Replay, SessionError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Replay::read(file.path())
    }

    // The shape of a file that kwctl 1.36 writes.
    const SESSION: &str = "- type: Exchange\n  request: |\n    !OciManifestDigest\n    image: a\n  response:\n    type: Success\n    payload: '{\"digest\":\"sha256:1\"}'\n- type: Exchange\n  request: |\n    !OciManifestDigest\n    image: b\n  response:\n    type: Error\n    message: no\n";

    #[test]
    fn a_recording_reads_as_kwctl_writes_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let recorder = Recorder::new(file.path().to_owned());
        recorder.record(&digest("a"), &Ok(br#"{"digest":"sha256:1"}"#.to_vec()));
        recorder.record(&digest("b"), &Err(HostError::Recorded("no".to_owned())));
        recorder.save().unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), SESSION);
    }

    #[test]
    fn a_replay_is_strict() {
        let session = replay(SESSION).unwrap();
        assert_eq!(session.answer(&digest("a")).unwrap(), br#"{"digest":"sha256:1"}"#);
        assert_eq!(session.leftovers(), 1);
        assert_eq!(session.answer(&digest("b")).unwrap_err().to_string(), "no");
        let message = session.answer(&digest("b")).unwrap_err().to_string();
        assert_eq!(message, "the list of recorded responses is empty");
        let message = replay(SESSION).unwrap().answer(&digest("b")).unwrap_err().to_string();
        assert!(message.starts_with("Replay error: unexpected request."), "{message}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows = [
            ("a: b", "invalid type: map, expected a sequence"),
            (&SESSION.replace("Success", "Maybe"), "unknown variant `Maybe`"),
            (&SESSION.replace("image: b", "picture: b"), "[1].request: missing field `image`"),
            (
                &SESSION.replace("!OciManifestDigest\n    image: b", "!Dns\n    host: b"),
                "[1].request: unknown variant `Dns`",
            ),
        ];
        for (text, expected) in rows {
            let message = replay(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
