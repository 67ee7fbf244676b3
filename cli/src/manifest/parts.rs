//! A YAML text → its parts, as `kubectl` cuts them: by lines that begin with `---`, whatever YAML makes of them.
//!
//! - Is every such line a cut? It ends the part before it. Where there is none, it belongs to the part that it
//!   begins.
//! - What may follow `---`? Blanks, and a comment without any blank before it (`---#`). All else is refused.

use std::ops::Range;

use super::Fault;

const SEPARATOR: &str = "---";

/// The parts of the text from `start` on, where they stand.
pub(super) fn split(text: &str, start: usize) -> Vec<Result<Range<usize>, Fault>> {
    let mut parts = Vec::new();
    let mut begin = start;
    let mut at = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        let next = at + line.len();
        if let Some(after) = line.strip_prefix(SEPARATOR) {
            let after = after.trim();
            let is_cut = after.is_empty() || after.starts_with('#');
            if begin < at {
                parts.push(Ok(begin..at));
            }
            if !is_cut {
                parts.push(Err(Fault::new(refusal(after), at)));
            }
            if begin < at || !is_cut {
                begin = next;
            }
        }
        at = next;
    }
    if begin < at {
        parts.push(Ok(begin..at));
    }
    parts
}

fn refusal(after: &str) -> String {
    let word = after.split_whitespace().next().unwrap_or_default();
    format!("after `---`, the line may contain only a comment, not `{word}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_as_kubectl_cuts_them() {
        let rows: [(&str, &[&str]); 10] = [
            ("", &[]),
            ("a", &["a"]),
            ("a\n---\nb\n", &["a\n", "b\n"]),
            ("---\na\n---\nb\n---\n", &["---\na\n", "b\n"]),
            ("---\n---\na\n", &["---\n", "a\n"]),
            ("a\n---\n---\nb", &["a\n", "---\nb"]),
            ("a\n--- # c\r\nb\n---#: x\nc", &["a\n", "b\n", "c"]),
            ("---#: x\na: 1\n", &["---#: x\na: 1\n"]),
            ("a\n ---\nb\n", &["a\n ---\nb\n"]),
            ("a\n--- b\nc\n", &["a\n", "`b`", "c\n"]),
        ];
        for (text, expected) in rows {
            let parts: Vec<String> = split(text, 0)
                .into_iter()
                .map(|part| match part {
                    Ok(part) => text.get(part).unwrap().to_owned(),
                    Err(fault) => fault.reason.rsplit_once(' ').unwrap().1.to_owned(),
                })
                .collect();
            assert_eq!(parts, expected, "{text:?}");
        }
    }
}
