//! `attestations`, and what expressions ask of them: signed reports.
//!
//! What of one that is read, and whose signatures no expression verifies? There, that is an error, and refuses every image.

use super::types::Attestation;
use crate::attestation::Report;
use crate::attestation::claim::Claim;
use crate::remark::Remarks;
use crate::trust::Trust;

/// What expressions ask of attestations: the name of one, what is asked, and where.
#[derive(Default)]
pub(super) struct Attested {
    pub(super) signed: Vec<(String, Trust, String)>,
    pub(super) says: Vec<(String, Result<Claim, String>, String)>,
}

impl Attested {
    /// A report for each attestation whose signatures are verified.
    pub(super) fn reports(self, known: &[Attestation], remarks: &mut Remarks) -> Vec<Report> {
        let mut reports: Vec<(String, Report)> = Vec::new();
        for (name, trust, path) in self.signed {
            if let Some((_, report)) = reports.iter_mut().find(|(other, _)| *other == name) {
                let others = report.trust.take();
                report.trust = Some(Trust::all(others.into_iter().chain([trust]).collect()));
                continue;
            }
            match report(&name, known, &path) {
                Some(mut report) => {
                    report.trust = Some(trust);
                    reports.push((name, report));
                }
                None => remarks.less(&path, "attestations of this kind are not checked"),
            }
        }
        for (name, claim, path) in self.says {
            match reports.iter_mut().find(|(other, _)| *other == name) {
                Some((_, report)) => report.add(claim, &path),
                None => remarks.less(&path, "reads an attestation that is not checked"),
            }
        }
        reports.into_iter().map(|(_, report)| report).collect()
    }
}

/// None, if no report can be asked for: those of Notary are not read here.
fn report(name: &str, known: &[Attestation], path: &str) -> Option<Report> {
    let attestation = known.iter().find(|attestation| attestation.name == name)?;
    let intoto = attestation.intoto.as_ref().filter(|_| attestation.referrer.is_none())?;
    Report::of_type(&intoto.r#type, path)
}
