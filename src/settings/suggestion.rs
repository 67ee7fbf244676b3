//! What the writer of an unknown name may have meant.

/// Says that the name is unknown, and which known one is nearest.
pub(super) fn instead_of(what: &str, given: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|name| (distance(&given.to_ascii_lowercase(), &name.to_ascii_lowercase()), *name))
        .min();
    match nearest {
        Some((steps, name)) if steps <= 1 + given.chars().count() / 3 => {
            format!("unknown {what}, did you mean `{name}`?")
        }
        _ => format!("unknown {what}; known here: `{}`", known.join("`, `")),
    }
}

/// The Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(b.chars()) {
            let substitute = diagonal + usize::from(from != to);
            diagonal = *cell;
            left = substitute.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
