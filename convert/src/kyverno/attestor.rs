//! `attestors` of Kyverno: who must have signed.
//!
//! - How are they counted? Every set must be satisfied; of a set, `count` entries, or all; several keys of one entry
//!   are an entry each.
//! - And a subject beside an expression for it? Either is enough; of issuers, both must match.
//! - What of Notary's? Each is a signer of its own that is to be filled in, counted as it is there.
//!
//! Source: `pkg/engine/internal/imageverifier.go` and `pkg/image/verifiers/cpol/cosign/cosign.go` of
//! kyverno/kyverno.

use std::collections::BTreeMap;

use super::log::{self, Kind};
use super::types::{Attestor, AttestorSet, Certificates, Keyless, Keys};
use crate::identity::{Wanted, keyless};
use crate::key;
use crate::log::{no_extensions, other_repository, other_roots, own_hash};
use crate::read::{Fault, nth};
use crate::remark::Remarks;
use crate::signer::{Identity, KeySource, Signer, is_variable};
use crate::trust::Trust;
use crate::yaml::join;

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
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) format: Format,
    pub(super) signed: Signed,
    /// What the rule calls what conditions can read besides reports.
    pub(super) variables: Vec<String>,
}

/// What the signatures are of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Signed {
    #[default]
    Image,
    Report,
}

/// Whose signatures they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Cosign,
    Notary,
}

/// Every one of the sets.
pub(super) fn sets(
    sets: &[AttestorSet],
    path: &str,
    around: &Around,
    remarks: &mut Remarks,
) -> Result<Vec<Trust>, Fault> {
    let sets = sets.iter().enumerate();
    sets.map(|(index, one)| set(one, &nth(path, index), around, remarks)).collect()
}

fn set(
    set: &AttestorSet,
    path: &str,
    around: &Around,
    remarks: &mut Remarks,
) -> Result<Trust, Fault> {
    let mut parts = Vec::new();
    for (index, entry) in set.entries.iter().enumerate() {
        let path = nth(&join(path, "entries"), index);
        parts.extend(attestor(entry, &path, around, remarks)?);
    }
    if parts.is_empty() {
        return Err(Fault::new(path, "`entries` are missing"));
    }
    let count = set.count.filter(|count| *count > 0).unwrap_or(parts.len());
    if count > parts.len() {
        return Err(Fault::new(path, format!("`count` is more than the {} entries", parts.len())));
    }
    Ok(Trust::AtLeast(count, parts))
}

fn attestor(
    attestor: &Attestor,
    path: &str,
    around: &Around,
    remarks: &mut Remarks,
) -> Result<Vec<Trust>, Fault> {
    let given = (&attestor.keys, &attestor.certificates, &attestor.keyless, &attestor.attestor);
    let mut signers = match given {
        (None, None, None, Some(nested)) => {
            others(attestor, path, remarks);
            if around.signed == Signed::Report {
                let text = "is not read there, and any keyless signature is enough; here, it is these that are";
                remarks.less(&join(path, "attestor"), text);
            }
            return Ok(vec![set(nested, &join(path, "attestor"), around, remarks)?]);
        }
        (Some(keys), None, None, None) => static_keys(keys, &join(path, "keys"), around)?,
        (None, Some(certificates), None, None) => {
            vec![certificate(certificates, &join(path, "certificates"))]
        }
        (None, None, Some(keyless), None) => {
            vec![keyless_signer(keyless, &join(path, "keyless"))]
        }
        _ => {
            let text = "give one of `keys`, `certificates`, `keyless`, `attestor`";
            return Err(Fault::new(path, text));
        }
    };
    let own = &attestor.annotations;
    let annotations = if own.is_empty() { &around.annotations } else { own };
    for signer in &mut signers {
        signer.annotations =
            annotations.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        own_hash(
            attestor.signature_algorithm.as_deref(),
            &join(path, "signatureAlgorithm"),
            &mut signer.remarks,
        );
        if let Some(repository) = &attestor.repository {
            other_repository(repository, &join(path, "repository"), &mut signer.remarks);
        }
    }
    let signers = signers.into_iter().map(|signer| match around.format {
        Format::Cosign => signer.without_variables(path),
        Format::Notary => Signer::notary(path),
    });
    Ok(signers.map(Trust::Signer).collect())
}

/// What stands beside a nested set says nothing there: its entries have their own.
fn others(attestor: &Attestor, path: &str, remarks: &mut Remarks) {
    let is_given = !attestor.annotations.is_empty()
        || attestor.repository.is_some()
        || attestor.signature_algorithm.is_some();
    if is_given {
        remarks.less(path, "what stands beside `attestor` is left out");
    }
}

fn static_keys(keys: &Keys, path: &str, around: &Around) -> Result<Vec<Signer>, Fault> {
    let mut signers = match (&keys.public_keys, &keys.secret, &keys.kms) {
        (Some(text), _, _) => public_keys(text, &join(path, "publicKeys"), around),
        (None, Some(secret), _) => vec![key::secret(&secret.namespace, &secret.name)],
        (None, None, Some(kms)) => vec![key::elsewhere(kms, &join(path, "kms"))],
        (None, None, None) => {
            return Err(Fault::new(path, "give one of `publicKeys`, `secret`, `kms`"));
        }
    };
    let mut remarks = Remarks::default();
    if around.signed == Signed::Report && signers.len() > 1 {
        signers.truncate(1);
        remarks.note(path, "of several keys, the first one is taken, as it is there");
    }
    own_hash(keys.signature_algorithm.as_deref(), &join(path, "signatureAlgorithm"), &mut remarks);
    log::read(keys.rekor.as_ref(), keys.ctlog.as_ref(), Kind::Key, path, &mut remarks);
    for signer in &mut signers {
        let own = std::mem::replace(&mut signer.remarks, remarks.clone());
        signer.remarks.extend(own);
    }
    Ok(signers)
}

