//! What the module says about one image, asked about it alone.
//!
//! - Why alone? The answer about an object is bounded (4 KiB, however many images are refused) and speaks of
//!   all its images in one text. So the module is asked about each image in a Pod of its own as well, and
//!   this reads an answer that speaks of nothing else. Questions to registries are shared, so that it costs
//!   none.
//! - What is read? The audit annotations, with the codes of reasons (`src/response/audit.rs`); of the message, the one
//!   line, for people. What is not understood is shown as it came, and the image counts as not checked; whether an
//!   object is let in never depends on it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Answer;

/// The result for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The policy rejects it.
    Rejected,
    /// It is not accepted because it could not be checked, or because the result is unknown.
    #[serde(rename = "not checked")]
    Unchecked,
    /// It is accepted with a warning.
    Warned,
    /// It satisfies its rules.
    Verified,
    /// The settings exempt it.
    Exempt,
    /// It matches no rule, and such images are accepted.
    Unmatched,
    /// The stored object already contains it.
    Unchanged,
}

impl Verdict {
    /// That of the image of a Pod that holds no other.
    pub(crate) fn of(answer: &Answer) -> Self {
        read(answer, "", &[]).verdict
    }

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
            Self::Unmatched => "unmatched",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A rule that an image satisfies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
    /// The signed reports that were found, by rule.
    pub(super) reports: Option<String>,
    /// The rule that it does not satisfy.
    pub(super) rule: Option<String>,
    /// The code of the reason.
    pub(super) code: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) hints: Vec<String>,
    /// How long the policy took for it.
    pub(super) took: Duration,
}

impl ImageAnswer {
    /// Whether no rule is about the image.
    pub(super) fn is_unmatched(&self) -> bool {
        self.code.as_deref() == Some(UNMATCHED)
    }
}

/// The code of images that no rule matches, whatever the settings make of them.
const UNMATCHED: &str = "unmatched";

/// Where the image of such a Pod stands, in the module's words.
const PLACE: &str = "(`spec.containers[0]`, container `image`): ";
const HINT: &str = "hint: ";

/// Reads the answer about the Pod that holds `image` alone. `rules` are the names of the policy's rules.
pub(super) fn read(answer: &Answer, image: &str, rules: &[&str]) -> ImageAnswer {
    let (digest, approvals) = match annotation(answer, "verified").and_then(split_note) {
        Some((pinned, notes)) => {
            (pinned.rsplit_once('@').map(|(_, digest)| digest.to_owned()), approvals(notes, rules))
        }
        None => (None, Vec::new()),
    };
    let reports = annotation(answer, "reports").and_then(split_note);
    let reports = reports.map(|(_, reports)| reports.to_owned());
    let note = annotation(answer, "rejected").or_else(|| annotation(answer, "warned"));
    let note = note.and_then(split_note).map(|(_, note)| note);
    let (rule, code) = match note.map(|note| note.rsplit_once(": ").ok_or(note)) {
        Some(Ok((rule, code))) => (Some(rule.to_owned()), Some(code)),
        Some(Err(code)) => (None, Some(code)),
        None => (None, None),
    };
    let (reason, hints) = match &answer.status {
        Some(status) if !answer.allowed => {
            reason(status.message.as_deref().unwrap_or_default(), rule.as_deref())
        }
        _ => (warnings(answer, image), Vec::new()),
    };
    let verdict = verdict(answer, code);
    let code = code.or_else(|| annotation(answer, UNMATCHED).map(|_| UNMATCHED));
    let code = code.map(str::to_owned);
    ImageAnswer {
        verdict,
        digest,
        approvals,
        reports,
        rule,
        code,
        reason,
        hints,
        took: Duration::ZERO,
    }
}

/// The codes of reasons that say nothing of the image: it was not looked at, or not by this signer.
const UNCHECKED: [&str; 3] = ["not-checked", "capability-withheld", "signer-unusable"];

/// By the annotations alone. An image that none of them speaks of was not checked.
fn verdict(answer: &Answer, code: Option<&str>) -> Verdict {
    let has = |key| annotation(answer, key).is_some();
    let is_warned_of = answer.warnings.as_ref().is_some_and(|warnings| !warnings.is_empty());
    match (answer.allowed, code) {
        (false, Some(code)) if UNCHECKED.contains(&code) => Verdict::Unchecked,
        (false, Some(_)) => Verdict::Rejected,
        (false, None) if has("invalid") => Verdict::Rejected,
        (true, _) if has("warned") => Verdict::Warned,
        (true, _) if has("verified") => Verdict::Verified,
        (true, _) if has("exempt") => Verdict::Exempt,
        (true, _) if has(UNMATCHED) && is_warned_of => Verdict::Warned,
        (true, _) if has(UNMATCHED) => Verdict::Unmatched,
        (true | false, _) => Verdict::Unchecked,
    }
}

