//! What reports must say: the conditions of an entry of `attestations`.

use super::{AgeLimit, check_length, fields, pointer};
use crate::json::string;
use crate::policy::predicate_type::Format;
use crate::policy::report::{
    Comparison, Conditions, Exception, Licenses, PackagePattern, Severity, Vulnerabilities,
};
use crate::policy::text_pattern::TextPattern;
use crate::settings::SettingsIssue;
use crate::settings::limits::{MAX_EXCEPTIONS, MAX_FIELDS, MAX_REPORT_PATTERNS};
use crate::settings::object::{Object, text};
use crate::settings::subject_pattern;
use crate::suggestion;
use crate::time::Day;
use serde_json::value::RawValue;

pub(super) const VULNERABILITIES: [&str; 4] = ["refuse", "fixedOnly", "except", "always"];
pub(super) const EXCEPTION: [&str; 3] = ["id", "until", "reason"];
pub(super) const PACKAGES: [&str; 1] = ["refuse"];
pub(super) const LICENSES: [&str; 2] = ["refuse", "only"];

/// Compiles what a report of that format must say.
pub(super) fn compile(entry: &Object<'_>, format: Format) -> Result<Conditions, SettingsIssue> {
    check_types(entry, format)?;
    let age = entry.get("maxAge", AgeLimit::read)?;
    if age.is_none() && format == Format::Vulnerabilities {
        return Err(SettingsIssue::new(
            "`maxAge` is missing: how old may a scan be? (with `unlimited`, whoever may push can put an older one \
             back)",
        ));
    }
    let max_age = match age {
        Some(AgeLimit::Most(age)) => Some(age),
        Some(AgeLimit::Unlimited) | None => None,
    };
    let time_at = entry.get("timeAt", pointer)?;
    if time_at.is_none() && max_age.is_some() && format == Format::Other {
        let missing = "`timeAt` is missing: where in the report is its time?";
        return Err(SettingsIssue::new(missing));
    }
    let is_reduced = matches!(format, Format::Vulnerabilities | Format::CycloneDx | Format::Spdx);
    Ok(Conditions {
        max_age,
        time_at,
        vulnerabilities: entry.get("vulnerabilities", vulnerabilities)?,
        packages: entry.get("packages", packages)?.unwrap_or_default(),
        licenses: entry.get("licenses", licenses)?,
        builder: entry.texts("builder", MAX_REPORT_PATTERNS, text_pattern)?,
        source: entry.texts("source", MAX_REPORT_PATTERNS, text_pattern)?,
        fields: entry.each("fields", MAX_FIELDS, |raw| fields::compile(raw, is_reduced))?,
    })
}

/// A condition of another type would never be looked at.
fn check_types(entry: &Object<'_>, format: Format) -> Result<(), SettingsIssue> {
    let is_bill = matches!(format, Format::CycloneDx | Format::Spdx);
    let is_provenance = matches!(format, Format::Provenance02 | Format::Provenance1);
    let bills = "is only for `cyclonedx` and `spdx` reports";
    let builds = "is only for `slsaprovenance` and `slsaprovenance1` reports";
    let rows = [
        ("vulnerabilities", format == Format::Vulnerabilities, "is only for `vuln` reports"),
        ("packages", is_bill, bills),
        ("licenses", is_bill, bills),
        ("builder", is_provenance, builds),
        ("source", is_provenance, builds),
        (
            "timeAt",
            format == Format::Other,
            "reports of this type have their own field for the time",
        ),
    ];
    for (key, is_read, issue) in rows {
        if !is_read && entry.raw(key).is_some() {
            return Err(SettingsIssue::new(issue).under(key));
        }
    }
    Ok(())
}

/// With a star, it must say who is meant, as patterns of subjects must.
fn text_pattern(text: &str) -> Result<TextPattern, String> {
    if text.contains('*') {
        return subject_pattern::pattern(text).map(TextPattern::Subject);
    }
    Ok(TextPattern::new(text))
}

