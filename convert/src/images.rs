//! The images that a source selects, as patterns of a rule, with a word on what they select besides.

use super::pattern::{self, Dialect, Reach, Translation};
use super::remark::Remarks;
use super::signer::is_variable;
use crate::read::nth;

/// What becomes, at the source, of an image that no pattern selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beyond {
    /// It passes, so that selecting more refuses more.
    Admitted,
    /// It is refused, so that selecting more lets in what is signed.
    Refused,
}

/// The patterns of all of these; `path` is that of the list.
pub(super) fn selected(
    sources: &[&str],
    dialect: Dialect,
    beyond: Beyond,
    path: &str,
    remarks: &mut Remarks,
) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let translation = pattern::selecting(source, dialect);
        if let Some(text) = more(source, &translation) {
            let path = nth(path, index);
            match beyond {
                Beyond::Admitted => remarks.stricter(&path, text),
                Beyond::Refused => remarks.less(
                    &path,
                    format!("{text}. There, the others are refused; here, they are let in when they are signed"),
                ),
            }
        }
        for pattern in translation.patterns {
            if !images.contains(&pattern) {
                images.push(pattern);
            }
        }
    }
    images
}

/// What is selected besides.
fn more(source: &str, translation: &Translation) -> Option<String> {
    let written = translation.patterns.join("`, `");
    match translation.reach {
        Reach::Same => None,
        Reach::More if is_variable(source) => {
            Some(format!("`{source}` is a variable of the source: every image matches"))
        }
        Reach::Digests => Some(format!(
            "`{source}`: images of these repositories that are given by digest are checked as well"
        )),
        Reach::More => Some(format!(
            "`{source}` is written `{written}`, which matches these images and others"
        )),
    }
}
