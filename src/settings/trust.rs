//! `allOf` and `anyOf`: whose signatures are needed, on an image or on a report.

use super::SettingsIssue;
use super::lazy::Lazy;
use super::limits::MAX_SIGNERS;
use super::list::List;
use super::signer::{self, AnySigner};
use crate::policy::place::Place;
use crate::policy::rule::{AnyOf, Trust};
use crate::policy::signer::Signer;
use serde::Deserialize;

/// Signers, which may be of any kind.
pub(super) type RawSigners<'s> = List<Lazy<'s, AnySigner>, MAX_SIGNERS>;

/// So many of several signers.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawAnyOf<'s> {
    /// how many must have signed (default: 1)
    #[cfg_attr(not(target_family = "wasm"), schemars(range(min = 1)))]
    minimum_matches: Option<u64>,
    /// the signers
    #[serde(borrow)]
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "RawSigners<'s>"))]
    signatures: Option<RawSigners<'s>>,
}

/// Whose signatures are needed.
pub(super) fn compile(
    all: Option<Lazy<'_, RawSigners<'_>>>,
    any: Option<Lazy<'_, RawAnyOf<'_>>>,
) -> Result<Trust, SettingsIssue> {
    let all_of = all.map(all_of).transpose().map_err(|issue| issue.under("allOf"))?;
    let any_of = any.map(any_of).transpose().map_err(|issue| issue.under("anyOf"))?;
    Trust::new(all_of.unwrap_or_default(), any_of).map_err(SettingsIssue::new)
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
