//! `publicKeys`, `keylessIdentities`, `keylessPrefixes`, `githubActions` and `certificates`: rules of one kind
//! of signer, as flat as forms can write them.
//!
//! *What is such an entry?* A rule like those of `rules`: its signers are its `allOf`, or with `require: any`
//! its `anyOf`.
//!
//! *And one that a form added and nobody filled in?* It names neither images nor signers, whatever it says of
//! how they would be taken; it is no rule. An entry that names some of it is one, and must name the rest.

use super::limits::{MAX_ANNOTATIONS, MAX_CHAIN, MAX_PATTERNS, MAX_SIGNERS};
use super::list::{FormList, List, StringMap};
use super::signer::{self, KeyText, Labelled, Literal, required};
use super::{RuleFilter, SettingsIssue, rule, value};
use crate::image::pattern::ImagePattern;
use crate::json::members;
use crate::policy::place::Place;
use crate::policy::rule::{AnyOf, Enforcement, ImageMatcher, Rule, Trust};
use crate::policy::signer::{Identity, Signer};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Whether all of the signers of an entry must have signed or any one of them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
enum Require {
    All,
    Any,
}

/// The struct of a list's entries: its own keys beside those that all of them take.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(super) struct $name {
            /// what messages call the entry
            name: Option<String>,
            /// patterns of the images that the entry is about, as in `rules`
            #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_PATTERNS>>"))]
            images: Option<FormList<ImagePattern, MAX_PATTERNS>>,
            /// patterns of images that it is not about all the same
            #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_PATTERNS>>"))]
            exclude: Option<FormList<ImagePattern, MAX_PATTERNS>>,
            /// whether all of the signers must have signed or any one of them (default: all)
            require: Option<Require>,
            /// whether an image that does not satisfy it is rejected or only warned of (default: reject)
            enforcement: Option<Enforcement>,
            /// annotations that the signatures must carry
            annotations: Option<StringMap<MAX_ANNOTATIONS>>,
            $($(#[$meta])* $field: $type,)+
        }

        impl Entry for $name {
            fn take_common(&mut self) -> Common {
                Common {
                    name: self.name.take(),
                    images: filled(self.images.take()),
                    exclude: filled(self.exclude.take()),
                    require: self.require.unwrap_or(Require::All),
                    enforcement: self.enforcement.unwrap_or(Enforcement::Reject),
                    annotations: self.annotations.take(),
                }
            }

            fn signers(self: Box<Self>) -> Result<Placed, SettingsIssue> {
                $name::signers(*self)
            }
        }
    };
}

entry! {
    /// An entry of `publicKeys`.
    PublicKeys {
        /// PEM public keys, or `k8s://namespace/name` of Secrets; one string may hold several keys of one signer
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_SIGNERS>>"))]
        keys: Option<FormList<KeyText, MAX_SIGNERS>>,
    }
}

entry! {
    /// An entry of `keylessIdentities`.
    KeylessIdentities {
        /// the OIDC issuer
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
        issuer: Option<Literal>,
        /// the subjects, exactly
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_SIGNERS>>"))]
        subjects: Option<FormList<Literal, MAX_SIGNERS>>,
    }
}

entry! {
    /// An entry of `keylessPrefixes`.
    KeylessPrefixes {
        /// the OIDC issuer
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
        issuer: Option<Literal>,
        /// the URLs that the subjects are below
        url_prefixes: Option<FormList<String, MAX_SIGNERS>>,
    }
}

entry! {
    /// An entry of `githubActions`.
    GithubActions {
        /// the user or organisation
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
        owner: Option<Literal>,
        /// some of its repositories (default: any of them)
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_SIGNERS>>"))]
        repos: Option<FormList<Literal, MAX_SIGNERS>>,
    }
}

entry! {
    /// An entry of `certificates`.
    Certificates {
        /// PEM certificates
        certificates: Option<FormList<String, MAX_SIGNERS>>,
        /// the PEM chain that leads to the certificates, the root last
        certificate_chain: Option<FormList<String, MAX_CHAIN>>,
        /// the signature must be in the transparency log (default: true)
        require_rekor_bundle: Option<bool>,
    }
}

/// What entries of all lists take.
struct Common {
    name: Option<String>,
    images: Vec<ImagePattern>,
    exclude: Vec<ImagePattern>,
    require: Require,
    enforcement: Enforcement,
    annotations: Option<StringMap<MAX_ANNOTATIONS>>,
}

/// An entry of any of the lists.
trait Entry {
    fn take_common(&mut self) -> Common;
    fn signers(self: Box<Self>) -> Result<Placed, SettingsIssue>;
}

type Placed = Vec<(Place, Labelled)>;

/// One of these lists.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListKind {
    PublicKeys,
    KeylessIdentities,
    KeylessPrefixes,
    GithubActions,
    Certificates,
}

