//! Patterns of subjects, which are [`Wildcard`]s for identities: the whole subject must match.
//!
//! *May a star stand for nothing?* Yes: no two identities differ by an empty part alone.
//!
//! *Is a match trusted?* No. It chooses what the host is asked about; the host answers for that very subject.

use super::steps::{OutOfSteps, Steps};
use super::wildcard::Wildcard;
use std::fmt;

/// The longest pattern, in bytes. A workflow's subject is a repository, a file and a branch or tag; the
/// longest that Kubernetes' own release uses has 60.
pub(crate) const MAX_SUBJECT_PATTERN: usize = 256;

/// The longest subject that is compared, in bytes. GitHub's longest is the names of an owner (39), a
/// repository (100), a file (255) and a branch (255), and what is between them.
pub(crate) const MAX_SUBJECT: usize = 1024;

/// A pattern of subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectPattern(Wildcard);

impl SubjectPattern {
    /// The text has been checked by the settings.
    pub(crate) fn new(text: &str) -> Self {
        Self(Wildcard::new(text))
    }

    /// The pattern of all that is below that URL.
    pub(crate) fn below(url: &str) -> Self {
        Self(Wildcard::new(&format!("{url}**")))
    }

    /// Whether the subject matches. One that is not plain text, or climbs up its own path, never does.
    #[must_use]
    pub fn matches(&self, subject: &str) -> bool {
        self.matches_within(subject, &Steps::unlimited()) == Ok(true)
    }

    /// The same, in no more steps than are left.
    pub(crate) fn matches_within(&self, subject: &str, steps: &Steps) -> Result<bool, OutOfSteps> {
        if subject.len() > MAX_SUBJECT {
            return Ok(false);
        }
        let is_met = self.0.matches_within(subject, steps)?;
        let climbs = || subject.split('/').any(|part| matches!(part, "." | ".."));
        Ok(is_met && subject.bytes().all(|byte| byte.is_ascii_graphic()) && !climbs())
    }

    /// Whether some text matches both, told in no more steps than are left.
    pub(crate) fn meets(&self, other: &Self, steps: &Steps) -> Result<bool, OutOfSteps> {
        self.0.meets(&other.0, steps)
    }
}

impl fmt::Display for SubjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stars_cross_slashes() {
        let pattern = SubjectPattern::new("https://gitlab.acme.com/**@refs/heads/main");
        for (path, expected) in [
            ("a/b//.gitlab-ci.yml@refs/heads/main", true),
            ("@refs/heads/main", true),
            ("a/../b@refs/heads/main", false),
            ("a@refs/heads/mainly", false),
        ] {
            assert_eq!(pattern.matches(&format!("https://gitlab.acme.com/{path}")), expected);
        }
    }

    #[test]
    fn subjects_that_match() {
        const RELEASE: &str =
            "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*";
        let release = |middle: &str, end: &str| {
            format!(
                "https://github.com/acme/{middle}/.github/workflows/release.yml@refs/tags/{end}"
            )
        };
        let rows = [
            (RELEASE, release("app", "v1.2"), true),
            (RELEASE, release("app", "v"), true),
            (RELEASE, release("", "v1"), true),
            (RELEASE, release("app", "1.2"), false),
            (RELEASE, release("app", "v1/evil"), false),
            (RELEASE, release("app/deeper", "v1"), false),
            (RELEASE, release("..", "v1"), false),
            (RELEASE, release("app", "v1\n"), false),
            (RELEASE, release("app", "v1 "), false),
            (RELEASE, release("app", "v\u{200b}1"), false),
            (RELEASE, format!("x{}", release("app", "v1")), false),
            (RELEASE, release("app", "v1").replace("acme", "acme-evil"), false),
            (RELEASE, release("app", "v1").replace("release.yml", "releaseXyml"), false),
            (RELEASE, release("app", &format!("v{}", "1".repeat(MAX_SUBJECT))), false),
            ("*@acme.com", "ann@acme.com".into(), true),
            ("*@acme.com", "ann@evil.com@acme.com".into(), true),
            ("*@acme.com", "ann@acme.com.evil.com".into(), false),
            ("*@acme.com", "ann@acmeXcom".into(), false),
            ("release-*@acme.com", "release-1@acme.com".into(), true),
            ("release-*@acme.com", "ann@acme.com".into(), false),
        ];
        for (pattern, subject, expected) in rows {
            assert_eq!(
                SubjectPattern::new(pattern).matches(&subject),
                expected,
                "{pattern} {subject}"
            );
        }
    }

    #[test]
    fn many_stars_are_quick() {
        let pattern = "**a*".repeat(MAX_SUBJECT_PATTERN / 4);
        assert!(!SubjectPattern::new(&format!("{pattern}b")).matches(&"a".repeat(MAX_SUBJECT)));
    }
}
