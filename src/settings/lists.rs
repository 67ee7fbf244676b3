//! `publicKeys`, `keylessIdentities`, `keylessPrefixes`, `githubActions` and `certificates`: rules of one kind
//! of signer, as flat as forms can write them.
//!
//! *What is such an entry?* A rule like those of `rules`: its signers are its `allOf`, or with `require: any`
//! its `anyOf`.
//!
//! *And one that a form added and nobody filled in?* It names neither images nor signers, whatever it says of
//! how they would be taken; it is no rule. An entry that names some of it is one, and must name the rest.

use super::reader::{Node, Object};
use super::schema::{
    CERTIFICATES, GITHUB_WORKFLOWS, KEYLESS_IDENTITIES, KEYLESS_PREFIXES, PUBLIC_KEYS,
    SIGNERS_NEEDED, Schema,
};
use super::signer::{self, Labelled};
use super::{RuleFilter, SettingsIssue, rule};
use crate::policy::rule::{AnyOf, EmptyTrust, Rule, Trust};
use crate::policy::signer::{Identity, Signer};

/// One of these lists.
#[derive(Debug)]
pub(super) struct List {
    pub(super) key: &'static str,
    entry: &'static Schema,
    /// The key of an entry's signers.
    signers: &'static str,
}

pub(super) static LISTS: [List; 5] = [
    List { key: "publicKeys", entry: &PUBLIC_KEYS, signers: "keys" },
    List { key: "keylessIdentities", entry: &KEYLESS_IDENTITIES, signers: "subjects" },
    List { key: "keylessPrefixes", entry: &KEYLESS_PREFIXES, signers: "urlPrefixes" },
    List { key: "githubActions", entry: &GITHUB_WORKFLOWS, signers: "repos" },
    List { key: "certificates", entry: &CERTIFICATES, signers: "certificates" },
];

impl List {
    /// Whether the settings have an entry here that somebody filled in.
    pub(super) fn is_filled_in(&self, settings: &Object<'_>) -> Result<bool, SettingsIssue> {
        for entry in settings.list(self.key)? {
            if !is_blank(&entry.object(self.entry)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Compiles an entry that is wanted.
    pub(super) fn compile(
        &self,
        node: &Node<'_>,
        filter: RuleFilter<'_>,
    ) -> Result<Option<Rule>, SettingsIssue> {
        if rule::cannot_be_wanted(node, filter) {
            return Ok(None);
        }
        let entry = node.object(self.entry)?;
        if is_blank(&entry) {
            return Ok(None);
        }
        rule::of(&entry, filter, &|| entry.path().to_string(), &|| self.trust(&entry))
    }

    fn trust(&self, entry: &Object<'_>) -> Result<Trust, SettingsIssue> {
        let signers = self.signers(entry)?;
        let empty = |empty: EmptyTrust| entry.issue(&empty.to_string());
        match entry.choice("require", SIGNERS_NEEDED)? {
            Some("any") => AnyOf::new(1, signers)
                .and_then(|any_of| Trust::new(Vec::new(), Some(any_of)))
                .map_err(empty),
            _ => Trust::new(signers, None).map_err(empty),
        }
    }

    fn signers(&self, entry: &Object<'_>) -> Result<Vec<Signer>, SettingsIssue> {
        signer::literals(entry, &["issuer", "owner"])?;
        let nodes = entry.list(self.signers)?;
        if !nodes.is_empty() {
            let annotations = entry.texts("annotations")?;
            return signer::each(&nodes, &annotations, &|number, node| {
                self.labelled(number, node, entry)
            });
        }
        if self.signers != "repos" {
            let missing = format!("`{}` is missing: who must have signed?", self.signers);
            return Err(entry.issue(&missing));
        }
        let (label, identity) = signer::github_actions(entry, None)?;
        let annotations = entry.texts("annotations")?;
        Ok(vec![Signer { label, place: entry.path().clone(), identity, annotations }])
    }

    fn labelled(
        &self,
        number: usize,
        node: &Node<'_>,
        entry: &Object<'_>,
    ) -> Result<Labelled, SettingsIssue> {
        if matches!(self.signers, "subjects" | "repos") {
            signer::literal(node)?;
        }
        let text = node.text()?;
        Ok(match self.signers {
            "keys" => (format!("public key {number}"), Identity::PublicKey(rule::key(node, text)?)),
            "subjects" => signer::keyless(entry.required_text("issuer")?, text),
            "urlPrefixes" => signer::keyless_prefix(entry.required_text("issuer")?, &text, node)?,
            "repos" => signer::github_actions(entry, Some(text))?,
            _ => (format!("certificate {number}"), signer::certificate(text, entry)?),
        })
    }
}

/// Choices and flags say how signers are taken, and name none.
fn is_blank(entry: &Object<'_>) -> bool {
    entry.keys().all(|key| matches!(key, "require" | "enforcement" | "requireRekorBundle"))
}
