//! `authorities`: any one of them is enough, and any one identity of a keyless one.

use crate::identity::{Wanted, keyless};
use crate::key;
use crate::kyverno::log::{no_log_for_keys, no_sct, no_timestamps, other_log, other_roots};
use crate::node::{Fault, Node, Object};
use crate::remark::Remarks;
use crate::signer::{Identity, KeySource, Signer};
use crate::trust::Trust;

/// Where policy-controller looks for Secrets.
const NAMESPACE: &str = "cosign-system";
/// Sigstore's public authority.
const FULCIO: &str = "https://fulcio.sigstore.dev";

/// What the authorities of a policy come to.
pub(super) enum Authorities {
    Signers(Vec<Trust>),
    /// One of them lets everything pass.
    Everything,
    /// None can be satisfied.
    Nothing,
}

const AUTHORITY: [&str; 9] = [
    "name",
    "key",
    "keyless",
    "static",
    "source",
    "ctlog",
    "attestations",
    "rfc3161timestamp",
    "signatureFormat",
];

/// Reads them.
pub(super) fn authorities(spec: &Object<'_>, remarks: &mut Remarks) -> Result<Authorities, Fault> {
    let nodes = spec.list("authorities")?;
    if nodes.is_empty() {
        return Err(spec.fault("`authorities` are missing"));
    }
    let mut signers = Vec::new();
    for node in nodes {
        let authority = node.object(&AUTHORITY, remarks)?;
        if let Some(fixed) = authority.get("static") {
            let fixed = fixed.object(&["action", "message"], remarks)?;
            if fixed.required_text("action")? == "pass" {
                return Ok(Authorities::Everything);
            }
            continue;
        }
        signers.extend(authority_signers(&authority)?.into_iter().map(Trust::Signer));
    }
    Ok(if signers.is_empty() { Authorities::Nothing } else { Authorities::Signers(signers) })
}

fn authority_signers(authority: &Object<'_>) -> Result<Vec<Signer>, Fault> {
    let mut remarks = Remarks::default();
    let ctlog = authority.get("ctlog");
    let mut signers = match (authority.get("key"), authority.get("keyless")) {
        (Some(key), None) => {
            if let Some(node) = &ctlog {
                no_log_for_keys(node.path(), &mut remarks);
            }
            vec![key_signer(&key, &mut remarks)?]
        }
        (None, Some(keyless)) => keyless_signers(&keyless, &mut remarks)?,
        _ => return Err(authority.fault("give one of `key`, `keyless`, `static`")),
    };
    if let Some(node) = ctlog {
        let log = node.object(&["url", "trustRootRef"], &mut remarks)?;
        other_log(log.text("url")?, log.text("trustRootRef")?, node.path(), &mut remarks);
    }
    if authority.get("rfc3161timestamp").is_some() {
        no_timestamps(&authority.path_of("rfc3161timestamp"), &mut remarks);
    }
    for attestation in authority.list("attestations")? {
        let known = ["name", "predicateType", "policy"];
        let attestation = attestation.object(&known, &mut remarks)?;
        let kind = attestation.text("predicateType")?.unwrap_or_default();
        let text = format!("attestations (`{kind}`) are not checked; the image's signature is");
        remarks.less(attestation.path(), text);
    }
    sources(authority, &mut remarks)?;
    if let Some(first) = signers.first_mut() {
        first.remarks.extend(remarks);
    }
    Ok(signers)
}

fn sources(authority: &Object<'_>, remarks: &mut Remarks) -> Result<(), Fault> {
    for source in authority.list("source")? {
        source.object(&["oci", "signaturePullSecrets", "tagPrefix"], remarks)?;
        remarks.note(
            source.path(),
            "signatures are looked for in the image's own repository, with the policy server's \
             credentials (`cosign copy` takes signatures along)",
        );
    }
    if authority.text("signatureFormat")? == Some("bundle") {
        remarks.note(
            &authority.path_of("signatureFormat"),
            "Sigstore bundles are read by policy servers from 1.37 on, and only with a certificate",
        );
    }
    Ok(())
}

const KEY: [&str; 4] = ["data", "secretRef", "kms", "hashAlgorithm"];

fn key_signer(node: &Node<'_>, remarks: &mut Remarks) -> Result<Signer, Fault> {
    let key = node.object(&KEY, remarks)?;
    if let Some(hash) = key.text("hashAlgorithm")?.filter(|hash| *hash != "sha256") {
        let text = format!("`{hash}` is not chosen here: the key's own hash is used");
        remarks.note(&key.path_of("hashAlgorithm"), text);
    }
    match (key.text("data")?, key.get("secretRef"), key.text("kms")?) {
        (Some(data), None, None) => {
            Ok(Signer::new(Identity::Key(data.to_owned()), Remarks::default()))
        }
        (None, None, Some(kms)) => Ok(key::elsewhere(kms, &key.path_of("kms"))),
        (None, Some(node), None) => {
            let secret = node.object(&["name", "namespace"], remarks)?;
            let text = "the entry is taken to be `cosign.pub`; name another one in `key`";
            remarks.note(node.path(), text);
            let identity = Identity::KeyFrom {
                source: KeySource::Secret,
                namespace: secret.text("namespace")?.unwrap_or(NAMESPACE).to_owned(),
                name: secret.required_text("name")?.to_owned(),
                entry: None,
            };
            Ok(Signer::new(identity, Remarks::default()))
        }
        _ => Err(key.fault("give one of `data`, `secretRef`, `kms`")),
    }
}

const KEYLESS: [&str; 5] = ["url", "identities", "ca-cert", "trustRootRef", "insecureIgnoreSCT"];
const IDENTITY: [&str; 4] = ["issuer", "subject", "issuerRegExp", "subjectRegExp"];

fn keyless_signers(node: &Node<'_>, remarks: &mut Remarks) -> Result<Vec<Signer>, Fault> {
    let fields = node.object(&KEYLESS, remarks)?;
    let url = fields.text("url")?.filter(|url| url.trim_end_matches('/') != FULCIO);
    for key in ["ca-cert", "trustRootRef"] {
        if fields.get(key).is_some() {
            other_roots(&fields.path_of(key), remarks);
        }
    }
    if url.is_some() {
        other_roots(&fields.path_of("url"), remarks);
    }
    if fields.flag("insecureIgnoreSCT")? != Some(true) {
        no_sct(fields.path(), remarks);
    }
    let mut signers = Vec::new();
    for node in fields.list("identities")? {
        signers.push(identity(&node)?);
    }
    if signers.is_empty() {
        return Err(fields.fault("`identities` are missing"));
    }
    Ok(signers)
}

/// An issuer and a subject, each as a text or a regular expression.
pub(crate) fn identity(node: &Node<'_>) -> Result<Signer, Fault> {
    let mut own = Remarks::default();
    let identity = node.object(&IDENTITY, &mut own)?;
    let (issuer, subject) = (identity.text("issuer")?, identity.text("subject")?);
    let identity = keyless(
        Wanted::of(issuer.map(Wanted::Exactly), identity.text("issuerRegExp")?),
        Wanted::of(subject.map(Wanted::Exactly), identity.text("subjectRegExp")?),
        node.path(),
        &mut own,
    );
    Ok(Signer::new(identity, own))
}
