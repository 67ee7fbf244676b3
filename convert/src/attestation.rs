//! Signed reports that a source asks for → entries of `attestations`.
//!
//! - What is converted? A type, whose signatures it needs, and each condition on its content that can be said here
//!   with no other meaning ([`claim`]). What cannot is told at its place, and not checked.
//! - Whose signatures, if the source names nobody? Those of the rule's own signers.
//! - Where are reports? In a form of this project's own, so the images of every converted policy with reports are refused
//!   until theirs are published ([`PUBLISH`]).

pub(super) mod claim;

use signed_images_policy::attestation::time_at;
use signed_images_policy::policy::predicate_type::{Format, PredicateType};
use yaml_serde::{Mapping, Value};

use self::claim::{Claim, Test};
use super::remark::Remarks;
use super::signer::{field, mapping, texts};
use super::trust::Trust;

/// More reports a rule cannot ask for, nor more fields a report (`src/settings/limits.rs`).
pub(super) const MAX_REPORTS: usize = 4;
const MAX_FIELDS: usize = 16;

/// Said once of a policy that asks for reports.
pub(super) const PUBLISH: &str = "attestations are read in the form of this project: publish them with `signed-images attest` first \
     (`--from-cosign` takes those of `cosign attest`). An image has one report of a type. A report is refused when its \
     time is missing or more than five minutes ahead";

/// Types as cosign wrote them before version 2, and what it calls them (`pkg/cosign/attestation/attestation.go` of
/// sigstore/cosign).
const OLD_TYPES: [(&str, &str); 2] = [
    ("cosign.sigstore.dev/attestation/vuln/v1", "vuln"),
    ("cosign.sigstore.dev/attestation/v1", "custom"),
];

/// A report in the making.
#[derive(Debug, Clone)]
pub(super) struct Report {
    predicate_type: PredicateType,
    /// Where the source asks for it.
    pub(super) path: String,
    /// Whose signatures it needs, if not those of the rule's own signers.
    pub(super) trust: Option<Trust>,
    pub(super) remarks: Remarks,
    max_age: Option<u64>,
    time_at: Option<String>,
    severities: Vec<String>,
    builders: Vec<String>,
    fields: Vec<Value>,
}

impl Report {
    /// A report of the type that has this URI; none, if no report here can have it.
    pub(super) fn of_uri(uri: &str, path: &str) -> Option<Self> {
        let mut remarks = Remarks::default();
        let old = OLD_TYPES.iter().find(|(old, _)| *old == uri).map(|(_, name)| *name);
        if let Some(name) = old {
            let text = format!(
                "`{uri}` is what cosign wrote before version 2; reports have the type `{name}`"
            );
            remarks.note(path, text);
        }
        let text = old.or_else(|| uri.contains("://").then_some(uri))?;
        Some(Self::new(PredicateType::parse(text).ok()?, path, remarks))
    }

    /// The same, of a type that may have cosign's short name for it.
    pub(super) fn of_type(name: &str, path: &str) -> Option<Self> {
        let parsed = PredicateType::parse(name).ok();
        let short = || parsed.map(|short| Self::new(short, path, Remarks::default()));
        Self::of_uri(name, path).or_else(short)
    }

    /// The URI of its type.
    pub(super) fn uri(&self) -> &str {
        self.predicate_type.uri()
    }

    fn new(predicate_type: PredicateType, path: &str, remarks: Remarks) -> Self {
        Self {
            predicate_type,
            path: path.to_owned(),
            trust: None,
            remarks,
            max_age: None,
            time_at: None,
            severities: Vec::new(),
            builders: Vec::new(),
            fields: Vec::new(),
        }
    }

    pub(super) fn format(&self) -> Format {
        self.predicate_type.format()
    }

    /// Asks for this as well, or tells that it cannot; `path` is where the source does.
    pub(super) fn add(&mut self, claim: Result<Claim, String>, path: &str) {
        if let Err(why) = claim.and_then(|claim| self.take(claim, path)) {
            self.remarks.less(path, format!("{why}, and is not checked"));
        }
    }

