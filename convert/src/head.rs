//! What stands on top of a converted policy: all that is otherwise than in its source, the heaviest first.
//!
//! What is said of several places is said once, with the places, and counted.

use super::remark::{Remark, Weight};

/// The text of the comment.
pub(super) fn text(origin: &str, remarks: &[Remark]) -> String {
    let mut lines = vec![format!("Converted from {origin}.")];
    let mut policies: Vec<&str> = Vec::new();
    for remark in remarks {
        if !policies.contains(&remark.policy.as_str()) {
            policies.push(&remark.policy);
        }
    }
    for (title, is_of) in SECTIONS {
        let section: Vec<&Remark> = remarks.iter().filter(|remark| is_of(remark.weight)).collect();
        if section.is_empty() {
            continue;
        }
        lines.extend([String::new(), title.to_owned()]);
        for policy in &policies {
            let of_policy: Vec<&Remark> =
                section.iter().filter(|remark| remark.policy == *policy).copied().collect();
            if policies.len() > 1 && !of_policy.is_empty() {
                lines.push(format!("{policy}:"));
            }
            lines.extend(points(&of_policy));
        }
    }
    lines.join("\n")
}

type Section = (&'static str, fn(Weight) -> bool);

const SECTIONS: [Section; 6] = [
    ("THIS POLICY VERIFIES LESS THAN ITS SOURCE:", |weight| weight == Weight::Less),
    ("THIS POLICY REFUSES WHAT ITS SOURCE ADMITS:", |weight| weight == Weight::Stricter),
    ("THIS MUST BE FILLED IN FIRST:", |weight| weight == Weight::Open),
    ("NO POLICY SERVER CHECKS THIS:", |weight| matches!(weight, Weight::Unchecked(_))),
    ("As the options say:", |weight| weight == Weight::Chosen),
    ("Otherwise than in its source:", |weight| weight == Weight::Note),
];

/// A line for each text.
fn points(remarks: &[&Remark]) -> Vec<String> {
    let mut points: Vec<(&Remark, Vec<String>)> = Vec::new();
    for remark in remarks {
        let place = (!remark.path.is_empty()).then(|| format!("`{}`", remark.path));
        match points.iter_mut().find(|(other, _)| other.text == remark.text) {
            Some((_, places)) => places.extend(place),
            None => points.push((remark, place.into_iter().collect())),
        }
    }
    let line = |(remark, places): (&Remark, Vec<String>)| {
        let allow = match remark.weight {
            Weight::Unchecked(what) => format!(" (--allow {what})"),
            Weight::Less | Weight::Stricter | Weight::Open | Weight::Chosen | Weight::Note => {
                String::new()
            }
        };
        match places.len() {
            0 => format!("- {}{allow}", remark.text),
            1 => format!("- {}: {}{allow}", places.concat(), remark.text),
            count => format!("- {count} times, {}: {}{allow}", places.join(", "), remark.text),
        }
    };
    points.into_iter().map(line).collect()
}