impl ListKind {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::PublicKeys => "publicKeys",
            Self::KeylessIdentities => "keylessIdentities",
            Self::KeylessPrefixes => "keylessPrefixes",
            Self::GithubActions => "githubActions",
            Self::Certificates => "certificates",
        }
    }

    /// Compiles an entry that is wanted.
    pub(super) fn compile(
        self,
        index: usize,
        raw: &RawValue,
        filter: RuleFilter<'_>,
    ) -> Result<Option<Rule>, SettingsIssue> {
        if is_blank(raw) || !filter.may_include(raw) {
            return Ok(None);
        }
        let entry: Box<dyn Entry> = match self {
            Self::PublicKeys => Box::new(value::read::<PublicKeys>(raw)?),
            Self::KeylessIdentities => Box::new(value::read::<KeylessIdentities>(raw)?),
            Self::KeylessPrefixes => Box::new(value::read::<KeylessPrefixes>(raw)?),
            Self::GithubActions => Box::new(value::read::<GithubActions>(raw)?),
            Self::Certificates => Box::new(value::read::<Certificates>(raw)?),
        };
        compile(Place::entry(self.key(), index), entry, filter)
    }
}

/// Whether nobody filled in the entry: choices say how signers are taken, and name none.
pub(super) fn is_blank(raw: &RawValue) -> bool {
    let says_nothing = |key: &str, value: &RawValue| {
        matches!(key, "require" | "enforcement" | "requireRekorBundle") || is_empty(value)
    };
    members(raw).is_some_and(|all| all.iter().all(|(key, value)| says_nothing(key, value)))
}

/// Whether a value counts as absent: of a list, each of its elements too.
fn is_empty(value: &RawValue) -> bool {
    let all_blank = || {
        crate::json::elements(value)
            .is_some_and(|elements| elements.into_iter().all(value::is_blank))
    };
    value::is_blank(value) || all_blank()
}

fn compile(
    place: Place,
    mut entry: Box<dyn Entry>,
    filter: RuleFilter<'_>,
) -> Result<Option<Rule>, SettingsIssue> {
    let common = entry.take_common();
    let exclude = rule::sparing(common.exclude, "exclude")?;
    let matcher = ImageMatcher::patterns(common.images, exclude).map_err(SettingsIssue::new)?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let annotations = StringMap::or_empty(common.annotations);
    let signers: Vec<Signer> = entry
        .signers()?
        .into_iter()
        .map(|(place, (label, identity))| Signer {
            label,
            place,
            identity,
            annotations: annotations.clone(),
        })
        .collect();
    let trust = match common.require {
        Require::All => Trust::new(signers, None),
        Require::Any => {
            AnyOf::new(1, signers).and_then(|any_of| Trust::new(Vec::new(), Some(any_of)))
        }
    };
    Ok(Some(Rule {
        name: common.name.unwrap_or_else(|| place.to_string()),
        place,
        matcher,
        enforcement: common.enforcement,
        trust: trust.map_err(SettingsIssue::new)?,
    }))
}

fn filled<T, const MAX: usize>(list: Option<FormList<T, MAX>>) -> Vec<T> {
    List::filled(list).into_iter().map(|(_, entry)| entry).collect()
}

/// Each entry of the list of signers, made a signer by `labelled`, which is told its number.
fn each<T>(
    key: &'static str,
    list: Option<FormList<T, MAX_SIGNERS>>,
    labelled: impl Fn(usize, T) -> Result<Labelled, SettingsIssue>,
) -> Result<Placed, SettingsIssue> {
    let entries = List::filled(list);
    if entries.is_empty() {
        let missing = format!("`{key}` is missing: who must have signed?");
        return Err(SettingsIssue::new(missing));
    }
    let compile = |(number, (index, entry))| {
        let place = Place::entry(key, index);
        labelled(number + 1, entry)
            .map(|labelled| (place, labelled))
            .map_err(|issue: SettingsIssue| issue.under(place))
    };
    entries.into_iter().enumerate().map(compile).collect()
}

impl PublicKeys {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        each("keys", self.keys, |number, KeyText(key)| {
            Ok((format!("public key {number}"), Identity::PublicKey(key)))
        })
    }
}

impl KeylessIdentities {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let issuer = self.issuer;
        each("subjects", self.subjects, |_, Literal(subject)| {
            let Literal(issuer) = required(issuer.as_ref(), "issuer")?;
            Ok(signer::keyless(issuer.clone(), subject))
        })
    }
}

impl KeylessPrefixes {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let issuer = self.issuer;
        each("urlPrefixes", self.url_prefixes, |_, prefix| {
            let Literal(issuer) = required(issuer.as_ref(), "issuer")?;
            signer::keyless_prefix(issuer.clone(), &prefix)
        })
    }
}

impl GithubActions {
    /// Without repositories, all of the owner's.
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let Literal(owner) = required(self.owner, "owner")?;
        let repos = List::filled(self.repos);
        if repos.is_empty() {
            return Ok(vec![(Place::default(), signer::github_actions(owner, None)?)]);
        }
        let compile = |(index, Literal(repo))| {
            let place = Place::entry("repos", index);
            let labelled = signer::github_actions(owner.clone(), Some(repo));
            Ok((place, labelled.map_err(|issue| issue.under(place))?))
        };
        repos.into_iter().map(compile).collect()
    }
}

impl Certificates {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let chain = filled(self.certificate_chain);
        each("certificates", self.certificates, |number, pem| {
            let identity =
                signer::certificate_identity(pem, chain.clone(), self.require_rekor_bundle);
            Ok((format!("certificate {number}"), identity))
        })
    }
}
