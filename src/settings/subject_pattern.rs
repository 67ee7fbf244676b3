//! Patterns of subjects, as settings may have them.
//!
//! *What is refused?* What would take in strangers. The end that says who is meant must be written out: scheme
//! and host of a URL, with the owner where a host is everybody's; the domain of an e-mail address.

use super::url_prefix::{is_host, starts_with_host};
use crate::policy::subject_pattern::{MAX_SUBJECT_PATTERN, SubjectPattern};

/// Hosts where anybody can have an account: below them, the first part of the path is who is meant.
const SHARED_HOSTS: [&str; 2] = ["github.com", "gitlab.com"];

/// Reads a pattern of subjects.
///
/// # Errors
/// When it would take in strangers, or is none.
pub fn pattern(text: &str) -> Result<SubjectPattern, String> {
    if text.len() > MAX_SUBJECT_PATTERN {
        return Err(format!("it is longer than {MAX_SUBJECT_PATTERN} bytes"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("`{text}` holds a space or something else than ASCII"));
    }
    if !text.contains('*') {
        return Err(format!("`{text}` has no `*`; give it as `equal`"));
    }
    if text.contains("***") || text.contains('?') {
        return Err(format!(
            "`{text}` has more than `*`, any number of letters but no `/`, and `**`, any number of any letters"
        ));
    }
    names_somebody(text)?;
    Ok(SubjectPattern::new(text))
}

fn names_somebody(text: &str) -> Result<(), String> {
    let Some((_, rest)) = text.split_once("://") else {
        let domain = text.rsplit_once('@').map(|(_, domain)| domain);
        return match domain.filter(|domain| is_host(domain)) {
            Some(_) => Ok(()),
            None => Err(format!(
                "`{text}` is neither a URL nor an e-mail address whose domain is written out, such as \
                 `*@acme.com`"
            )),
        };
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !starts_with_host(text) || path.is_empty() {
        return Err(format!(
            "`{text}` does not start with a plain scheme and host in lower case, and a `/`; write them out, \
             as in `https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*`"
        ));
    }
    let owner = path.split_once('/').map(|(owner, _)| owner);
    if SHARED_HOSTS.contains(&host)
        && owner.is_none_or(|owner| owner.is_empty() || owner.contains('*'))
    {
        return Err(format!(
            "`{text}` is for more than one owner; `{host}` is everybody's: write the owner out, as in \
             `https://{host}/acme/**`"
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
            "**@acme.com",
        ] {
            assert!(pattern(text).is_ok(), "{text}");
        }
        let longest = format!("https://github.com/acme/{}*", "a".repeat(MAX_SUBJECT_PATTERN - 25));
        assert!(pattern(&longest).is_ok());
        assert!(pattern(&format!("{longest}*")).is_err());
    }

    #[test]
    fn what_is_refused() {
        const NO_HOST: &str = "does not start with a plain scheme and host";
        const EVERYBODY: &str = "is everybody's: write the owner out";
        const NOBODY: &str = "is neither a URL nor an e-mail address";
        const ODD: &str = "has more than `*`";
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
            ("ann@acme.com", "has no `*`; give it as `equal`"),
            ("https://github.com/acme/app", "has no `*`; give it as `equal`"),
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
            ("https://github.com/acme/***", ODD),
            ("https://github.com/acme/v?*", ODD),
            ("https://github.com/acme/ *", "holds a space"),
            ("https://github.com/acme/\u{430}*", "holds a space or something else than ASCII"),
            ("https://github.com/acme/\n*", "holds a space"),
        ];
        for (text, expected) in rows {
            let error = pattern(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
