//! How container runtimes read a reference: `ParseNormalizedNamed` of distribution/reference
//! (`normalize.go`), with its regular expressions (`regexp.go`).

use regex::Regex;
use std::sync::LazyLock;

const HOST: &str = r"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?";
const PATH: &str =
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*";
const TAG: &str = r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}";
const DIGEST: &str = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";

static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!("^(?:({HOST})/)?({PATH})(?::({TAG}))?(?:@({DIGEST}))?$")).unwrap()
});

/// What a runtime makes of a string.
#[derive(Debug)]
pub(super) struct RuntimeReference {
    pub(super) domain: String,
    pub(super) path: String,
    pub(super) tag: Option<String>,
    pub(super) digest: Option<String>,
}

pub(super) fn read(text: &str) -> Option<RuntimeReference> {
    let (domain, mut remainder) = match text.split_once('/') {
        Some(("index.docker.io", rest)) => ("docker.io", rest.to_owned()),
        Some((first, rest))
            if first == "localhost"
                || first.contains(['.', ':'])
                || first.to_lowercase() != first =>
        {
            (first, rest.to_owned())
        }
        _ => ("docker.io", text.to_owned()),
    };
    if domain == "docker.io" && !remainder.contains('/') {
        remainder.insert_str(0, "library/");
    }
    let whole = format!("{domain}/{remainder}");
    let parts = REFERENCE.captures(&whole)?;
    let part = |at| parts.get(at).map(|part| part.as_str().to_owned());
    let (read, path) = (part(1)?, part(2)?);
    (read == domain && path.len() <= 255).then_some(RuntimeReference {
        domain: read,
        path,
        tag: part(3),
        digest: part(4),
    })
}
