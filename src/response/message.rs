//! What is said to people: reasons and hints, held to their length.

use super::outcome::Outcome;
use crate::host::error::{first_line, is_timeout};
use crate::text::clip;
use crate::verify::outcome::{Reason, SignatureFormat};
use std::fmt;

/// The longest message, in bytes: `kubectl` prints it, and audit logs keep it.
pub(crate) const MAX_MESSAGE: usize = 4096;

/// The longest warning, in bytes: <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response>
/// asks for 120 characters at most.
const MAX_WARNING: usize = 120;
/// The longest warnings together, in bytes: what is beyond them the API server leaves out, without a word
/// (`truncateAtTotalRunes`, `k8s.io/apiserver`, `pkg/endpoints/filters/warning.go`).
const MAX_WARNINGS: usize = 4096;

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSigned(SignatureFormat::Unknown) => f.write_str("not signed"),
            Self::NotSigned(SignatureFormat::Bundle) => f.write_str(
                "not signed in a layout that can be read here: there is a Sigstore bundle, and no classic \
                 signature",
            ),
            Self::TooFewSigners { agreed, needed, missing, .. } => write!(
                f,
                "signed, but not by enough of the signers: {agreed} of {needed} agreed, missing {}",
                list(missing)
            ),
            Self::Unchecked(words) => write!(f, "could not be checked: {}", first_line(words)),
            Self::Withheld(words) => write!(
                f,
                "could not be checked, the host withholds a capability: {}",
                first_line(words)
            ),
            Self::Moved { expected, answered } => write!(
                f,
                "the tag moved while it was verified: asked about {expected}, the host answered {answered}"
            ),
            Self::Signer(label, error) => write!(f, "{label} cannot be used: {error}"),
        }
    }
}

/// What to try, for the refusals at hand.
pub(crate) fn hints(outcomes: &[Outcome]) -> Vec<&'static str> {
    let any = |filter: fn(&Reason) -> bool| {
        outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::Refused(refusal) if filter(&refusal.reason)))
    };
    let mut hints = Vec::new();
    if any(|reason| matches!(reason, Reason::NotSigned(SignatureFormat::Bundle))) {
        hints.push(
            "hint: policy servers up to 1.36 read no bundles, newer ones those with a certificate alone, and a \
             `pattern` needs classic signatures; sign with \
             `cosign sign --new-bundle-format=false --use-signing-config=false`",
        );
    }
    if any(|reason| matches!(reason, Reason::NotSigned(SignatureFormat::Unknown))) {
        hints.push(
            "hint: a signature in cosign's new bundle format may not be readable here; sign with \
             `cosign sign --new-bundle-format=false --use-signing-config=false`",
        );
    }
    if any(|reason| matches!(reason, Reason::TooFewSigners { annotated: true, .. })) {
        hints.push(
            "hint: annotations are asked for; those of a signature in the new bundle format are not read",
        );
    }
    if any(|reason| matches!(reason, Reason::TooFewSigners { uncertified: true, .. })) {
        hints.push(
            "hint: a `pattern` is compared with the certificates of classic keyless signatures; there are \
             signatures here, and no certificates",
        );
    }
    if any(|reason| matches!(reason, Reason::Unchecked(words) if is_timeout(words))) {
        hints
            .push("hint: give verification more time with `spec.timeoutEvalSeconds` of the policy");
    }
    if any(|reason| matches!(reason, Reason::Withheld(_))) {
        hints.push(
            "hint: grant `oci/v2/verify`, `oci/v1/manifest_digest` and `oci/v1/oci_manifest` in the policy's \
             `hostCapabilities`",
        );
    }
    hints
}

/// As many lines as the budget holds, and how many were left out.
pub(crate) fn bounded(lines: &[String], hints: &[&str]) -> String {
    // Room for the hints and for the line that counts what is left out.
    let budget = MAX_MESSAGE - 64 - hints.iter().map(|hint| hint.len() + 1).sum::<usize>();
    let mut message = String::new();
    let mut shown = 0;
    for line in lines {
        if message.len() + line.len() + 1 > budget {
            break;
        }
        if shown > 0 {
            message.push('\n');
        }
        message.push_str(line);
        shown += 1;
    }
    if shown < lines.len() {
        message.push('\n');
        message.push_str(&more(lines.len() - shown, "refused image"));
    }
    for hint in hints {
        message.push('\n');
        message.push_str(hint);
    }
    message
}

/// As many warnings as the budget holds, and how many were left out.
pub(crate) fn bounded_warnings(all: &[String]) -> Vec<String> {
    // Room for the line that counts what is left out.
    let mut left = MAX_WARNINGS - 64;
    let mut warnings = Vec::new();
    for warning in all {
        let warning = clip(warning, MAX_WARNING);
        if warning.len() > left {
            warnings.push(more(all.len() - warnings.len(), "warning"));
            break;
        }
        left -= warning.len();
        warnings.push(warning);
    }
    warnings
}

fn more(count: usize, what: &str) -> String {
    format!("… and {count} more {what}{}", if count == 1 { "" } else { "s" })
}

/// The labels, one after the other.
pub(crate) fn list(labels: &[String]) -> String {
    labels.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hint is never left out: it takes its room, and that of its line break, from the lines.
    #[test]
    fn hints_take_room_from_the_lines() {
        let hints = ["hint: one", "hint: another"];
        let taken = "\nhint: one\nhint: another".len();
        let line = |length| ["a".repeat(1000), "b".repeat(length)];
        let longest = MAX_MESSAGE - 64 - taken - 1000 - "\n".len();
        let ending = "\nhint: one\nhint: another";

        let lines = line(longest);
        assert_eq!(bounded(&lines, &hints), format!("{}\n{}{ending}", lines[0], lines[1]));
        let lines = line(longest + 1);
        assert_eq!(
            bounded(&lines, &hints),
            format!("{}\n… and 1 more refused image{ending}", lines[0])
        );
    }

    #[test]
    fn warnings_that_are_left_out_are_counted() {
        let (room, each) = (MAX_WARNINGS - 64, 100);
        let shown = room / each;
        let warnings = bounded_warnings(&vec!["w".repeat(each); shown + 20]);
        assert_eq!(warnings.len(), shown + 1);
        assert_eq!(warnings.last().unwrap(), "… and 20 more warnings");
    }
}
