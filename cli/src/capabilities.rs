//! The host capabilities: the calls that a host answers, by name.
//!
//! - What is a name? Namespace and operation, such as `oci/v2/verify`. In metadata a trailing `*` stands for
//!   the rest (`oci/*`), a lone `*` for everything.
//! - How is it found out what a module calls? Its namespaces and operations are texts in its data segments;
//!   that is where `kwctl annotate` looks for them too. It is a hint, not a proof: a text may be there for
//!   another reason.

use std::collections::BTreeSet;

/// Every call that a Kubewarden host answers to any policy, sorted.
const KNOWN: [(&str, &str); 11] = [
    ("crypto", "v1/is_certificate_trusted"),
    ("kubernetes", "can_i"),
    ("kubernetes", "get_resource"),
    ("kubernetes", "list_resources_all"),
    ("kubernetes", "list_resources_by_namespace"),
    ("net", "v1/dns_lookup_host"),
    ("oci", "v1/manifest_digest"),
    ("oci", "v1/oci_manifest"),
    ("oci", "v1/oci_manifest_config"),
    ("oci", "v1/verify"),
    ("oci", "v2/verify"),
];

/// A capability that no host has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a host capability; use one of {}", known_names())]
pub struct CapabilityError {
    name: String,
}

/// Whether `pattern`, as metadata writes it, stands for the capability `name`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// Whether one of the patterns in metadata stands for the capability `name`.
#[must_use]
pub fn is_listed(patterns: &BTreeSet<String>, name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

/// Whether a pattern in metadata stands for one of the capabilities `used`.
#[must_use]
pub fn is_used(used: &BTreeSet<String>, pattern: &str) -> bool {
    used.iter().any(|name| matches(pattern, name))
}

/// Checks that `name` stands for at least one capability.
///
/// # Errors
/// When it does not.
pub fn check(name: &str) -> Result<(), CapabilityError> {
    let is_pattern = name == "*" || name.ends_with("/*") || !name.contains('*');
    if is_pattern && names().any(|known| matches(name, &known)) {
        return Ok(());
    }
    Err(CapabilityError { name: name.to_owned() })
}

/// The capabilities that a module with these data segments seems to use.
#[must_use]
pub fn detect(segments: &[&[u8]]) -> BTreeSet<String> {
    KNOWN
        .iter()
        .filter(|(namespace, operation)| {
            contains(segments, namespace) && contains_itself(segments, operation)
        })
        .map(|(namespace, operation)| format!("{namespace}/{operation}"))
        .collect()
}

fn names() -> impl Iterator<Item = String> {
    KNOWN.iter().map(|(namespace, operation)| format!("{namespace}/{operation}"))
}

fn known_names() -> String {
    names().collect::<Vec<_>>().join(", ")
}

fn contains(segments: &[&[u8]], text: &str) -> bool {
    occurrences(segments, text).next().is_some()
}

/// Whether an operation occurs other than as the beginning of a longer one.
fn contains_itself(segments: &[&[u8]], operation: &str) -> bool {
    occurrences(segments, operation).any(|from| {
        !KNOWN.iter().any(|(_, longer)| {
            *longer != operation
                && longer.starts_with(operation)
                && from.starts_with(longer.as_bytes())
        })
    })
}

/// The rest of a segment, from every place where `text` begins.
fn occurrences<'a>(segments: &'a [&'a [u8]], text: &'a str) -> impl Iterator<Item = &'a [u8]> {
    segments
        .iter()
        .flat_map(|segment| (0..segment.len()).filter_map(|start| segment.get(start..)))
        .filter(move |rest| rest.starts_with(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let rows = [
            ("*", true),
            ("oci/*", true),
            ("oci/v2/*", true),
            ("oci/v2/verify", true),
            ("kubernetes/get_resource", true),
            ("", false),
            ("oci", false),
            ("oci*", false),
            ("oci/v1/oci_*", false),
            ("oci/v3/*", false),
            ("oci/v2/verify/now", false),
            ("tracing/log", false),
        ];
        for (name, expected) in rows {
            assert_eq!(check(name).is_ok(), expected, "{name}");
        }
    }

    #[test]
    fn capabilities_are_found_in_the_data() {
        let rows: [(&[&str], &[&str]); 6] = [
            (&["hello"], &[]),
            (&["oci", "v2/verify"], &["oci/v2/verify"]),
            (
                &["kubewardenociv2/verifyv1/manifest_digest"],
                &["oci/v1/manifest_digest", "oci/v2/verify"],
            ),
            // A longer operation does not stand for a shorter one.
            (&["oci", "v1/oci_manifest_config"], &["oci/v1/oci_manifest_config"]),
            (
                &["oci", "v1/oci_manifest_config v1/oci_manifest"],
                &["oci/v1/oci_manifest", "oci/v1/oci_manifest_config"],
            ),
            // No text crosses two segments.
            (&["oci", "v2/ver", "ify"], &[]),
        ];
        for (segments, expected) in rows {
            let segments: Vec<&[u8]> = segments.iter().map(|segment| segment.as_bytes()).collect();
            assert_eq!(Vec::from_iter(detect(&segments)), expected);
        }
    }
}
