//! What is checked once, when the policy is set up: every key and certificate can be used, chains lead to
//! their certificates, and signers of one group are distinct.
//!
//! *And a certificate that has expired?* It is no mistake in the settings: else a policy server that starts again would
//! refuse them, and everything with them. It signs nothing, and its chain is not put to the host.

use super::limits::MAX_ISSUES;
use super::{SettingsError, SettingsIssue};
use crate::host::{self, Host};
use crate::keys::certificate::{Certificate, CertificateError};
use crate::keys::public_key::PublicKey;
use crate::policy::overlap::{PartySigner, are_apart, parties};
use crate::policy::place::place_in;
use crate::policy::plan::Rules;
use crate::policy::rule::{AnyOf, Rule, Trust};
use crate::policy::signer::{Identity, KeySource, Signer};
use crate::policy::steps::{OutOfSteps, Steps};
use std::rc::Rc;
use std::time::Duration;

/// How many steps it may take to tell all patterns of subjects apart, each from each of its group. A thousand that differ
/// after their first star take less.
const MAX_STEPS: usize = 8_000_000;

fn too_alike(_: OutOfSteps) -> SettingsIssue {
    SettingsIssue::new(
        "too many subject patterns are similar, so the policy cannot tell whether they are distinct; use fewer wildcards",
    )
}

/// Checks what [`super::read`] leaves to the set-up.
///
/// # Errors
/// With the place of everything that is wrong.
pub fn check(rules: &Rules, host: &mut Host<'_>, now: Duration) -> Result<(), SettingsError> {
    let (mut issues, steps) = (Vec::new(), Steps::new(MAX_STEPS));
    for (rule, place, trust) in rules.rules.iter().flat_map(trusts) {
        let under = |issue: SettingsIssue| issue.under(&place);
        for group in [trust.all_of(), trust.any_of().map_or(&[], AnyOf::signers)] {
            let (mut earlier, mut chain) = (Vec::new(), None);
            for signer in group {
                let party = PartySigner::new(signer);
                let checked = [
                    check_signer(&party, &mut chain, host, now),
                    // verify-image-signatures takes one signer twice: to ask for it twice is to ask once.
                    if rule.matcher.is_legacy() {
                        Ok(())
                    } else {
                        check_distinct(&place, party, &mut earlier, &steps)
                    },
                ];
                let issues_of = checked.into_iter().filter_map(Result::err);
                issues.extend(issues_of.map(under));
                if issues.len() >= MAX_ISSUES {
                    return SettingsError::unless_empty(issues);
                }
            }
        }
        let minimum = trust.any_of().map(|any_of| check_minimum(any_of, &steps));
        let minimum = minimum.and_then(Result::err);
        issues.extend(minimum.map(under));
    }
    SettingsError::unless_empty(issues)
}

/// Whose signatures a rule needs, and those of reports that name their signers, with their places.
fn trusts(rule: &Rule) -> impl Iterator<Item = (&Rule, String, &Trust)> {
    let reports = rule.requirements.attestations.iter().filter(|report| report.names_signers);
    let reports = reports
        .map(move |report| (rule, place_in(&rule.place.to_string(), report.place), &report.trust));
    std::iter::once((rule, rule.place.to_string(), &rule.trust)).chain(reports)
}

/// Compares a signer with those before it, and adds it to them.
fn check_distinct<'s>(
    place: &str,
    party: PartySigner<'s>,
    earlier: &mut Vec<PartySigner<'s>>,
    steps: &Steps,
) -> Result<(), SettingsIssue> {
    let signer = party.signer();
    let mut twin = None;
    for other in earlier.iter() {
        let meets = party.evidence().meets(other.evidence(), steps);
        if meets.map_err(|out| too_alike(out).under(signer.place))?
            && !are_apart(signer, other.signer())
        {
            twin = Some(other.signer());
            break;
        }
    }
    earlier.push(party);
    match twin {
        None => Ok(()),
        Some(twin) => {
            let twin = place_in(place, twin.place);
            Err(SettingsIssue::new(format_args!(
                "one signature can satisfy both this signer and {twin}; the signers of one list must be distinct"
            ))
            .under(signer.place))
        }
    }
}

