//! What is checked once, when the policy is set up: every key and certificate can be used, and chains
//! lead to their certificates.

use super::{Fault, SettingsError};
use crate::certificate::Certificate;
use crate::host::{self, Host};
use crate::keys::PublicKey;
use crate::rules::{Rule, Rules};
use crate::signer::{Identity, Signer};
use std::time::Duration;

/// Checks what [`super::read`] leaves to the set-up.
///
/// # Errors
/// With the place of everything that is wrong.
pub fn check(rules: &Rules, host: &mut Host<'_>, now: Duration) -> Result<(), SettingsError> {
    let faults = rules
        .rules
        .iter()
        .flat_map(Rule::signers)
        .filter_map(|signer| check_signer(signer, host, now).err())
        .collect();
    SettingsError::unless_empty(faults)
}

fn check_signer(signer: &Signer, host: &mut Host<'_>, now: Duration) -> Result<(), Fault> {
    match &signer.identity {
        Identity::PublicKey(pem) => PublicKey::parse_all(pem)
            .map(drop)
            .map_err(|error| Fault::new(&signer.place, &error.to_string())),
        Identity::Certificate { certificate, chain, .. } => {
            check_certificate(signer, certificate, chain.as_deref(), host, now)
        }
        Identity::Keyless { .. }
        | Identity::KeylessPrefix { .. }
        | Identity::GithubActions { .. } => Ok(()),
    }
}

fn check_certificate(
    signer: &Signer,
    certificate: &str,
    chain: Option<&[String]>,
    host: &mut Host<'_>,
    now: Duration,
) -> Result<(), Fault> {
    let read = |pem: &str| {
        let certificate = Certificate::parse(pem)?;
        certificate.check_validity(now).map(|()| certificate.to_pem())
    };
    let certificate =
        read(certificate).map_err(|error| Fault::new(&signer.place, &error.to_string()))?;
    let Some(chain) = chain else { return Ok(()) };
    let mut links = Vec::new();
    for (index, pem) in chain.iter().enumerate() {
        let place = format!("{} (chain, entry {})", signer.place, index + 1);
        links.push(read(pem).map_err(|error| Fault::new(&place, &error.to_string()))?);
    }
    host::is_certificate_trusted(host, &certificate, &links)
        .map_err(|reason| Fault::new(&signer.place, &reason))
}
