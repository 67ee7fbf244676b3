//! What the module says about one image, asked about it alone.
//!
//! - Why alone? The answer about an object is bounded (4 KiB, however many images are refused) and speaks of
//!   all its images in one text. So the module is asked about each image in a Pod of its own as well, and
//!   this reads an answer that speaks of nothing else. Questions to registries are shared, so that it costs
//!   none.
//! - What is read? The audit annotations (`verified`, `refused`, …: `src/audit.rs`) and the one line of the
//!   message. What is not understood is shown as it came; whether an object is let in never depends on it.

use serde::Serialize;

use crate::answer::Answer;

/// What became of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The policy does not let it in.
    Rejected,
    /// It is not let in because it could not be checked.
    Unchecked,
    /// It is let in with a warning.
    Warned,
    /// It satisfies its rules.
    Verified,
    /// The settings exempt it.
    Exempt,
    /// No rule selects it, and such images are accepted.
    Unmatched,
    /// The stored object holds it already.
    Unchanged,
}

impl Verdict {
    /// Whether the image keeps an object out.
    #[must_use]
    pub fn fails(self) -> bool {
        matches!(self, Self::Rejected | Self::Unchecked)
    }

    /// As reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Unchecked => "not checked",
            Self::Warned => "warned",
            Self::Verified => "verified",
            Self::Exempt => "exempt",
            Self::Unmatched => "no rule",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A rule that an image satisfies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Its name.
    pub rule: String,
    /// Who signed.
    pub signers: String,
}

/// The answer about one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageAnswer {
    pub(super) verdict: Verdict,
    pub(super) digest: Option<String>,
    pub(super) approvals: Vec<Approval>,
    /// The rule that it does not satisfy.
    pub(super) rule: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) hints: Vec<String>,
}

/// How the module begins what it says of the image of such a Pod.
const PLACE: &str = "spec.containers[0].image (`image`)";
const UNCHECKED: &str = "could not be checked";
/// A key that could not be had says nothing of the image.
const UNUSABLE: &str = " cannot be used: ";
const HINT: &str = "hint: ";

/// Reads the answer about the Pod that holds `image` alone. `rules` are the names of the policy's rules.
pub(super) fn read(answer: &Answer, image: &str, rules: &[&str]) -> ImageAnswer {
    let (digest, approvals) = match annotation(answer, "verified").and_then(split_note) {
        Some((pinned, notes)) => {
            (pinned.rsplit_once('@').map(|(_, digest)| digest.to_owned()), approvals(notes, rules))
        }
        None => (None, Vec::new()),
    };
    let rule = annotation(answer, "refused").or_else(|| annotation(answer, "warned"));
    let rule = rule.and_then(split_note).map(|(_, rule)| rule.to_owned());
    let (reason, hints) = match &answer.status {
        Some(status) if !answer.allowed => {
            reason(status.message.as_deref().unwrap_or_default(), image, rule.as_deref())
        }
        _ => (warnings(answer, image), Vec::new()),
    };
    let verdict = verdict(answer, reason.as_deref());
    ImageAnswer { verdict, digest, approvals, rule, reason, hints }
}

fn verdict(answer: &Answer, reason: Option<&str>) -> Verdict {
    let has = |key| annotation(answer, key).is_some();
    let is_unchecked =
        reason.is_some_and(|reason| reason.starts_with(UNCHECKED) || reason.contains(UNUSABLE));
    match answer.allowed {
        false if is_unchecked => Verdict::Unchecked,
        false => Verdict::Rejected,
        true if has("warned") => Verdict::Warned,
        true if has("verified") => Verdict::Verified,
        true if has("exempt") => Verdict::Exempt,
        true if reason.is_some() => Verdict::Warned,
        true => Verdict::Unmatched,
    }
}

/// One of the answer's annotations.
pub(super) fn annotation<'a>(answer: &'a Answer, key: &str) -> Option<&'a str> {
    answer.audit_annotations.as_ref()?.get(key).map(String::as_str)
}

/// `IMAGE (NOTE)`: no image has a blank in it.
fn split_note(entry: &str) -> Option<(&str, &str)> {
    let (image, note) = entry.split_once(" (")?;
    Some((image, note.strip_suffix(')').unwrap_or(note)))
}

