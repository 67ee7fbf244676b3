//! How a pattern stands to an image, and why.

use serde::Serialize;
use signed_images_policy::image::glob::matches_text;
use signed_images_policy::image::legacy_pattern::{LegacyPattern, Spellings};
use signed_images_policy::image::pattern::{ImagePattern, Match};
use signed_images_policy::image::reference::Reference;

use super::mismatch::mismatch;

/// A pattern, and how it stands to the image.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PatternReport {
    /// The pattern in the spelling that images are compared with.
    pub pattern: String,
    /// Whether the image is one of those meant.
    pub standing: Standing,
    /// Why it is not, or not surely; or the spelling that matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a pattern stands to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It is another image.
    No,
    /// It may be the image, which is enough to be verified and not enough to be spared that.
    Perhaps,
    /// It is the image by the tag beside a digest: that is enough for a rule and its `exclude`, and not for `exempt`.
    Claimed,
    /// It is the image.
    Yes,
}

/// A pattern of `rules` or `exempt` and the image.
pub(super) fn compare(pattern: &ImagePattern, reference: &Reference) -> PatternReport {
    let (standing, why) = match pattern.matches(reference) {
        Match::No => {
            (Standing::No, mismatch(pattern, reference).map(|mismatch| mismatch.to_string()))
        }
        Match::Claimed => (
            Standing::Claimed,
            Some("by the tag beside the digest, which nobody checks: enough for a rule, but not for `exempt`".to_owned()),
        ),
        Match::Perhaps if reference.digest().is_some() => (
            Standing::Perhaps,
            Some("perhaps: the pattern has a tag, but the digest decides what runs".to_owned()),
        ),
        Match::Perhaps => (
            Standing::Perhaps,
            Some("perhaps: the tag may point to the digest of the pattern".to_owned()),
        ),
        Match::Yes => (Standing::Yes, None),
    };
    PatternReport { pattern: pattern.to_string(), standing, why }
}

/// A pattern of `signatures` and the image.
pub(super) fn try_spellings(pattern: &LegacyPattern, spellings: &Spellings) -> PatternReport {
    let text = pattern.to_string();
    let spelled = spellings.texts().iter().find(|spelling| matches_text(&text, spelling));
    let (standing, why) = match spelled {
        Some(spelling) => (Standing::Yes, format!("it matches the spelling `{spelling}`")),
        None if pattern.matches(spellings) => (
            Standing::Perhaps,
            "perhaps: the image has only a digest, and may have the pattern's tag".to_owned(),
        ),
        None => (Standing::No, "it matches no spelling of the image".to_owned()),
    };
    PatternReport { pattern: text, standing, why: Some(why) }
}
