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

pub(super) use entry::{
    Certificates, GithubActions, KeylessIdentities, KeylessPrefixes, PublicKeys,
};
pub(super) use scan::VulnerabilityScans;

use super::blank::is_blank_entry;
use super::lazy::Lazy;
use super::limits::MAX_RULES;
use super::list::{FormList, StringMap};
use super::{RuleFilter, SettingsIssue, attestation, rule, value};
use crate::policy::place::Place;
use crate::policy::rule::{AnyOf, Enforcement, Rule, RuleName, Trust};
use crate::policy::signer::Signer;
use entry::{Entry, Require, filled};
use serde_json::value::RawValue;

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
        let entry = self.read(raw)?;
        if is_blank_entry(raw) {
            // What forms preset is nobody's choice, but one of the choices.
            Lazy::read_at("require", entry.common().require)?;
            Lazy::read_at("enforcement", entry.common().enforcement)?;
            return Ok(None);
        }
        compile(Place::entry(self.key(), index), entry, filter)
    }

    /// Whether somebody filled in the entry.
    pub(super) fn is_filled_in(self, raw: &RawValue) -> Result<bool, SettingsIssue> {
        self.read(raw).map(|_| !is_blank_entry(raw))
    }

    fn read<'s>(self, raw: &'s RawValue) -> Result<Box<dyn Entry<'s> + 's>, SettingsIssue> {
        Ok(match self {
            Self::PublicKeys => Box::new(value::read::<PublicKeys<'_>>(raw)?),
            Self::KeylessIdentities => Box::new(value::read::<KeylessIdentities<'_>>(raw)?),
            Self::KeylessPrefixes => Box::new(value::read::<KeylessPrefixes<'_>>(raw)?),
            Self::GithubActions => Box::new(value::read::<GithubActions<'_>>(raw)?),
            Self::Certificates => Box::new(value::read::<Certificates<'_>>(raw)?),
            Self::VulnerabilityScans => Box::new(value::read::<VulnerabilityScans<'_>>(raw)?),
        })
    }
}

fn compile<'s>(
    place: Place,
    entry: Box<dyn Entry<'s> + 's>,
    filter: RuleFilter<'_>,
) -> Result<Option<Rule>, SettingsIssue> {
    let common = entry.common();
    let images = filled(Lazy::read_at("images", common.images)?);
    let matcher = rule::matcher(images, filled(Lazy::read_at("exclude", common.exclude)?))?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let scan = entry.scan()?;
    let placed = entry.signers()?;
    let annotations = StringMap::or_empty(Lazy::read_at("annotations", common.annotations)?);
    let signers: Vec<Signer> = placed
        .into_iter()
        .map(|(place, (label, identity))| Signer {
            label,
            place,
            identity,
            annotations: annotations.clone(),
        })
        .collect();
    let trust = match Lazy::read_at("require", common.require)?.unwrap_or(Require::All) {
        Require::All => Trust::new(signers, None),
        Require::Any => {
            AnyOf::new(1, signers).and_then(|any_of| Trust::new(Vec::new(), Some(any_of)))
        }
    };
    let trust = trust.map_err(SettingsIssue::new)?;
    let enforcement = Lazy::read_at("enforcement", common.enforcement)?;
    Ok(Some(Rule {
        name: Lazy::read_at("name", common.name)?
            .map_or_else(|| RuleName::Default(place.to_string()), RuleName::Given),
        place,
        matcher,
        enforcement: enforcement.unwrap_or(Enforcement::Reject),
        requirements: scan.map(|asked| attestation::of_scan(asked, &trust)).unwrap_or_default(),
        trust,
    }))
}
