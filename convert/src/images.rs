//! The images that a source selects, as patterns of a rule, with a word on what they select besides.

use super::pattern::{self, Dialect, Reach};
use super::remark::Remarks;
use super::signer::is_variable;
use crate::read::nth;

/// The patterns of all of these; `path` is that of the list.
pub(super) fn selected(
    sources: &[&str],
    dialect: Dialect,
    path: &str,
    remarks: &mut Remarks,
) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let path = nth(path, index);
        let translation = pattern::selecting(source, dialect);
        let written = translation.patterns.join("`, `");
        match translation.reach {
            Reach::Same => {}
            Reach::More if is_variable(source) => remarks.stricter(
                &path,
                format!("`{source}` is a variable of the source: every image is selected"),
            ),
            Reach::Digests => remarks.stricter(
                &path,
                format!(
                    "`{source}`: images of these repositories that are given by digest are checked as well"
                ),
            ),
            Reach::More => remarks.stricter(
                &path,
                format!("`{source}` is written `{written}`, which selects these images and others"),
            ),
        }
        for pattern in translation.patterns {
            if !images.contains(&pattern) {
                images.push(pattern);
            }
        }
    }
    images
}
