//! Exit codes. They are part of the command's interface: pipelines read them.
//!
//! - 0: the command did what it was asked. `run` then prints the verdict, whatever it is.
//! - 1: it failed; or what it is about is not as it should be: `check` and `explain` found something that the
//!   policy rejects, `convert` lost something.
//! - 2: a mistake in the command line, the settings or another input. `run` has 1 for settings, as `kwctl
//!   run` does.
//! - 3: `check` or `explain` did not check something; `attest` has pushed what is not signed yet.
//! - Whoever stops reading what is printed changes none of these.

use std::process::ExitCode;

use crate::check::Verdict;
use crate::check::conclusion::Conclusion;
use crate::check::source::SourceError;
use crate::fetch::FetchError;

const REJECTED: u8 = 1;
const MISTAKE: u8 = 2;
const UNCHECKED: u8 = 3;

/// A mistake in the command line, the settings or another input.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Mistake(anyhow::Error);

impl Mistake {
    pub(super) fn new(error: impl Into<anyhow::Error>) -> Self {
        Self(error.into())
    }
}

/// Something could not be checked.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Unchecked(anyhow::Error);

impl Unchecked {
    pub(super) fn new(error: impl Into<anyhow::Error>) -> Self {
        Self(error.into())
    }
}

/// The exit code of a command that failed.
pub(crate) fn of_error(error: &anyhow::Error) -> ExitCode {
    if error.is::<Mistake>() {
        ExitCode::from(MISTAKE)
    } else if error.is::<Unchecked>() {
        ExitCode::from(UNCHECKED)
    } else {
        ExitCode::FAILURE
    }
}

/// The exit code of a report that was pushed, and that nobody has signed.
pub(super) fn unsigned() -> ExitCode {
    ExitCode::from(UNCHECKED)
}

/// The exit code of a check that came to its end.
pub(super) fn of_check(conclusion: Conclusion) -> ExitCode {
    match conclusion {
        Conclusion::Accepted => ExitCode::SUCCESS,
        Conclusion::Rejected => ExitCode::from(REJECTED),
        Conclusion::Unchecked => ExitCode::from(UNCHECKED),
    }
}

/// The exit code of what became of an image.
pub(super) fn of_image(verdict: Verdict) -> ExitCode {
    of_check(match verdict {
        Verdict::Rejected => Conclusion::Rejected,
        Verdict::Unchecked => Conclusion::Unchecked,
        Verdict::Warned
        | Verdict::Verified
        | Verdict::Exempt
        | Verdict::Unmatched
        | Verdict::Unchanged => Conclusion::Accepted,
    })
}

/// A mistake, unless a machine that reaches nothing leaves everything unchecked.
pub(super) fn mistaken(error: anyhow::Error) -> anyhow::Error {
    if error.is::<Unchecked>() { error } else { Mistake::new(error).into() }
}

/// A module that is elsewhere and cannot be had leaves everything unchecked; one that is not in its file is a
/// mistake.
pub(super) fn unfetched(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        None | Some(FetchError::File(_)) => mistaken(error),
        Some(_) => Unchecked::new(error).into(),
    }
}

/// What was named and cannot be read is not checked; what cannot be meant is a mistake.
pub(super) fn unread(error: SourceError) -> anyhow::Error {
    match error {
        SourceError::Read { .. } => Unchecked::new(error).into(),
        SourceError::NoSuchFile { .. }
        | SourceError::NoSuchFolder { .. }
        | SourceError::Unclear { .. }
        | SourceError::BelowAFolder { .. }
        | SourceError::NotAnImage { .. }
        | SourceError::FileForImage { .. }
        | SourceError::PathForImage { .. }
        | SourceError::EmptyFolder { .. } => Mistake::new(error).into(),
    }
}
