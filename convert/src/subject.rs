//! Wildcards and regular expressions of subjects → patterns of subjects.
//!
//! - What is the same? A wildcard's `*` is any text, as `**` is here; so is `.*`. `[^/]*` is what `*` is here.
//! - What of `+`? A pattern's star may be nothing. Between slashes and the like no identity has nothing, so there it is
//!   taken, and said; elsewhere (`v.+`, which is no `v`) it takes in one that its source does not.
//! - What has no pattern? Choices, repetitions, single letters, and what the policy refuses because it would
//!   take in strangers.

use signed_images_policy::settings;

/// A pattern, and whether it takes in what its source does not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) text: String,
    pub(super) fidelity: Fidelity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fidelity {
    Exact,
    /// A star that is nothing where no identity has nothing, or a dot for any letter.
    Nearly,
    /// A star that is nothing where an identity can have nothing.
    Wider,
}

/// Of a text with `*` and `?`.
pub(super) fn of_wildcard(text: &str) -> Option<Pattern> {
    let parts: Vec<&str> = text.split('*').collect();
    let (first, rest) = parts.split_first()?;
    let mut pattern = (*first).to_owned();
    // Several stars in a row are one.
    for (index, part) in rest.iter().enumerate() {
        if !part.is_empty() || index + 1 == rest.len() {
            pattern.push_str("**");
            pattern.push_str(part);
        }
    }
    usable(pattern, Fidelity::Exact)
}

/// Of a regular expression, which may match anywhere in a text.
pub(super) fn of_reg_exp(text: &str) -> Option<Pattern> {
    let (pattern, fidelity) = translated(text)?;
    usable(pattern, fidelity)
}

/// The same, whoever it names.
pub(super) fn translated(text: &str) -> Option<(String, Fidelity)> {
    let (mut pattern, mut fidelity) = (String::new(), Fidelity::Exact);
    let mut left = text.strip_prefix('^').unwrap_or_else(|| {
        pattern.push_str("**");
        text
    });
    loop {
        let (token, rest) = token(left)?;
        match token {
            Token::End if rest.is_empty() => break,
            Token::Open => {
                push_star(&mut pattern, "**");
                break;
            }
            Token::End | Token::Letter('*') => return None,
            Token::Star(star, count) => {
                if count == Count::Some {
                    fidelity = fidelity.max(without_any(&pattern, rest));
                }
                push_star(&mut pattern, star);
            }
            Token::Letter(letter) => pattern.push(letter),
            Token::Dot => {
                fidelity = fidelity.max(Fidelity::Nearly);
                pattern.push('.');
            }
        }
        left = rest;
    }
    Some((pattern, fidelity))
}

/// What a star that may be nothing makes of one that may not, between what stands before it and what follows.
fn without_any(before: &str, after: &str) -> Fidelity {
    let is_between = |letter: char| "/@:".contains(letter);
    let starts = before.is_empty() || before == "**" || before.ends_with(is_between);
    let ends =
        after.is_empty() || after == "$" || after.trim_start_matches('\\').starts_with(is_between);
    if starts && ends { Fidelity::Nearly } else { Fidelity::Wider }
}

/// Any text, after any text, says nothing more.
fn push_star(pattern: &mut String, star: &str) {
    if star != "**" || !pattern.ends_with("**") {
        pattern.push_str(star);
    }
}

enum Token {
    Letter(char),
    Dot,
    Star(&'static str, Count),
    /// `$`.
    End,
    /// The text ends, and what is matched may go on.
    Open,
}

/// How many letters there are at least.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    None,
    Some,
}

fn token(text: &str) -> Option<(Token, &str)> {
    const STARS: [(&str, &str, Count); 4] = [
        (".*", "**", Count::None),
        (".+", "**", Count::Some),
        ("[^/]*", "*", Count::None),
        ("[^/]+", "*", Count::Some),
    ];
    for (source, star, count) in STARS {
        if let Some(rest) = text.strip_prefix(source) {
            return (!is_repeated(rest)).then_some((Token::Star(star, count), rest));
        }
    }
    let mut letters = text.chars();
    let token = match letters.next() {
        None => return Some((Token::Open, "")),
        Some('$') => Token::End,
        Some('.') => Token::Dot,
        Some('\\') => Token::Letter(letters.next().filter(|next| !next.is_ascii_alphanumeric())?),
        Some(operator) if "[](){}*+?^|".contains(operator) => return None,
        Some(letter) => Token::Letter(letter),
    };
    let rest = letters.as_str();
    (!is_repeated(rest)).then_some((token, rest))
}