pub(in crate::settings) fn severity(text: &str) -> Result<Severity, String> {
    let mut known = Severity::ALL.into_iter();
    known
        .find(|severity| severity.name().eq_ignore_ascii_case(text))
        .ok_or_else(|| suggestion::instead_of("severity", text, &Severity::ALL.map(Severity::name)))
}

fn vulnerabilities(raw: &RawValue) -> Result<Vulnerabilities, SettingsIssue> {
    let asked = Object::read(raw, &VULNERABILITIES)?;
    if asked.raw("refuse").is_none() && asked.raw("always").is_none() {
        return Err(SettingsIssue::new("rejects nothing: set `refuse` or `always`"));
    }
    Ok(Vulnerabilities {
        refuse: asked.texts("refuse", MAX_REPORT_PATTERNS, severity)?,
        fixed_only: asked.flag("fixedOnly")?.unwrap_or(false),
        except: asked.each("except", MAX_EXCEPTIONS, exception)?,
        always: asked.texts("always", MAX_EXCEPTIONS, finding)?,
    })
}

/// The name of a finding.
fn finding(text: &str) -> Result<String, String> {
    if text.contains(|c: char| c.is_whitespace() || c == '*') {
        return Err(format!("`{text}` is not the ID of a finding, such as `CVE-2021-44228`"));
    }
    Ok(text.to_owned())
}

fn exception(raw: &RawValue) -> Result<Exception, SettingsIssue> {
    let named = |id: &str| finding(id).map_err(SettingsIssue::new);
    if string(raw).is_some() {
        return Ok(Exception { id: named(&text(raw)?)?, until: None });
    }
    let exception = Object::read(raw, &EXCEPTION)?;
    exception.text("reason")?;
    let day = |raw| {
        let text = text(raw)?;
        let wrong = || format!("`{text}` is not a day, such as `2026-12-31`");
        Day::parse(&text).ok_or_else(|| SettingsIssue::new(wrong()))
    };
    Ok(Exception {
        id: named(&exception.required("id")?).map_err(|issue| issue.under("id"))?,
        until: exception.get("until", day)?,
    })
}

fn packages(raw: &RawValue) -> Result<Vec<PackagePattern>, SettingsIssue> {
    Object::read(raw, &PACKAGES)?.texts("refuse", MAX_REPORT_PATTERNS, package)
}

/// `name`, or a name and versions; an `@` that comes first is a part of the name.
fn package(text: &str) -> Result<PackagePattern, String> {
    check_length(text)?;
    let (name, versions) = match text.rsplit_once('@') {
        Some((name, versions)) if !name.is_empty() => (name, Some(versions)),
        _ => (text, None),
    };
    let versions = versions.map(|text| match (text.strip_prefix("<="), text.strip_prefix('<')) {
        (Some(version), _) => (Comparison::LessOrEqual, version.to_owned()),
        (None, Some(version)) => (Comparison::Less, version.to_owned()),
        (None, None) => (Comparison::Equal, text.to_owned()),
    });
    let is_version = |version: &str| {
        version.starts_with(|c: char| c.is_ascii_alphanumeric())
            && version.contains(|c: char| c.is_ascii_digit())
    };
    if name.is_empty() || versions.iter().any(|(_, version)| !is_version(version)) {
        return Err(format!("`{text}` is not a package, such as `log4j-core@<2.17.1`"));
    }
    Ok(PackagePattern { name: name.to_owned(), versions })
}

fn licenses(raw: &RawValue) -> Result<Licenses, SettingsIssue> {
    let asked = Object::read(raw, &LICENSES)?;
    let license = |text: &str| check_length(text).map(|()| text.to_owned());
    let texts = |key| asked.texts(key, MAX_REPORT_PATTERNS, license);
    match (asked.raw("refuse"), asked.raw("only")) {
        (Some(_), None) => texts("refuse").map(Licenses::Refuse),
        (None, Some(_)) => texts("only").map(Licenses::Only),
        (Some(_), Some(_)) | (None, None) => {
            Err(SettingsIssue::new("set exactly one of `refuse` and `only`"))
        }
    }
}
