//! Patterns of any text: `*` is any number of characters but no `/`, `**` is any number of any characters, and every
//! other character is itself. The whole text must match.
//!
//! Bytes are compared: a character of several bytes is never begun by a star and ended by another character, for both
//! texts are UTF-8.

use super::steps::{OutOfSteps, Steps};
use std::fmt;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard(Vec<Token>);

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This byte.
    Byte(u8),
    /// Any number of characters but no `/`.
    Star,
    /// Any number of any characters.
    Stars,
}

impl Token {
    /// Whether it can be nothing, and anything.
    fn is_star(self) -> bool {
        !matches!(self, Self::Byte(_))
    }

    /// Whether that byte can be one of those that it stands for.
    fn takes(self, byte: u8) -> bool {
        match self {
            Self::Byte(own) => own == byte,
            Self::Star => byte != b'/',
            Self::Stars => true,
        }
    }
}

impl Wildcard {
    pub(crate) fn new(text: &str) -> Self {
        Self(tokens(text, Token::Star))
    }

    /// The pattern of a name, in which `*` is any number of any characters.
    pub(crate) fn of_names(text: &str) -> Self {
        Self(tokens(text, Token::Stars))
    }

    /// Whether the text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.matches_within(text, &Steps::unlimited()) == Ok(true)
    }

    /// The same, in no more steps than are left. It takes no more than the product of both lengths.
    pub(crate) fn matches_within(&self, text: &str, steps: &Steps) -> Result<bool, OutOfSteps> {
        let (mut pattern, mut text) = (self.0.as_slice(), text.as_bytes());
        // Most texts differ from a pattern at their ends.
        while let ([before @ .., Token::Byte(own)], [others @ .., byte]) = (pattern, text) {
            if own != byte {
                return Ok(false);
            }
            (pattern, text) = (before, others);
        }
        let mut search = Search { pattern, text, star: None, stars: None };
        loop {
            steps.take(1)?;
            match (search.pattern, search.text) {
                ([], []) => return Ok(true),
                ([Token::Star, after @ ..], text) => {
                    search = Search { pattern: after, star: Some((after, text)), ..search };
                }
                ([Token::Stars, after @ ..], text) => {
                    let stars = Some((after, text));
                    search = Search { pattern: after, text, star: None, stars };
                }
                ([Token::Byte(own), after @ ..], [byte, others @ ..]) if own == byte => {
                    (search.pattern, search.text) = (after, others);
                }
                ([] | [Token::Byte(_), ..], _) => match search.retry() {
                    Some(from) => (search.pattern, search.text) = from,
                    None => return Ok(false),
                },
            }
        }
    }

    /// Whether some text matches both, told in no more steps than are left.
    pub(crate) fn meets(&self, other: &Self, steps: &Steps) -> Result<bool, OutOfSteps> {
        let Some((mine, others)) = without_ends(&self.0, &other.0) else { return Ok(false) };
        // Whether one text can match the first tokens of this pattern, so many, and those of the other: what can be
        // reached is looked at once.
        let width = others.len() + 1;
        let mut seen = vec![0_u64; (mine.len() + 1) * width / 64 + 1];
        let mut open = vec![(0, 0)];
        while let Some((at, other_at)) = open.pop() {
            let cell = at * width + other_at;
            match seen.get_mut(cell / 64) {
                Some(seen) if *seen >> (cell % 64) & 1 == 0 => *seen |= 1 << (cell % 64),
                _ => continue,
            }
            steps.take(1)?;
            let (own, other) = (mine.get(at), others.get(other_at));
            if own.is_none() && other.is_none() {
                return Ok(true);
            }
            if goes(own, other) {
                open.push((at + 1, other_at));
            }
            if goes(other, own) {
                open.push((at, other_at + 1));
            }
            if own == other {
                open.push((at + 1, other_at + 1));
            }
        }
        Ok(false)
    }
}

/// What is left of a pattern, and of the text that is compared with it.
type Left<'t> = (&'t [Token], &'t [u8]);

/// How far a text has been compared with a pattern.
struct Search<'t> {
    pattern: &'t [Token],
    text: &'t [u8],
    /// What is left after the last `*` since the last `**`, where it was tried at last.
    star: Option<Left<'t>>,
    /// The same of the last `**`.
    stars: Option<Left<'t>>,
}

impl<'t> Search<'t> {
    /// Where to go on when a star must stand for more. Only the last one needs trying again: had an earlier one stood
    /// for more, it would have left the later ones less. A `*` that comes to a slash ends all that the last `**` could
    /// try within the component where it is: each of these would come to that slash.
    fn retry(&mut self) -> Option<Left<'t>> {
        match (self.star.take(), self.stars) {
            (Some((after, [byte, others @ ..])), _) if *byte != b'/' => {
                self.star = Some((after, others));
                self.star
            }
            (Some(_), Some((after, tried))) => {
                let behind = tried.splitn(2, |byte| *byte == b'/').nth(1)?;
                self.stars = Some((after, behind));
                self.stars
            }
            (None, Some((after, [_, others @ ..]))) => {
                self.stars = Some((after, others));
                self.stars
            }
            (Some(_), None) | (None, Some((_, [])) | None) => None,
        }
    }
}

