//! `attestations` and `image` of a rule: what is asked of an image besides signatures.

mod conditions;
mod fields;
#[cfg(not(target_family = "wasm"))]
mod shape;

pub(super) use conditions::severity;
#[cfg(not(target_family = "wasm"))]
pub(super) use shape::{
    AnyException, AnyNumber, AnyScalar, RawAttestations, RawException, RawImage,
};

use super::lazy::Lazy;
use super::limits::{MAX_ANNOTATIONS, MAX_ATTESTATIONS, MAX_NAMED_PLATFORMS};
use super::list::StringMap;
use super::object::{Object, list, text};
use super::trust;
use super::workload::check_pointer;
use super::{SettingsIssue, value};
use crate::image::pattern::{MAX_PATTERN, PatternError};
use crate::image::reference::{LATEST, Reference};
use crate::policy::place::Place;
use crate::policy::platform::Platform;
use crate::policy::predicate_type::{ANNOTATION, NAME, PredicateType, check_name};
use crate::policy::report::Conditions;
use crate::policy::requirements::{Attestation, ImageCondition, Requirements};
use crate::policy::rule::{Enforcement, Trust};
use crate::policy::signer::Identity;
use crate::policy::text_pattern::TextPattern;
use crate::time::MaxAge;
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

/// The keys of `image`.
const IMAGE: [&str; 4] = ["maxAge", "labels", "platforms", "enforcement"];

/// The keys of an entry of `attestations`.
const ATTESTATION: [&str; 15] = [
    "type",
    "name",
    "allOf",
    "anyOf",
    "repository",
    "platforms",
    "enforcement",
    "maxAge",
    "timeAt",
    "vulnerabilities",
    "packages",
    "licenses",
    "builder",
    "source",
    "fields",
];

/// A value that may be blank; without a text where it is not there.
pub(super) struct Written<'s>(&'s RawValue);

impl<'s> Written<'s> {
    /// Whether it is a string.
    pub(super) fn is_text(&self) -> bool {
        self.0.get().starts_with('"')
    }

    fn given(&self) -> Option<&'s RawValue> {
        Some(self.0).filter(|raw| !raw.get().is_empty())
    }
}

impl<'de: 's, 's> Deserialize<'de> for Written<'s> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer).map(Self)
    }
}

/// An age, or none.
pub(super) enum AgeLimit {
    Unlimited,
    Most(MaxAge),
}

impl AgeLimit {
    pub(super) fn read(raw: &RawValue) -> Result<Self, SettingsIssue> {
        let text = text(raw)?;
        if text == "unlimited" {
            return Ok(Self::Unlimited);
        }
        age(&text).map(Self::Most).map_err(|issue| SettingsIssue::new(issue + ", or `unlimited`"))
    }
}

fn age(text: &str) -> Result<MaxAge, String> {
    let wrong =
        || format!("`{text}` is not an age: write a number and `h`, `d` or `w`, such as `7d`");
    MaxAge::parse(text).ok_or_else(wrong)
}

/// Compiles what a rule asks besides the signatures of those whom it trusts.
pub(super) fn compile(
    image: &Written<'_>,
    attestations: &Written<'_>,
    trust: &Trust,
) -> Result<Requirements, SettingsIssue> {
    let image = match image.given() {
        Some(raw) => Some(compile_image(raw).map_err(|issue| issue.under("image"))?),
        None => None,
    };
    let entries = |raw| {
        let mut entries = Vec::new();
        for (index, entry) in list(raw, MAX_ATTESTATIONS)?.into_iter().enumerate() {
            let place = Place::entry("attestations", index);
            let entry = compile_attestation(place, entry, trust);
            entries.push(entry.map_err(|issue| issue.at(index))?);
        }
        Ok(entries)
    };
    let attestations = attestations.given().map(entries).transpose();
    let attestations = attestations.map_err(|issue: SettingsIssue| issue.under("attestations"))?;
    Ok(Requirements { image, attestations: attestations.unwrap_or_default() })
}

/// What asks for a scan that the signers of the image have signed.
pub(super) fn of_scan(conditions: Conditions, own: &Trust) -> Requirements {
    let predicate_type = PredicateType::of_scans();
    let scan = Attestation {
        place: Place::default(),
        name: predicate_type.default_name(),
        trust: own.clone().annotated(ANNOTATION, predicate_type.uri()),
        names_signers: false,
        repository: None,
        platforms: Vec::new(),
        enforcement: Enforcement::Reject,
        conditions,
        predicate_type,
    };
    Requirements { image: None, attestations: vec![scan] }
}