/// Signers who are one party count once, so more than there are parties can never agree.
fn check_minimum(any_of: &AnyOf, steps: &Steps) -> Result<(), SettingsIssue> {
    let parties = parties(any_of.signers(), steps);
    let parties = parties.map_err(|out| too_alike(out).under("anyOf"))?;
    if any_of.minimum() <= parties {
        return Ok(());
    }
    let range =
        format!("must be between 1 and {parties}, the number of distinct keys and identities");
    Err(SettingsIssue::new(range).under("anyOf.minimumMatches"))
}

/// Certificates as the host is asked about them, and whether one of them has expired.
struct Links {
    pems: Vec<String>,
    has_expired: bool,
}

/// The chain of a signer, and what it reads as: certificates of one entry share theirs.
type Chain = Option<(Rc<Vec<String>>, Links)>;

fn check_signer(
    party: &PartySigner<'_>,
    last_chain: &mut Chain,
    host: &mut Host<'_>,
    now: Duration,
) -> Result<(), SettingsIssue> {
    let signer = party.signer();
    match &signer.identity {
        Identity::PublicKey(KeySource::Inline(_)) if party.evidence().has_keys() => Ok(()),
        Identity::PublicKey(KeySource::Inline(pem)) => PublicKey::parse_all(pem)
            .map(drop)
            .map_err(|error| SettingsIssue::new(error).under(signer.place)),
        Identity::Certificate { chain, .. } => {
            let mut has_expired = false;
            let certificate = party.evidence().certificate();
            let certificate =
                certificate.and_then(|certificate| usable(certificate, now, &mut has_expired));
            let certificate =
                certificate.map_err(|error| SettingsIssue::new(error).under(signer.place))?;
            let Some(chain) = chain else { return Ok(()) };
            let links = match last_chain {
                Some((known, links)) if Rc::ptr_eq(known, chain) => links,
                _ => &mut last_chain.insert((Rc::clone(chain), read_chain(signer, chain, now)?)).1,
            };
            check_trust(signer, &certificate, has_expired, links, host)
        }
        // Keys in the cluster may come, go and change: they are read when they are needed.
        Identity::PublicKey(KeySource::Object { .. })
        | Identity::Keyless { .. }
        | Identity::KeylessPrefix { .. }
        | Identity::KeylessPattern { .. }
        | Identity::GithubActions { .. } => Ok(()),
    }
}

fn check_trust(
    signer: &Signer,
    certificate: &str,
    has_expired: bool,
    links: &Links,
    host: &mut Host<'_>,
) -> Result<(), SettingsIssue> {
    if has_expired || links.has_expired {
        return Ok(());
    }
    host::is_certificate_trusted(host, certificate, &links.pems)
        .map_err(|reason| SettingsIssue::new(reason).under(signer.place))
}

/// A certificate that may be used, or could be before it expired, as the host is asked about it.
fn usable(
    certificate: &Certificate,
    now: Duration,
    has_expired: &mut bool,
) -> Result<String, CertificateError> {
    match certificate.check_validity(now) {
        Ok(()) => {}
        Err(CertificateError::Expired(_)) => *has_expired = true,
        Err(error) => return Err(error),
    }
    Ok(certificate.to_pem())
}

fn read_chain(signer: &Signer, chain: &[String], now: Duration) -> Result<Links, SettingsIssue> {
    let mut links = Links { pems: Vec::new(), has_expired: false };
    for (index, pem) in chain.iter().enumerate() {
        let link = Certificate::parse(pem)
            .and_then(|certificate| usable(&certificate, now, &mut links.has_expired));
        let place = || format!("{} (certificateChain[{index}])", signer.place);
        links.pems.push(link.map_err(|error| SettingsIssue::new(error).under(place()))?);
    }
    Ok(links)
}
