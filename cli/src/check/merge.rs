//! The reports of several policies on the same sources, as one.
//!
//! - When is an object not reviewed? When no policy reviews it.
//! - What was read, and how? The same by every policy: the first report says it.

use std::collections::HashMap;

use super::report::{NotReviewed, Report};
use super::writer::NO_MATCH;
use crate::legible;

impl Report {
    /// The reports of policies, each with the policy's name. None without any.
    #[must_use]
    pub fn merge(reports: Vec<(String, Self)>) -> Option<Self> {
        if let [(_, _)] = reports.as_slice() {
            return reports.into_iter().next().map(|(_, report)| report);
        }
        let mut reports = reports.into_iter().map(|(policy, mut report)| {
            let policy = legible::line(&policy);
            report.objects.iter_mut().for_each(|object| object.policy = Some(policy.clone()));
            report
        });
        let mut merged = reports.next()?;
        for mut report in reports {
            merged.objects.append(&mut report.objects);
            // What one policy has no rule for, another may.
            if !(merged.hints.contains(NO_MATCH) && report.hints.contains(NO_MATCH)) {
                merged.hints.remove(NO_MATCH);
                report.hints.remove(NO_MATCH);
            }
            merged.hints.append(&mut report.hints);
            let mut passed_over: HashMap<_, bool> = HashMap::new();
            for other in &report.not_reviewed {
                *passed_over.entry(identity(other)).or_default() |= other.holds_images;
            }
            merged.not_reviewed.retain(|object| passed_over.contains_key(&identity(object)));
            for object in &mut merged.not_reviewed {
                object.holds_images |= passed_over.get(&identity(object)) == Some(&true);
            }
        }
        merged.conclude();
        Some(merged)
    }
}

type Identity = (Option<String>, Option<usize>, String, String, Option<String>);

fn identity(of: &NotReviewed) -> Identity {
    let NotReviewed { origin, group, kind, name, .. } = of;
    (origin.file.clone(), origin.line, group.clone(), kind.clone(), name.clone())
}
