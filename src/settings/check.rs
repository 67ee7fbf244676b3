//! What is checked once, when the policy is set up: every key and certificate can be used, chains lead to
//! their certificates, and signers of one group are distinct.
//!
//! *And a certificate that has expired?* It is no mistake in the settings: else a policy server that starts again would
//! refuse them, and everything with them. It signs nothing, and its chain is not put to the host.

use super::{SettingsError, SettingsIssue};
use crate::host::{self, Host};
use crate::keys::certificate::{Certificate, CertificateError};
use crate::keys::public_key::PublicKey;
use crate::policy::overlap::{are_apart, one_signature_satisfies_both, parties};
use crate::policy::plan::Rules;
use crate::policy::rule::{AnyOf, Rule};
use crate::policy::signer::{Identity, KeySource, Signer};
use std::time::Duration;

/// Checks what [`super::read`] leaves to the set-up.
///
/// # Errors
/// With the place of everything that is wrong.
pub fn check(rules: &Rules, host: &mut Host<'_>, now: Duration) -> Result<(), SettingsError> {
    let mut issues = Vec::new();
    for rule in &rules.rules {
        for group in [rule.trust.all_of(), rule.trust.any_of().map_or(&[], AnyOf::signers)] {
            for (index, signer) in group.iter().enumerate() {
                let earlier = group.iter().take(index);
                let checked = [
                    check_signer(signer, host, now),
                    // verify-image-signatures takes one signer twice: to ask for it twice is to ask once.
                    if rule.matcher.is_legacy() {
                        Ok(())
                    } else {
                        check_distinct(rule, signer, earlier)
                    },
                ];
                let issues_of = checked.into_iter().filter_map(Result::err);
                issues.extend(issues_of.map(|issue| issue.under(rule.place)));
            }
        }
        let minimum = rule.trust.any_of().map(check_minimum).and_then(Result::err);
        issues.extend(minimum.map(|issue| issue.under(rule.place)));
    }
    SettingsError::unless_empty(issues)
}

fn check_distinct<'s>(
    rule: &Rule,
    signer: &Signer,
    mut earlier: impl Iterator<Item = &'s Signer>,
) -> Result<(), SettingsIssue> {
    let twin = earlier.find(|other| {
        !are_apart(signer, other) && one_signature_satisfies_both(&signer.identity, &other.identity)
    });
    match twin {
        None => Ok(()),
        Some(twin) => {
            let twin = rule.place_of(twin);
            Err(SettingsIssue::new(format_args!(
                "one signature would satisfy both this signer and {twin}; signers of one group must be \
                 distinct"
            ))
            .under(signer.place))
        }
    }
}

/// Signers who are one party count once, so more than there are parties can never agree.
fn check_minimum(any_of: &AnyOf) -> Result<(), SettingsIssue> {
    let parties = parties(any_of.signers());
    if any_of.minimum() <= parties {
        return Ok(());
    }
    let range =
        format!("must be between 1 and {parties}, the number of distinct keys and identities");
    Err(SettingsIssue::new(range).under("anyOf.minimumMatches"))
}

fn check_signer(signer: &Signer, host: &mut Host<'_>, now: Duration) -> Result<(), SettingsIssue> {
    match &signer.identity {
        Identity::PublicKey(KeySource::Inline(pem)) => PublicKey::parse_all(pem)
            .map(drop)
            .map_err(|error| SettingsIssue::new(error).under(signer.place)),
        Identity::Certificate { certificate, chain, .. } => {
            check_certificate(signer, certificate, chain.as_deref(), host, now)
        }
        // Keys in the cluster may come, go and change: they are read when they are needed.
        Identity::PublicKey(KeySource::Object { .. })
        | Identity::Keyless { .. }
        | Identity::KeylessPrefix { .. }
        | Identity::KeylessPattern { .. }
        | Identity::GithubActions { .. } => Ok(()),
    }
}

fn check_certificate(
    signer: &Signer,
    certificate: &str,
    chain: Option<&[String]>,
    host: &mut Host<'_>,
    now: Duration,
) -> Result<(), SettingsIssue> {
    let mut has_expired = false;
    let mut read = |pem: &str| {
        let certificate = Certificate::parse(pem).map_err(SettingsIssue::new)?;
        match certificate.check_validity(now) {
            Ok(()) => {}
            Err(CertificateError::Expired(_)) => has_expired = true,
            Err(error) => return Err(SettingsIssue::new(error)),
        }
        Ok(certificate.to_pem())
    };
    let certificate = read(certificate).map_err(|issue| issue.under(signer.place))?;
    let Some(chain) = chain else { return Ok(()) };
    let mut links = Vec::new();
    for (index, pem) in chain.iter().enumerate() {
        let place = format!("{} (certificateChain[{index}])", signer.place);
        links.push(read(pem).map_err(|issue| issue.under(place))?);
    }
    if has_expired {
        return Ok(());
    }
    host::is_certificate_trusted(host, &certificate, &links)
        .map_err(|reason| SettingsIssue::new(reason).under(signer.place))
}
