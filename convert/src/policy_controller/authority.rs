//! `authorities`: any one of them is enough, and any one identity of a keyless one.
//!
//! An authority with attestations is satisfied by all of them alone (`ValidatePolicy` in `pkg/webhook/validator.go` of
//! sigstore/policy-controller); here, its signer must have signed the image.

use super::attestation;
use super::types::{Authority, Identity, Key, Keyless, Spec};
use crate::attestation::Report;
use crate::identity::{Wanted, keyless};
use crate::key;
use crate::log::{
    log_all_the_same, no_bundles, no_log_for_keys, no_sct, no_timestamps, other_log,
    other_repository, other_roots, own_hash,
};
use crate::read::{Fault, nth};
use crate::remark::Remarks;
use crate::signer::{Identity as Signing, KeySource, Signer};
use crate::trust::Trust;
use crate::yaml::join;

/// Where policy-controller looks for Secrets.
const NAMESPACE: &str = "cosign-system";
/// Sigstore's public authority.
const FULCIO: &str = "https://fulcio.sigstore.dev";

/// What the authorities of a policy come to.
pub(super) enum Authorities {
    Signers(Trust, Vec<Report>),
    /// One of them lets everything pass.
    Everything,
    /// None can be satisfied.
    Nothing,
}

/// Reads them.
pub(super) fn authorities(spec: &Spec) -> Result<Authorities, Fault> {
    if spec.authorities.is_empty() {
        return Err(Fault::new("spec", "`authorities` are missing"));
    }
    let mut signers = Vec::new();
    let mut reports = Vec::new();
    let mut passes = false;
    let is_only = spec.authorities.len() == 1;
    for (index, authority) in spec.authorities.iter().enumerate() {
        let path = nth("spec.authorities", index);
        if let Some(fixed) = &authority.r#static {
            passes |= fixed.action == "pass";
            continue;
        }
        let mut own = authority_signers(authority, &path)?;
        let mut remarks = Remarks::default();
        reports.extend(attestation::read(&authority.attestations, is_only, &path, &mut remarks));
        for signer in &mut own {
            signer.remarks.extend(remarks.clone());
        }
        let own = own.into_iter();
        signers.extend(own.map(|signer| Trust::Signer(signer.without_variables(&path))));
    }
    Ok(match (passes, signers.is_empty()) {
        (true, _) => Authorities::Everything,
        (false, true) => Authorities::Nothing,
        (false, false) => Authorities::Signers(Trust::any(signers), reports),
    })
}

fn authority_signers(authority: &Authority, path: &str) -> Result<Vec<Signer>, Fault> {
    let mut remarks = Remarks::default();
    let mut signers = match (&authority.key, &authority.keyless) {
        (Some(key), None) => {
            if authority.ctlog.is_some() {
                no_log_for_keys(&join(path, "ctlog"), &mut remarks);
            }
            key_signers(key, &join(path, "key"))?
        }
        (None, Some(keyless)) => keyless_signers(keyless, &join(path, "keyless"), &mut remarks)?,
        _ => return Err(Fault::new(path, "give one of `key`, `keyless`, `static`")),
    };
    if let Some(log) = authority.ctlog.as_ref().filter(|_| authority.keyless.is_some()) {
        let path = join(path, "ctlog");
        other_log(log.url.as_deref(), log.trust_root_ref.as_deref(), &path, &mut remarks);
    }
    if authority.rfc3161timestamp.is_some() {
        let path = join(path, "rfc3161timestamp");
        no_timestamps(&path, &mut remarks);
        if authority.keyless.is_some() && authority.ctlog.is_none() {
            log_all_the_same(&path, &mut remarks);
        }
    }
    sources(authority, path, &mut remarks);
    for signer in &mut signers {
        signer.remarks.extend(remarks.clone());
    }
    Ok(signers)
}

fn sources(authority: &Authority, path: &str, remarks: &mut Remarks) {
    for (index, source) in authority.source.iter().enumerate() {
        let path = nth(&join(path, "source"), index);
        if let Some(repository) = &source.oci {
            other_repository(repository, &join(&path, "oci"), remarks);
        }
        if let Some(prefix) = &source.tag_prefix {
            other_repository(&format!("tags with `{prefix}`"), &join(&path, "tagPrefix"), remarks);
        }
    }
    match authority.signature_format.as_deref() {
        None | Some("legacy") => {}
        Some("bundle") => no_bundles(&join(path, "signatureFormat"), remarks),
        Some(other) => {
            let text = format!("`{other}` is not known here");
            remarks.less(&join(path, "signatureFormat"), text);
        }
    }
}

fn key_signers(key: &Key, path: &str) -> Result<Vec<Signer>, Fault> {
    let mut signers = match (&key.data, &key.secret_ref, &key.kms) {
        (Some(data), None, None) => key::signers(data, &join(path, "data")),
        (None, None, Some(kms)) => vec![key::elsewhere(kms, &join(path, "kms"))],
        (None, Some(secret), None) => {
            let mut remarks = Remarks::default();
            let text = "the entry is taken to be `cosign.pub`; name another one in `key`";
            remarks.note(&join(path, "secretRef"), text);
            let identity = Signing::KeyFrom {
                source: KeySource::Secret,
                namespace: secret.namespace.as_deref().unwrap_or(NAMESPACE).to_owned(),
                name: secret.name.clone(),
                entry: None,
            };
            vec![Signer::new(identity, remarks)]
        }
        _ => return Err(Fault::new(path, "give one of `data`, `secretRef`, `kms`")),
    };
    for signer in &mut signers {
        own_hash(key.hash_algorithm.as_deref(), &join(path, "hashAlgorithm"), &mut signer.remarks);
    }
    Ok(signers)
}

fn keyless_signers(
    fields: &Keyless,
    path: &str,
    remarks: &mut Remarks,
) -> Result<Vec<Signer>, Fault> {
    if fields.identities.is_empty() {
        return Err(Fault::new(path, "`identities` are missing"));
    }
    let other_url = fields.url.as_deref().is_some_and(|url| url.trim_end_matches('/') != FULCIO);
    let roots = [
        ("ca-cert", fields.ca_cert.is_some()),
        ("trustRootRef", fields.trust_root_ref.is_some()),
        ("url", other_url),
    ];
    for (key, is_given) in roots {
        if is_given {
            other_roots(&join(path, key), remarks);
        }
    }
    if fields.insecure_ignore_sct != Some(true) {
        no_sct(path, remarks);
    }
    let identities = fields.identities.iter().enumerate();
    Ok(identities
        .map(|(index, one)| identity(one, &nth(&join(path, "identities"), index)))
        .collect())
}

/// An issuer and a subject, each as a text or a regular expression.
fn identity(identity: &Identity, path: &str) -> Signer {
    let mut remarks = Remarks::default();
    let both = [
        ("issuer", &identity.issuer, &identity.issuer_reg_exp),
        ("subject", &identity.subject, &identity.subject_reg_exp),
    ];
    for (key, text, expression) in both {
        if text.is_some() && expression.is_some() {
            let text = "stands beside an expression, which is not allowed there; the text is taken";
            remarks.less(&join(path, key), text);
        }
    }
    let identity = keyless(
        Wanted::of(
            identity.issuer.as_deref().map(Wanted::Exactly),
            identity.issuer_reg_exp.as_deref(),
        ),
        Wanted::of(
            identity.subject.as_deref().map(Wanted::Exactly),
            identity.subject_reg_exp.as_deref(),
        ),
        path,
        &mut remarks,
    );
    Signer::new(identity, remarks)
}
