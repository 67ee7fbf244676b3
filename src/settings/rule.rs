//! The `rules` list: the vocabulary of Kubewarden's verification config
//! (<https://docs.kubewarden.io/howtos/security-hardening/secure-supply-chain>).

use super::lazy::Lazy;
use super::limits::{MAX_PATTERNS, MAX_SIGNERS};
use super::list::List;
use super::signer::{self, AnySigner};
use super::{RuleFilter, SettingsIssue};
use crate::image::containment::{Coverage, coverage};
use crate::image::pattern::ImagePattern;
use crate::policy::place::Place;
use crate::policy::rule::{AnyOf, EmptyTrust, Enforcement, ImageMatcher, Rule, RuleName, Trust};
use crate::policy::signer::Signer;
use serde::Deserialize;

/// Signers, which may be of any kind.
type RawSigners<'s> = List<Lazy<'s, AnySigner>, MAX_SIGNERS>;

/// An entry of `rules`.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["allOf", "anyOf"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawRule<'s> {
    /// what messages call the rule
    #[serde(borrow)]
    name: Option<Lazy<'s, String>>,
    /// patterns of the images that the rule is about
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "List<String, MAX_PATTERNS>"))]
    images: Option<List<ImagePattern, MAX_PATTERNS>>,
    /// patterns of images to leave out, though `images` matches them
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_PATTERNS>>"))]
    exclude: Option<List<ImagePattern, MAX_PATTERNS>>,
    /// whether an image that does not satisfy it is rejected or only warned of (default: reject)
    enforcement: Option<Lazy<'s, Enforcement>>,
    /// each of these must have signed
    all_of: Option<Lazy<'s, RawSigners<'s>>>,
    /// some of these must have signed
    any_of: Option<Lazy<'s, RawAnyOf<'s>>>,
}

/// So many of several signers.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawAnyOf<'s> {
    /// how many must have signed (default: 1)
    #[cfg_attr(not(target_family = "wasm"), schemars(range(min = 1)))]
    minimum_matches: Option<u64>,
    /// those who can sign
    #[serde(borrow)]
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "RawSigners<'s>"))]
    signatures: Option<RawSigners<'s>>,
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
    let matcher = matcher(List::or_empty(rule.images), List::or_empty(rule.exclude))?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let all_of = rule.all_of.map(all_of).transpose().map_err(|issue| issue.under("allOf"))?;
    let any_of = rule.any_of.map(any_of).transpose().map_err(|issue| issue.under("anyOf"))?;
    let (name, enforcement) =
        (Lazy::read_at("name", rule.name)?, Lazy::read_at("enforcement", rule.enforcement)?);
    Ok(Some(Rule {
        place: Place::entry("rules", index),
        name: name
            .map_or_else(|| RuleName::Default(format!("rule {}", index + 1)), RuleName::Given),
        matcher,
        enforcement: enforcement.unwrap_or(Enforcement::Reject),
        trust: Trust::new(all_of.unwrap_or_default(), any_of).map_err(SettingsIssue::new)?,
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
        Some(Coverage::Every) => "this is every image, so none would be checked",
        Some(Coverage::EveryTag) => {
            "this is every image that is given by a tag, so none of those would be checked"
        }
        Some(Coverage::EveryDigest) => {
            "this is every image that is given by a digest, so none of those would be checked"
        }
    };
    Err(SettingsIssue::new(message).under(key))
}

fn all_of(signers: Lazy<'_, RawSigners<'_>>) -> Result<Vec<Signer>, SettingsIssue> {
    compile_signers("allOf", signers.read()?)
}

fn any_of(any_of: Lazy<'_, RawAnyOf<'_>>) -> Result<AnyOf, SettingsIssue> {
    let any_of = any_of.read()?;
    let missing = || SettingsIssue::new("`signatures` is missing: who can sign?");
    let signers = compile_signers("anyOf.signatures", any_of.signatures.ok_or_else(missing)?)
        .map_err(|issue| issue.under("signatures"))?;
    let (given, count) = (any_of.minimum_matches, signers.len());
    let minimum = usize::try_from(given.unwrap_or(1)).unwrap_or(usize::MAX);
    AnyOf::new(minimum, signers).map_err(|_| {
        let range = format!("must be between 1 and {count}, the number of signers");
        SettingsIssue::new(range).under("minimumMatches")
    })
}

fn compile_signers(
    list: &'static str,
    List(signers): RawSigners<'_>,
) -> Result<Vec<Signer>, SettingsIssue> {
    let compile = |(index, signer): (usize, Lazy<'_, AnySigner>)| {
        signer::compile(Place::entry(list, index), index + 1, signer.raw)
            .map_err(|issue| issue.at(index))
    };
    signers.into_iter().enumerate().map(compile).collect()
}
