//! `publicKeys`, `keylessIdentities`, `keylessPrefixes`, `githubActions` and `certificates`: rules of one kind
//! of signer, as flat as forms can write them; and `vulnerabilityScans`, whose signers have signed a scan as well.
//!
//! *What is such an entry?* A rule like those of `rules`: its signers are its `allOf`, or with `require: any`
//! its `anyOf`.
//!
//! *And one that a form added and nobody filled in?* It names neither images nor signers, whatever it says of
//! how they would be taken; it is no rule. An entry that names some of it is one, and must name the rest.

mod entry;
mod scan;
#[cfg(not(target_family = "wasm"))]
mod shape;

#[cfg(not(target_family = "wasm"))]
pub(super) use shape::{
    Certificates, GithubActions, KeylessIdentities, KeylessPrefixes, PublicKeys, VulnerabilityScans,
};

use super::blank::is_blank_entry;
use super::limits::{MAX_ANNOTATIONS, MAX_PATTERNS, MAX_RULES};
use super::list::{FormList, StringMap};
use super::object::Object;
use super::{RuleFilter, SettingsIssue, attestation, rule, value};
use crate::policy::place::Place;
use crate::policy::report::Conditions;
use crate::policy::rule::{AnyOf, Enforcement, Rule, RuleName, Trust};
use crate::policy::signer::Signer;
use entry::{Placed, Require, all};
use serde_json::value::RawValue;

/// The keys that entries of all lists take, and those of one.
macro_rules! keys {
    ($($own:literal),+) => {
        &["name", "images", "exclude", "require", "enforcement", "annotations", $($own),+]
    };
}

/// One of these lists.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListKind {
    PublicKeys,
    KeylessIdentities,
    KeylessPrefixes,
    GithubActions,
    Certificates,
    VulnerabilityScans,
}

impl ListKind {
    /// All of them, in the order in which messages name them.
    pub(super) const ALL: [Self; 6] = [
        Self::PublicKeys,
        Self::KeylessIdentities,
        Self::KeylessPrefixes,
        Self::GithubActions,
        Self::Certificates,
        Self::VulnerabilityScans,
    ];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::PublicKeys => "publicKeys",
            Self::KeylessIdentities => "keylessIdentities",
            Self::KeylessPrefixes => "keylessPrefixes",
            Self::GithubActions => "githubActions",
            Self::Certificates => "certificates",
            Self::VulnerabilityScans => "vulnerabilityScans",
        }
    }

    /// The keys that an entry takes.
    fn entry_keys(self) -> &'static [&'static str] {
        match self {
            Self::PublicKeys => keys!["keys"],
            Self::KeylessIdentities => keys!["issuer", "subjects"],
            Self::KeylessPrefixes => keys!["issuer", "urlPrefixes"],
            Self::GithubActions => keys!["owner", "repos"],
            Self::Certificates => keys!["certificates", "certificateChain", "requireRekorBundle"],
            Self::VulnerabilityScans => {
                keys!["keys", "issuer", "subject", "maxAge", "refuse", "fixedOnly"]
            }
        }
    }

    fn signers(self, entry: &Object<'_>) -> Result<Placed, SettingsIssue> {
        match self {
            Self::PublicKeys => entry::public_keys(entry),
            Self::KeylessIdentities => entry::keyless_identities(entry),
            Self::KeylessPrefixes => entry::keyless_prefixes(entry),
            Self::GithubActions => entry::github_actions(entry),
            Self::Certificates => entry::certificates(entry),
            Self::VulnerabilityScans => scan::signers(entry),
        }
    }

    /// What the scan must say that the same signers have signed; none where none is asked for.
    fn scan(self, entry: &Object<'_>) -> Result<Option<Conditions>, SettingsIssue> {
        match self {
            Self::VulnerabilityScans => scan::conditions(entry).map(Some),
            Self::PublicKeys
            | Self::KeylessIdentities
            | Self::KeylessPrefixes
            | Self::GithubActions
            | Self::Certificates => Ok(None),
        }
    }

    /// The entries of the list that somebody filled in, with their positions.
    pub(super) fn entries(
        self,
        list: Option<&RawValue>,
    ) -> Result<Vec<(usize, &RawValue)>, SettingsIssue> {
        let list = list.map(value::read::<FormList<&RawValue, MAX_RULES>>).transpose();
        list.map(FormList::filled).map_err(|issue| issue.under(self.key()))
    }

    /// Compiles an entry that is wanted.
    pub(super) fn compile(
        self,
        index: usize,
        raw: &RawValue,
        filter: RuleFilter<'_>,
    ) -> Result<Option<Rule>, SettingsIssue> {
        if !filter.may_include(raw) {
            return Ok(None);
        }
        let entry = Object::of_form(raw, self.entry_keys())?;
        if is_blank_entry(raw) {
            // What forms preset is nobody's choice, but one of the choices.
            entry.get("require", value::read::<Require>)?;
            entry.get("enforcement", value::read::<Enforcement>)?;
            return Ok(None);
        }
        compile(self, Place::entry(self.key(), index), &entry, filter)
    }

    /// Whether somebody filled in the entry.
    pub(super) fn is_filled_in(self, raw: &RawValue) -> Result<bool, SettingsIssue> {
        Object::of_form(raw, self.entry_keys()).map(|_| !is_blank_entry(raw))
    }
}

fn compile(
    list: ListKind,
    place: Place,
    entry: &Object<'_>,
    filter: RuleFilter<'_>,
) -> Result<Option<Rule>, SettingsIssue> {
    let images = all::<_, MAX_PATTERNS>(entry, "images")?;
    let matcher = rule::matcher(images, all::<_, MAX_PATTERNS>(entry, "exclude")?)?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let scan = list.scan(entry)?;
    let placed = list.signers(entry)?;
    let annotations =
        StringMap::or_empty(entry.get("annotations", value::read::<StringMap<MAX_ANNOTATIONS>>)?);
    let signers: Vec<Signer> = placed
        .into_iter()
        .map(|(place, (label, identity))| Signer {
            label,
            place,
            identity,
            annotations: annotations.clone(),
        })
        .collect();
    let trust = match entry.get("require", value::read)?.unwrap_or(Require::All) {
        Require::All => Trust::new(signers, None),
        Require::Any => {
            AnyOf::new(1, signers).and_then(|any_of| Trust::new(Vec::new(), Some(any_of)))
        }
    };
    let trust = trust.map_err(SettingsIssue::new)?;
    let enforcement = entry.get("enforcement", value::read)?;
    Ok(Some(Rule {
        name: entry
            .get("name", value::read)?
            .map_or_else(|| RuleName::Default(place.to_string()), RuleName::Given),
        place,
        matcher,
        enforcement: enforcement.unwrap_or(Enforcement::Reject),
        requirements: scan.map(|asked| attestation::of_scan(asked, &trust)).unwrap_or_default(),
        trust,
    }))
}
