//! The `signatures` list: the format of Kubewarden's `verify-image-signatures`.
//!
//! Every entry is a rule of its own: all of its signers must have signed every image that it matches.

use super::limits::{MAX_ANNOTATIONS, MAX_CHAIN, MAX_PATTERNS, MAX_SIGNERS};
use super::list::{List, StringMap};
use super::signer::{self, Labelled, required};
use super::{RuleFilter, SettingsIssue, value};
use crate::image::legacy_pattern::LegacyPattern;
use crate::policy::place::Place;
use crate::policy::rule::{Enforcement, ImageMatcher, Rule, Trust};
use crate::policy::signer::{Identity, KeySource, Signer};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An entry of `signatures`.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["image", "images"], &["pubKeys", "keyless", "keylessPrefix", "githubActions", "certificates"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawEntry<'s> {
    /// a wildcard (`*`, `?`) over the whole image reference
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    image: Option<LegacyPattern>,
    /// several wildcards, instead of `image`
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_PATTERNS>>"))]
    images: Option<List<LegacyPattern, MAX_PATTERNS>>,
    /// annotations that the signatures must carry
    #[serde(borrow)]
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<StringMap<MAX_ANNOTATIONS>>"))]
    annotations: Option<&'s RawValue>,
    /// PEM public keys; each must have signed
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_SIGNERS>>"))]
    pub_keys: Option<&'s RawValue>,
    /// identities; each must have signed
    #[cfg_attr(
        not(target_family = "wasm"),
        schemars(with = "Option<List<RawKeyless, MAX_SIGNERS>>")
    )]
    keyless: Option<&'s RawValue>,
    /// identities whose subject starts with a URL; each must have signed
    #[cfg_attr(
        not(target_family = "wasm"),
        schemars(with = "Option<List<RawKeylessPrefix, MAX_SIGNERS>>")
    )]
    keyless_prefix: Option<&'s RawValue>,
    /// a workflow of this owner has signed
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<RawGithubActions>"))]
    github_actions: Option<&'s RawValue>,
    /// PEM certificates; each must have signed
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_SIGNERS>>"))]
    certificates: Option<&'s RawValue>,
    /// the PEM chain that leads to the certificates, the root last
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_CHAIN>>"))]
    certificate_chain: Option<&'s RawValue>,
    /// the signature must be in the transparency log (default: true)
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<bool>"))]
    require_rekor_bundle: Option<&'s RawValue>,
}

/// An exact identity.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawKeyless {
    /// the OIDC issuer
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    issuer: Option<String>,
    /// the subject, exactly
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
    /// the URL that the subject is below
    #[serde(rename = "urlPrefix")]
    url_prefix: Option<String>,
    /// `urlPrefix`, by the name that verify-image-signatures reads
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

/// The kinds of signers, of which an entry has one.
#[derive(Clone, Copy)]
enum Kind {
    PubKeys,
    Keyless,
    KeylessPrefix,
    GithubActions,
    Certificates,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::PubKeys,
        Self::Keyless,
        Self::KeylessPrefix,
        Self::GithubActions,
        Self::Certificates,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::PubKeys => "pubKeys",
            Self::Keyless => "keyless",
            Self::KeylessPrefix => "keylessPrefix",
            Self::GithubActions => "githubActions",
            Self::Certificates => "certificates",
        }
    }

    fn of<'s>(self, entry: &RawEntry<'s>) -> Option<&'s RawValue> {
        match self {
            Self::PubKeys => entry.pub_keys,
            Self::Keyless => entry.keyless,
            Self::KeylessPrefix => entry.keyless_prefix,
            Self::GithubActions => entry.github_actions,
            Self::Certificates => entry.certificates,
        }
    }
}

/// Compiles an entry that is wanted.
pub(super) fn compile(
    index: usize,
    raw: &RawValue,
    filter: RuleFilter<'_>,
) -> Result<Option<Rule>, SettingsIssue> {
    let mut entry: RawEntry<'_> = value::read(raw)?;
    let patterns = match (entry.image.take(), entry.images.take()) {
        (Some(_), Some(_)) => {
            return Err(SettingsIssue::new("give `image` or `images`, not both"));
        }
        (Some(image), None) => vec![image],
        (None, Some(List(images))) => images,
        (None, None) => {
            return Err(SettingsIssue::new(
                "`image` is missing: which images must be signed? (`*` is every image)",
            ));
        }
    };
    let matcher = ImageMatcher::legacy(patterns).map_err(SettingsIssue::new)?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let place = Place::entry("signatures", index);
    Ok(Some(Rule {
        name: place.to_string(),
        place,
        matcher,
        enforcement: Enforcement::Reject,
        trust: Trust::new(signers(&entry)?, None).map_err(SettingsIssue::new)?,
    }))
}

