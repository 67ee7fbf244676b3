//! The laws of `testing/`, for the fuzz targets.

use signed_images_testing::laws::LAWS;

/// Holds the input to the law of that name.
///
/// # Panics
/// When the law is broken, or when there is none of that name.
pub fn check(name: &str, input: &[u8]) {
    let (_, law) = LAWS.iter().find(|(known, _)| *known == name).expect("a law of that name");
    law(input);
}
