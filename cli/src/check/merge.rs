//! The reports of several policies on the same sources, as one.
//!
//! - When is an object not reviewed? When no policy reviews it.
//! - What was read, and how? The same by every policy: the first report says it.

use super::report::{NotReviewed, Report};
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
        for report in reports {
            merged.objects.extend(report.objects);
            merged.hints.extend(report.hints);
            let is_passed_over = |object: &NotReviewed| {
                report.not_reviewed.iter().any(|other| is_same(object, other))
            };
            merged.not_reviewed.retain(is_passed_over);
            for object in &mut merged.not_reviewed {
                let is_holder = |other: &&NotReviewed| is_same(object, other) && other.holds_images;
                object.holds_images |= report.not_reviewed.iter().any(|other| is_holder(&other));
            }
        }
        merged.conclude();
        Some(merged)
    }
}

fn is_same(a: &NotReviewed, b: &NotReviewed) -> bool {
    let place = |object: &NotReviewed| (object.origin.file.clone(), object.origin.line);
    (place(a), &a.group, &a.kind, &a.name) == (place(b), &b.group, &b.kind, &b.name)
}
