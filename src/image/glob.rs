//! Wildcard matching with one kind of star: over the characters of a text and over the components of a path.
//! (The patterns of `signatures` are matched by `wildmatch`: `legacy_pattern.rs`. Those with `*` and `**` are
//! `policy/wildcard.rs`.)

/// Whether the items match the pattern, in which `is_star` stands for any number of items. Only the last
/// star ever needs trying again, so the cost is at most the product of the lengths.
pub(crate) fn matches<P: Iterator + Clone, T: Iterator + Clone>(
    mut pattern: P,
    mut items: T,
    is_star: impl Fn(&P::Item) -> bool,
    is_one: impl Fn(&P::Item, &T::Item) -> bool,
) -> bool {
    let mut retry: Option<(P, T)> = None;
    loop {
        let (mut after, mut rest) = (pattern.clone(), items.clone());
        match (after.next(), rest.next()) {
            (None, None) => return true,
            (Some(star), _) if is_star(&star) => {
                retry = Some((after.clone(), items.clone()));
                pattern = after;
            }
            (Some(one), Some(item)) if is_one(&one, &item) => (pattern, items) = (after, rest),
            _ => {
                let Some((after, shorter)) = &mut retry else { return false };
                if shorter.next().is_none() {
                    return false;
                }
                (pattern, items) = (after.clone(), shorter.clone());
            }
        }
    }
}

/// Whether the text matches the pattern: `*` is any number of characters, `?` is one. References are ASCII,
/// so a character is a byte.
#[must_use]
pub fn matches_text(pattern: &str, text: &str) -> bool {
    let is_one = |character: u8, given: u8| character == given || character == b'?';
    let (mut pattern, mut text) = (pattern.as_bytes(), text.as_bytes());
    // Up to the first star each character has its place, and most texts differ there.
    while let [character, rest @ ..] = pattern
        && *character != b'*'
    {
        match text {
            [given, others @ ..] if is_one(*character, *given) => (pattern, text) = (rest, others),
            _ => return false,
        }
    }
    matches(
        pattern.iter(),
        text.iter(),
        |character| **character == b'*',
        |character, given| is_one(**character, **given),
    )
}

#[cfg(test)]
mod tests {
    use super::matches_text;

    /// The plain definition, which tries every length of every star.
    fn slowly(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', after)), _) => {
                (0..=text.len()).any(|length| slowly(after, text.get(length..).unwrap()))
            }
            (Some((one, after)), Some((letter, rest))) => {
                (*one == b'?' || one == letter) && slowly(after, rest)
            }
            _ => false,
        }
    }

    fn texts(letters: &[u8], longest: usize) -> Vec<Vec<u8>> {
        let mut all = vec![Vec::new()];
        let mut from = 0;
        for _ in 0..longest {
            let to = all.len();
            for index in from..to {
                for letter in letters {
                    let mut text: Vec<u8> = all[index].clone();
                    text.push(*letter);
                    all.push(text);
                }
            }
            from = to;
        }
        all
    }

    #[test]
    fn agrees_with_the_plain_definition() {
        let texts_of = |letters, longest| {
            texts(letters, longest).into_iter().map(|text| String::from_utf8(text).unwrap())
        };
        let given: Vec<String> = texts_of(b"ab", 5).collect();
        for pattern in texts_of(b"ab*?", 5) {
            for text in &given {
                let expected = slowly(pattern.as_bytes(), text.as_bytes());
                assert_eq!(matches_text(&pattern, text), expected, "`{pattern}` `{text}`");
            }
        }
    }

    #[test]
    fn many_stars_are_quick() {
        let pattern = "*a".repeat(500);
        assert!(!matches_text(&format!("{pattern}b"), &"a".repeat(1000)));
    }
}
