//! What the options of `policy` take: names of Kubernetes' objects, and where a module is.

use anyhow::{anyhow, bail};
use oci_client::Reference;

/// RFC 1123: what Kubernetes takes for the names of most objects.
const MAX_NAME: usize = 253;
/// What it takes for the name of a namespace.
const MAX_NAMESPACE: usize = 63;

/// The schemes that Kubewarden's policy server fetches modules by.
const SCHEMES: [&str; 4] = ["registry", "https", "http", "file"];

pub(in crate::command) fn name(text: &str) -> Result<String, String> {
    check_name(text, MAX_NAME, text.split('.').all(is_label))
}

pub(in crate::command) fn namespace(text: &str) -> Result<String, String> {
    check_name(text, MAX_NAMESPACE, is_label(text))
}

fn check_name(text: &str, max: usize, is_well_formed: bool) -> Result<String, String> {
    if text.len() > max {
        return Err(format!("Kubernetes allows at most {max} characters"));
    }
    if !is_well_formed {
        return Err(
            "Kubernetes allows only lower-case letters, digits and `-` between them".to_owned()
        );
    }
    Ok(text.to_owned())
}

fn is_label(label: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    label.starts_with(alphanumeric)
        && label.ends_with(alphanumeric)
        && label.chars().all(|c| alphanumeric(c) || c == '-')
}

/// As Kubewarden takes it: a URL, or a reference in a registry, for which it assumes `registry://`
/// (<https://docs.kubewarden.io/admission-controller/1.37/en/reference/CRDs.html>).
pub(in crate::command) fn module(text: &str) -> anyhow::Result<String> {
    if let Some((scheme, rest)) = text.split_once("://") {
        if SCHEMES.contains(&scheme) && !rest.is_empty() {
            return Ok(text.to_owned());
        }
        bail!("a module's URL starts with `{}://`", SCHEMES.join("://`, `"));
    }
    let has_host = text.split_once('/').is_some_and(|(host, _)| {
        host == "localhost" || host.contains(['.', ':']) && !host.starts_with('.')
    });
    if !has_host {
        bail!("write it as `host/repository:tag`, or as a URL");
    }
    text.parse::<Reference>()
        .map_err(|error| anyhow!("write it as `host/repository:tag`, or as a URL: {error}"))?;
    // Without a version it would be `:latest`, which nobody has written.
    let is_versioned = text.rsplit('/').next().is_some_and(|name| name.contains([':', '@']));
    if is_versioned { Ok(text.to_owned()) } else { bail!("add the version: `{text}:v1.2.3`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_as_kubewarden_takes_them() {
        let digest = format!("ghcr.io/a/b@sha256:{}", "a".repeat(64));
        let good = [
            "ghcr.io/acme/policy:v1",
            "localhost/a:1",
            "reg:5000/a/b:v1",
            &digest,
            "registry://ghcr.io/acme/policy:v1",
            "https://acme.example/policy.wasm",
            "file:///policy.wasm",
        ];
        for text in good {
            assert_eq!(module(text).unwrap(), text);
        }
        let bad = [
            "./policy.wasm",
            "policy.wasm",
            "acme/policy:v1",
            "ghcr.io/acme/policy",
            "ghcr.io/latest",
            "oci://ghcr.io/a:1",
            "registry://",
            "",
        ];
        for text in bad {
            assert!(module(text).is_err(), "{text}");
        }
    }
}
