//! The `signatures` list: the format of Kubewarden's `verify-image-signatures`.
//!
//! Every entry is a rule of its own: all of its signers must have signed every image that it selects.

use super::reader::{Node, Object};
use super::vocabulary::{CLASSIC, GITHUB_ACTIONS, KEYLESS, KEYLESS_PREFIX};
use super::{Fault, prefix};
use crate::pattern::ClassicPattern;
use crate::rules::{Rule, Selector};
use crate::signer::{Identity, RekorBundle, Signer};

const KINDS: [&str; 5] = ["pubKeys", "keyless", "keylessPrefix", "githubActions", "certificates"];

pub(super) fn compile(entry: &Node<'_>) -> Result<Rule, Fault> {
    let entry = entry.object(&CLASSIC)?;
    let patterns = patterns(&entry)?;
    let signers = signers(&entry)?;
    Rule::new(entry.path().to_owned(), Selector::Classic(patterns), signers, None)
        .map_err(|empty| entry.fault(&empty.to_string()))
}

fn patterns(entry: &Object<'_>) -> Result<Vec<ClassicPattern>, Fault> {
    let parse = |node: &Node<'_>| {
        ClassicPattern::parse(&node.text()?).map_err(|error| node.fault(&error.to_string()))
    };
    match (entry.get("image"), entry.get("images")) {
        (Some(_), Some(_)) => Err(entry.fault("give `image` or `images`, not both")),
        (Some(image), None) => Ok(vec![parse(image)?]),
        (None, Some(images)) => images.list()?.iter().map(parse).collect(),
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
    let annotations = entry.texts("annotations")?;
    let named = match *kind {
        "githubActions" => entry.get(kind).map(github_actions).into_iter().collect(),
        _ => entry
            .list(kind)?
            .iter()
            .enumerate()
            .map(|(index, node)| identity(kind, index + 1, node, entry))
            .collect::<Result<Vec<_>, _>>(),
    }?;
    Ok(named
        .into_iter()
        .map(|Named { place, label, identity }| Signer {
            label,
            place,
            identity,
            annotations: annotations.clone(),
        })
        .collect())
}

struct Named {
    place: String,
    label: String,
    identity: Identity,
}

fn identity(
    kind: &str,
    number: usize,
    node: &Node<'_>,
    entry: &Object<'_>,
) -> Result<Named, Fault> {
    let (label, identity) = match kind {
        "pubKeys" => (format!("public key {number}"), Identity::PublicKey(node.text()?)),
        "keyless" => keyless(node)?,
        "keylessPrefix" => keyless_prefix(node)?,
        _ => (format!("certificate {number}"), certificate(node, entry)?),
    };
    Ok(Named { place: node.path().to_owned(), label, identity })
}

fn keyless(node: &Node<'_>) -> Result<(String, Identity), Fault> {
    let pair = node.object(&KEYLESS)?;
    let (issuer, subject) = (pair.required_text("issuer")?, pair.required_text("subject")?);
    Ok((format!("`{subject}` of `{issuer}`"), Identity::Keyless { issuer, subject }))
}

fn keyless_prefix(node: &Node<'_>) -> Result<(String, Identity), Fault> {
    let pair = node.object(&KEYLESS_PREFIX)?;
    let (issuer, prefix) = (pair.required_text("issuer")?, pair.required_text("urlPrefix")?);
    let url_prefix =
        prefix::complete(&prefix).map_err(|error| node.fault(&format!("`urlPrefix`: {error}")))?;
    Ok((format!("`{url_prefix}…` of `{issuer}`"), Identity::KeylessPrefix { issuer, url_prefix }))
}

fn github_actions(node: &Node<'_>) -> Result<Named, Fault> {
    let github = node.object(&GITHUB_ACTIONS)?;
    let (owner, repo) = (github.required_text("owner")?, github.text("repo")?);
    if owner.contains('/') || repo.iter().any(|repo| repo.contains('/')) {
        return Err(
            node.fault("write the owner and the repository apart: `owner: acme`, `repo: app`")
        );
    }
    let label = match &repo {
        Some(repo) => format!("GitHub Actions of `{owner}/{repo}`"),
        None => format!("GitHub Actions of `{owner}`"),
    };
    let place = node.path().to_owned();
    Ok(Named { place, label, identity: Identity::GithubActions { owner, repo } })
}

fn certificate(node: &Node<'_>, entry: &Object<'_>) -> Result<Identity, Fault> {
    let chain = entry.list("certificateChain")?;
    let chain: Vec<String> = chain.iter().map(Node::text).collect::<Result<_, _>>()?;
    Ok(Identity::Certificate {
        certificate: node.text()?,
        chain: (!chain.is_empty()).then_some(chain),
        rekor_bundle: match entry.flag("requireRekorBundle")? {
            None | Some(true) => RekorBundle::Required,
            Some(false) => RekorBundle::Optional,
        },
    })
}
