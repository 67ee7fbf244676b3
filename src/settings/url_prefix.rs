//! URL prefixes of subjects.
//!
//! *Why not the `url` crate?* Its tables would be two thirds of this module. Instead, only URLs of the
//! plain form `scheme://host[:port]/path` are taken, which that crate, and so the host, reads as they are
//! written (a test holds that); the host's task ends on a prefix that it cannot parse.

/// Ends the prefix in `/`, so that `https://github.com/acme` does not take in `…/acme-evil`.
pub(super) fn complete(text: &str) -> Result<String, String> {
    let example = "write it like `https://github.com/acme/`";
    let (scheme, rest) = text
        .split_once("://")
        .filter(|(scheme, _)| is_scheme(scheme))
        .ok_or_else(|| format!("`{text}` is not a URL with a host name; {example}"))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !is_authority(scheme, authority) {
        return Err(format!("`{text}` has no plain host name in lower case; {example}"));
    }
    if !is_path(path) {
        return Err(format!(
            "the path of `{text}` may contain only letters, digits and `-._~@+/`; {example}"
        ));
    }
    let slash = if rest.ends_with('/') { "" } else { "/" };
    Ok(format!("{text}{slash}"))
}

/// Whether the text starts with a scheme and a host of the plain form.
pub(super) fn starts_with_host(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
        is_scheme(scheme) && is_authority(scheme, authority)
    })
}

fn is_authority(scheme: &str, authority: &str) -> bool {
    match authority.split_once(':') {
        Some((host, port)) => is_host(host) && is_port(scheme, port),
        None => is_host(authority),
    }
}

/// `file` URLs are read by rules of their own.
fn is_scheme(scheme: &str) -> bool {
    let tail =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(tail)
        && scheme != "file"
}

/// A host whose last label starts with a digit is an IPv4 address or nothing (WHATWG URL §3.5), and
/// nobody's identity.
pub(super) fn is_host(host: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_label = |label: &str| {
        label.starts_with(alphanumeric)
            && label.ends_with(alphanumeric)
            && label.chars().all(|c| alphanumeric(c) || c == '-')
            // Punycode, which has rules of its own, has hyphens in the third and fourth place.
            && label.get(2..4) != Some("--")
    };
    let last = host.rsplit('.').next().unwrap_or(host);
    host.split('.').all(is_label) && !last.starts_with(|c: char| c.is_ascii_digit())
}

/// Not the scheme's own, which the host's parser leaves out.
fn is_port(scheme: &str, port: &str) -> bool {
    !port.starts_with(['0', '+'])
        && port.parse::<u16>().is_ok()
        && !matches!(
            (scheme, port),
            ("https" | "wss", "443") | ("http" | "ws", "80") | ("ftp", "21")
        )
}

