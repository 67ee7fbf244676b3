//! `attestors`: who can have signed, by name.
//!
//! Source: `pkg/image/verifiers/ivpol/cosign/opts.go` of kyverno/kyverno: any one of the identities is the
//! attestor, and the transparency log is asked unless `insecureIgnoreTlog`. Of an identity, an expression counts
//! before a text (`pkg/cosign/verify.go` of sigstore/cosign).

use super::types::{Attestor, Certificate, Cosign, CtLog, Given, Identity, Key, Keyless};
use crate::identity::{Wanted, keyless};
use crate::key;
use crate::log::{
    log_all_the_same, no_extensions, no_log_for_keys, no_sct, no_timestamps, other_log,
    other_repository, other_roots, own_hash,
};
use crate::read::{Fault, nth};
use crate::remark::Remarks;
use crate::signer::{Log, Signer};
use crate::trust::Trust;
use crate::yaml::join;

/// Their names, and what each asks for.
pub(super) fn attestors(attestors: &[Attestor]) -> Result<Vec<(String, Trust)>, Fault> {
    let mut named = Vec::new();
    for (index, attestor) in attestors.iter().enumerate() {
        let path = nth("spec.attestors", index);
        let name = attestor.name.clone().ok_or_else(|| Fault::new(&path, "`name` is missing"))?;
        let signers = match (&attestor.cosign, &attestor.notary) {
            (Some(cosign), _) => cosign_signers(cosign, &join(&path, "cosign"))?,
            (None, Some(_)) => vec![Signer::notary(&join(&path, "notary"))],
            (None, None) => return Err(Fault::new(&path, "give one of `cosign`, `notary`")),
        };
        let signers = signers.into_iter().map(|signer| signer.without_variables(&path));
        named.push((name, Trust::any(signers.map(Trust::Signer).collect())));
    }
    Ok(named)
}

/// Any one of these is the attestor.
fn cosign_signers(cosign: &Cosign, path: &str) -> Result<Vec<Signer>, Fault> {
    let mut signers = match (&cosign.key, &cosign.keyless, &cosign.certificate) {
        (Some(key), None, None) => vec![key_signer(key, &join(path, "key"))?],
        (None, Some(keyless), None) => keyless_signers(keyless, &join(path, "keyless"))?,
        (None, None, Some(certificate)) => {
            let log = transparency(cosign.ctlog.as_ref());
            vec![certificate_signer(certificate, log, &join(path, "certificate"))]
        }
        _ => return Err(Fault::new(path, "give one of `key`, `keyless`, `certificate`")),
    };
    let mut remarks = Remarks::default();
    logs(cosign, path, &mut remarks);
    for (key, given) in [("tuf", &cosign.tuf), ("trustedRoot", &cosign.trusted_root)] {
        if given.is_some() {
            other_roots(&join(path, key), &mut remarks);
        }
    }
    source(cosign, &join(path, "source"), &mut remarks);
    for signer in &mut signers {
        let annotations = cosign.annotations.iter();
        signer.annotations = annotations.map(|(key, value)| (key.clone(), value.clone())).collect();
        signer.remarks.extend(remarks.clone());
    }
    Ok(signers)
}

fn source(cosign: &Cosign, path: &str, remarks: &mut Remarks) {
    let Some(source) = &cosign.source else { return };
    if let Some(repository) = &source.repository {
        other_repository(repository, &join(path, "repository"), remarks);
    }
    if let Some(prefix) = &source.tag_prefix {
        other_repository(&format!("tags with `{prefix}`"), &join(path, "tagPrefix"), remarks);
    }
    if source.pull_secrets.is_some() {
        let text = "registries are reached as the policy server is told to";
        remarks.note(&join(path, "PullSecrets"), text);
    }
}

fn transparency(ctlog: Option<&CtLog>) -> Log {
    match ctlog.and_then(|ctlog| ctlog.insecure_ignore_tlog) {
        Some(true) => Log::Ignored,
        Some(false) | None => Log::Required,
    }
}

