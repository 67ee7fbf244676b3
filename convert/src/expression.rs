//! Expressions of sources, as texts.

/// Without spaces, but for those in texts; none, if a text does not end.
pub(super) fn without_spaces(text: &str) -> Option<String> {
    let (mut kept, mut quote) = (String::new(), None);
    for letter in text.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, _) if letter.is_whitespace() => continue,
            (None | Some(_), _) => {}
        }
        kept.push(letter);
    }
    quote.is_none().then_some(kept)
}
