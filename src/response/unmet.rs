//! What a rule asks besides signatures, and an image does not have: in words, and as a code.

use super::reason::WITHHELD;
use crate::host::error::first_line;
use crate::policy::report::MAX_REPORT;
use crate::verify::outcome::{Reason, Requirement, Shortfall, Unmet};
use std::fmt;

impl Unmet {
    pub(super) fn code(&self) -> &'static str {
        match (&self.why, &self.what) {
            (Shortfall::Missing(_) | Shortfall::NoTag(_), _) => "report-missing",
            (Shortfall::Signature(reason), _) => match reason {
                Reason::NotSigned { .. } => "report-not-signed",
                Reason::InvalidSignatures | Reason::TooFewSigners { .. } => "report-untrusted",
                Reason::Moved { .. } => "report-moved",
                // Nobody could look.
                Reason::Unchecked(_)
                | Reason::Withheld(_)
                | Reason::Signer(..)
                | Reason::Unmet(_) => reason.code(),
            },
            (Shortfall::OtherReport(_), _) => "report-of-another-name",
            (Shortfall::Report(problem), _) => problem.code(),
            (Shortfall::Image(problem), _) => problem.code(),
            (Shortfall::Unchecked(_), _) => "not-checked",
            (Shortfall::Withheld(_), _) => WITHHELD,
            (Shortfall::TooLarge(_), Requirement::Image) => "image-too-large",
            (Shortfall::TooLarge(_), Requirement::Report { .. }) => "report-too-large",
            (Shortfall::NoPlatform | Shortfall::TooManyPlatforms(_), _) => "platforms",
        }
    }

    /// `its vuln report of linux/arm64`, or of the image itself `the image`.
    fn subject(&self) -> String {
        let mut subject = match &self.what {
            Requirement::Image => "the image".to_owned(),
            Requirement::Report { name, .. } => format!("its {name} report"),
        };
        if let Some(platform) = &self.platform {
            subject.push_str(match self.what {
                Requirement::Image => " for ",
                Requirement::Report { .. } => " about the image for ",
            });
            subject.push_str(&platform.to_string());
        }
        subject
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.subject();
        match &self.why {
            Shortfall::Missing(at) => {
                let subject = subject.strip_prefix("its ").unwrap_or(&subject);
                write!(f, "no {subject} at `{at}`")
            }
            Shortfall::Signature(Reason::NotSigned { .. }) => write!(f, "{subject} is not signed"),
            Shortfall::Signature(Reason::TooFewSigners { agreed: 0, missing, .. }) => {
                write!(f, "{subject} is signed, but not by {}", missing.join(", "))
            }
            Shortfall::Signature(reason) => write!(f, "{subject}: {reason}"),
            Shortfall::TooLarge(size) => {
                write!(
                    f,
                    "{subject} has a config of {size} bytes; at most {MAX_REPORT} are allowed"
                )
            }
            Shortfall::OtherReport(name) => {
                write!(f, "{subject} has another name: `{name}`")
            }
            Shortfall::Report(problem) => write!(f, "{subject} {problem}"),
            Shortfall::Image(problem) => write!(f, "{subject} {problem}"),
            Shortfall::Unchecked(words) => {
                write!(f, "{subject} could not be checked: {}", first_line(words))
            }
            Shortfall::Withheld(words) => write!(
                f,
                "{subject} could not be checked, the policy server does not grant a host capability: {}",
                first_line(words)
            ),
            Shortfall::NoTag(why) => write!(f, "{subject} cannot be found: {why}"),
            Shortfall::NoPlatform => {
                write!(f, "{subject}: the index lists no image for a required platform")
            }
            Shortfall::TooManyPlatforms(count) => write!(
                f,
                "{subject}: the index lists {count} images, which is too many; select some with `platforms`"
            ),
        }
    }
}