fn compile_image(raw: &RawValue) -> Result<ImageCondition, SettingsIssue> {
    let image = Object::read(raw, &IMAGE)?;
    let max_age = image.get("maxAge", |raw| age(&text(raw)?).map_err(SettingsIssue::new))?;
    let labels = image.get("labels", value::read::<StringMap<MAX_ANNOTATIONS>>)?;
    if max_age.is_none() && labels.is_none() {
        return Err(SettingsIssue::new("has no condition: set `maxAge` or `labels`"));
    }
    let mut patterns = Vec::new();
    for (key, text) in StringMap::or_empty(labels) {
        check_length(&text)
            .map_err(|issue| SettingsIssue::new(issue).under(&key).under("labels"))?;
        patterns.push((key, TextPattern::new(&text)));
    }
    Ok(ImageCondition {
        max_age,
        labels: patterns,
        platforms: image.texts("platforms", MAX_NAMED_PLATFORMS, platform)?,
        enforcement: enforcement(&image)?,
    })
}

/// Patterns are no longer than those of images.
fn check_length(pattern: &str) -> Result<(), String> {
    if pattern.len() > MAX_PATTERN { Err(PatternError::TooLong.to_string()) } else { Ok(()) }
}

/// A JSON pointer into a predicate.
fn pointer(raw: &RawValue) -> Result<String, SettingsIssue> {
    let text = text(raw)?;
    check_pointer(&text).map(|()| text)
}

fn enforcement(object: &Object<'_>) -> Result<Enforcement, SettingsIssue> {
    let enforcement = object.get("enforcement", value::read)?;
    Ok(enforcement.unwrap_or(Enforcement::Reject))
}

fn platform(text: &str) -> Result<Platform, String> {
    let wrong = || format!("`{text}` is not a platform, such as `linux/amd64` or `linux/arm/v7`");
    Platform::parse(text).ok_or_else(wrong)
}

fn compile_attestation(
    place: Place,
    raw: &RawValue,
    own: &Trust,
) -> Result<Attestation, SettingsIssue> {
    let entry = Object::read(raw, &ATTESTATION)?;
    let predicate_type = PredicateType::parse(&entry.required("type")?)
        .map_err(|why| SettingsIssue::new(why).under("type"))?;
    let name = entry.text("name")?;
    if let Some(name) = &name {
        check_name(name).map_err(|why| SettingsIssue::new(why).under("name"))?;
    }
    let named = trust(&entry, own)?;
    let names_signers = named.is_some();
    let mut trust =
        named.unwrap_or_else(|| own.clone()).annotated(ANNOTATION, predicate_type.uri());
    if let Some(name) = &name {
        trust = trust.annotated(NAME, name);
    }
    Ok(Attestation {
        place,
        names_signers,
        trust,
        name: name.unwrap_or_else(|| predicate_type.default_name()),
        repository: entry.get("repository", repository)?,
        platforms: entry.texts("platforms", MAX_NAMED_PLATFORMS, platform)?,
        enforcement: enforcement(&entry)?,
        conditions: conditions::compile(&entry, predicate_type.format())?,
        predicate_type,
    })
}

/// A repository, without a tag or a digest.
fn repository(raw: &RawValue) -> Result<Reference, SettingsIssue> {
    let text = text(raw)?;
    let reference = Reference::parse(&text).map_err(SettingsIssue::new)?;
    let is_plain = reference.tag() == Some(LATEST) && !text.ends_with(":latest");
    if is_plain && reference.digest().is_none() {
        return Ok(reference);
    }
    Err(SettingsIssue::new(format_args!(
        "`{text}` is more than a repository: remove the tag and the digest"
    )))
}

/// Whose signatures a report needs, if the entry says so; else the rule's own signers must do.
fn trust(entry: &Object<'_>, own: &Trust) -> Result<Option<Trust>, SettingsIssue> {
    let (all_of, any_of) = (entry.raw("allOf"), entry.raw("anyOf"));
    if all_of.is_none() && any_of.is_none() {
        if own.signers().any(|signer| is_certificate(&signer.identity)) {
            return Err(SettingsIssue::new(
                "`allOf` and `anyOf` are missing: who must have signed the report? The rule's signers are \
                 certificates, which cannot sign reports",
            ));
        }
        return Ok(None);
    }
    let trust = trust::compile(all_of.map(Lazy::of), any_of.map(Lazy::of))?;
    for signer in trust.signers() {
        let issue = |text: &str| Err(SettingsIssue::new(text).under(signer.place));
        if is_certificate(&signer.identity) {
            return issue(
                "certificates cannot sign reports: the policy server checks certificate and annotations separately; \
                 use a key or an identity",
            );
        }
        for demanded in [ANNOTATION, NAME] {
            if signer.annotations.contains_key(demanded) {
                return Err(SettingsIssue::new(format_args!(
                    "the annotation `{demanded}` is always required: remove it here"
                ))
                .under(signer.place));
            }
        }
    }
    Ok(Some(trust))
}

fn is_certificate(identity: &Identity) -> bool {
    matches!(identity, Identity::Certificate { .. })
}
