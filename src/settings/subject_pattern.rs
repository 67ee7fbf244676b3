//! Patterns of subjects, as settings may have them.
//!
//! *What is refused?* What would take in strangers. The end that says who is meant must be written out: scheme
//! and host of a URL, with the owner where a host is everybody's; the domain of an e-mail address, which must not be
//! everybody's. A pattern of addresses must match no URL: whoever may name a branch may end one in `@acme.com`.

use super::shared::{is_public_mail, without_owner};
use super::url_prefix::{is_host, starts_with_host};
use crate::policy::subject_pattern::{MAX_SUBJECT_PATTERN, SubjectPattern};

/// Reads a pattern of subjects.
///
/// ```
/// use signed_images_policy::settings::subject_pattern;
///
/// let workflow = "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*";
/// let pattern = subject_pattern(workflow).unwrap();
/// let of = |repository: &str| {
///     format!("https://github.com/{repository}/.github/workflows/release.yml@refs/tags/v1.2")
/// };
/// assert!(pattern.matches(&of("acme/app")));
/// // One star does not cross a slash, and no owner begins with another.
/// assert!(!pattern.matches(&of("acme/team/app")) && !pattern.matches(&of("acme-evil/app")));
/// // Anybody may have an account there: the owner must be written out.
/// assert!(subject_pattern("https://github.com/*/release.yml").is_err());
/// ```
///
/// # Errors
/// When it would take in strangers, or is none.
pub fn pattern(text: &str) -> Result<SubjectPattern, String> {
    if text.len() > MAX_SUBJECT_PATTERN {
        return Err(format!("it is longer than {MAX_SUBJECT_PATTERN} bytes"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("`{text}` contains a space or a character that is not ASCII"));
    }
    if !text.contains('*') {
        return Err(format!("`{text}` has no `*`; write it as `equal`"));
    }
    if text.contains("***") || text.contains('?') {
        return Err(format!(
            "`{text}` has other wildcards than `*` (any characters except `/`) and `**` (any characters)"
        ));
    }
    names_somebody(text)?;
    Ok(SubjectPattern::new(text))
}

fn names_somebody(text: &str) -> Result<(), String> {
    let Some((_, rest)) = text.split_once("://") else {
        return names_addresses(text);
    };
    if !starts_with_host(text) || rest.split_once('/').is_none_or(|(_, path)| path.is_empty()) {
        return Err(format!(
            "`{text}` does not start with a scheme, a host name in lower case and a `/`, all without wildcards, as \
             in `https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*`"
        ));
    }
    match without_owner(text) {
        None => Ok(()),
        Some(owned) => {
            let host = rest.split('/').next().unwrap_or(rest);
            Err(format!(
                "`{text}` can match several owners, and anybody can be one at `{host}`; write the whole owner, as in \
                 `{owned}**`"
            ))
        }
    }
}

fn names_addresses(text: &str) -> Result<(), String> {
    let domain = text.rsplit_once('@').map(|(_, domain)| domain);
    let Some(domain) = domain.filter(|domain| is_host(domain)) else {
        return Err(format!(
            "`{text}` is neither a URL nor an e-mail address with a whole domain, such as `*@acme.com`"
        ));
    };
    if text.contains("**") || text.contains('/') {
        return Err(format!(
            "`{text}` also matches URLs that end like an e-mail address; write `*@{domain}`"
        ));
    }
    if is_public_mail(domain) {
        return Err(format!(
            "anybody can have an address at `{domain}`; write each whole address as `equal`"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for text in [
            "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*",
            "https://github.com/acme/**",
            "https://gitlab.acme.com/**@refs/heads/main",
            "https://gitlab.acme.com:8443/*/ci//.gitlab-ci.yml@refs/heads/main",
            "spiffe://acme.com/ns/*/sa/builder",
            "*@acme.com",
            "release-*@acme.com",
            "https://buildkite.com/acme/*",
            "https://circleci.com/api/v2/projects/1/pipeline-definitions/*",
            "https://kubernetes.io/namespaces/ci/serviceaccounts/*",
        ] {
            assert!(pattern(text).is_ok(), "{text}");
        }
        let longest = format!("https://github.com/acme/{}*", "a".repeat(MAX_SUBJECT_PATTERN - 25));
        assert!(pattern(&longest).is_ok());
        assert!(pattern(&format!("{longest}*")).is_err());
    }

    #[test]
    fn what_is_refused() {
        const NO_HOST: &str = "does not start with a scheme, a host name";
        const EVERYBODY: &str = "and anybody can be one at";
        const URLS: &str = "also matches URLs that end like an e-mail address; write `*@acme.com`";
        const PUBLIC: &str = "anybody can have an address at";
        const NOBODY: &str = "is neither a URL nor an e-mail address";
        const ODD: &str = "has other wildcards than `*`";
        let rows = [
            ("*", NOBODY),
            ("**", NOBODY),
            ("acme*", NOBODY),
            ("*@*", NOBODY),
            ("*@*.com", NOBODY),
            ("*@acme.*", NOBODY),
            ("*@", NOBODY),
            ("*@acme.com*", NOBODY),
            ("*@Acme.com", NOBODY),
            ("ann@acme.com", "has no `*`; write it as `equal`"),
            ("https://github.com/acme/app", "has no `*`; write it as `equal`"),
            ("", "has no `*`"),
            ("*://github.com/acme/app", NO_HOST),
            ("http*://github.com/acme/app", NO_HOST),
            ("https://*", NO_HOST),
            ("https://*/acme/app", NO_HOST),
            ("https://*.github.com/acme/app", NO_HOST),
            ("https://github.com*/acme/app", NO_HOST),
            ("https://github.co*/acme/app", NO_HOST),
            ("https://acme@github.com/**", NO_HOST),
            ("https://GitHub.com/acme/**", NO_HOST),
            ("https://github.com:443/acme/**", NO_HOST),
            ("https:///**", NO_HOST),
            ("https://github.com/**", EVERYBODY),
            ("https://github.com/*", EVERYBODY),
            ("https://github.com/*/*", EVERYBODY),
            ("https://github.com/acme*", EVERYBODY),
            ("https://github.com/acme*/app", EVERYBODY),
            ("https://github.com//*", EVERYBODY),
            ("https://gitlab.com/*/app", EVERYBODY),
            ("https://buildkite.com/**", EVERYBODY),
            ("https://bitbucket.org/acme*", EVERYBODY),
            ("https://circleci.com/api/v2/projects/*/pipeline-definitions/1", EVERYBODY),
            ("https://circleci.com/api/**", EVERYBODY),
            ("https://container.googleapis.com/v1/projects/*/locations/a", EVERYBODY),
            ("**@acme.com", URLS),
            ("*/*@acme.com", URLS),
            ("*@gmail.com", PUBLIC),
            ("ann*@users.noreply.github.com", PUBLIC),
            ("https://github.com/acme/***", ODD),
            ("https://github.com/acme/v?*", ODD),
            ("https://github.com/acme/ *", "contains a space"),
            (
                "https://github.com/acme/\u{430}*",
                "contains a space or a character that is not ASCII",
            ),
            ("https://github.com/acme/\n*", "contains a space"),
        ];
        for (text, expected) in rows {
            let error = pattern(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