/// Whether all that keeps an object out is that its images could not be checked.
pub(super) fn is_unchecked(answer: &Answer) -> bool {
    let Some(refused) = annotation(answer, "rejected") else { return false };
    // The name of a rule may hold what separates entries; the code ends them.
    let ends = refused.split("; ").filter_map(|part| part.strip_suffix(')'));
    let mut codes = ends.map(|end| end.rsplit([' ', '(']).next().unwrap_or_default());
    !answer.allowed
        && annotation(answer, "invalid").is_none()
        && refused.ends_with(')')
        && codes.all(|code| UNCHECKED.contains(&code))
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

fn reason(message: &str, rule: Option<&str>) -> (Option<String>, Vec<String>) {
    let hints = message.lines().filter_map(|line| line.strip_prefix(HINT)).map(ToOwned::to_owned);
    let line = message.lines().next().unwrap_or_default();
    let line = line.split_once(PLACE).map_or(line, |(_, line)| line);
    (Some(without_rule(line, rule).to_owned()), hints.collect())
}

/// What is said of an image, without the rule that says it.
fn without_rule<'l>(line: &'l str, rule: Option<&str>) -> &'l str {
    let named = |rule: &str| {
        let line = line.strip_prefix(&format!("rule `{rule}`")).or(line.strip_prefix(rule))?;
        line.strip_prefix(": ")
    };
    rule.and_then(named).unwrap_or(line)
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
    fn an_object_is_unchecked_when_all_of_its_refused_images_are() {
        let rows = [
            ("a (r: not-checked)", true),
            ("a (r: not-checked); b (s; (t): signer-unusable)", true),
            ("a (r: not-checked); b (r: not-signed)", false),
            ("a (unmatched)", false),
            // Cut off: who knows what else was refused.
            ("a (r: not-checked); b (r: not-…", false),
        ];
        for (refused, expected) in rows {
            assert_eq!(
                is_unchecked(&rejection("", &[("rejected", refused)])),
                expected,
                "{refused}"
            );
        }
        let invalid = [("rejected", "a (r: not-checked)"), ("invalid", "spec.containers[1].image")];
        assert!(!is_unchecked(&rejection("", &invalid)));
        assert!(!is_unchecked(&rejection("internal server error: trap", &[])));
    }

    #[test]
    fn reasons_are_what_is_left_of_the_line() {
        let rows = [
            (
                "rule `r`: not signed\nhint: sign it",
                ("rejected", "i (r: not-signed)"),
                Verdict::Rejected,
                "not signed",
            ),
            (
                "rule 1: could not be checked: down",
                ("rejected", "i (rule 1: not-checked)"),
                Verdict::Unchecked,
                "could not be checked: down",
            ),
            // Prose decides nothing, and a rule may be called anything.
            (
                "rule `could not be checked: x`: not signed",
                ("rejected", "i (could not be checked: x: not-signed)"),
                Verdict::Rejected,
                "not signed",
            ),
            (
                "rule `r`: key 1 cannot be used: no",
                ("rejected", "i (r: signer-unusable)"),
                Verdict::Unchecked,
                "key 1 cannot be used: no",
            ),
            (
                "this image matches no rule",
                ("rejected", "i (unmatched)"),
                Verdict::Rejected,
                "this image matches no rule",
            ),
            (
                "invalid image reference: x",
                ("invalid", "spec.containers[0].image"),
                Verdict::Rejected,
                "invalid image reference: x",
            ),
        ];
        for (line, annotation, verdict, reason) in rows {
            let read =
                read(&rejection(&format!("image `i` {PLACE}{line}"), &[annotation]), "i", &["r"]);
            assert_eq!((read.verdict, read.reason.as_deref()), (verdict, Some(reason)), "{line}");
        }
        // Of a trap, or another module: shown as it came, and not checked.
        let other = read(&rejection("internal server error: trap", &[]), "i", &[]);
        assert_eq!(other.verdict, Verdict::Unchecked);
        assert_eq!(other.reason.as_deref(), Some("internal server error: trap"));
        let mut silent = Answer::default();
        silent.allowed = true;
        assert_eq!(read(&silent, "i", &[]).verdict, Verdict::Unchecked);
    }
}
