//! Single values as YAML text.

use std::fmt::Write;

use yaml_serde::Value;

/// A value that holds no others; `indent` is that of its key.
pub(super) fn leaf(value: &Value, indent: usize) -> String {
    match value {
        Value::String(text) => scalar(text, indent),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Mapping(_) => "{}".to_owned(),
        Value::Sequence(_) => "[]".to_owned(),
        Value::Tagged(tagged) => leaf(&tagged.value, indent),
        Value::Null => "null".to_owned(),
    }
}

/// A text below a key that stands at `indent`.
fn scalar(text: &str, indent: usize) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    block(text, indent).unwrap_or_else(|| quoted(text))
}

/// A text among others on one line.
pub(super) fn in_line(text: &str) -> String {
    let is_plain = is_plain(text) && !text.contains([',', '?', '*', ' ', '(', ')']);
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// Keys are always on one line.
pub(super) fn key_text(key: &str) -> String {
    if is_plain(key) { key.to_owned() } else { quoted(key) }
}

/// Whether every reader takes the bare text for that text: YAML 1.1 has more numbers and booleans than 1.2.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan"];
    let allowed = |c: char| c.is_ascii_alphanumeric() || " _-./:@+*?=,()$".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(allowed)
        && !text.contains(": ")
        && !text.ends_with([' ', ':'])
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn block(text: &str, indent: usize) -> Option<String> {
    let (body, mark) = match text.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (text, "|-"),
    };
    let is_line = |line: &str| !line.contains(is_special) && line.trim_end() == line;
    if !body.contains('\n') && mark == "|-" || body.starts_with([' ', '\n']) || body.is_empty() {
        return None;
    }
    if body.ends_with('\n') || !body.split('\n').all(is_line) {
        return None;
    }
    let margin = " ".repeat(indent + 2);
    let lines = body.split('\n').map(|line| match line {
        "" => String::new(),
        _ => format!("{margin}{line}"),
    });
    Some(format!("{mark}\n{}", lines.collect::<Vec<_>>().join("\n")))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if is_special(c) => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Characters that YAML forbids, that end a line to some readers, or that show as something else.
pub(super) fn is_special(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let rows = [
            ("a", "a"),
            ("ghcr.io/acme/**", "ghcr.io/acme/**"),
            ("https://a.example/b", "https://a.example/b"),
            ("**/app", "\"**/app\""),
            ("", "\"\""),
            ("No", "\"No\""),
            ("1.10", "\"1.10\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("a\tb", "\"a\\U00000009b\""),
            ("a\nb\n", "|\n  a\n  b"),
            ("a\nb", "|-\n  a\n  b"),
            ("a \nb", "\"a \\nb\""),
        ];
        for (text, expected) in rows {
            assert_eq!(scalar(text, 0), expected, "{text:?}");
        }
    }
}
