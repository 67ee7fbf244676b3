//! What reports must say: the conditions of an entry of `attestations`.

use super::{AgeLimit, RawAttestation, fields, read_written};
use crate::json::string;
use crate::policy::predicate_type::{Format, PredicateType};
use crate::policy::report::{
    Comparison, Conditions, Exception, Licenses, PackagePattern, Severity, Vulnerabilities,
};
use crate::policy::text_pattern::TextPattern;
use crate::settings::SettingsIssue;
use crate::settings::lazy::Lazy;
use crate::settings::limits::{MAX_EXCEPTIONS, MAX_REPORT_PATTERNS};
use crate::settings::list::List;
use crate::settings::signer_parts::required;
use crate::settings::subject_pattern;
use crate::settings::workload::check_pointer;
use crate::suggestion;
use crate::time::Day;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Texts or patterns of a condition.
pub(in crate::settings) type PatternTexts = List<String, MAX_REPORT_PATTERNS>;

/// Which findings are refused.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = crate::settings::schema::needs(&[&["refuse", "always"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawVulnerabilities<'s> {
    /// the severities that are refused: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `NEGLIGIBLE`, `UNKNOWN`
    refuse: Option<PatternTexts>,
    /// whether findings without a fix pass (default: false)
    fixed_only: Option<bool>,
    /// findings that pass: their names, or objects with `id`, `until` and `reason`
    #[serde(borrow)]
    except: Option<List<Lazy<'s, AnyException>, MAX_EXCEPTIONS>>,
    /// findings that are refused whatever their severity, fix or exception
    always: Option<List<String, MAX_EXCEPTIONS>>,
}

/// A name, or an object.
pub(in crate::settings) enum AnyException {}

/// A finding that passes.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::settings) struct RawException {
    /// its name: a CVE, a GHSA or what the scanner calls it
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    id: Option<String>,
    /// the last day on which it passes: `2026-12-31`
    until: Option<String>,
    /// why, for those who read the settings
    #[serde(rename = "reason")]
    _reason: Option<String>,
}

/// Which packages are refused.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawPackages {
    /// `name`, `name@version`, `name@<version` or `name@<=version`; a `*` in a name is any number of characters
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "PatternTexts"))]
    refuse: Option<PatternTexts>,
}

/// Which licences packages may have.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = crate::settings::schema::needs(&[&["refuse", "only"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawLicenses {
    /// none of these; `*` is any number of characters
    refuse: Option<PatternTexts>,
    /// these alone
    only: Option<PatternTexts>,
}

/// What each text of a list is.
pub(super) fn each<T, const MAX: usize>(
    key: &'static str,
    list: Option<List<String, MAX>>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, SettingsIssue> {
    let texts = List::or_empty(list).into_iter().enumerate();
    let parsed = texts.map(|(index, text)| {
        parse(&text).map_err(|why| SettingsIssue::new(why).at(index).under(key))
    });
    parsed.collect()
}

/// Compiles what a report of that type must say.
pub(super) fn compile(
    raw: RawAttestation<'_>,
    predicate_type: &PredicateType,
) -> Result<Conditions, SettingsIssue> {
    let format = predicate_type.format();
    raw.check_types(format)?;
    let age = raw.max_age;
    if age.is_none() && format == Format::Vulnerabilities {
        return Err(SettingsIssue::new(
            "`maxAge` is missing: how old may a scan be? (`unlimited` is as old as it likes; whoever may push can put \
             an older one back)",
        ));
    }
    let max_age = match age {
        Some(AgeLimit::Most(age)) => Some(age),
        Some(AgeLimit::Unlimited) | None => None,
    };
    if let Some(pointer) = &raw.time_at {
        check_pointer(pointer).map_err(|issue| issue.under("timeAt"))?;
    } else if max_age.is_some() && format == Format::Other {
        let missing = "`timeAt` is missing: where in a report of this type is its time?";
        return Err(SettingsIssue::new(missing));
    }
    let is_reduced = matches!(format, Format::Vulnerabilities | Format::CycloneDx | Format::Spdx);
    let fields = List::or_empty(raw.fields).into_iter().enumerate();
    let fields = fields.map(|(index, field)| {
        fields::compile(field.raw, is_reduced).map_err(|issue| issue.at(index).under("fields"))
    });
    let under = |key| move |issue: SettingsIssue| issue.under(key);
    Ok(Conditions {
        max_age,
        time_at: raw.time_at,
        vulnerabilities: raw
            .vulnerabilities
            .map(|raw| vulnerabilities(raw.raw).map_err(under("vulnerabilities")))
            .transpose()?,
        packages: match raw.packages {
            Some(raw) => packages(raw.raw).map_err(under("packages"))?,
            None => Vec::new(),
        },
        licenses: raw
            .licenses
            .map(|raw| licenses(raw.raw).map_err(under("licenses")))
            .transpose()?,
        builder: each("builder", raw.builder, text_pattern)?,
        source: each("source", raw.source, text_pattern)?,
        fields: fields.collect::<Result<_, _>>()?,
    })
}

impl RawAttestation<'_> {
    /// A condition of another type would never be looked at.
    fn check_types(&self, format: Format) -> Result<(), SettingsIssue> {
        let is_bill = matches!(format, Format::CycloneDx | Format::Spdx);
        let is_provenance = matches!(format, Format::Provenance02 | Format::Provenance1);
        let scan = format == Format::Vulnerabilities;
        let (bills, builds) = ("`cyclonedx` and `spdx`", "`slsaprovenance` and `slsaprovenance1`");
        let rows = [
            (self.vulnerabilities.is_some() && !scan, "vulnerabilities", "`vuln`"),
            (self.packages.is_some() && !is_bill, "packages", bills),
            (self.licenses.is_some() && !is_bill, "licenses", bills),
            (self.builder.is_some() && !is_provenance, "builder", builds),
            (self.source.is_some() && !is_provenance, "source", builds),
        ];
        if let Some((_, key, types)) = rows.into_iter().find(|(is_wrong, ..)| *is_wrong) {
            return Err(SettingsIssue::new(format_args!("is for reports of {types}")).under(key));
        }
        if self.time_at.is_some() && format != Format::Other {
            let issue = SettingsIssue::new("reports of this type have a place of their own for it");
            return Err(issue.under("timeAt"));
        }
        Ok(())
    }
}