fn is_path(path: &str) -> bool {
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '@' | '+' | '/');
    path.chars().all(allowed) && !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;
    use std::cell::Cell;
    use url::Url;

    /// What the host makes of the prefix.
    fn read(text: &str) -> String {
        Url::parse(text).unwrap().to_string()
    }

    #[test]
    fn a_prefix_ends_in_a_slash() {
        let rows = [
            ("https://github.com", "https://github.com/"),
            ("https://github.com/", "https://github.com/"),
            ("https://github.com/acme", "https://github.com/acme/"),
            ("https://github.com/acme/", "https://github.com/acme/"),
            ("https://github.com/acme//", "https://github.com/acme//"),
            ("https://github.com/Acme/App", "https://github.com/Acme/App/"),
            (
                "https://gitlab.acme.com:8443/a-b_c.d~e@f+g",
                "https://gitlab.acme.com:8443/a-b_c.d~e@f+g/",
            ),
            ("http://localhost:3000/x", "http://localhost:3000/x/"),
            ("spiffe://acme.com/ns/prod", "spiffe://acme.com/ns/prod/"),
            ("https://a.b-c.d1/...", "https://a.b-c.d1/.../"),
            ("https://1und1.de/x", "https://1und1.de/x/"),
        ];
        for (text, expected) in rows {
            assert_eq!(complete(text).as_deref(), Ok(expected));
            assert_eq!(read(expected), expected);
        }
    }

    /// Each would be read as another text, or not at all, or names nobody.
    const REFUSED: &[&str] = &[
        "",
        "github.com/acme",
        "acme@example.com",
        "https:/github.com/acme",
        "https:github.com",
        "://github.com",
        "HTTPS://github.com/acme",
        "1https://github.com",
        " https://github.com/acme",
        "https://github.com/acme ",
        "https://",
        "https:///acme",
        "https://GitHub.com/acme",
        "https://user@github.com/acme",
        "https://user:password@github.com/acme",
        "https://github.com:443/acme",
        "http://github.com:80/acme",
        "https://github.com:/acme",
        "https://github.com:080/acme",
        "https://github.com:99999/acme",
        "https://github.com:x/acme",
        "https://github..com/acme",
        "https://.github.com/acme",
        "https://github.com./acme",
        "https://-github.com/acme",
        "https://git_hub.com/acme",
        "https://xn--n3h.com/acme",
        "https://ab--cd.com/acme",
        "https://github.com/acme/../evil",
        "https://github.com/./acme",
        "https://github.com/..",
        "https://github.com/acme%2fapp",
        "https://github.com/acme?x=1",
        "https://github.com/acme#x",
        "https://github.com\\acme",
        "https://github.com/acme\\app",
        "https://github.com/acme\napp",
        "https://github.com/äcme",
        "https://github.com/*",
        "https://gıthub.com/acme",
        "https://127.0.0.1/acme",
        "https://0x7f.1/acme",
        "https://2130706433/acme",
        "https://[::1]/acme",
        "file:///etc/passwd",
        "file://host/path",
    ];

    #[test]
    fn what_is_refused() {
        for text in REFUSED {
            assert!(complete(text).is_err(), "{text}");
        }
    }

    /// Prefixes of the plain form, the same with one odd character in it, and odd strings.
    fn prefix() -> impl Strategy<Value = String> {
        let plain = "(https?|ws|ftp|[a-z][a-z0-9+.-]{1,4})://[a-z][a-z0-9]{0,3}(\\.[a-z][a-z0-9-]{0,3}[a-z0-9]){0,2}(:[1-9][0-9]{0,3})?(/[a-zA-Z0-9._~@+-]{0,4}){0,4}";
        let odd = "[a-f0-9xn:/.@?#%\\\\-]{0,6}://[a-cx0-9./:@-]{0,16}";
        let spoilt = (plain, any::<prop::sample::Index>(), "[A-Z0-9:/.@?#% \\\\_é-]");
        let spoilt = spoilt.prop_map(|(mut text, at, odd)| {
            text.insert_str(at.index(text.len() + 1), &odd);
            text
        });
        prop_oneof![5 => plain, 2 => spoilt, 1 => odd]
    }

    /// The host's task ends on a prefix that its parser refuses; one that the parser writes differently would
    /// match nothing. At least half of them are accepted, so that something is shown.
    #[test]
    fn the_host_reads_what_is_accepted() {
        let (accepted, tried) = (Cell::new(0), Cell::new(0));
        let config = ProptestConfig {
            cases: 10_000,
            source_file: Some(file!()),
            ..ProptestConfig::default()
        };
        let outcome = TestRunner::new(config).run(&prefix(), |text| {
            tried.set(tried.get() + 1);
            if let Ok(prefix) = complete(&text) {
                accepted.set(accepted.get() + 1);
                prop_assert_eq!(read(&prefix), prefix);
            }
            Ok(())
        });
        outcome.unwrap();
        assert!(accepted.get() * 2 >= tried.get(), "{} of {}", accepted.get(), tried.get());
    }
}