fn signers(entry: &RawEntry<'_>) -> Result<Vec<Signer>, SettingsIssue> {
    let given: Vec<(Kind, &RawValue)> =
        Kind::ALL.into_iter().filter_map(|kind| Some((kind, kind.of(entry)?))).collect();
    let [(kind, raw)] = given[..] else { return Err(one_kind(&given)) };
    let annotations: Option<StringMap<MAX_ANNOTATIONS>> = field("annotations", entry.annotations)?;
    let annotations = StringMap::or_empty(annotations);
    let chain: Option<List<String, MAX_CHAIN>> =
        field("certificateChain", entry.certificate_chain)?;
    let rekor_bundle: Option<bool> = field("requireRekorBundle", entry.require_rekor_bundle)?;
    let given =
        [("certificateChain", chain.is_some()), ("requireRekorBundle", rekor_bundle.is_some())];
    let labelled = match kind {
        Kind::PubKeys => lone(given).and_then(|()| each(raw, kind, pub_key)),
        Kind::Keyless => lone(given).and_then(|()| each(raw, kind, keyless)),
        Kind::KeylessPrefix => lone(given).and_then(|()| each(raw, kind, keyless_prefix)),
        Kind::GithubActions => lone(given).and_then(|()| github_actions(raw)),
        Kind::Certificates => {
            let chain = List::or_empty(chain);
            each(raw, kind, |number, pem: String| {
                let identity = signer::certificate_identity(pem, chain.clone(), rekor_bundle);
                Ok((format!("certificate {number}"), identity))
            })
        }
    }?;
    let signer = |(place, (label, identity))| Signer {
        label,
        place,
        identity,
        annotations: annotations.clone(),
    };
    Ok(labelled.into_iter().map(signer).collect())
}

/// What belongs to certificates must not stand beside other signers.
fn lone(given: [(&'static str, bool); 2]) -> Result<(), SettingsIssue> {
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((key, _)) => {
            let issue = SettingsIssue::new("belongs to `certificates`, which are missing here");
            Err(issue.under(key))
        }
    }
}

fn one_kind(given: &[(Kind, &RawValue)]) -> SettingsIssue {
    let keys: Vec<&str> = given.iter().map(|(kind, _)| kind.key()).collect();
    SettingsIssue::new(if keys.is_empty() {
        let all: Vec<&str> = Kind::ALL.into_iter().map(Kind::key).collect();
        format!("no signer is given; write one of `{}`", all.join("`, `"))
    } else {
        format!("one entry takes one kind of signer, not `{}`; write two", keys.join("` and `"))
    })
}

fn field<'s, T: Deserialize<'s>>(
    key: &'static str,
    raw: Option<&'s RawValue>,
) -> Result<Option<T>, SettingsIssue> {
    raw.map(value::read).transpose().map_err(|issue| issue.under(key))
}

type Placed = Vec<(Place, Labelled)>;

/// Each element of the list, made a signer by `labelled`, which is told its number.
fn each<'s, T: Deserialize<'s>>(
    raw: &'s RawValue,
    kind: Kind,
    labelled: impl Fn(usize, T) -> Result<Labelled, SettingsIssue>,
) -> Result<Placed, SettingsIssue> {
    let List(elements) =
        value::read::<List<T, MAX_SIGNERS>>(raw).map_err(|issue| issue.under(kind.key()))?;
    let compile = |(index, element)| {
        let place = Place::entry(kind.key(), index);
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
    Ok(signer::keyless(issuer, required(pair.subject, "subject")?))
}

fn keyless_prefix(_: usize, pair: RawKeylessPrefix) -> Result<Labelled, SettingsIssue> {
    let (key, prefix) = match (pair.url_prefix, pair.upstream_url_prefix) {
        (Some(_), Some(_)) => {
            let issue = SettingsIssue::new("is another name of `urlPrefix`");
            return Err(issue.under("url_prefix"));
        }
        (Some(prefix), None) => ("urlPrefix", prefix),
        (None, Some(prefix)) => ("url_prefix", prefix),
        (None, None) => return Err(SettingsIssue::new("`urlPrefix` is missing")),
    };
    let issuer = required(pair.issuer, "issuer")?;
    signer::keyless_prefix(issuer, &prefix).map_err(|issue| issue.under(key))
}

fn github_actions(raw: &RawValue) -> Result<Placed, SettingsIssue> {
    let place = Place::key(Kind::GithubActions.key());
    let read = || {
        let workflows: RawGithubActions = value::read(raw)?;
        signer::github_actions(required(workflows.owner, "owner")?, workflows.repo)
    };
    Ok(vec![(place, read().map_err(|issue| issue.under(place))?)])
}
