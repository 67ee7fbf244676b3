//! `attestors`: who can have signed, by name.
//!
//! Source: `pkg/image/verifiers/ivpol/cosign/opts.go` of kyverno/kyverno: any one of the identities is the
//! attestor, and the transparency log is asked unless `insecureIgnoreTlog`.

use crate::key;
use crate::kyverno::log::{
    extensions_and_roots, no_log_for_keys, no_sct, no_timestamps, other_log, other_roots,
};
use crate::node::{Fault, Node, Object};
use crate::policy_controller::identity;
use crate::remark::Remarks;
use crate::signer::{Log, Signer};
use crate::trust::Trust;

/// Their names, and what each asks for.
pub(super) fn attestors(spec: &Object<'_>) -> Result<Vec<(String, Trust)>, Fault> {
    let mut attestors = Vec::new();
    for node in spec.list("attestors")? {
        let mut remarks = Remarks::default();
        let attestor = node.object(&["name", "cosign", "notary"], &mut remarks)?;
        let name = attestor.required_text("name")?.to_owned();
        let mut signers = if let Some(cosign) = attestor.get("cosign") {
            cosign_signers(&cosign, &mut remarks)?
        } else {
            let text = "Notary's signatures are not read here: sign with cosign, and give its key or \
                        identity";
            remarks.open(&attestor.path_of("notary"), text);
            vec![Signer::missing_key("A PUBLIC KEY", Remarks::default())]
        };
        if let Some(first) = signers.first_mut() {
            first.remarks.extend(remarks);
        }
        attestors.push((name, Trust::any(signers.into_iter().map(Trust::Signer).collect())));
    }
    Ok(attestors)
}

const COSIGN: [&str; 8] =
    ["key", "keyless", "certificate", "ctlog", "annotations", "source", "tuf", "trustedRoot"];

/// Any one of these is the attestor.
fn cosign_signers(node: &Node<'_>, remarks: &mut Remarks) -> Result<Vec<Signer>, Fault> {
    let cosign = node.object(&COSIGN, remarks)?;
    let log = ctlog(&cosign, remarks)?;
    let mut signers = match (cosign.get("key"), cosign.get("keyless"), cosign.get("certificate")) {
        (Some(node), None, None) => {
            if log == Log::Required {
                no_log_for_keys(node.path(), remarks);
            }
            vec![key_signer(&node, remarks)?]
        }
        (None, Some(node), None) => keyless_signers(&node, remarks)?,
        (None, None, Some(node)) => vec![certificate_signer(&node, log, remarks)?],
        _ => return Err(cosign.fault("give one of `key`, `keyless`, `certificate`")),
    };
    for key in ["tuf", "trustedRoot"] {
        if cosign.get(key).is_some() {
            other_roots(&cosign.path_of(key), remarks);
        }
    }
    if cosign.get("source").is_some() {
        let text = "signatures are looked for in the image's own repository";
        remarks.note(&cosign.path_of("source"), text);
    }
    for signer in &mut signers {
        signer.annotations = cosign.pairs("annotations")?;
    }
    Ok(signers)
}

const CTLOG: [&str; 6] = [
    "url",
    "rekorPubKey",
    "ctLogPubKey",
    "tsaCertChain",
    "insecureIgnoreTlog",
    "insecureIgnoreSCT",
];

fn ctlog(cosign: &Object<'_>, remarks: &mut Remarks) -> Result<Log, Fault> {
    let is_keyless = cosign.get("keyless").is_some();
    let (mut log, mut ignores_sct) = (Log::Required, false);
    if let Some(node) = cosign.get("ctlog") {
        let fields = node.object(&CTLOG, remarks)?;
        if fields.flag("insecureIgnoreTlog")? == Some(true) {
            log = Log::Ignored;
        } else if cosign.get("key").is_none() {
            other_log(fields.text("url")?, fields.text("rekorPubKey")?, node.path(), remarks);
        }
        if fields.text("tsaCertChain")?.is_some() {
            no_timestamps(&fields.path_of("tsaCertChain"), remarks);
        }
        ignores_sct = fields.flag("insecureIgnoreSCT")? == Some(true);
    }
    if is_keyless && !ignores_sct {
        no_sct(&cosign.path_of("ctlog"), remarks);
    }
    Ok(log)
}

fn key_signer(node: &Node<'_>, remarks: &mut Remarks) -> Result<Signer, Fault> {
    let fields = node.object(&["data", "kms", "hashAlgorithm", "expression"], remarks)?;
    let signer = match (fields.text("data")?, fields.text("kms")?) {
        (Some(data), _) => {
            let mut signers = key::signers(data, &fields.path_of("data"));
            if signers.len() > 1 {
                signers.truncate(1);
                remarks.note(node.path(), "of several keys, the first one is taken");
            }
            signers.pop()
        }
        (None, Some(kms)) => Some(key::elsewhere(kms, &fields.path_of("kms"))),
        (None, None) => {
            let text = "comes of an expression: write the public key, or `keyFrom` a ConfigMap";
            remarks.open(node.path(), text);
            Some(Signer::missing_key("THE PUBLIC KEY", Remarks::default()))
        }
    };
    signer.ok_or_else(|| fields.fault("give one of `data`, `kms`, `expression`"))
}

fn keyless_signers(node: &Node<'_>, remarks: &mut Remarks) -> Result<Vec<Signer>, Fault> {
    let fields = node.object(&["identities", "roots", "additionalExtensions"], remarks)?;
    extensions_and_roots(&fields, remarks)?;
    let signers: Result<Vec<Signer>, Fault> =
        fields.list("identities")?.iter().map(identity).collect();
    match signers?.as_slice() {
        [] => Err(fields.fault("`identities` are missing")),
        signers => Ok(signers.to_vec()),
    }
}

fn certificate_signer(node: &Node<'_>, log: Log, remarks: &mut Remarks) -> Result<Signer, Fault> {
    let fields = node.object(&["cert", "certChain"], remarks)?;
    let mut value = |key: &str| -> Result<Option<String>, Fault> {
        let Some(node) = fields.get(key) else { return Ok(None) };
        let value = node.object(&["value", "expression"], remarks)?.text("value")?;
        if value.is_none() {
            remarks.open(node.path(), "comes of an expression: write the certificate");
        }
        Ok(value.map(str::to_owned))
    };
    let (certificate, chain) = (value("cert")?, value("certChain")?);
    Ok(key::certificate(certificate.as_deref(), chain.as_deref(), log, node.path()))
}