/// Also the keys that variables name, of a ConfigMap: `{{ keys.data.release }}`.
pub(super) fn public_keys(text: &str, path: &str, around: &Around) -> Vec<Signer> {
    if !is_variable(text) {
        return key::signers(text, path);
    }
    let variables: Option<Vec<Signer>> = text
        .split_inclusive("}}")
        .filter(|part| !part.trim().is_empty())
        .map(|part| of_config_map(part.trim(), path, around))
        .collect();
    variables.unwrap_or_else(|| {
        let mut remarks = Remarks::default();
        let text = format!("`{}` is a variable of the source: write the public key", text.trim());
        remarks.open(path, text);
        vec![Signer::missing("THE PUBLIC KEY", path, remarks)]
    })
}

fn of_config_map(variable: &str, path: &str, around: &Around) -> Option<Signer> {
    let variable = variable.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let (name, entry) = variable.split_once(".data.")?;
    let map = around.config_maps.iter().find(|map| map.variable == name)?;
    let entry = entry.trim_matches(|c| matches!(c, '"' | '\''));
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if entry.is_empty() || !entry.chars().all(is_name) {
        return None;
    }
    let identity = Identity::KeyFrom {
        source: KeySource::ConfigMap,
        namespace: map.namespace.clone(),
        name: map.name.clone(),
        entry: Some(entry.to_owned()),
    };
    let mut remarks = Remarks::default();
    let text = format!("should `{entry}` hold several keys, any one of them is enough here");
    remarks.less(path, text);
    Some(Signer::new(identity, remarks))
}

fn certificate(certificates: &Certificates, path: &str) -> Signer {
    let mut remarks = Remarks::default();
    let kind = Kind::Certificate { has_chain: certificates.cert_chain.is_some() };
    let log = log::read(
        certificates.rekor.as_ref(),
        certificates.ctlog.as_ref(),
        kind,
        path,
        &mut remarks,
    );
    let mut signer = key::certificate(
        certificates.cert.as_deref(),
        certificates.cert_chain.as_deref(),
        log,
        path,
    );
    signer.remarks.extend(remarks);
    signer
}

fn keyless_signer(fields: &Keyless, path: &str) -> Signer {
    let mut remarks = Remarks::default();
    let issuer = fields.issuer.as_deref().map(Wanted::Wildcard);
    let subject = fields.subject.as_deref().map(Wanted::Wildcard);
    if fields.issuer.is_some() && fields.issuer_reg_exp.is_some() {
        let text = "stands beside `issuer`, which alone is demanded here";
        remarks.less(&join(path, "issuerRegExp"), text);
    }
    if fields.subject.is_some() && fields.subject_reg_exp.is_some() {
        let text = "stands beside `subject`, which alone is taken here; there, either is enough";
        remarks.stricter(&join(path, "subjectRegExp"), text);
    }
    let identity = keyless(
        Wanted::of(issuer, fields.issuer_reg_exp.as_deref()),
        Wanted::of(subject, fields.subject_reg_exp.as_deref()),
        path,
        &mut remarks,
    );
    log::read(fields.rekor.as_ref(), fields.ctlog.as_ref(), Kind::Keyless, path, &mut remarks);
    if fields.additional_extensions.is_some() {
        no_extensions(&join(path, "additionalExtensions"), &mut remarks);
    }
    if fields.roots.is_some() {
        other_roots(&join(path, "roots"), &mut remarks);
    }
    Signer::new(identity, remarks)
}

/// The one signer of the old form: `key`, or `issuer` with `subject`.
pub(super) struct OldForm<'e> {
    pub(super) key: Option<&'e str>,
    pub(super) issuer: Option<&'e str>,
    pub(super) subject: Option<&'e str>,
}

impl OldForm<'_> {
    /// None, if nobody is named in that form; `path` is that of the entry.
    pub(super) fn trust(&self, path: &str, around: &Around) -> Option<Trust> {
        let mut signers = if let Some(text) = self.key {
            let path = join(path, "key");
            let mut signers = public_keys(text, &path, around);
            for signer in &mut signers {
                crate::log::no_log_for_keys(&path, &mut signer.remarks);
            }
            signers
        } else if self.issuer.is_some() || self.subject.is_some() {
            vec![self.identity(path)]
        } else {
            return None;
        };
        for signer in &mut signers {
            signer.annotations =
                around.annotations.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        }
        let signers = signers.into_iter().map(|signer| match around.format {
            Format::Cosign => signer.without_variables(path),
            Format::Notary => Signer::notary(path),
        });
        Some(Trust::all(signers.map(Trust::Signer).collect()))
    }

    fn identity(&self, path: &str) -> Signer {
        let mut remarks = Remarks::default();
        let identity = keyless(
            Wanted::of(self.issuer.map(Wanted::Wildcard), None),
            Wanted::of(self.subject.map(Wanted::Wildcard), None),
            path,
            &mut remarks,
        );
        crate::log::no_sct(&join(path, "issuer"), &mut remarks);
        Signer::new(identity, remarks)
    }
}
