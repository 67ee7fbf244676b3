//! Wildcard matching with one kind of star: over the letters of a text and over the components of a path.

/// Whether the items match the pattern, in which `is_star` stands for any number of items. Only the last
/// star ever needs trying again, so the cost is at most the product of the lengths.
pub(crate) fn matches<P, T>(
    pattern: &[P],
    items: &[T],
    is_star: impl Fn(&P) -> bool,
    is_one: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut pattern, mut items) = (pattern, items);
    let mut retry: Option<(&[P], &[T])> = None;
    loop {
        match (pattern.split_first(), items.split_first()) {
            (None, None) => return true,
            (Some((star, after)), _) if is_star(star) => {
                retry = Some((after, items));
                pattern = after;
            }
            (Some((one, after)), Some((item, rest))) if is_one(one, item) => {
                (pattern, items) = (after, rest);
            }
            _ => match retry {
                Some((after, [_, shorter @ ..])) => {
                    retry = Some((after, shorter));
                    (pattern, items) = (after, shorter);
                }
                _ => return false,
            },
        }
    }
}

/// Whether the text matches the pattern: `*` is any number of letters, `?` is one. References are ASCII,
/// so a letter is a byte.
pub(crate) fn matches_text(pattern: &str, text: &str) -> bool {
    matches(
        pattern.as_bytes(),
        text.as_bytes(),
        |letter| *letter == b'*',
        |letter, given| *letter == b'?' || letter == given,
    )
}
