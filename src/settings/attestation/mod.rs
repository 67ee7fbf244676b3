//! `attestations` and `image` of a rule: what is asked of an image besides signatures.
//!
//! *And what is empty?* A mistake: a condition that is written asks for something.

mod conditions;
mod fields;

pub(super) use conditions::severity;
#[cfg(not(target_family = "wasm"))]
pub(super) use conditions::{AnyException, RawException};
#[cfg(not(target_family = "wasm"))]
pub(super) use fields::{AnyNumber, AnyScalar};

use super::blank::is_blank;
use super::lazy::Lazy;
use super::limits::{MAX_ATTESTATIONS, MAX_FIELDS, MAX_LABELS, MAX_NAMED_PLATFORMS};
use super::list::{List, StringMap};
use super::signer_parts::required;
use super::signers::{self, RawAnyOf, RawSigners};
use super::{SettingsIssue, value};
use crate::image::reference::{LATEST, Reference};
use crate::json::members;
use crate::policy::place::Place;
use crate::policy::predicate_type::{ANNOTATION, PredicateType, check_name};
use crate::policy::report::Conditions;
use crate::policy::requirements::{Attestation, ImageCondition, Platform, Requirements};
use crate::policy::rule::{Enforcement, Trust};
use crate::policy::signer::Identity;
use crate::policy::text_pattern::TextPattern;
use crate::time::MaxAge;
use conditions::{PatternTexts, RawLicenses, RawPackages, RawVulnerabilities};
use fields::RawField;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::value::RawValue;

/// Names of platforms.
pub(super) type Platforms = List<String, MAX_NAMED_PLATFORMS>;

/// A value that is there, blank or not.
#[derive(Default)]
pub(super) struct Written<'s>(Option<&'s RawValue>);

impl<'de: 's, 's> Deserialize<'de> for Written<'s> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer).map(|raw| Self(Some(raw)))
    }
}

/// What the image must say of itself.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["maxAge", "labels"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawImage {
    /// how old it may be: `90d`, `12h`, `2w`
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    max_age: Option<MaxAge>,
    /// labels that it must have, and what they must be; `*` is any number of characters but no `/`
    labels: Option<StringMap<MAX_LABELS>>,
    /// of an index, the platforms that this is asked of, such as `linux/amd64` (default: all)
    platforms: Option<Platforms>,
    /// whether an image that does not satisfy it is rejected or only warned of (default: reject)
    enforcement: Option<Enforcement>,
}

/// A signed report that must be there.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawAttestation<'s> {
    /// the type of the report: a short name of cosign (`vuln`, `cyclonedx`, …) or a URI
    #[serde(rename = "type")]
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    predicate_type: Option<String>,
    /// the name in its tag, where several reports of one type are kept
    name: Option<String>,
    /// each of these must have signed it (default: those who must have signed the image)
    #[serde(borrow)]
    all_of: Option<Lazy<'s, RawSigners<'s>>>,
    /// some of these must have signed it
    any_of: Option<Lazy<'s, RawAnyOf<'s>>>,
    /// the repository in which it is kept (default: the image's own)
    repository: Option<String>,
    /// of an index, the platforms that have one, such as `linux/amd64` (default: all)
    platforms: Option<Platforms>,
    /// whether an image without it is rejected or only warned of (default: reject)
    enforcement: Option<Enforcement>,
    /// how old it may be, such as `7d`, or `unlimited`; must be given for `vuln`
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    max_age: Option<AgeLimit>,
    /// where in its predicate its time is, as a JSON pointer, for types that have no place of their own for it
    time_at: Option<String>,
    /// which findings are refused (`vuln`)
    vulnerabilities: Option<Lazy<'s, RawVulnerabilities<'s>>>,
    /// which packages are refused (`cyclonedx`, `spdx`)
    packages: Option<Lazy<'s, RawPackages>>,
    /// which licences packages may have (`cyclonedx`, `spdx`)
    licenses: Option<Lazy<'s, RawLicenses>>,
    /// who may have built the image (`slsaprovenance`, `slsaprovenance1`)
    builder: Option<PatternTexts>,
    /// from which source, such as `https://github.com/acme/*` (`slsaprovenance`, `slsaprovenance1`)
    source: Option<PatternTexts>,
    /// what fields of the predicate must say
    fields: Option<List<Lazy<'s, RawField<'s>>, MAX_FIELDS>>,
}

/// An age, or none.
pub(super) enum AgeLimit {
    Unlimited,
    Most(MaxAge),
}

impl<'de> Deserialize<'de> for AgeLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "unlimited" {
            return Ok(Self::Unlimited);
        }
        MaxAge::parse(&text).map(Self::Most).ok_or_else(|| {
            D::Error::custom(format_args!(
                "`{text}` is no age: a number and `h`, `d` or `w`, such as `7d`, or `unlimited`"
            ))
        })
    }
}

/// Entries of `attestations`.
pub(super) type RawAttestations<'s> = List<Lazy<'s, RawAttestation<'s>>, MAX_ATTESTATIONS>;

/// Compiles what a rule asks besides the signatures of those whom it trusts.
pub(super) fn compile(
    image: &Written<'_>,
    attestations: &Written<'_>,
    trust: &Trust,
) -> Result<Requirements, SettingsIssue> {
    let image = match image.0 {
        Some(raw) => Some(compile_image(raw).map_err(|issue| issue.under("image"))?),
        None => None,
    };
    let list = |raw| {
        not_blank(raw)?;
        let List(entries) = value::read::<RawAttestations<'_>>(raw)?;
        let compile = |(index, entry): (usize, Lazy<'_, _>)| {
            let place = Place::entry("attestations", index);
            compile_attestation(place, entry.raw, trust).map_err(|issue| issue.at(index))
        };
        entries.into_iter().enumerate().map(compile).collect::<Result<Vec<_>, SettingsIssue>>()
    };
    let attestations = attestations.0.map(list).transpose();
    let attestations = attestations.map_err(|issue| issue.under("attestations"))?;
    Ok(Requirements { image, attestations: attestations.unwrap_or_default() })
}