/// `RULE: SIGNERS; RULE: SIGNERS`, in the order of the rules, whatever their names hold.
fn approvals(text: &str, rules: &[&str]) -> Vec<Approval> {
    let mut approvals = Vec::new();
    let mut rest = text;
    for (index, rule) in rules.iter().enumerate() {
        let Some(after) = rest.strip_prefix(rule).and_then(|after| after.strip_prefix(": ")) else {
            continue;
        };
        let next =
            rules.iter().skip(index + 1).filter_map(|next| after.find(&format!("; {next}: ")));
        let (signers, remaining) = match next.min() {
            Some(end) => (after.get(..end), after.get(end + 2..)),
            None => (Some(after), None),
        };
        let signers = signers.unwrap_or_default().to_owned();
        approvals.push(Approval { rule: (*rule).to_owned(), signers });
        rest = remaining.unwrap_or_default();
    }
    approvals
}

fn reason(message: &str, image: &str, rule: Option<&str>) -> (Option<String>, Vec<String>) {
    let hints = message.lines().filter_map(|line| line.strip_prefix(HINT)).map(ToOwned::to_owned);
    let line = message.lines().next().unwrap_or_default();
    let line = line.strip_prefix(PLACE).map_or(line, str::trim_start);
    let line = line.strip_prefix(&format!("`{image}`")).unwrap_or(line);
    let line = line.strip_prefix(": ").unwrap_or(line);
    let line = rule.and_then(|rule| line.strip_prefix(rule)?.strip_prefix(": ")).unwrap_or(line);
    (Some(line.to_owned()), hints.collect())
}

fn warnings(answer: &Answer, image: &str) -> Option<String> {
    let warnings: Vec<&str> = answer
        .warnings
        .iter()
        .flatten()
        .map(|warning| {
            let warning = warning.strip_prefix("`image`: ").unwrap_or(warning);
            warning.strip_suffix(&format!(" (`{image}`)")).unwrap_or(warning)
        })
        .collect();
    (!warnings.is_empty()).then(|| warnings.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Status;

    fn rejection(message: &str, annotations: &[(&str, &str)]) -> Answer {
        let annotations =
            annotations.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned()));
        let mut answer = Answer::default();
        answer.status = Some(Status { message: Some(message.to_owned()), code: None });
        answer.audit_annotations = Some(annotations.collect());
        answer
    }

    #[test]
    fn approvals_are_told_apart_by_the_names_of_the_rules() {
        let rules = ["a", "b: c", "b", "d; e"];
        let rows: [(&str, &[(&str, &str)]); 4] = [
            ("a: x, y", &[("a", "x, y")]),
            ("a: x; b: c: y", &[("a", "x"), ("b: c", "y")]),
            ("a: x; b: y; d; e: z", &[("a", "x"), ("b", "y"), ("d; e", "z")]),
            ("unknown: x", &[]),
        ];
        for (text, expected) in rows {
            let found = approvals(text, &rules);
            let found: Vec<(&str, &str)> =
                found.iter().map(|of| (of.rule.as_str(), of.signers.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn reasons_are_what_is_left_of_the_line() {
        let rows = [
            ("`i`: r: not signed\nhint: sign it", Some("i (r)"), Verdict::Rejected, "not signed"),
            (
                "`i`: r: could not be checked: down",
                Some("i (r)"),
                Verdict::Unchecked,
                "could not be checked: down",
            ),
            (
                "`i`: could not be checked: not signed",
                Some("i (could not be checked)"),
                Verdict::Rejected,
                "not signed",
            ),
            (
                "`i`: r: key 1 cannot be used: no",
                Some("i (r)"),
                Verdict::Unchecked,
                "key 1 cannot be used: no",
            ),
            (
                "`i`: invalid image reference: x",
                None,
                Verdict::Rejected,
                "invalid image reference: x",
            ),
        ];
        for (line, refused, verdict, reason) in rows {
            let annotations: Vec<(&str, &str)> =
                refused.iter().map(|entry| ("refused", *entry)).collect();
            let read = read(&rejection(&format!("{PLACE} {line}"), &annotations), "i", &["r"]);
            assert_eq!((read.verdict, read.reason.as_deref()), (verdict, Some(reason)), "{line}");
        }
        // Of a trap, or another module: shown as it came.
        let other = read(&rejection("internal server error: trap", &[]), "i", &[]);
        assert_eq!(other.reason.as_deref(), Some("internal server error: trap"));
    }
}
