//! Exit codes. They are part of the command's interface: pipelines read them.

use std::process::ExitCode;

use signed_images::check::report::Conclusion;
use signed_images::check::source::SourceError;

const REJECTED: u8 = 1;
const MISTAKE: u8 = 2;
const UNCHECKED: u8 = 3;

/// An error and the exit code that it has.
pub(super) struct Stop {
    pub(super) code: u8,
    pub(super) error: anyhow::Error,
}

impl Stop {
    /// In the command line or the settings.
    pub(super) fn mistake(error: impl Into<anyhow::Error>) -> Self {
        Self { code: MISTAKE, error: error.into() }
    }

    /// Something could not be checked.
    pub(super) fn unchecked(error: impl Into<anyhow::Error>) -> Self {
        Self { code: UNCHECKED, error: error.into() }
    }
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Read { .. } | SourceError::NotText { .. } => Self::unchecked(error),
            SourceError::NoSuchFile { .. }
            | SourceError::NotAnImage { .. }
            | SourceError::EmptyFolder { .. } => Self::mistake(error),
        }
    }
}

/// The exit code of a run that came to its end.
pub(super) fn code(conclusion: Conclusion) -> ExitCode {
    match conclusion {
        Conclusion::Accepted => ExitCode::SUCCESS,
        Conclusion::Rejected => ExitCode::from(REJECTED),
        Conclusion::Unchecked => ExitCode::from(UNCHECKED),
    }
}
