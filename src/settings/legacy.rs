//! The `signatures` list: the format of Kubewarden's `verify-image-signatures`.
//!
//! Every entry is a rule of its own: all of its signers must have signed every image that it selects.

use super::reader::{Node, Object};
use super::schema::{CLASSIC, GITHUB_ACTIONS, KEYLESS, KEYLESS_PREFIX};
use super::signer::{self, Labelled};
use super::{RuleFilter, SettingsIssue};

use crate::image::legacy_pattern::LegacyPattern;
use crate::policy::rule::{EmptyTrust, Enforcement, ImageMatcher, Rule, Trust};
use crate::policy::signer::{Identity, KeySource, Signer};

const KINDS: [&str; 5] = ["pubKeys", "keyless", "keylessPrefix", "githubActions", "certificates"];

/// Compiles an entry that is wanted.
pub(super) fn compile(
    entry: &Node<'_>,
    filter: RuleFilter<'_>,
) -> Result<Option<Rule>, SettingsIssue> {
    let entry = entry.object(&CLASSIC)?;
    let empty = |empty: EmptyTrust| entry.issue(&empty.to_string());
    let matcher = ImageMatcher::legacy(patterns(&entry)?).map_err(empty)?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let trust = Trust::new(signers(&entry)?, None).map_err(empty)?;
    Ok(Some(Rule {
        name: entry.path().to_string(),
        matcher,
        enforcement: Enforcement::Reject,
        trust,
    }))
}

fn patterns(entry: &Object<'_>) -> Result<Vec<LegacyPattern>, SettingsIssue> {
    let parse = |node: &Node<'_>| {
        LegacyPattern::parse(&node.text()?).map_err(|error| node.issue(&error.to_string()))
    };
    match (entry.get("image"), entry.get("images")) {
        (Some(_), Some(_)) => Err(entry.issue("give `image` or `images`, not both")),
        (Some(image), None) => Ok(vec![parse(&image)?]),
        (None, Some(images)) => images.elements()?.map(|node| parse(&node)).collect(),
        (None, None) => {
            Err(entry
                .issue("`image` is missing: which images must be signed? (`*` is every image)"))
        }
    }
}

fn signers(entry: &Object<'_>) -> Result<Vec<Signer>, SettingsIssue> {
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| entry.get(kind).is_some()).collect();
    let [kind] = given.as_slice() else {
        return Err(entry.issue(&if given.is_empty() {
            format!("no signer is given; write one of `{}`", KINDS.join("`, `"))
        } else {
            format!(
                "one entry takes one kind of signer, not `{}`; write two",
                given.join("` and `")
            )
        }));
    };
    if *kind != "certificates" {
        for key in ["certificateChain", "requireRekorBundle"] {
            if let Some(node) = entry.get(key) {
                return Err(node.issue("belongs to `certificates`, which are missing here"));
            }
        }
    }
    let nodes = match entry.get(kind) {
        Some(node) if *kind == "githubActions" => vec![node],
        _ => entry.list(kind)?,
    };
    let annotations = entry.texts("annotations")?;
    signer::each(&nodes, &annotations, &|number, node| labelled(kind, number, node, entry))
}

fn labelled(
    kind: &str,
    number: usize,
    node: &Node<'_>,
    entry: &Object<'_>,
) -> Result<Labelled, SettingsIssue> {
    Ok(match kind {
        "pubKeys" => {
            let source = KeySource::Inline(node.text()?);
            (format!("public key {number}"), Identity::PublicKey(source))
        }
        "keyless" => {
            let pair = node.object(&KEYLESS)?;
            signer::keyless(pair.required_text("issuer")?, pair.required_text("subject")?)
        }
        "keylessPrefix" => {
            let pair = node.object(&KEYLESS_PREFIX)?;
            let prefix = pair.required_text("urlPrefix")?;
            signer::keyless_prefix(pair.required_text("issuer")?, &prefix, node)?
        }
        "githubActions" => {
            let github = node.object(&GITHUB_ACTIONS)?;
            signer::github_actions(&github, github.text("repo")?)?
        }
        _ => (format!("certificate {number}"), signer::certificate(node.text()?, entry)?),
    })
}
