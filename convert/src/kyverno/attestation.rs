//! `attestations` of Kyverno: signed reports, by whom, and what they must say.
//!
//! - What of an entry that names no `attestors` itself? There, only its attestations are looked at; here, whoever must have
//!   signed those must have signed the image.
//! - What of an attestation that names none? There, any keyless signature is enough.
//! - Of several keys in one text? The first counts, and nested attestors do not, other than for images.
//! - Which attestations of a type? There, every one must be enough.
//!
//! Source: `verifyAttestations` in `pkg/engine/internal/imageverifier.go` and `FetchAttestations` in
//! `pkg/image/verifiers/cpol/cosign/verifier.go` of kyverno/kyverno.

use super::attestor::{self, Around, Format, Signed};
use super::condition;
use super::types::Attestation;
use crate::attestation::Report;
use crate::read::{Fault, nth};
use crate::remark::Remarks;
use crate::signer::{Identity, Signer};
use crate::trust::Trust;
use crate::yaml::join;

/// What the attestations of an entry come to.
pub(super) struct Attestations {
    pub(super) reports: Vec<Report>,
    /// Who must have signed the image on their account.
    pub(super) signers: Vec<Trust>,
}

/// Reads them; `own` are those who must have signed the image anyway, `path` is that of the entry.
pub(super) fn read(
    attestations: &[Attestation],
    own: &[Trust],
    path: &str,
    around: &Around,
    remarks: &mut Remarks,
) -> Result<Attestations, Fault> {
    let around = Around { signed: Signed::Report, ..around.clone() };
    let mut all = Attestations { reports: Vec::new(), signers: Vec::new() };
    let mut by_anybody = Vec::new();
    for (index, attestation) in attestations.iter().enumerate() {
        let path = nth(&join(path, "attestations"), index);
        let at = join(&path, "attestors");
        let signers = attestor::sets(&attestation.attestors, &at, &around, remarks)?;
        let report = report(attestation, &path, &around, remarks);
        if !signers.is_empty() && (own.is_empty() || report.is_none()) {
            let text = "whoever must have signed the attestation must have signed the image, here";
            remarks.stricter(&at, text);
            all.signers.extend(signers.clone());
        }
        let Some(mut report) = report else { continue };
        if signers.is_empty() {
            by_anybody.push(all.reports.len());
        } else if !own.is_empty() || attestations.len() > 1 {
            report.trust = Some(Trust::all(signers));
        }
        all.reports.push(report);
    }
    let is_no_identity = |signer: &Signer| !matches!(signer.identity, Identity::Keyless { .. });
    let takes_keys = own.iter().chain(&all.signers).any(|trust| trust.has(&is_no_identity));
    for index in by_anybody {
        if let Some(report) = all.reports.get_mut(index) {
            remark_on_anybody(report, takes_keys);
        }
    }
    Ok(all)
}

/// None, if no report can be asked for.
fn report(
    attestation: &Attestation,
    path: &str,
    around: &Around,
    remarks: &mut Remarks,
) -> Option<Report> {
    let uri = attestation.r#type.as_deref().or(attestation.predicate_type.as_deref());
    let report = match around.format {
        Format::Cosign => uri.and_then(|uri| Report::of_uri(uri, path)),
        Format::Notary => None,
    };
    let Some(mut report) = report else {
        let and = if attestation.conditions.is_empty() { "" } else { " and conditions on them" };
        let uri = uri.unwrap_or("of no type");
        remarks.less(path, format!("attestations (`{uri}`){and} are not checked"));
        return None;
    };
    for (index, conditions) in attestation.conditions.iter().enumerate() {
        let path = nth(&join(path, "conditions"), index);
        for (path, claim) in condition::claims(conditions, &path, &around.variables) {
            report.add(claim, &path);
        }
    }
    if !attestation.conditions.is_empty() {
        let text = "there, all attestations of the type must satisfy the conditions; here, it is the one report of the type";
        report.remarks.note(path, text);
    }
    Some(report)
}

/// The report needs the signatures of the rule's own signers, who may be such as do not count there.
fn remark_on_anybody(report: &mut Report, takes_keys: bool) {
    let text = "names no attestors: there, any keyless signature is enough; here, those who must have signed the image \
                must have signed the report";
    report.remarks.stricter(&report.path, text);
    if takes_keys {
        report.remarks.less(&report.path, "a signature by a key is not enough there, and is here");
    }
}
