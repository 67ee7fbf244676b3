//! `attestations` of an authority: signed reports, each by the authority, and the policies on what they say.

use super::types::{Attestation, Policy};
use super::{cue, rego};
use crate::attestation::Report;
use crate::attestation::claim::Claim;
use crate::read::nth;
use crate::remark::Remarks;
use crate::yaml::join;

/// Reads them; `path` is that of the authority. One of several authorities is enough there, and a rule asks for all of its
/// reports, so they are told.
pub(super) fn read(
    attestations: &[Attestation],
    is_only: bool,
    path: &str,
    remarks: &mut Remarks,
) -> Vec<Report> {
    let at = join(path, "attestations");
    let mut reports = Vec::new();
    for (index, attestation) in attestations.iter().enumerate() {
        let path = nth(&at, index);
        let kind = attestation.predicate_type.as_deref().unwrap_or("of no type");
        let report = if is_only { Report::of_type(kind, &path) } else { None };
        let Some(mut report) = report else {
            let and = if attestation.policy.is_some() { " and the policy on them" } else { "" };
            let text =
                format!("attestations (`{kind}`){and} are not checked; the image's signature is");
            remarks.less(&path, text);
            continue;
        };
        if let Some(policy) = &attestation.policy {
            let path = join(&path, "policy");
            match claims(policy, report.uri()) {
                Ok(claims) => claims.into_iter().for_each(|claim| report.add(Ok(claim), &path)),
                Err(why) => report.add(Err(why), &path),
            }
        }
        reports.push(report);
    }
    if !attestations.is_empty() {
        remarks.stricter(
            &at,
            "are enough there; here, their signer must have signed the image as well",
        );
    }
    reports
}

/// All that the policy asks of statements of that type, or why that cannot be said.
fn claims(policy: &Policy, uri: &str) -> Result<Vec<Claim>, String> {
    let Some(data) = &policy.data else { return Err("is kept elsewhere".to_owned()) };
    match policy.r#type.as_deref() {
        Some("cue") => cue::claims(data, uri),
        Some("rego") => rego::claims(data, uri),
        _ => Err("is of a language that is not known here".to_owned()),
    }
}
