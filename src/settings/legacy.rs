//! The `signatures` list: the format of Kubewarden's `verify-image-signatures`.
//!
//! Every entry is a rule of its own: all of its signers must have signed every image that it matches.

use super::lazy::Lazy;
use super::limits::{MAX_ANNOTATIONS, MAX_CHAIN, MAX_PATTERNS, MAX_SIGNERS};
use super::list::{List, StringMap};
use super::signer_parts::{self, Labelled, required};
use super::{RuleFilter, SettingsIssue, oddities};
use crate::image::legacy_pattern::LegacyPattern;
use crate::policy::place::Place;
use crate::policy::requirements::Requirements;
use crate::policy::rule::{Enforcement, ImageMatcher, Rule, RuleName, Trust};
use crate::policy::signer::{Identity, KeySource, Signer};
use serde::Deserialize;
use std::rc::Rc;

/// An entry of `signatures`.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["image", "images"], &["pubKeys", "keyless", "keylessPrefix", "githubActions", "certificates"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawEntry<'s> {
    /// a pattern for the whole image reference, with `*` and `?`
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    image: Option<LegacyPattern>,
    /// several patterns, instead of `image`
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_PATTERNS>>"))]
    images: Option<List<LegacyPattern, MAX_PATTERNS>>,
    /// annotations that the signatures must contain
    #[serde(borrow)]
    annotations: Option<Lazy<'s, StringMap<MAX_ANNOTATIONS>>>,
    /// PEM public keys; each must have signed
    pub_keys: Option<Lazy<'s, List<String, MAX_SIGNERS>>>,
    /// identities; each must have signed
    keyless: Option<Lazy<'s, List<RawKeyless, MAX_SIGNERS>>>,
    /// identities whose subject starts with a URL; each must have signed
    keyless_prefix: Option<Lazy<'s, List<RawKeylessPrefix, MAX_SIGNERS>>>,
    /// a workflow of this owner must have signed
    github_actions: Option<Lazy<'s, RawGithubActions>>,
    /// PEM certificates; each must have signed
    certificates: Option<Lazy<'s, List<String, MAX_SIGNERS>>>,
    /// PEM, from the issuer of the certificates to the root, which is last
    certificate_chain: Option<Lazy<'s, List<String, MAX_CHAIN>>>,
    /// the signature must be in the transparency log (default: true)
    require_rekor_bundle: Option<Lazy<'s, bool>>,
}

/// An exact identity.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawKeyless {
    /// the OIDC issuer
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    issuer: Option<String>,
    /// the exact subject
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    subject: Option<String>,
}

/// Identities below a URL.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["urlPrefix", "url_prefix"]]))))]
#[serde(deny_unknown_fields)]
struct RawKeylessPrefix {
    /// the OIDC issuer
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    issuer: Option<String>,
    /// the URL with which the subject starts
    #[serde(rename = "urlPrefix")]
    url_prefix: Option<String>,
    /// another name for `urlPrefix`, which verify-image-signatures reads
    #[serde(rename = "url_prefix")]
    upstream_url_prefix: Option<String>,
}

/// Workflows of GitHub Actions.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawGithubActions {
    /// the user or organisation
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    owner: Option<String>,
    /// one of its repositories (default: all)
    repo: Option<String>,
}

