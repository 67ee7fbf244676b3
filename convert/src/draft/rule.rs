//! A rule as it is put together from a source, and written as one or several.
//!
//! Why several? A rule has one `allOf` and one `anyOf`, and a source may nest its signers.

use yaml_serde::{Mapping, Value};

use super::Enforcement;
use super::said::{Said, Signers};
use crate::attestation::{MAX_REPORTS, Report};
use crate::remark::Remarks;
use crate::signer::{field, texts};
use crate::trust::{Group, Trust};
use crate::yaml::join;

/// A rule in the making.
#[derive(Debug)]
pub(crate) struct DraftRule {
    pub(crate) name: String,
    pub(crate) images: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) enforcement: Enforcement,
    pub(crate) trust: Trust,
    pub(crate) reports: Vec<Report>,
    pub(crate) remarks: Remarks,
}

impl DraftRule {
    pub(super) fn write(mut self, rules: &mut Vec<Value>, said: &mut Said) {
        let groups = self.trust.clone().groups(&mut self.remarks).or_else(|_| {
            self.remarks.stricter(
                "",
                format!(
                    "who must have signed for rule `{}` is nested too deeply to be written down; all of them \
                     must, here",
                    self.name
                ),
            );
            Trust::all(self.trust.clone().signers()).groups(&mut self.remarks)
        });
        for (part, signers) in parts(groups.unwrap_or_default()).into_iter().enumerate() {
            let path = format!("rules[{}]", rules.len());
            let name = match part {
                0 => self.name.clone(),
                part => format!("{} ({})", self.name, part + 1),
            };
            if part == 0 {
                said.remarks(&path, &self.remarks);
            }
            let mut fields =
                Mapping::from_iter([field("name", name), field("images", texts(&self.images))]);
            if !self.exclude.is_empty() {
                fields.extend([field("exclude", texts(&self.exclude))]);
            }
            if self.enforcement == Enforcement::Warn {
                fields.extend([field("enforcement", "warn")]);
            }
            said.trust(&path, &mut fields, signers);
            let reports = self.write_reports(&path, part == 0, said);
            if !reports.is_empty() {
                fields.extend([field("attestations", reports)]);
            }
            rules.push(Value::Mapping(fields));
        }
    }

    /// The reports of a part of the rule: those that name their signers are in its first part, the others in each, as
    /// the signers are its own.
    fn write_reports(&self, rule: &str, is_first: bool, said: &mut Said) -> Vec<Value> {
        let mut entries = Vec::new();
        for report in self.reports.iter().filter(|report| is_first || report.trust.is_none()) {
            let mut remarks = report.remarks.clone();
            let parts = match self.signers_of(report, &mut remarks) {
                Ok(parts) if entries.len() + parts.len() <= MAX_REPORTS => parts,
                left_out => {
                    let too_many = format!("a rule can have {MAX_REPORTS} reports");
                    let why = left_out.err().unwrap_or(&too_many);
                    remarks.less(&report.path, format!("the report is not asked for: {why}"));
                    said.remarks(rule, &remarks);
                    continue;
                }
            };
            for signers in parts {
                let path = join(rule, &format!("attestations[{}]", entries.len()));
                said.remarks(&path, &remarks);
                let mut fields = report.settings();
                said.trust(&path, &mut fields, signers);
                entries.push(Value::Mapping(fields));
            }
        }
        entries
    }

    /// Whose signatures the report needs: an entry for each; why it cannot be asked for.
    fn signers_of(
        &self,
        report: &Report,
        remarks: &mut Remarks,
    ) -> Result<Vec<Signers>, &'static str> {
        let trust = report.trust.as_ref().unwrap_or(&self.trust);
        if trust.has_certificates() {
            return Err("certificates cannot sign reports here: name keys or identities");
        }
        let Some(trust) = &report.trust else { return Ok(vec![(None, None)]) };
        let groups = trust.clone().groups(remarks);
        groups
            .map(parts)
            .map_err(|_| "who must have signed is nested too deeply to be written down")
    }
}

/// As rules and reports have them: `allOf` and one `anyOf`, as often as there are.
fn parts(groups: Vec<Group>) -> Vec<Signers> {
    let (all, any): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(Group::is_all);
    let (mut all, mut any) = (all.into_iter(), any.into_iter());
    let next = || match (all.next(), any.next()) {
        (None, None) => None,
        part => Some(part),
    };
    std::iter::from_fn(next).collect()
}