fn is_repeated(rest: &str) -> bool {
    rest.starts_with(['*', '+', '?', '{'])
}

/// What the policy takes. In what is no URL a star needs not cross a slash, and must not: no e-mail address has one, and
/// a URL may end like one.
fn usable(text: String, fidelity: Fidelity) -> Option<Pattern> {
    let text = if text.contains("://") { text } else { text.replace("**", "*") };
    settings::subject_pattern(&text).is_ok().then_some(Pattern { text, fidelity })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Fidelity::{Exact, Nearly, Wider};

    #[test]
    fn wildcards() {
        let rows = [
            ("https://github.com/acme/*/ci.yml@*", Some("https://github.com/acme/**/ci.yml@**")),
            ("https://github.com/acme/**", Some("https://github.com/acme/**")),
            ("https://github.com/acme/***/x", Some("https://github.com/acme/**/x")),
            ("*@acme.com", Some("*@acme.com")),
            ("https://github.com/acme/v?", None),
            ("https://*/acme", None),
            ("https://github.com/*", None),
            ("*", None),
            ("acme", None),
        ];
        for (text, expected) in rows {
            let expected = expected.map(|text| Pattern { text: text.to_owned(), fidelity: Exact });
            assert_eq!(of_wildcard(text), expected, "{text}");
        }
    }

    #[test]
    fn regular_expressions() {
        let acme = "https://github.com/acme/";
        let rows = [
            (r"^https://github\.com/acme/[^/]*/ci\.yml@.*$", Some(("*/ci.yml@**", Exact))),
            (r"^https://github\.com/acme/[^/]+/ci\.yml@.+$", Some(("*/ci.yml@**", Nearly))),
            (r"^https://github\.com/acme/[^/]+/ci.yml@v.+", Some(("*/ci.yml@v**", Wider))),
            (r"^https://github\.com/acme/[^/]+-app/ci\.yml$", Some(("*-app/ci.yml", Wider))),
            (r"^https://github\.com/acme/app[^/]+/ci\.yml$", Some(("app*/ci.yml", Wider))),
            (r"^https://github\.com/acme/.*/ci\.yml", Some(("**/ci.yml**", Exact))),
            (r"^https://github\.com/acme/.*/ci.yml$", Some(("**/ci.yml", Nearly))),
            (r"^https://github\.com/acme/.*", Some(("**", Exact))),
            (r"^https://github\.com/acme/.*.*", Some(("**", Exact))),
            (r"https://github\.com/acme/.*/ci\.yml$", None),
            (r"^https://github\.com/acme/(app|web)/.*", None),
            (r"^https://github\.com/acme/app|web/.*", None),
            (r"^https://github\.com/acme/v\d*", None),
            (r"^https://github\.com/acme/v[0-9]*", None),
            (r"^https://github\.com/acme/a?.*", None),
            (r"^https://github\.com/acme/\**", None),
            (r"^https://github\.com/acme/.*?$", None),
            (r"^https://github\.com/acme/.*$x", None),
            (r"^https://github\.com/.*/ci\.yml", None),
            (r"^https://.*\.com/acme/x", None),
        ];
        for (text, expected) in rows {
            let expected = expected
                .map(|(tail, fidelity)| Pattern { text: format!("{acme}{tail}"), fidelity });
            assert_eq!(of_reg_exp(text), expected, "{text}");
        }
        let mail = Pattern { text: "*@acme.com".to_owned(), fidelity: Exact };
        assert_eq!(of_reg_exp(r".*@acme\.com$"), Some(mail));
        let loose = Pattern { text: "*@acme.com".to_owned(), fidelity: Exact };
        assert_eq!(of_reg_exp(r"@acme\.com$"), Some(loose));
    }
}