/// Compiles an entry that is wanted.
pub(super) fn compile(
    index: usize,
    entry: Lazy<'_, RawEntry<'_>>,
    filter: RuleFilter<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<Rule>, SettingsIssue> {
    let mut entry = entry.read()?;
    notes.extend(odd_signers(&entry).map(|odd| format!("signatures[{index}]: {odd}")));
    let patterns = match (entry.image.take(), entry.images.take()) {
        (Some(_), Some(_)) => {
            return Err(SettingsIssue::new("set `image` or `images`, not both"));
        }
        (Some(image), None) => vec![image],
        (None, Some(List(images))) => images,
        (None, None) => {
            return Err(SettingsIssue::new(
                "`image` is missing: which images must be signed? (`*` matches every image)",
            ));
        }
    };
    let matcher = ImageMatcher::legacy(patterns).map_err(SettingsIssue::new)?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let place = Place::entry("signatures", index);
    Ok(Some(Rule {
        name: RuleName::Default(place.to_string()),
        place,
        matcher,
        enforcement: Enforcement::Reject,
        trust: Trust::new(signers(&entry)?, None).map_err(SettingsIssue::new)?,
        requirements: Requirements::default(),
    }))
}

/// What is odd about who must have signed. What cannot be read is told when the entry is wanted.
fn odd_signers(entry: &RawEntry<'_>) -> impl Iterator<Item = String> + use<> {
    let prefixes = Lazy::read_at("keylessPrefix", entry.keyless_prefix).ok().flatten();
    let prefixes = List::or_empty(prefixes).into_iter();
    let prefixes = prefixes.filter_map(|pair| pair.url_prefix.or(pair.upstream_url_prefix));
    let workflows = Lazy::read_at("githubActions", entry.github_actions).ok().flatten();
    let names = workflows.into_iter().flat_map(|workflows| [workflows.owner, workflows.repo]);
    prefixes
        .filter_map(|prefix| oddities::of_prefix(&prefix))
        .chain(names.flatten().filter_map(|name| oddities::of_name(&name)))
}

/// The kinds of signers, by their keys.
const KINDS: [&str; 5] = ["pubKeys", "keyless", "keylessPrefix", "githubActions", "certificates"];

fn signers(entry: &RawEntry<'_>) -> Result<Vec<Signer>, SettingsIssue> {
    check_kinds(entry)?;
    let placed = if let Some(keys) = entry.pub_keys {
        each("pubKeys", keys, pub_key)
    } else if let Some(identities) = entry.keyless {
        each("keyless", identities, keyless)
    } else if let Some(prefixes) = entry.keyless_prefix {
        each("keylessPrefix", prefixes, keyless_prefix)
    } else if let Some(workflows) = entry.github_actions {
        github_actions(workflows)
    } else if let Some(certificates) = entry.certificates {
        let chain: Rc<Vec<String>> =
            List::or_empty(Lazy::read_at("certificateChain", entry.certificate_chain)?).into();
        let rekor_bundle = Lazy::read_at("requireRekorBundle", entry.require_rekor_bundle)?;
        each("certificates", certificates, |number, pem: String| {
            let certificate =
                signer_parts::certificate_identity(pem, Rc::clone(&chain), rekor_bundle);
            Ok((format!("certificate {number}"), certificate))
        })
    } else {
        let issue = format!("no signer; set one of `{}`", KINDS.join("`, `"));
        return Err(SettingsIssue::new(issue));
    }?;
    let annotations = StringMap::or_empty(Lazy::read_at("annotations", entry.annotations)?);
    let signer = |(place, (label, identity))| Signer {
        label,
        place,
        identity,
        annotations: annotations.clone(),
    };
    Ok(placed.into_iter().map(signer).collect())
}

/// One kind of signer, and what belongs to certificates beside certificates alone.
fn check_kinds(entry: &RawEntry<'_>) -> Result<(), SettingsIssue> {
    let given = [
        entry.pub_keys.is_some(),
        entry.keyless.is_some(),
        entry.keyless_prefix.is_some(),
        entry.github_actions.is_some(),
        entry.certificates.is_some(),
    ];
    let given: Vec<&str> = KINDS
        .into_iter()
        .zip(given)
        .filter_map(|(key, is_given)| is_given.then_some(key))
        .collect();
    if given.len() > 1 {
        let kinds = given.join("` and `");
        let issue =
            format!("an entry can have only one kind of signer, not `{kinds}`; write two entries");
        return Err(SettingsIssue::new(issue));
    }
    let of_certificates = [
        ("certificateChain", entry.certificate_chain.is_some()),
        ("requireRekorBundle", entry.require_rekor_bundle.is_some()),
    ];
    match of_certificates.into_iter().find(|(_, is_given)| *is_given) {
        Some((key, _)) if !given.is_empty() && given != ["certificates"] => {
            let issue = SettingsIssue::new("is only for `certificates`, which are missing here");
            Err(issue.under(key))
        }
        _ => Ok(()),
    }
}

type Placed = Vec<(Place, Labelled)>;

/// Each element of the list, made a signer by `labelled`, which is told its number.
fn each<'s, T: Deserialize<'s>>(
    key: &'static str,
    list: Lazy<'s, List<T, MAX_SIGNERS>>,
    labelled: impl Fn(usize, T) -> Result<Labelled, SettingsIssue>,
) -> Result<Placed, SettingsIssue> {
    let List(elements) = list.read().map_err(|issue| issue.under(key))?;
    let compile = |(index, element)| {
        let place = Place::entry(key, index);
        labelled(index + 1, element)
            .map(|labelled| (place, labelled))
            .map_err(|issue: SettingsIssue| issue.under(place))
    };
    elements.into_iter().enumerate().map(compile).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "one of several that make signers of elements")]
fn pub_key(number: usize, pem: String) -> Result<Labelled, SettingsIssue> {
    Ok((format!("public key {number}"), Identity::PublicKey(KeySource::Inline(pem))))
}

fn keyless(_: usize, pair: RawKeyless) -> Result<Labelled, SettingsIssue> {
    let issuer = required(pair.issuer, "issuer")?;
    Ok(signer_parts::keyless(issuer, required(pair.subject, "subject")?))
}

fn keyless_prefix(_: usize, pair: RawKeylessPrefix) -> Result<Labelled, SettingsIssue> {
    let (key, prefix) = match (pair.url_prefix, pair.upstream_url_prefix) {
        (Some(_), Some(_)) => {
            let issue = SettingsIssue::new("is another name for `urlPrefix`; set only one");
            return Err(issue.under("url_prefix"));
        }
        (Some(prefix), None) => ("urlPrefix", prefix),
        (None, Some(prefix)) => ("url_prefix", prefix),
        (None, None) => return Err(SettingsIssue::new("`urlPrefix` is missing")),
    };
    let issuer = required(pair.issuer, "issuer")?;
    signer_parts::keyless_prefix(issuer, &prefix).map_err(|issue| issue.under(key))
}

fn github_actions(workflows: Lazy<'_, RawGithubActions>) -> Result<Placed, SettingsIssue> {
    let place = Place::key("githubActions");
    let read = || {
        let workflows = workflows.read()?;
        signer_parts::github_actions(required(workflows.owner, "owner")?, workflows.repo)
    };
    Ok(vec![(place, read().map_err(|issue| issue.under(place))?)])
}