/// With a star, it must say who is meant, as patterns of subjects must.
fn text_pattern(text: &str) -> Result<TextPattern, String> {
    if text.contains('*') {
        return subject_pattern::pattern(text).map(TextPattern::Pattern);
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
    let raw: RawVulnerabilities<'_> = read_written(raw)?;
    if raw.refuse.is_none() && raw.always.is_none() {
        return Err(SettingsIssue::new("refuses nothing: give `refuse` or `always`"));
    }
    let except = List::or_empty(raw.except).into_iter().enumerate();
    let except = except.map(|(index, entry)| {
        exception(entry.raw).map_err(|issue| issue.at(index).under("except"))
    });
    Ok(Vulnerabilities {
        refuse: each("refuse", raw.refuse, severity)?,
        fixed_only: raw.fixed_only.unwrap_or(false),
        except: except.collect::<Result<_, _>>()?,
        always: each("always", raw.always, finding)?,
    })
}

/// The name of a finding.
fn finding(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c == '*') {
        return Err(format!("`{text}` is no name of a finding, such as `CVE-2021-44228`"));
    }
    Ok(text.to_owned())
}

fn exception(raw: &RawValue) -> Result<Exception, SettingsIssue> {
    if let Some(id) = string(raw) {
        return Ok(Exception { id: finding(&id).map_err(SettingsIssue::new)?, until: None });
    }
    let raw: RawException = read_written(raw)?;
    let day = |text: String| {
        let wrong = || format!("`{text}` is no day, such as `2026-12-31`");
        Day::parse(&text).ok_or_else(|| SettingsIssue::new(wrong()).under("until"))
    };
    let id = finding(&required(raw.id, "id")?);
    Ok(Exception {
        id: id.map_err(|why| SettingsIssue::new(why).under("id"))?,
        until: raw.until.map(day).transpose()?,
    })
}

fn packages(raw: &RawValue) -> Result<Vec<PackagePattern>, SettingsIssue> {
    let RawPackages { refuse } = read_written(raw)?;
    each("refuse", Some(required(refuse, "refuse")?), package)
}

/// `name`, or a name and versions; an `@` that comes first is a part of the name.
fn package(text: &str) -> Result<PackagePattern, String> {
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
        return Err(format!("`{text}` is no package, such as `log4j-core@<2.17.1`"));
    }
    Ok(PackagePattern { name: name.to_owned(), versions })
}

fn licenses(raw: &RawValue) -> Result<Licenses, SettingsIssue> {
    let texts = |List(texts): PatternTexts| texts;
    match read_written(raw)? {
        RawLicenses { refuse: Some(refuse), only: None } => Ok(Licenses::Refuse(texts(refuse))),
        RawLicenses { refuse: None, only: Some(only) } => Ok(Licenses::Only(texts(only))),
        RawLicenses { .. } => Err(SettingsIssue::new("give one of `refuse` and `only`")),
    }
}
