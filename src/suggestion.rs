//! What the writer of an unknown name may have meant.

/// Keys that are taken without a meaning: nobody is told to write them.
const IGNORED: [&str; 2] = ["description", "rule"];

/// In bytes; what is longer is near no key.
const LONGEST: usize = 160;

/// Says that the name is unknown, and which known one is nearest.
pub(crate) fn instead_of(what: &str, given: &str, known: &[&str]) -> String {
    let known: Vec<&str> = known.iter().copied().filter(|name| !IGNORED.contains(name)).collect();
    let nearest = known
        .iter()
        .filter(|_| given.len() <= LONGEST)
        .map(|name| {
            let steps =
                strsim::levenshtein(&given.to_ascii_lowercase(), &name.to_ascii_lowercase());
            (steps, *name)
        })
        .min();
    match nearest {
        Some((steps, name)) if steps <= 1 + given.chars().count() / 3 => {
            format!("unknown {what}, did you mean `{name}`?")
        }
        _ => format!("unknown {what}; use one of `{}`", known.join("`, `")),
    }
}
