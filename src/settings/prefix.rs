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
        .ok_or_else(|| format!("`{text}` is not a URL with a host; {example}"))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if !is_host(host) || !port.is_none_or(|port| is_port(scheme, port)) {
        return Err(format!("`{text}` has no plain host name in lower case; {example}"));
    }
    if !is_path(path) {
        return Err(format!(
            "`{text}` has a path with other characters than letters, digits and `-._~@+/`; {example}"
        ));
    }
    let slash =
        if text.ends_with('/') && !path.is_empty() || rest.ends_with('/') { "" } else { "/" };
    Ok(format!("{text}{slash}"))
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
fn is_host(host: &str) -> bool {
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