/// What asks for a scan that the signers of the image have signed, whatever their signatures carry.
pub(super) fn of_scan(conditions: Conditions, own: &Trust) -> Requirements {
    let predicate_type = PredicateType::of_scans();
    let scan = Attestation {
        place: Place::default(),
        name: predicate_type.default_name(),
        trust: own.without_annotations().annotated(ANNOTATION, predicate_type.uri()),
        names_signers: false,
        repository: None,
        platforms: Vec::new(),
        enforcement: Enforcement::Reject,
        conditions,
        predicate_type,
    };
    Requirements { image: None, attestations: vec![scan] }
}

fn not_blank(raw: &RawValue) -> Result<(), SettingsIssue> {
    if is_blank(raw) {
        return Err(SettingsIssue::new("is empty: say what is asked, or leave it out"));
    }
    Ok(())
}

/// Reads an object in which nothing is empty.
pub(super) fn read_written<'s, T: Deserialize<'s>>(raw: &'s RawValue) -> Result<T, SettingsIssue> {
    not_blank(raw)?;
    check_members(raw)?;
    value::read(raw)
}

fn check_members(raw: &RawValue) -> Result<(), SettingsIssue> {
    let members = members(raw).unwrap_or_default();
    members.iter().try_for_each(|(key, value)| not_blank(value).map_err(|issue| issue.under(key)))
}

fn compile_image(raw: &RawValue) -> Result<ImageCondition, SettingsIssue> {
    let RawImage { max_age, labels, platforms, enforcement } = read_written(raw)?;
    if max_age.is_none() && labels.is_none() {
        return Err(SettingsIssue::new("asks for nothing: give `maxAge` or `labels`"));
    }
    let labels = StringMap::or_empty(labels).into_iter();
    Ok(ImageCondition {
        max_age,
        labels: labels.map(|(key, text)| (key, TextPattern::new(&text))).collect(),
        platforms: compile_platforms(platforms)?,
        enforcement: enforcement.unwrap_or(Enforcement::Reject),
    })
}

fn compile_platforms(platforms: Option<Platforms>) -> Result<Vec<Platform>, SettingsIssue> {
    let platform = |text: &str| {
        let wrong = || format!("`{text}` is no platform, such as `linux/amd64` or `linux/arm/v7`");
        Platform::parse(text).ok_or_else(wrong)
    };
    conditions::each("platforms", platforms, platform)
}

fn compile_attestation(
    place: Place,
    raw: &RawValue,
    own: &Trust,
) -> Result<Attestation, SettingsIssue> {
    let mut raw: RawAttestation<'_> = read_written(raw)?;
    let predicate_type = PredicateType::parse(&required(raw.predicate_type.take(), "type")?)
        .map_err(|why| SettingsIssue::new(why).under("type"))?;
    let name = raw.name.take();
    if let Some(name) = &name {
        check_name(name).map_err(|why| SettingsIssue::new(why).under("name"))?;
    }
    let repository = raw.repository.take().map(|text| repository(&text)).transpose()?;
    Ok(Attestation {
        place,
        names_signers: raw.all_of.is_some() || raw.any_of.is_some(),
        name: name.unwrap_or_else(|| predicate_type.default_name()),
        trust: trust(raw.all_of.take(), raw.any_of.take(), own)?
            .annotated(ANNOTATION, predicate_type.uri()),
        repository,
        platforms: compile_platforms(raw.platforms.take())?,
        enforcement: raw.enforcement.unwrap_or(Enforcement::Reject),
        conditions: conditions::compile(raw, &predicate_type)?,
        predicate_type,
    })
}

/// A repository, without a tag or a digest.
fn repository(text: &str) -> Result<Reference, SettingsIssue> {
    let reference =
        Reference::parse(text).map_err(|error| SettingsIssue::new(error).under("repository"))?;
    let is_plain = reference.tag() == Some(LATEST) && !text.ends_with(&[":", LATEST].concat());
    if is_plain && reference.digest().is_none() {
        return Ok(reference);
    }
    let issue = format!("`{text}` names more than a repository: leave out the tag and the digest");
    Err(SettingsIssue::new(issue).under("repository"))
}

/// Whose signatures a report needs.
fn trust(
    all_of: Option<Lazy<'_, RawSigners<'_>>>,
    any_of: Option<Lazy<'_, RawAnyOf<'_>>>,
    own: &Trust,
) -> Result<Trust, SettingsIssue> {
    if all_of.is_none() && any_of.is_none() {
        if own.signers().any(|signer| is_certificate(&signer.identity)) {
            return Err(SettingsIssue::new(
                "`allOf` and `anyOf` are missing: who must have signed the report? The rule's own signers are \
                 certificates, which cannot",
            ));
        }
        return Ok(own.without_annotations());
    }
    let trust = signers::trust(all_of, any_of)?;
    for signer in trust.signers() {
        let issue = |text: &str| Err(SettingsIssue::new(text).under(signer.place));
        if is_certificate(&signer.identity) {
            return issue(
                "certificates cannot sign reports: the host takes the annotation that tells a report from any \
                 signature; name a key or an identity",
            );
        }
        if signer.annotations.contains_key(ANNOTATION) {
            return issue("the annotation `predicateType` is demanded anyway: leave it out");
        }
    }
    Ok(trust)
}

fn is_certificate(identity: &Identity) -> bool {
    matches!(identity, Identity::Certificate { .. })
}