/// Both without the bytes that they end on and begin with alike; none when they end on or begin with different
/// ones, as most do.
fn without_ends<'t>(
    mut one: &'t [Token],
    mut other: &'t [Token],
) -> Option<(&'t [Token], &'t [Token])> {
    while let ([one_rest @ .., Token::Byte(a)], [other_rest @ .., Token::Byte(b)]) = (one, other) {
        if a != b {
            return None;
        }
        (one, other) = (one_rest, other_rest);
    }
    while let ([Token::Byte(a), one_rest @ ..], [Token::Byte(b), other_rest @ ..]) = (one, other) {
        if a != b {
            return None;
        }
        (one, other) = (one_rest, other_rest);
    }
    Some((one, other))
}

/// Whether a pattern goes on by that token while the other stays where it is, before its next one.
fn goes(token: Option<&Token>, stays: Option<&Token>) -> bool {
    match (token, stays) {
        (Some(Token::Byte(byte)), stays) => {
            stays.is_some_and(|star| star.is_star() && star.takes(*byte))
        }
        (Some(_), _) => true,
        (None, _) => false,
    }
}

impl fmt::Display for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(self.0.len());
        for token in &self.0 {
            match token {
                Token::Byte(byte) => text.push(*byte),
                Token::Star => text.push(b'*'),
                Token::Stars => text.extend(b"**"),
            }
        }
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// The steps of a pattern in which a single `*` is that one.
fn tokens(text: &str, star: Token) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        match (byte, tokens.last_mut()) {
            (b'*', Some(last @ Token::Star)) => *last = Token::Stars,
            (b'*', _) => tokens.push(star),
            (byte, _) => tokens.push(Token::Byte(byte)),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    #[test]
    fn any_text_can_match() {
        let rows = [
            ("Acme *", "Acme Corp", true),
            ("Acme *", "Acme ", true),
            ("Acme *", "Acme", false),
            ("Jörg*", "Jörg & Söhne", true),
            ("*ö*", "Jörg", true),
            ("*ö*", "J\u{f8}rg", false),
            ("**", "a/../b\n", true),
            ("**", "", true),
            ("*", "a/b", false),
            ("* b*", "a b/", false),
            ("**/*.md", "docs/a b/c.md", true),
            ("***b", "a/b", true),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(Wildcard::new(pattern).matches(text), expected, "`{pattern}` `{text}`");
            assert_eq!(Wildcard::new(pattern).to_string(), pattern);
        }
        assert!(Wildcard::of_names("*a*").matches("b/a/b"));
        assert!(!Wildcard::of_names("*a*").matches("b/b"));
        assert!(Wildcard::new("a**").matches(&"a b\u{fc}/".repeat(100_000)));
    }

    /// Whatever its stars, a pattern takes no more steps than there are pairs of its tokens and the text's bytes.
    #[test]
    fn many_stars_are_quick() {
        let long = "a".repeat(2_000);
        let texts = [long.clone(), "a/".repeat(1_000), format!("{}/{long}", "a/".repeat(500))];
        let patterns = ["**a*", "*a", "**a", "**a*a/", "*/", "**/*a/*", "a*a*/**"];
        for pattern in patterns.map(|part| part.repeat(20) + "b*c") {
            for text in &texts {
                let most = (pattern.len() + 1) * (text.len() + 1);
                let is_met = Wildcard::new(&pattern).matches_within(text, &Steps::new(most));
                assert_eq!(is_met, Ok(false), "{pattern}");
            }
        }
    }

    /// What the pattern means, in another language.
    fn regex(pattern: &str) -> Regex {
        let text = regex::escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*");
        Regex::new(&format!("^(?:{text})$")).unwrap()
    }

    /// Every text of those characters, up to that length.
    fn texts(longest: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut from = 0;
        for _ in 0..longest {
            let to = all.len();
            for index in from..to {
                all.extend(["a", "b", "/"].map(|character| format!("{}{character}", all[index])));
            }
            from = to;
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn agrees_with_a_regular_expression(
            pattern in "(a|b|/|\\*|\\*\\*|a\\*|/\\*){0,7}",
            text in "[ab/]{0,8}",
        ) {
            prop_assume!(!pattern.contains("***"));
            prop_assert_eq!(
                Wildcard::new(&pattern).matches(&text),
                regex(&pattern).is_match(&text),
            );
        }

        /// Two patterns meet exactly where a text matches both; those of a few tokens have short ones.
        #[test]
        fn patterns_meet_where_a_text_matches_both(
            one in "(a|b|/|\\*|\\*\\*){0,3}",
            other in "(a|b|/|\\*|\\*\\*){0,3}",
        ) {
            prop_assume!(!one.contains("***") && !other.contains("***"));
            let (a, b) = (regex(&one), regex(&other));
            let shared = texts(6).into_iter().any(|text| a.is_match(&text) && b.is_match(&text));
            let (one, other) = (Wildcard::new(&one), Wildcard::new(&other));
            prop_assert_eq!(one.meets(&other, &Steps::unlimited()), Ok(shared));
            prop_assert_eq!(other.meets(&one, &Steps::unlimited()), Ok(shared));
            prop_assert_eq!(one.meets(&other, &Steps::new(0)).unwrap_or(shared), shared);
        }
    }
}
