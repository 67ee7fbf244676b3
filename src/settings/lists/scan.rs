//! `vulnerabilityScans`: an image and its scan, both signed by the same keys or by the same identity.

use super::entry::{Common, Entry, FormPatterns, Placed, Require, entry, given};
use crate::policy::place::Place;
use crate::policy::report::{Conditions, Severity, Vulnerabilities};
use crate::policy::rule::Enforcement;
use crate::policy::signer::Identity;
use crate::settings::SettingsIssue;
use crate::settings::attestation::{AgeLimit, severity};
use crate::settings::lazy::Lazy;
#[cfg(not(target_family = "wasm"))]
use crate::settings::limits::MAX_PATTERNS;
use crate::settings::limits::{MAX_ANNOTATIONS, MAX_REPORT_PATTERNS, MAX_SIGNERS};
use crate::settings::list::{FormList, StringMap};
use crate::settings::signer_parts::{KeyText, Literal, keyless, required};
use serde::Deserialize;

entry! {
    /// An entry of `vulnerabilityScans`.
    VulnerabilityScans {
        /// PEM public keys, or `k8s://namespace/name` of Secrets, that sign the images and their scans
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_SIGNERS>>"))]
        keys: Option<Lazy<'s, FormList<KeyText, MAX_SIGNERS>>>,
        /// instead of keys: the OIDC issuer of the identity
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
        issuer: Option<Lazy<'s, Literal>>,
        /// its exact subject
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
        subject: Option<Lazy<'s, Literal>>,
        /// the maximum age of a scan, such as `7d`, or `unlimited`
        max_age: Option<Lazy<'s, String>>,
        /// severities that reject the image: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `NEGLIGIBLE`, `UNKNOWN`
        refuse: Option<Lazy<'s, FormList<String, MAX_REPORT_PATTERNS>>>,
        /// true: findings without a fix do not count (default: false)
        fixed_only: Option<Lazy<'s, bool>>,
    }
    scan
}

impl VulnerabilityScans<'_> {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        if self.issuer.is_none() && self.subject.is_none() {
            let signer = |(number, place, KeyText(key))| {
                (place, (format!("public key {number}"), Identity::PublicKey(key)))
            };
            return Ok(given("keys", self.keys)?.map(signer).collect());
        }
        if self.keys.is_some() {
            return Err(SettingsIssue::new("set `keys`, or `issuer` and `subject`, not both"));
        }
        let Literal(issuer) = required(Lazy::read_at("issuer", self.issuer)?, "issuer")?;
        let Literal(subject) = required(Lazy::read_at("subject", self.subject)?, "subject")?;
        Ok(vec![(Place::default(), keyless(issuer, subject))])
    }

    fn conditions(&self) -> Result<Conditions, SettingsIssue> {
        let missing = "`maxAge` is missing: how old may a scan be? (`7d`, or `unlimited`)";
        let max_age = self.max_age.map(|age| AgeLimit::read(age.raw)).transpose();
        let max_age = match max_age.map_err(|issue| issue.under("maxAge"))? {
            Some(AgeLimit::Most(age)) => Some(age),
            Some(AgeLimit::Unlimited) => None,
            None => return Err(SettingsIssue::new(missing)),
        };
        let refuse = FormList::filled(Lazy::read_at("refuse", self.refuse)?);
        let severity = |(index, text): (usize, String)| {
            severity(&text).map_err(|why| SettingsIssue::new(why).at(index).under("refuse"))
        };
        let refuse: Vec<Severity> = refuse.into_iter().map(severity).collect::<Result<_, _>>()?;
        if refuse.is_empty() {
            let missing = "`refuse` is missing: findings of which severities reject the image?";
            return Err(SettingsIssue::new(missing));
        }
        let fixed_only = Lazy::read_at("fixedOnly", self.fixed_only)?.unwrap_or(false);
        let vulnerabilities = Vulnerabilities { refuse, fixed_only, ..Vulnerabilities::default() };
        Ok(Conditions { max_age, vulnerabilities: Some(vulnerabilities), ..Conditions::default() })
    }
}
