//! `vulnerabilityScans`: an image and its scan, both signed by the same keys or by the same identity.

use super::entry::{Placed, filled, literal, public_keys};
use crate::policy::place::Place;
use crate::policy::report::{Conditions, Severity, Vulnerabilities};
use crate::settings::SettingsIssue;
use crate::settings::attestation::{AgeLimit, severity};
use crate::settings::limits::MAX_REPORT_PATTERNS;
use crate::settings::object::Object;
use crate::settings::signer_parts::keyless;

pub(super) fn signers(entry: &Object<'_>) -> Result<Placed, SettingsIssue> {
    if entry.raw("issuer").or(entry.raw("subject")).is_none() {
        return public_keys(entry);
    }
    if entry.raw("keys").is_some() {
        return Err(SettingsIssue::new("set `keys`, or `issuer` and `subject`, not both"));
    }
    let (issuer, subject) = (literal(entry, "issuer")?, literal(entry, "subject")?);
    Ok(vec![(Place::default(), keyless(issuer, subject))])
}

/// What the scan must say.
pub(super) fn conditions(entry: &Object<'_>) -> Result<Conditions, SettingsIssue> {
    let missing = "`maxAge` is missing: how old may a scan be? (`7d`, or `unlimited`)";
    let max_age = match entry.get("maxAge", AgeLimit::read)? {
        Some(AgeLimit::Most(age)) => Some(age),
        Some(AgeLimit::Unlimited) => None,
        None => return Err(SettingsIssue::new(missing)),
    };
    let refuse = filled::<String, MAX_REPORT_PATTERNS>(entry, "refuse")?;
    let severity = |(index, text): (usize, String)| {
        severity(&text).map_err(|why| SettingsIssue::new(why).at(index).under("refuse"))
    };
    let refuse: Vec<Severity> = refuse.into_iter().map(severity).collect::<Result<_, _>>()?;
    if refuse.is_empty() {
        let missing = "`refuse` is missing: findings of which severities reject the image?";
        return Err(SettingsIssue::new(missing));
    }
    let fixed_only = entry.flag("fixedOnly")?.unwrap_or(false);
    let vulnerabilities = Vulnerabilities { refuse, fixed_only, ..Vulnerabilities::default() };
    Ok(Conditions { max_age, vulnerabilities: Some(vulnerabilities), ..Conditions::default() })
}
