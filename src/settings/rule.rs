//! The `rules` list: the vocabulary of Kubewarden's verification config
//! (<https://docs.kubewarden.io/admission-controller/1.37/en/howtos/security-hardening/secure-supply-chain.html>).

use super::attestation::{self, Written};
#[cfg(not(target_family = "wasm"))]
use super::attestation::{RawAttestations, RawImage};
use super::lazy::Lazy;
use super::limits::MAX_PATTERNS;
use super::list::List;
use super::trust::{self, RawAnyOf, RawSigners};
use super::{RuleFilter, SettingsIssue};
use crate::image::containment::{Coverage, coverage};
use crate::image::pattern::ImagePattern;
use crate::policy::place::Place;
use crate::policy::rule::{EmptyTrust, Enforcement, ImageMatcher, Rule, RuleName};
use serde::Deserialize;

/// An entry of `rules`.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["allOf", "anyOf"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawRule<'s> {
    /// the name of the rule in messages
    #[serde(borrow)]
    name: Option<Lazy<'s, String>>,
    /// patterns of the images that match the rule
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "List<String, MAX_PATTERNS>"))]
    images: Option<List<ImagePattern, MAX_PATTERNS>>,
    /// patterns of images that do not match, even if `images` matches them
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_PATTERNS>>"))]
    exclude: Option<List<ImagePattern, MAX_PATTERNS>>,
    /// what to do with an image that does not satisfy it (default: reject)
    enforcement: Option<Lazy<'s, Enforcement>>,
    /// all of these signers must have signed
    all_of: Option<Lazy<'s, RawSigners<'s>>>,
    /// a number of these signers must have signed
    any_of: Option<Lazy<'s, RawAnyOf<'s>>>,
    /// conditions on the image itself: its age, its labels
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<RawImage>"))]
    image: Written<'s>,
    /// signed reports that the image needs
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<RawAttestations<'s>>"))]
    attestations: Written<'s>,
}

/// Compiles a rule that is wanted.
pub(super) fn compile(
    index: usize,
    rule: Lazy<'_, RawRule<'_>>,
    filter: RuleFilter<'_>,
) -> Result<Option<Rule>, SettingsIssue> {
    if !filter.may_include(rule.raw) {
        return Ok(None);
    }
    let rule = rule.read()?;
    if rule.image.is_text() {
        let issue = SettingsIssue::new("must be an object, not a string: did you mean `images`?");
        return Err(issue.under("image"));
    }
    let matcher = matcher(List::or_empty(rule.images), List::or_empty(rule.exclude))?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let trust = trust::compile(rule.all_of, rule.any_of)?;
    let requirements = attestation::compile(&rule.image, &rule.attestations, &trust)?;
    let (name, enforcement) =
        (Lazy::read_at("name", rule.name)?, Lazy::read_at("enforcement", rule.enforcement)?);
    Ok(Some(Rule {
        place: Place::entry("rules", index),
        name: name
            .map_or_else(|| RuleName::Default(format!("rule {}", index + 1)), RuleName::Given),
        matcher,
        enforcement: enforcement.unwrap_or(Enforcement::Reject),
        trust,
        requirements,
    }))
}

/// What a rule is about.
pub(super) fn matcher(
    images: Vec<ImagePattern>,
    exclude: Vec<ImagePattern>,
) -> Result<ImageMatcher, SettingsIssue> {
    let exclude = sparing(exclude, "exclude")?;
    ImageMatcher::patterns(images, exclude).map_err(|error| {
        let issue = SettingsIssue::new(error);
        match error {
            EmptyTrust::Excluded(_) => issue.under("exclude"),
            EmptyTrust::NoImages | EmptyTrust::NoSigners | EmptyTrust::Minimum => issue,
        }
    })
}

/// Patterns of images that are spared something. To spare all of them is a mistake.
pub(super) fn sparing(
    patterns: Vec<ImagePattern>,
    key: &'static str,
) -> Result<Vec<ImagePattern>, SettingsIssue> {
    let message = match coverage(&[ImagePattern::every_image()], &patterns) {
        None => return Ok(patterns),
        Some(Coverage::Every) => "these patterns match every image, so none would be checked",
        Some(Coverage::EveryTag) => {
            "these patterns match every image without a digest, so no such image would be checked"
        }
        Some(Coverage::EveryDigest) => {
            "these patterns match every image with a digest, so no such image would be checked"
        }
    };
    Err(SettingsIssue::new(message).under(key))
}
