//! `attestors` of Kyverno: who must have signed.
//!
//! Source: `api/kyverno/v1/image_verification_types.go` and `pkg/engine/internal/imageverifier.go` of
//! kyverno/kyverno: every set must be satisfied; of a set, `count` entries, or all; several keys of one entry
//! are an entry each.

use super::log::{self, Kind};
use crate::identity::{Wanted, keyless};
use crate::key;
use crate::node::{Fault, Node, Object};
use crate::remark::Remarks;
use crate::signer::{Identity, KeySource, Log, Signer};
use crate::trust::Trust;

/// A ConfigMap that a rule's `context` gives a name.
#[derive(Debug, Clone)]
pub(super) struct ConfigMap {
    pub(super) variable: String,
    pub(super) name: String,
    pub(super) namespace: String,
}

/// What is known beside the attestors themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    pub(super) config_maps: Vec<ConfigMap>,
    /// What signatures must carry unless the attestor says otherwise.
    pub(super) annotations: Vec<(String, String)>,
}

/// Every one of the sets.
pub(super) fn sets(
    nodes: &[Node<'_>],
    around: &Around,
    remarks: &mut Remarks,
) -> Result<Vec<Trust>, Fault> {
    nodes.iter().map(|node| set(node, around, remarks)).collect()
}

fn set(node: &Node<'_>, around: &Around, remarks: &mut Remarks) -> Result<Trust, Fault> {
    let set = node.object(&["count", "entries"], remarks)?;
    let mut parts = Vec::new();
    for entry in set.list("entries")? {
        parts.extend(attestor(&entry, around, remarks)?);
    }
    if parts.is_empty() {
        return Err(set.fault("`entries` are missing"));
    }
    let count = set.number("count")?.filter(|count| *count > 0).unwrap_or(parts.len());
    if count > parts.len() {
        return Err(set.fault(format!("`count` is more than the {} entries", parts.len())));
    }
    Ok(Trust::AtLeast(count, parts))
}

const ATTESTOR: [&str; 7] = [
    "keys",
    "certificates",
    "keyless",
    "attestor",
    "annotations",
    "repository",
    "signatureAlgorithm",
];

fn attestor(node: &Node<'_>, around: &Around, remarks: &mut Remarks) -> Result<Vec<Trust>, Fault> {
    let attestor = node.object(&ATTESTOR, remarks)?;
    let mut signers = match (
        attestor.get("keys"),
        attestor.get("certificates"),
        attestor.get("keyless"),
        attestor.get("attestor"),
    ) {
        (Some(keys), None, None, None) => static_keys(&keys, around)?,
        (None, Some(certificates), None, None) => vec![certificate(&certificates)?],
        (None, None, Some(keyless), None) => vec![keyless_signer(&keyless)?],
        (None, None, None, Some(nested)) => return Ok(vec![set(&nested, around, remarks)?]),
        _ => {
            return Err(attestor.fault("give one of `keys`, `certificates`, `keyless`, `attestor`"));
        }
    };
    let own = attestor.pairs("annotations")?;
    let annotations = if own.is_empty() { around.annotations.clone() } else { own };
    for signer in &mut signers {
        signer.annotations.clone_from(&annotations);
        algorithm(&attestor, &mut signer.remarks)?;
        repository(&attestor, &mut signer.remarks)?;
    }
    Ok(signers.into_iter().map(Trust::Signer).collect())
}

fn algorithm(object: &Object<'_>, remarks: &mut Remarks) -> Result<(), Fault> {
    let algorithm = object.text("signatureAlgorithm")?;
    if let Some(algorithm) = algorithm.filter(|algorithm| *algorithm != "sha256") {
        let text = format!("`{algorithm}` is not chosen here: the key's own hash is used");
        remarks.note(&object.path_of("signatureAlgorithm"), text);
    }
    Ok(())
}

/// Signatures that are kept elsewhere.
pub(super) fn repository(object: &Object<'_>, remarks: &mut Remarks) -> Result<(), Fault> {
    if let Some(repository) = object.text("repository")? {
        remarks.note(
            &object.path_of("repository"),
            format!(
                "signatures in `{repository}` are not found: they are looked for in the image's own \
                 repository (`cosign copy` takes them along)"
            ),
        );
    }
    Ok(())
}

const KEYS: [&str; 6] = ["publicKeys", "signatureAlgorithm", "kms", "secret", "rekor", "ctlog"];

fn static_keys(node: &Node<'_>, around: &Around) -> Result<Vec<Signer>, Fault> {
    let mut remarks = Remarks::default();
    let keys = node.object(&KEYS, &mut remarks)?;
    let mut signers = match (keys.text("publicKeys")?, keys.get("secret"), keys.text("kms")?) {
        (Some(text), _, _) => public_keys(text, &keys.path_of("publicKeys"), around),
        (None, Some(secret), _) => {
            let secret = secret.object(&["name", "namespace"], &mut remarks)?;
            vec![key::secret(secret.required_text("namespace")?, secret.required_text("name")?)]
        }
        (None, None, Some(kms)) => vec![key::elsewhere(kms, &keys.path_of("kms"))],
        (None, None, None) => {
            return Err(keys.fault("give one of `publicKeys`, `secret`, `kms`"));
        }
    };
    algorithm(&keys, &mut remarks)?;
    log::read(&keys, Kind::Key, &mut remarks)?;
    for signer in &mut signers {
        let own = std::mem::replace(&mut signer.remarks, remarks.clone());
        signer.remarks.extend(own);
    }
    Ok(signers)
}

/// Also the key that a variable names, of a ConfigMap: `{{ keys.data.release }}`.
pub(super) fn public_keys(text: &str, path: &str, around: &Around) -> Vec<Signer> {
    let variable = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    let entry = variable.and_then(|variable| {
        let (name, entry) = variable.trim().split_once(".data.")?;
        let map = around.config_maps.iter().find(|map| map.variable == name)?;
        Some((map, entry.trim_matches(|c| matches!(c, '"' | '\''))))
    });
    match entry {
        Some((map, entry)) => {
            let identity = Identity::KeyFrom {
                source: KeySource::ConfigMap,
                namespace: map.namespace.clone(),
                name: map.name.clone(),
                entry: Some(entry.to_owned()),
            };
            let mut remarks = Remarks::default();
            remarks.less(path, "should it hold several keys, any one of them is enough here");
            vec![Signer::new(identity, remarks)]
        }
        None => key::signers(text, path),
    }
}

fn certificate(node: &Node<'_>) -> Result<Signer, Fault> {
    let mut remarks = Remarks::default();
    let fields = node.object(&["cert", "certChain", "rekor", "ctlog"], &mut remarks)?;
    let log = log::read(&fields, Kind::Certificate, &mut remarks)?;
    let mut signer =
        key::certificate(fields.text("cert")?, fields.text("certChain")?, log, fields.path());
    signer.remarks.extend(remarks);
    Ok(signer)
}

const KEYLESS: [&str; 8] = [
    "rekor",
    "ctlog",
    "issuer",
    "issuerRegExp",
    "subject",
    "subjectRegExp",
    "roots",
    "additionalExtensions",
];

fn keyless_signer(node: &Node<'_>) -> Result<Signer, Fault> {
    let mut remarks = Remarks::default();
    let fields = node.object(&KEYLESS, &mut remarks)?;
    let issuer = fields.text("issuer")?.map(Wanted::Exactly);
    let subject = fields.text("subject")?.map(Wanted::Wildcard);
    let identity = keyless(
        Wanted::of(issuer, fields.text("issuerRegExp")?),
        Wanted::of(subject, fields.text("subjectRegExp")?),
        fields.path(),
        &mut remarks,
    );
    if log::read(&fields, Kind::Keyless, &mut remarks)? == Log::Ignored {
        remarks.note(&fields.path_of("rekor"), "the transparency log is asked for all the same");
    }
    log::extensions_and_roots(&fields, &mut remarks)?;
    Ok(Signer::new(identity, remarks))
}
