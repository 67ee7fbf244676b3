//! The `signatures` list: the format of Kubewarden's `verify-image-signatures`.
//!
//! Every entry is a rule of its own: all of its signers must have signed every image that it selects.

use super::reader::{Node, Object};
use super::signer::{self, Labelled};
use super::vocabulary::{CLASSIC, GITHUB_ACTIONS, KEYLESS, KEYLESS_PREFIX};
use super::{Fault, Wanted};

use crate::signer::{Identity, KeySource, Signer};
use crate::trust::{EmptyTrust, Enforcement, Rule, Selector, Trust};
use crate::wildcard::ClassicPattern;

const KINDS: [&str; 5] = ["pubKeys", "keyless", "keylessPrefix", "githubActions", "certificates"];

/// Compiles an entry that is wanted.
pub(super) fn compile(entry: &Node<'_>, wanted: Wanted<'_>) -> Result<Option<Rule>, Fault> {
    let entry = entry.object(&CLASSIC)?;
    let empty = |empty: EmptyTrust| entry.fault(&empty.to_string());
    let selector = Selector::classic(patterns(&entry)?).map_err(empty)?;
    if !wanted.includes(&selector) {
        return Ok(None);
    }
    let trust = Trust::new(signers(&entry)?, None).map_err(empty)?;
    Ok(Some(Rule {
        name: entry.path().to_string(),
        selector,
        enforcement: Enforcement::Reject,
        trust,
    }))
}

fn patterns(entry: &Object<'_>) -> Result<Vec<ClassicPattern>, Fault> {
    let parse = |node: &Node<'_>| {
        ClassicPattern::parse(&node.text()?).map_err(|error| node.fault(&error.to_string()))
    };
    match (entry.get("image"), entry.get("images")) {
        (Some(_), Some(_)) => Err(entry.fault("give `image` or `images`, not both")),
        (Some(image), None) => Ok(vec![parse(&image)?]),
        (None, Some(images)) => images.elements()?.map(|node| parse(&node)).collect(),
        (None, None) => {
            Err(entry
                .fault("`image` is missing: which images must be signed? (`*` is every image)"))
        }
    }
}

fn signers(entry: &Object<'_>) -> Result<Vec<Signer>, Fault> {
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| entry.get(kind).is_some()).collect();
    let [kind] = given.as_slice() else {
        return Err(entry.fault(&if given.is_empty() {
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
                return Err(node.fault("belongs to `certificates`, which are missing here"));
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
) -> Result<Labelled, Fault> {
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
