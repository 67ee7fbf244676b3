//! The audit annotations of an answer: which image was verified by what rule and signer, with its digest,
//! and which were not, and why not.

use super::message::list;
use super::outcome::Outcome;
use crate::policy::plan::UnmatchedImages;
use crate::sorted_map::SortedMap;
use crate::text::clip;
use crate::verify::outcome::{Approval, Refusal};
use crate::workload::found::{Found, FoundImage};
use std::collections::BTreeMap;

/// The longest annotation, in bytes: it is kept with every event of the audit log.
const MAX_ANNOTATION: usize = 4096;

const KEYS: [&str; 7] =
    ["verified", "refused", "warned", "invalid", "exempt", "unmatched", "unchanged"];

/// One annotation for each way that images went, each image once.
pub(crate) fn annotations(
    found: &Found<'_>,
    outcomes: &[Outcome],
) -> BTreeMap<&'static str, String> {
    let mut entries: Vec<(&'static str, String)> = Vec::new();
    let mut known = SortedMap::default();
    for (image, outcome) in found.images.iter().zip(outcomes) {
        entries.extend(
            entries_of(image, outcome).into_iter().filter(|entry| known.insert(entry.clone(), ())),
        );
    }
    let mut annotations = BTreeMap::new();
    for key in KEYS {
        let of_key: Vec<&str> =
            entries.iter().filter(|(of, _)| *of == key).map(|(_, entry)| entry.as_str()).collect();
        if !of_key.is_empty() {
            annotations.insert(key, clip(&of_key.join("; "), MAX_ANNOTATION));
        }
    }
    annotations
}

fn entries_of(image: &FoundImage<'_>, outcome: &Outcome) -> Vec<(&'static str, String)> {
    let name = image.text().unwrap_or_default().into_owned();
    let by_rule = |refusal: &Refusal| format!("{name} ({})", refusal.rule);
    match outcome {
        Outcome::Verified { image, pinned, approvals, warned, .. } => {
            let entry = [&image.at(pinned.digest()), " (", &approved_by(approvals), ")"].concat();
            let mut entries = vec![("verified", entry)];
            entries.extend(warned.iter().map(|refusal| ("warned", by_rule(refusal))));
            entries
        }
        Outcome::Tolerated(warned, _) => {
            warned.iter().map(|refusal| ("warned", by_rule(refusal))).collect()
        }
        Outcome::Refused(refusal) => vec![("refused", by_rule(refusal))],
        Outcome::Invalid(_) => vec![("invalid", image.path())],
        Outcome::Exempt => vec![("exempt", name)],
        Outcome::Unmatched(UnmatchedImages::Reject) => vec![("refused", name)],
        Outcome::Unmatched(UnmatchedImages::Accept | UnmatchedImages::Warn) => {
            vec![("unmatched", name)]
        }
        Outcome::Unchanged => vec![("unchanged", name)],
        Outcome::KeepPin(kept) => vec![("unchanged", kept.clone())],
    }
}

fn approved_by(approvals: &[Approval]) -> String {
    let mut line = String::new();
    for approval in approvals {
        if !line.is_empty() {
            line.push_str("; ");
        }
        line.push_str(&approval.rule);
        line.push_str(": ");
        line.push_str(&list(&approval.signers));
    }
    line
}