fn logs(cosign: &Cosign, path: &str, remarks: &mut Remarks) {
    let ctlog = cosign.ctlog.as_ref();
    let log = transparency(ctlog);
    let at = join(path, "ctlog");
    match (log, cosign.key.is_some(), cosign.keyless.is_some()) {
        (Log::Required, true, _) => no_log_for_keys(&join(path, "key"), remarks),
        (Log::Ignored, _, true) => log_all_the_same(&join(&at, "insecureIgnoreTlog"), remarks),
        (Log::Required, false, _) => {
            if let Some(ctlog) = ctlog {
                other_log(ctlog.url.as_deref(), ctlog.rekor_pub_key.as_deref(), &at, remarks);
            }
        }
        (Log::Ignored, _, false) => {}
    }
    if ctlog.is_some_and(|ctlog| ctlog.tsa_cert_chain.is_some()) {
        no_timestamps(&join(&at, "tsaCertChain"), remarks);
    }
    let has_chain =
        cosign.certificate.as_ref().is_some_and(|certificate| certificate.cert_chain.is_some());
    let ignores = ctlog.and_then(|ctlog| ctlog.insecure_ignore_sct) == Some(true);
    if (cosign.keyless.is_some() || has_chain) && !ignores {
        no_sct(&at, remarks);
    }
}

fn key_signer(key: &Key, path: &str) -> Result<Signer, Fault> {
    let mut remarks = Remarks::default();
    own_hash(key.hash_algorithm.as_deref(), &join(path, "hashAlgorithm"), &mut remarks);
    let mut signer = match (&key.data, &key.kms, &key.expression) {
        (Some(data), _, _) => {
            let signers = key::signers(data, &join(path, "data"));
            if signers.len() > 1 {
                remarks.note(path, "of several keys, the first one is taken, as it is there");
            }
            signers.into_iter().next()
        }
        (None, Some(kms), _) => Some(key::elsewhere(kms, &join(path, "kms"))),
        (None, None, Some(_)) => {
            let text = "comes of an expression: write the public key, or `keyFrom` a ConfigMap";
            remarks.open(path, text);
            Some(Signer::missing("THE PUBLIC KEY", path, Remarks::default()))
        }
        (None, None, None) => None,
    }
    .ok_or_else(|| Fault::new(path, "give one of `data`, `kms`, `expression`"))?;
    signer.remarks.extend(remarks);
    Ok(signer)
}

fn keyless_signers(fields: &Keyless, path: &str) -> Result<Vec<Signer>, Fault> {
    if fields.identities.is_empty() {
        return Err(Fault::new(path, "`identities` are missing"));
    }
    let mut remarks = Remarks::default();
    if fields.additional_extensions.is_some() {
        no_extensions(&join(path, "additionalExtensions"), &mut remarks);
    }
    if fields.roots.is_some() {
        other_roots(&join(path, "roots"), &mut remarks);
    }
    let identities = fields.identities.iter().enumerate().map(|(index, identity)| {
        let mut signer = identity_signer(identity, &nth(&join(path, "identities"), index));
        signer.remarks.extend(remarks.clone());
        signer
    });
    Ok(identities.collect())
}

fn identity_signer(identity: &Identity, path: &str) -> Signer {
    let mut remarks = Remarks::default();
    let texts = [
        ("issuer", &identity.issuer, &identity.issuer_reg_exp),
        ("subject", &identity.subject, &identity.subject_reg_exp),
    ];
    for (key, text, expression) in texts {
        if text.is_some() && expression.is_some() {
            remarks.note(&join(path, key), "stands beside an expression, which alone counts");
        }
    }
    if identity.subject_expression.is_some() {
        remarks.open(&join(path, "subjectExpression"), "is an expression: write the identity");
        return Signer::missing("THE IDENTITY, AS A SIGNER OF ITS KIND,", path, remarks);
    }
    let identity = keyless(
        expression_first(identity.issuer.as_ref(), identity.issuer_reg_exp.as_ref()),
        expression_first(identity.subject.as_ref(), identity.subject_reg_exp.as_ref()),
        path,
        &mut remarks,
    );
    Signer::new(identity, remarks)
}

fn expression_first<'i>(text: Option<&'i String>, expression: Option<&'i String>) -> Wanted<'i> {
    match (text, expression) {
        (_, Some(expression)) => Wanted::RegExp(expression),
        (Some(text), None) => Wanted::Exactly(text),
        (None, None) => Wanted::Nobody,
    }
}

fn certificate_signer(certificate: &Certificate, log: Log, path: &str) -> Signer {
    let mut remarks = Remarks::default();
    let mut is_open = false;
    let mut value = |key: &str, given: &Option<Given>| {
        let given = given.as_ref()?;
        if given.value.is_none() && given.expression.is_some() {
            is_open = true;
            remarks.open(&join(path, key), "comes of an expression: write the certificate");
        }
        given.value.clone()
    };
    let (cert, chain) =
        (value("cert", &certificate.cert), value("certChain", &certificate.cert_chain));
    if is_open {
        return Signer::missing("THE CERTIFICATE, AS A SIGNER OF ITS KIND,", path, remarks);
    }
    key::certificate(cert.as_deref(), chain.as_deref(), log, path)
}
