//! Keys, identities and certificates of all lists → who is meant, and what messages call them.

use super::shared::without_owner;
use super::{SettingsIssue, subject_pattern, url_prefix};
use crate::policy::signer::{Identity, KeySource, ObjectKind, RekorBundle, identity_label};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::rc::Rc;

/// What messages call a signer, and who is meant by it.
pub(super) type Labelled = (String, Identity);

pub(super) fn required<T>(value: Option<T>, key: &'static str) -> Result<T, SettingsIssue> {
    value.ok_or_else(|| SettingsIssue::new(format_args!("`{key}` is missing")))
}

/// A name that is compared character by character: with a star or a blank in it, it would never be found.
pub(super) struct Literal(pub(super) String);

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains('*') {
            return Err(D::Error::custom(format_args!(
                "`{text}` must be an exact name, without `*`; for wildcards, use `subject: {{pattern: …}}` of a \
                 `genericIssuer` in `rules`"
            )));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(D::Error::custom("it contains a space or a line break, which no name has"));
        }
        Ok(Self(text))
    }
}

/// A key, or the name of a Secret.
pub(super) struct KeyText(pub(super) KeySource);

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.strip_prefix("k8s://") {
            None => Ok(Self(KeySource::Inline(text))),
            Some(path) => cosign_secret(path).map(Self).ok_or_else(|| {
                D::Error::custom(format_args!("`{text}` is not `k8s://namespace/name`"))
            }),
        }
    }
}

/// Where cosign keeps the public half of a key pair that it made in a cluster.
pub(super) const COSIGN_ENTRY: &str = "cosign.pub";

fn cosign_secret(path: &str) -> Option<KeySource> {
    let (namespace, name) = path.split_once('/')?;
    (is_object_name(namespace) && is_object_name(name)).then(|| KeySource::Object {
        kind: ObjectKind::Secret,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        entry: COSIGN_ENTRY.to_owned(),
    })
}

/// A name that a namespace, a ConfigMap or a Secret can have
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>).
pub(super) fn is_object_name(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 253
        && text.split('.').all(|label| {
            label.starts_with(alphanumeric)
                && label.ends_with(alphanumeric)
                && label.chars().all(|c| alphanumeric(c) || c == '-')
        })
}

pub(super) fn keyless(issuer: String, subject: String) -> Labelled {
    (identity_label(&issuer, &subject), Identity::Keyless { issuer, subject })
}

pub(super) fn keyless_pattern(issuer: String, text: &str) -> Result<Labelled, SettingsIssue> {
    let pattern = subject_pattern::pattern(text).map_err(SettingsIssue::new)?;
    Ok((identity_label(&issuer, text), Identity::KeylessPattern { issuer, pattern }))
}

pub(super) fn keyless_prefix(issuer: String, prefix: &str) -> Result<Labelled, SettingsIssue> {
    let url_prefix = url_prefix::complete(prefix).map_err(SettingsIssue::new)?;
    Ok((format!("`{url_prefix}…` of `{issuer}`"), Identity::KeylessPrefix { issuer, url_prefix }))
}

/// The same, below somebody.
pub(super) fn owned_prefix(issuer: String, prefix: &str) -> Result<Labelled, SettingsIssue> {
    let complete = url_prefix::complete(prefix).map_err(SettingsIssue::new)?;
    match without_owner(&complete) {
        None => keyless_prefix(issuer, prefix),
        Some(owned) => Err(SettingsIssue::new(format_args!(
            "anybody can sign below `{prefix}`; add the owner, as in `{owned}`"
        ))),
    }
}

pub(super) fn github_actions(
    owner: String,
    repo: Option<String>,
) -> Result<Labelled, SettingsIssue> {
    if owner.contains('/') || repo.iter().any(|repo| repo.contains('/')) {
        let apart = "write the owner and the repository separately: `owner: acme`, `repo: app`";
        return Err(SettingsIssue::new(apart));
    }
    let label = match &repo {
        Some(repo) => format!("GitHub Actions of `{owner}/{repo}`"),
        None => format!("GitHub Actions of `{owner}`"),
    };
    Ok((label, Identity::GithubActions { owner, repo }))
}

pub(super) fn certificate_identity(
    certificate: String,
    chain: Rc<Vec<String>>,
    require_rekor_bundle: Option<bool>,
) -> Identity {
    Identity::Certificate {
        certificate,
        chain: (!chain.is_empty()).then_some(chain),
        rekor_bundle: if require_rekor_bundle.unwrap_or(true) {
            RekorBundle::Required
        } else {
            RekorBundle::Optional
        },
    }
}
