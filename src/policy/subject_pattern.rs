//! Patterns of subjects: `*` is any number of characters but no `/`, `**` is any number of any characters, and every
//! other character is itself. The whole subject must match.
//!
//! *May a star stand for nothing?* Yes: no two identities differ by an empty part alone.
//!
//! *Is a match trusted?* No. It chooses what the host is asked about; the host answers for that very subject.

use std::fmt::{self, Write};

/// The longest pattern, in bytes. A workflow's subject is a repository, a file and a branch or tag; the
/// longest that Kubernetes' own release uses has 60.
pub(crate) const MAX_SUBJECT_PATTERN: usize = 256;

/// The longest subject that is compared, in bytes. GitHub's longest is the names of an owner (39), a
/// repository (100), a file (255) and a branch (255), and what is between them.
pub(crate) const MAX_SUBJECT: usize = 1024;

/// A pattern of subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectPattern(Vec<Token>);

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Character(u8),
    /// Any number of characters but no `/`.
    Star,
    /// Any number of any characters.
    Stars,
}

impl Token {
    /// Whether it can be nothing, and anything.
    fn is_star(self) -> bool {
        !matches!(self, Self::Character(_))
    }

    /// Whether that character can be one of those that it stands for.
    fn takes(self, character: u8) -> bool {
        match self {
            Self::Character(own) => own == character,
            Self::Star => character != b'/',
            Self::Stars => true,
        }
    }
}

impl SubjectPattern {
    /// The text has been checked by the settings.
    pub(crate) fn new(text: &str) -> Self {
        Self(tokens(text))
    }

    /// The pattern of all that is below that URL.
    pub(crate) fn below(url: &str) -> Self {
        Self(tokens(&format!("{url}**")))
    }

    /// Whether the subject matches. One that is not plain text, or climbs up its own path, never does.
    #[must_use]
    pub fn matches(&self, subject: &str) -> bool {
        self.matches_within(subject, &mut { usize::MAX }) == Some(true)
    }

    /// The same, in no more steps than are left; none when they do not suffice.
    pub(crate) fn matches_within(&self, subject: &str, left: &mut usize) -> Option<bool> {
        if subject.len() > MAX_SUBJECT {
            return Some(false);
        }
        let is_met = self.meets(&Self(subject.bytes().map(Token::Character).collect()), left)?;
        let climbs = || subject.split('/').any(|part| matches!(part, "." | ".."));
        Some(is_met && subject.bytes().all(|byte| byte.is_ascii_graphic()) && !climbs())
    }

    /// Whether some text matches both, told in no more steps than are left; none when they do not suffice.
    pub(crate) fn meets(&self, other: &Self, left: &mut usize) -> Option<bool> {
        let Some((mine, others)) = without_ends(&self.0, &other.0) else { return Some(false) };
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
            *left = left.checked_sub(1)?;
            let (own, other) = (mine.get(at), others.get(other_at));
            if own.is_none() && other.is_none() {
                return Some(true);
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
        Some(false)
    }
}

/// Both without the characters that they end on and begin with alike; none when they end on or begin with different
/// ones, as most do.
fn without_ends<'t>(
    mut one: &'t [Token],
    mut other: &'t [Token],
) -> Option<(&'t [Token], &'t [Token])> {
    while let ([one_rest @ .., Token::Character(a)], [other_rest @ .., Token::Character(b)]) =
        (one, other)
    {
        if a != b {
            return None;
        }
        (one, other) = (one_rest, other_rest);
    }
    while let ([Token::Character(a), one_rest @ ..], [Token::Character(b), other_rest @ ..]) =
        (one, other)
    {
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
        (Some(Token::Character(character)), stays) => {
            stays.is_some_and(|star| star.is_star() && star.takes(*character))
        }
        (Some(_), _) => true,
        (None, _) => false,
    }
}

impl fmt::Display for SubjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|token| match token {
            Token::Character(character) => f.write_char(char::from(*character)),
            Token::Star => f.write_str("*"),
            Token::Stars => f.write_str("**"),
        })
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        match (byte, tokens.last_mut()) {
            (b'*', Some(last @ Token::Star)) => *last = Token::Stars,
            (b'*', _) => tokens.push(Token::Star),
            (character, _) => tokens.push(Token::Character(character)),
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
    fn two_stars_cross_slashes() {
        let pattern = SubjectPattern::new("https://gitlab.acme.com/**@refs/heads/main");
        for (path, expected) in [
            ("a/b//.gitlab-ci.yml@refs/heads/main", true),
            ("@refs/heads/main", true),
            ("a/../b@refs/heads/main", false),
            ("a@refs/heads/mainly", false),
        ] {
            assert_eq!(pattern.matches(&format!("https://gitlab.acme.com/{path}")), expected);
        }
    }

    #[test]
    fn subjects_that_match() {
        const RELEASE: &str =
            "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*";
        let release = |middle: &str, end: &str| {
            format!(
                "https://github.com/acme/{middle}/.github/workflows/release.yml@refs/tags/{end}"
            )
        };
        let rows = [
            (RELEASE, release("app", "v1.2"), true),
            (RELEASE, release("app", "v"), true),
            (RELEASE, release("", "v1"), true),
            (RELEASE, release("app", "1.2"), false),
            (RELEASE, release("app", "v1/evil"), false),
            (RELEASE, release("app/deeper", "v1"), false),
            (RELEASE, release("..", "v1"), false),
            (RELEASE, release("app", "v1\n"), false),
            (RELEASE, release("app", "v1 "), false),
            (RELEASE, release("app", "v\u{200b}1"), false),
            (RELEASE, format!("x{}", release("app", "v1")), false),
            (RELEASE, release("app", "v1").replace("acme", "acme-evil"), false),
            (RELEASE, release("app", "v1").replace("release.yml", "releaseXyml"), false),
            (RELEASE, release("app", &format!("v{}", "1".repeat(MAX_SUBJECT))), false),
            ("*@acme.com", "ann@acme.com".into(), true),
            ("*@acme.com", "ann@evil.com@acme.com".into(), true),
            ("*@acme.com", "ann@acme.com.evil.com".into(), false),
            ("*@acme.com", "ann@acmeXcom".into(), false),
            ("release-*@acme.com", "release-1@acme.com".into(), true),
            ("release-*@acme.com", "ann@acme.com".into(), false),
        ];
        for (pattern, subject, expected) in rows {
            assert_eq!(
                SubjectPattern::new(pattern).matches(&subject),
                expected,
                "{pattern} {subject}"
            );
        }
    }

    #[test]
    fn many_stars_are_quick() {
        let pattern = "**a*".repeat(MAX_SUBJECT_PATTERN / 4);
        assert!(!SubjectPattern::new(&format!("{pattern}b")).matches(&"a".repeat(MAX_SUBJECT)));
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
            subject in "[ab/]{0,8}",
        ) {
            prop_assume!(!pattern.contains("***"));
            prop_assert_eq!(
                SubjectPattern::new(&pattern).matches(&subject),
                regex(&pattern).is_match(&subject),
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
            let (one, other) = (SubjectPattern::new(&one), SubjectPattern::new(&other));
            prop_assert_eq!(one.meets(&other, &mut { usize::MAX }), Some(shared));
            prop_assert_eq!(other.meets(&one, &mut { usize::MAX }), Some(shared));
            prop_assert_eq!(one.meets(&other, &mut 0).unwrap_or(shared), shared);
        }
    }
}
