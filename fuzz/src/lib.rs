//! The laws of `tests/laws/`, for the fuzz targets.

#[path = "../../tests/laws/mod.rs"]
mod laws;

/// Holds the input to the law of that name.
///
/// # Panics
/// When the law is broken, or when there is none of that name.
pub fn check(name: &str, input: &[u8]) {
    let (_, law) = laws::LAWS.iter().find(|(known, _)| *known == name).expect("a law of that name");
    law(input);
}
