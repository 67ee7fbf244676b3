//! Who signed, as settings can name it.
//!
//! - What of a subject is generalised? The Git tag at its end (`…@refs/tags/v1.2.3`), which each release has
//!   anew: its last component becomes `*`. A branch, an e-mail address, an account stay as they are.
//! - And a workflow that another repository calls? Its certificate names the workflow as the subject, and the
//!   caller in an extension of GitHub's. Anybody may call a public workflow, so the caller is who is trusted: `githubAction`.
//!   (`slsa-framework/slsa-github-generator` is such a workflow.)

use signed_images_policy::policy::signer::GITHUB_ISSUER;
use signed_images_policy::settings::subject_pattern as pattern;

const TAGS: &str = "@refs/tags/";

/// Who signed an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signer {
    /// The key that was given in this place of the command line.
    Key(usize),
    /// An identity.
    Identity {
        /// The OIDC issuer.
        issuer: String,
        /// Its subject.
        subject: Subject,
    },
    /// A repository whose workflows sign by a workflow of another one.
    Workflow {
        /// The user or organisation.
        owner: String,
        /// The repository.
        repo: String,
    },
}

/// The subject of an identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// This one.
    Equal(String),
    /// Those that match, whichever the Git tag.
    Pattern(String),
}

/// What a certificate that was verified says.
#[derive(Debug, Clone)]
pub struct Certified<'a> {
    /// The OIDC issuer.
    pub issuer: &'a str,
    /// The subject alternative name.
    pub subject: &'a str,
    /// The GitHub repository that ran the workflow: `owner/repo`.
    pub repository: Option<&'a str>,
}

impl Signer {
    /// Who is meant by a certificate.
    #[must_use]
    pub fn of(certificate: &Certified<'_>) -> Self {
        let Certified { issuer, subject, repository } = *certificate;
        let caller =
            repository.filter(|_| issuer == GITHUB_ISSUER).and_then(|name| name.split_once('/'));
        if let Some((owner, repo)) = caller
            && !subject.starts_with(&format!("https://github.com/{owner}/{repo}/"))
        {
            return Self::Workflow { owner: owner.to_owned(), repo: repo.to_owned() };
        }
        Self::Identity { issuer: issuer.to_owned(), subject: Subject::of(subject) }
    }

    /// Whether both may name one signature, which a rule counts once.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Workflow { owner, .. }, Self::Identity { issuer, subject })
            | (Self::Identity { issuer, subject }, Self::Workflow { owner, .. }) => {
                issuer == GITHUB_ISSUER
                    && subject.text().starts_with(&format!("https://github.com/{owner}/"))
            }
            (one, other) => one == other,
        }
    }
}

impl Subject {
    /// The subject, with the Git tag at its end left open.
    fn of(subject: &str) -> Self {
        let equal = Self::Equal(subject.to_owned());
        let Some((workflow, tag)) = subject.rsplit_once(TAGS) else { return equal };
        let folder = tag.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let open = format!("{workflow}{TAGS}{folder}*");
        // A `*` of the subject's own would stand for more.
        if subject.contains('*') || !pattern(&open).is_ok_and(|pattern| pattern.matches(subject)) {
            return equal;
        }
        Self::Pattern(open)
    }

    /// As the settings have it.
    #[must_use]
    pub fn text(&self) -> &str {
        let (Self::Equal(text) | Self::Pattern(text)) = self;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_names_its_signer() {
        const GENERATOR: &str = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v1.9.0";
        let workflow =
            |at: &str| format!("https://github.com/acme/app/.github/workflows/release.yml@{at}");
        let pattern = |text: String| Subject::Pattern(text);
        let rows = [
            (
                GITHUB_ISSUER,
                workflow("refs/tags/v1.2.3"),
                Some("acme/app"),
                pattern(workflow("refs/tags/*")),
            ),
            (
                GITHUB_ISSUER,
                workflow("refs/tags/app/v1"),
                Some("acme/app"),
                pattern(workflow("refs/tags/app/*")),
            ),
            (
                GITHUB_ISSUER,
                workflow("refs/heads/main"),
                Some("acme/app"),
                Subject::Equal(workflow("refs/heads/main")),
            ),
            (GITHUB_ISSUER, workflow("refs/tags/v1"), None, pattern(workflow("refs/tags/*"))),
            (
                "https://gitlab.com",
                "https://gitlab.com/acme/app//.gitlab-ci.yml@refs/tags/v1".to_owned(),
                None,
                pattern("https://gitlab.com/acme/app//.gitlab-ci.yml@refs/tags/*".to_owned()),
            ),
            (
                "https://accounts.google.com",
                "ci@acme.io".to_owned(),
                None,
                Subject::Equal("ci@acme.io".to_owned()),
            ),
            (
                GITHUB_ISSUER,
                workflow("refs/tags/v*"),
                Some("acme/app"),
                Subject::Equal(workflow("refs/tags/v*")),
            ),
        ];
        for (issuer, subject, repository, expected) in rows {
            let signer = Signer::of(&Certified { issuer, subject: &subject, repository });
            assert_eq!(
                signer,
                Signer::Identity { issuer: issuer.to_owned(), subject: expected },
                "{subject}"
            );
        }
        let called =
            Certified { issuer: GITHUB_ISSUER, subject: GENERATOR, repository: Some("acme/app") };
        let expected = Signer::Workflow { owner: "acme".to_owned(), repo: "app".to_owned() };
        assert_eq!(Signer::of(&called), expected);
        // Another issuer's extension says nothing of GitHub.
        let stranger = Certified { issuer: "https://ci.example.com", ..called };
        assert!(matches!(Signer::of(&stranger), Signer::Identity { .. }));
    }
}
