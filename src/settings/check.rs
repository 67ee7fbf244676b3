//! What is checked once, when the policy is set up: every key and certificate can be used, chains lead to
//! their certificates, and signers of one group are distinct.

use super::limits::MAX_ISSUES;
use super::{SettingsError, SettingsIssue};
use crate::host::{self, Host};
use crate::keys::certificate::{Certificate, CertificateError};
use crate::keys::public_key::PublicKey;
use crate::policy::overlap::Evidence;
use crate::policy::plan::Rules;
use crate::policy::rule::{AnyOf, Rule};
use crate::policy::signer::{Identity, KeySource, Signer};
use std::rc::Rc;
use std::time::Duration;

/// How many steps it may take to tell all patterns of subjects apart, each from each of its group. A thousand that differ
/// after their first star take less.
const MAX_STEPS: usize = 8_000_000;

const TOO_ALIKE: &str = "there are too many patterns of subjects that begin and end alike to tell them apart; write fewer \
                         wildcards";

/// Checks what [`super::read`] leaves to the set-up.
///
/// # Errors
/// With the place of everything that is wrong.
pub fn check(rules: &Rules, host: &mut Host<'_>, now: Duration) -> Result<(), SettingsError> {
    let (mut issues, mut left) = (Vec::new(), MAX_STEPS);
    for rule in &rules.rules {
        for group in [rule.trust.all_of(), rule.trust.any_of().map_or(&[], AnyOf::signers)] {
            let (mut earlier, mut chain) = (Vec::new(), None);
            for signer in group {
                let evidence = Evidence::of(&signer.identity);
                let checked = [
                    check_signer(signer, &evidence, &mut chain, host, now),
                    // verify-image-signatures takes one signer twice: to ask for it twice is to ask once.
                    if rule.matcher.is_legacy() {
                        Ok(())
                    } else {
                        check_distinct(rule, signer, evidence, &mut earlier, &mut left)
                    },
                ];
                let issues_of = checked.into_iter().filter_map(Result::err);
                issues.extend(issues_of.map(|issue| issue.under(rule.place)));
                if issues.len() >= MAX_ISSUES {
                    return SettingsError::unless_empty(issues);
                }
            }
        }
    }
    SettingsError::unless_empty(issues)
}

/// Compares a signer with those before it, and adds it to them.
fn check_distinct<'s>(
    rule: &Rule,
    signer: &'s Signer,
    evidence: Evidence<'s>,
    earlier: &mut Vec<(&'s Signer, Evidence<'s>)>,
    left: &mut usize,
) -> Result<(), SettingsIssue> {
    let mut twin = None;
    for (other, others) in earlier.iter() {
        match evidence.meets(others, left) {
            Some(false) => {}
            Some(true) => {
                twin = Some(*other);
                break;
            }
            None => return Err(SettingsIssue::new(TOO_ALIKE).under(signer.place)),
        }
    }
    earlier.push((signer, evidence));
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

/// The chain of a signer, and what it reads as: certificates of one entry share theirs.
type Chain = Option<(Rc<Vec<String>>, Vec<String>)>;

fn check_signer(
    signer: &Signer,
    evidence: &Evidence<'_>,
    last_chain: &mut Chain,
    host: &mut Host<'_>,
    now: Duration,
) -> Result<(), SettingsIssue> {
    match &signer.identity {
        Identity::PublicKey(KeySource::Inline(_)) if evidence.has_keys() => Ok(()),
        Identity::PublicKey(KeySource::Inline(pem)) => PublicKey::parse_all(pem)
            .map(drop)
            .map_err(|error| SettingsIssue::new(error).under(signer.place)),
        Identity::Certificate { chain, .. } => {
            let certificate =
                evidence.certificate().and_then(|certificate| usable(certificate, now));
            let certificate =
                certificate.map_err(|error| SettingsIssue::new(error).under(signer.place))?;
            let Some(chain) = chain else { return Ok(()) };
            let links = match last_chain {
                Some((known, links)) if Rc::ptr_eq(known, chain) => links,
                _ => &mut last_chain.insert((Rc::clone(chain), read_chain(signer, chain, now)?)).1,
            };
            host::is_certificate_trusted(host, &certificate, links)
                .map_err(|reason| SettingsIssue::new(reason).under(signer.place))
        }
        // Keys in the cluster may come, go and change: they are read when they are needed.
        Identity::PublicKey(KeySource::Object { .. })
        | Identity::Keyless { .. }
        | Identity::KeylessPrefix { .. }
        | Identity::KeylessPattern { .. }
        | Identity::GithubActions { .. } => Ok(()),
    }
}

/// A certificate that may be used, as the host is asked about it.
fn usable(certificate: &Certificate, now: Duration) -> Result<String, CertificateError> {
    certificate.check_validity(now).map(|()| certificate.to_pem())
}

fn read_chain(
    signer: &Signer,
    chain: &[String],
    now: Duration,
) -> Result<Vec<String>, SettingsIssue> {
    let place = |index| format!("{} (certificateChain[{index}])", signer.place);
    let link = |(index, pem): (usize, &String)| {
        let link = Certificate::parse(pem).and_then(|certificate| usable(&certificate, now));
        link.map_err(|error| SettingsIssue::new(error).under(place(index)))
    };
    chain.iter().enumerate().map(link).collect()
}
