//! What the command says of settings that are valid, and perhaps not what was meant.

use crate::image::legacy_pattern::LegacyPattern;
use crate::image::reference::Reference;
use crate::keys::certificate::{Certificate, CertificateError};
use crate::policy::rule::{Patterns, Rule};
use crate::policy::signer::{Identity, Signer};
use serde_json::value::RawValue;
use std::time::Duration;

/// Remarks on the settings at that time (since the Unix epoch); none on settings that cannot be read.
#[must_use]
pub fn remarks(json: &RawValue, now: Duration) -> Vec<String> {
    let Ok(rules) = super::read(json) else { return Vec::new() };
    let mut remarks = rules.notes;
    for rule in &rules.rules {
        remarks.extend(of_patterns(rule));
        let signers = rule.trust.signers();
        remarks.extend(signers.filter_map(|signer| of_certificates(rule, signer, now)));
    }
    remarks
}

fn of_patterns(rule: &Rule) -> impl Iterator<Item = String> {
    let patterns = match rule.matcher.as_patterns() {
        Patterns::Legacy(patterns) => patterns.as_slice(),
        Patterns::Images { .. } => &[],
    };
    let idle = patterns.iter().filter(|pattern| can_match_nothing(pattern));
    idle.map(|pattern| format!("{}: `{pattern}` cannot match any image", rule.place))
}

fn can_match_nothing(pattern: &LegacyPattern) -> bool {
    let text = pattern.to_string();
    let in_references =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '/' | '@' | '-');
    let is_wild = |c: char| matches!(c, '*' | '?');
    if text.contains(is_wild) {
        return !text.chars().all(|c| in_references(c) || is_wild(c));
    }
    Reference::parse(&text).is_err()
}

/// Each certificate that has expired, or the first link of its chain that has.
fn of_certificates(rule: &Rule, signer: &Signer, now: Duration) -> Option<String> {
    let Identity::Certificate { certificate, chain, .. } = &signer.identity else { return None };
    std::iter::once(certificate).chain(chain.iter().flat_map(|chain| chain.iter())).find_map(
        |pem| match Certificate::parse(pem).and_then(|certificate| certificate.check_validity(now))
        {
            Err(error @ CertificateError::Expired(_)) => {
                Some(format!("{}: {error}, so its signatures do not count", rule.place_of(signer)))
            }
            _ => None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_remarked() {
        const EXPIRED: &str = include_str!("../../tests/fixtures/certificates/expired.pem");
        let settings = json!({
            "signatures": [
                {"image": "ghcr.io/acme/App", "githubActions": {"owner": "acme", "repo": "*"}},
                {"images": ["ghcr.io/acme/*", "ghcr.io/a cme/*"], "githubActions": {"owner": "acme"}},
            ],
            "rules": [{"images": ["**"], "anyOf": {"signatures": [{"kind": "certificate", "certificate": EXPIRED}]}}],
        });
        let raw = serde_json::value::to_raw_value(&settings).unwrap();
        let expected = [
            "signatures[0]: `*` matches nobody on GitHub: `*` is not a wildcard here",
            "signatures[0]: `ghcr.io/acme/App` cannot match any image",
            "signatures[1]: `ghcr.io/a cme/*` cannot match any image",
            "rules[0].anyOf.signatures[0]: the certificate expired on 2002-01-01, so its signatures do not count",
        ];
        assert_eq!(remarks(&raw, Duration::from_hours(57 * 8_766)), expected);
    }
}