    fn take(&mut self, claim: Claim, path: &str) -> Result<(), String> {
        for text in &claim.stricter {
            self.remarks.stricter(path, *text);
        }
        for text in &claim.less {
            self.remarks.less(path, *text);
        }
        match claim.test {
            Test::NoOlderThan(hours) => self.take_age(&claim.at, hours),
            Test::NoFindingOf(severities) if self.format() == Format::Vulnerabilities => {
                self.severities.extend(severities);
                let text = "findings of unknown severity are refused as well, and reports that do not name their scanner";
                self.remarks.stricter(path, text);
                Ok(())
            }
            Test::NoFindingOf(_) => Err("reads findings in a report that is no scan".to_owned()),
            test => self.take_field(&claim.at, &test, path),
        }
    }

    fn take_age(&mut self, at: &str, hours: u64) -> Result<(), String> {
        let own = time_at(self.format());
        let is_other =
            own.map_or(self.time_at.as_deref().is_some_and(|known| known != at), |own| own != at);
        if is_other {
            let known = own.or(self.time_at.as_deref()).unwrap_or_default();
            return Err(format!(
                "reads the time at `{at}`; reports of this type are as old as `{known}` says"
            ));
        }
        if own.is_none() {
            self.time_at = Some(at.to_owned());
        }
        self.max_age = Some(self.max_age.map_or(hours, |known| known.min(hours)));
        Ok(())
    }

    fn take_field(&mut self, at: &str, test: &Test, path: &str) -> Result<(), String> {
        if is_builder(self.format(), at)
            && self.builders.is_empty()
            && let Some(builders) = test.builders()
        {
            self.builders = builders;
            return Ok(());
        }
        if self.fields.len() == MAX_FIELDS {
            return Err(format!("is one field more than the {MAX_FIELDS} that can be asked for"));
        }
        if is_reduced(self.format()) {
            let why = format!(
                "publish the report with `--keep {at}`: else this field is left out, and the image refused"
            );
            self.remarks.stricter(path, why);
        }
        let (key, value) = test.setting();
        self.fields.push(mapping([field("at", at), field(key, value)]));
        Ok(())
    }

    /// What settings have besides its signers.
    pub(super) fn settings(&self) -> Mapping {
        let mut fields = Mapping::from_iter([field("type", self.predicate_type.to_string())]);
        let age = self.max_age.map(age);
        let age = age
            .or_else(|| (self.format() == Format::Vulnerabilities).then(|| "unlimited".to_owned()));
        fields.extend(age.map(|age| field("maxAge", age)));
        fields.extend(self.time_at.as_deref().map(|at| field("timeAt", at)));
        if !self.severities.is_empty() {
            let refuse = mapping([field("refuse", texts(&self.severities))]);
            fields.extend([field("vulnerabilities", refuse)]);
        }
        if !self.builders.is_empty() {
            fields.extend([field("builder", texts(&self.builders))]);
        }
        if !self.fields.is_empty() {
            fields.extend([field("fields", self.fields.clone())]);
        }
        fields
    }
}

/// Where SLSA's provenance names who built the image.
fn is_builder(format: Format, at: &str) -> bool {
    match format {
        Format::Provenance02 => at == "/builder/id",
        Format::Provenance1 => at == "/runDetails/builder/id",
        Format::Vulnerabilities | Format::CycloneDx | Format::Spdx | Format::Other => false,
    }
}

/// Whether `signed-images attest` leaves out what no condition of the type reads.
fn is_reduced(format: Format) -> bool {
    match format {
        Format::Vulnerabilities | Format::CycloneDx | Format::Spdx => true,
        Format::Provenance02 | Format::Provenance1 | Format::Other => false,
    }
}

fn age(hours: u64) -> String {
    if hours.is_multiple_of(24) { format!("{}d", hours / 24) } else { format!("{hours}h") }
}
