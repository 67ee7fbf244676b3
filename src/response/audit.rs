//! The audit annotations of an answer: which image was verified by what rule and signer, with its digest,
//! and which were not, and why not.
//!
//! *How is an entry read?* `IMAGE@DIGEST (RULE: SIGNERS; …)` of what was verified, `IMAGE (RULE: CODE)` of what was not:
//! the image as it is written, and a reason's code ([`Reason::code`]) last. `IMAGE (RULE: REPORT@DIGEST, AGE, COUNTS; …)` of
//! the reports that let it in.
//!
//! [`Reason::code`]: crate::verify::outcome::Reason::code

use super::outcome::Outcome;
use crate::policy::plan::UnmatchedImages;
use crate::sorted_map::SortedMap;
use crate::text::clip;
use crate::verify::outcome::{Approval, Refusal, ReportSeen};
use crate::workload::found::{Found, FoundImage};
use std::fmt::Write as _;

/// The longest annotation, in bytes: it is kept with every event of the audit log.
const MAX_ANNOTATION: usize = 4096;

/// The code of an image that no rule matches, where such images are rejected.
pub(super) const UNMATCHED: &str = "unmatched";

/// One annotation for each way that images went, each image once, in the order of the object; sorted by their keys.
pub(crate) fn annotations(found: &Found<'_>, outcomes: &[Outcome]) -> Vec<(&'static str, String)> {
    let mut told = SortedMap::default();
    let mut annotations: Vec<(&'static str, String)> = Vec::new();
    for (image, outcome) in found.images.iter().zip(outcomes) {
        for (key, entry) in entries_of(image, outcome) {
            if !told.insert((key, entry.clone()), ()) {
                continue;
            }
            let known = annotations.iter_mut().find(|(known, _)| *known == key);
            if let Some((_, annotation)) = known {
                annotation.extend(["; ", &entry]);
            } else {
                let at = annotations.partition_point(|(known, _)| *known < key);
                annotations.insert(at, (key, entry));
            }
        }
    }
    for (_, annotation) in &mut annotations {
        *annotation = clip(annotation, MAX_ANNOTATION);
    }
    annotations
}

fn entries_of(image: &FoundImage<'_>, outcome: &Outcome) -> Vec<(&'static str, String)> {
    let name = image.text().unwrap_or_default().into_owned();
    let by_rule =
        |refusal: &Refusal| format!("{name} ({}: {})", refusal.rule, refusal.reason.code());
    let warned = |refusals: &[Refusal]| -> Vec<(&'static str, String)> {
        refusals.iter().map(|refusal| ("warned", by_rule(refusal))).collect()
    };
    match outcome {
        Outcome::Verified { image, pinned, approvals, warned: refusals, .. } => {
            let digest = match image.digest() {
                Some(_) => String::new(),
                None => format!("@{}", pinned.digest()),
            };
            let mut entries =
                vec![("verified", format!("{name}{digest} ({})", approved_by(approvals)))];
            entries.extend(approvals.iter().filter_map(|approval| {
                let reports = reports_of(approval)?;
                Some(("reports", format!("{name} ({}: {reports})", approval.rule)))
            }));
            entries.extend(warned(refusals));
            entries
        }
        Outcome::Tolerated(refusals, _) => warned(refusals),
        Outcome::Refused(refusal) => vec![("rejected", by_rule(refusal))],
        Outcome::Invalid(_) => vec![("invalid", image.path())],
        Outcome::Exempt => vec![("exempt", name)],
        Outcome::Unmatched(UnmatchedImages::Reject) => {
            vec![("rejected", format!("{name} ({UNMATCHED})"))]
        }
        Outcome::Unmatched(UnmatchedImages::Accept | UnmatchedImages::Warn) => {
            vec![(UNMATCHED, name)]
        }
        Outcome::Unchanged => vec![("unchanged", name)],
        Outcome::KeepPin(kept) => vec![("unchanged", kept.clone())],
        Outcome::NotLookedAt => vec![("not-looked-at", name)],
    }
}

/// `vuln@sha256:…, 2 days old, 3 HIGH`; none where the rule asks for none.
fn reports_of(approval: &Approval) -> Option<String> {
    let report = |ReportSeen { name, digest, summary }: &ReportSeen| {
        let mut text = format!("{name}@{digest}");
        if let Some(age) = &summary.age {
            text.extend([", ", age, " old"]);
        }
        if let Some(counts) = &summary.findings {
            let _ = write!(text, ", {counts}");
        }
        text
    };
    let reports: Vec<String> = approval.reports.iter().map(report).collect();
    (!reports.is_empty()).then(|| reports.join("; "))
}

fn approved_by(approvals: &[Approval]) -> String {
    let mut line = String::new();
    for approval in approvals {
        if !line.is_empty() {
            line.push_str("; ");
        }
        line.push_str(&approval.rule);
        line.push_str(": ");
        line.push_str(&approval.signers.join(", "));
    }
    line
}
