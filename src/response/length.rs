//! How long messages and warnings may be.

use crate::text::clip;

/// The longest message, in bytes: `kubectl` prints it, and audit logs keep it.
pub(crate) const MAX_MESSAGE: usize = 4096;

/// The longest warning, in bytes: <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response>
/// asks for 120 characters at most.
const MAX_WARNING: usize = 120;
/// The longest warnings together, in bytes: what is beyond them the API server leaves out, without a word
/// (`truncateAtTotalRunes`, `k8s.io/apiserver`, `pkg/endpoints/filters/warning.go`).
const MAX_WARNINGS: usize = 4096;

/// As many lines as the budget holds, how many were left out, and what stands last.
pub(crate) fn bounded(lines: &[String], last: &[String]) -> String {
    // Room for what stands last and for the line that counts what is left out.
    let budget = MAX_MESSAGE - 64 - last.iter().map(|line| line.len() + 1).sum::<usize>();
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
        message.push_str(&more(lines.len() - shown, "rejected image"));
    }
    for line in last {
        message.push('\n');
        message.push_str(line);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A hint is never left out: it takes its room, and that of its line break, from the lines.
    #[test]
    fn hints_take_room_from_the_lines() {
        let hints = ["hint: one".to_owned(), "hint: another".to_owned()];
        let taken = "\nhint: one\nhint: another".len();
        let line = |length| ["a".repeat(1000), "b".repeat(length)];
        let longest = MAX_MESSAGE - 64 - taken - 1000 - "\n".len();
        let ending = "\nhint: one\nhint: another";

        let lines = line(longest);
        assert_eq!(bounded(&lines, &hints), format!("{}\n{}{ending}", lines[0], lines[1]));
        let lines = line(longest + 1);
        assert_eq!(
            bounded(&lines, &hints),
            format!("{}\n… and 1 more rejected image{ending}", lines[0])
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
