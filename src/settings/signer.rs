//! The parts of signers that both vocabularies share.

use super::reader::{Node, Object};
use super::{SettingsIssue, subject_pattern, url_prefix};
use crate::policy::signer::{Annotations, Identity, RekorBundle, Signer, identity_label};

/// A label for messages, and who is meant by it.
pub(super) type Labelled = (String, Identity);

/// Signers of one list, who must all carry these annotations.
pub(super) fn each(
    nodes: &[Node<'_>],
    annotations: &Annotations,
    labelled: &dyn Fn(usize, &Node<'_>) -> Result<Labelled, SettingsIssue>,
) -> Result<Vec<Signer>, SettingsIssue> {
    let mut signers = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let (label, identity) = labelled(index + 1, node)?;
        let annotations = annotations.clone();
        signers.push(Signer { label, place: node.path().clone(), identity, annotations });
    }
    Ok(signers)
}

/// A star where names are compared letter by letter: a signer who would never be found.
pub(super) fn literal(node: &Node<'_>) -> Result<(), SettingsIssue> {
    let text = node.text()?;
    if text.contains('*') {
        return Err(node.issue(&format!(
            "`{text}` is compared letter by letter, and no name has a `*`; `subject: {{pattern: …}}` of a \
             `genericIssuer` in `rules` takes wildcards"
        )));
    }
    Ok(())
}

/// The same of these keys, where they are given.
pub(super) fn literals(object: &Object<'_>, keys: &[&str]) -> Result<(), SettingsIssue> {
    keys.iter().filter_map(|key| object.get(key)).try_for_each(|node| literal(&node))
}

pub(super) fn keyless(issuer: String, subject: String) -> Labelled {
    (identity_label(&issuer, &subject), Identity::Keyless { issuer, subject })
}

pub(super) fn keyless_pattern(
    issuer: String,
    pattern: &Node<'_>,
) -> Result<Labelled, SettingsIssue> {
    let text = pattern.text()?;
    let parsed = subject_pattern::pattern(&text).map_err(|error| pattern.issue(&error))?;
    Ok((identity_label(&issuer, &text), Identity::KeylessPattern { issuer, pattern: parsed }))
}

pub(super) fn keyless_prefix(
    issuer: String,
    url_prefix: &str,
    node: &Node<'_>,
) -> Result<Labelled, SettingsIssue> {
    let url_prefix = url_prefix::complete(url_prefix)
        .map_err(|error| node.issue(&format!("`urlPrefix`: {error}")))?;
    Ok((format!("`{url_prefix}…` of `{issuer}`"), Identity::KeylessPrefix { issuer, url_prefix }))
}

pub(super) fn github_actions(
    github: &Object<'_>,
    repo: Option<String>,
) -> Result<Labelled, SettingsIssue> {
    let owner = github.required_text("owner")?;
    if owner.contains('/') || repo.iter().any(|repo| repo.contains('/')) {
        let apart = "write the owner and the repository apart: `owner: acme`, `repo: app`";
        return Err(github.issue(apart));
    }
    let label = match &repo {
        Some(repo) => format!("GitHub Actions of `{owner}/{repo}`"),
        None => format!("GitHub Actions of `{owner}`"),
    };
    Ok((label, Identity::GithubActions { owner, repo }))
}

/// A certificate, with the chain and the demand for a log entry that stand in `entry`.
pub(super) fn certificate(
    certificate: String,
    entry: &Object<'_>,
) -> Result<Identity, SettingsIssue> {
    let mut chain = Vec::new();
    for link in entry.list("certificateChain")? {
        chain.push(link.text()?);
    }
    Ok(Identity::Certificate {
        certificate,
        chain: (!chain.is_empty()).then_some(chain),
        rekor_bundle: match entry.flag("requireRekorBundle")? {
            None | Some(true) => RekorBundle::Required,
            Some(false) => RekorBundle::Optional,
        },
    })
}
