//! Texts of manifests, registries and file names, made fit to be printed.
//!
//! - What could they do? Forge a line of a report, or a command of the system that runs it (`::error::` at the
//!   beginning of a line, to GitHub); colour or erase what stands there; show another order than they have
//!   (<https://trojansource.codes>).
//! - What is printed instead? The character's number, `\u{202e}`: nothing is hidden.
//! - Which characters? Those that Rust's own `escape_debug` does not print, quotes and backslashes excepted:
//!   controls, what formats or separates lines and paragraphs, what no character has.

/// The text on one line.
#[must_use]
pub fn line(text: &str) -> String {
    made(text, is_printed)
}

/// The text on as many lines as it has.
#[must_use]
pub fn lines(text: &str) -> String {
    made(text, |c| c == '\n' || is_printed(c))
}

fn made(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut made = String::with_capacity(text.len());
    for c in text.chars() {
        if is_kept(c) {
            made.push(c);
        } else {
            made.extend(c.escape_unicode());
        }
    }
    made
}

fn is_printed(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // Behind another one, so that accents that stand alone are taken for what they are.
    ['e', c].iter().collect::<String>().escape_debug().nth(1) == Some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_or_hide_is_shown_by_its_number() {
        let rows = [
            ("ghcr.io/acme/app:1.4 'a' \"b\" \\", "ghcr.io/acme/app:1.4 'a' \"b\" \\"),
            ("Größe, 名前, e\u{301}", "Größe, 名前, e\u{301}"),
            ("a\nb\r\tc", "a\\u{a}b\\u{d}\\u{9}c"),
            ("\u{1b}[2K\u{7f}\u{9b}1m", "\\u{1b}[2K\\u{7f}\\u{9b}1m"),
            ("a\u{85}b\u{2028}c\u{2029}", "a\\u{85}b\\u{2028}c\\u{2029}"),
            ("\u{202e}x\u{2066}\u{200f}\u{61c}", "\\u{202e}x\\u{2066}\\u{200f}\\u{61c}"),
            ("\u{feff}\u{200b}\u{ad}\u{e0041}", "\\u{feff}\\u{200b}\\u{ad}\\u{e0041}"),
        ];
        for (text, expected) in rows {
            assert_eq!(line(text), expected);
        }
        assert_eq!(lines("a\n\u{202e}\r\n"), "a\n\\u{202e}\\u{d}\n");
    }
}
