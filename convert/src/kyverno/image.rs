//! An entry of `verifyImages`: images, and who must have signed them.

use super::attestor::{self, Around};
use super::log;
use crate::draft::{DraftRule, Enforcement, Pinning};
use crate::identity::{Wanted, keyless};
use crate::node::{Fault, Node, Object};
use crate::pattern::{self, Dialect, Reach};
use crate::remark::Remarks;
use crate::signer::Signer;
use crate::trust::Trust;

const ENTRY: [&str; 22] = [
    "failureAction",
    "type",
    "image",
    "imageReferences",
    "skipImageReferences",
    "key",
    "roots",
    "subject",
    "issuer",
    "additionalExtensions",
    "attestors",
    "attestations",
    "annotations",
    "repository",
    "cosignOCI11",
    "mutateDigest",
    "verifyDigest",
    "validate",
    "required",
    "imageRegistryCredentials",
    "useCache",
    "name",
];

/// A rule, and whether its images are pinned.
pub(super) fn read(
    node: &Node<'_>,
    name: &str,
    enforcement: Enforcement,
    around: &Around,
) -> Result<(DraftRule, Pinning), Fault> {
    let mut remarks = Remarks::default();
    let entry = node.object(&ENTRY, &mut remarks)?;
    let (images, exclude) = images(&entry, &mut remarks)?;
    let around = Around { annotations: entry.pairs("annotations")?, ..around.clone() };
    let trust = trust(&entry, &around, &mut remarks)?;
    let enforcement = match entry.text("failureAction")? {
        None => enforcement,
        Some(text) => action(text),
    };
    if enforcement == Enforcement::Warn {
        let text = "is audited there: here, images pass with a warning, and references that cannot be \
                    read are refused";
        remarks.note(entry.path(), text);
    }
    let pinning = pinning(&entry, &mut remarks)?;
    other_fields(&entry, &mut remarks)?;
    let name = name.to_owned();
    Ok((DraftRule { name, images, exclude, enforcement, trust, remarks }, pinning))
}

/// `Enforce`, `enforce`; anything else is looked at and passes.
pub(super) fn action(text: &str) -> Enforcement {
    if text.eq_ignore_ascii_case("enforce") { Enforcement::Reject } else { Enforcement::Warn }
}

fn images(entry: &Object<'_>, remarks: &mut Remarks) -> Result<(Vec<String>, Vec<String>), Fault> {
    let mut sources = entry.texts("imageReferences")?;
    sources.extend(entry.text("image")?);
    let images = translated(&sources, Dialect::Kyverno, &entry.path_of("imageReferences"), remarks);
    if images.is_empty() {
        return Err(entry.fault("`imageReferences` are missing"));
    }
    let mut exclude = Vec::new();
    for source in entry.texts("skipImageReferences")? {
        match pattern::sparing(source, Dialect::Kyverno) {
            Some(patterns) => exclude.extend(patterns),
            None => remarks.note(
                &entry.path_of("skipImageReferences"),
                format!(
                    "`{source}` is not skipped: it cannot be said here without skipping others"
                ),
            ),
        }
    }
    Ok((images, exclude))
}

/// The patterns, with a word on what they select besides.
pub(crate) fn translated(
    sources: &[&str],
    dialect: Dialect,
    path: &str,
    remarks: &mut Remarks,
) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    for source in sources {
        let translation = pattern::selecting(source, dialect);
        let written = translation.patterns.join("`, `");
        match translation.reach {
            Reach::Same => {}
            Reach::Digests => remarks.note(
                path,
                format!("`{source}`: images of these repositories that are given by digest are checked as well"),
            ),
            Reach::More => remarks.note(
                path,
                format!("`{source}` is written `{written}`, which selects these images and others"),
            ),
        }
        for pattern in translation.patterns {
            if !images.contains(&pattern) {
                images.push(pattern);
            }
        }
    }
    images
}

fn trust(entry: &Object<'_>, around: &Around, remarks: &mut Remarks) -> Result<Trust, Fault> {
    if entry.text("type")? == Some("Notary") {
        let text =
            "Notary's signatures are not read here: sign with cosign, and give its key or identity";
        remarks.open(&entry.path_of("type"), text);
        return Ok(Trust::Signer(Signer::missing_key("A PUBLIC KEY", Remarks::default())));
    }
    let mut sets = attestor::sets(&entry.list("attestors")?, around, remarks)?;
    sets.extend(old_form(entry, around)?);
    for node in entry.list("attestations")? {
        let known = ["name", "type", "predicateType", "attestors", "conditions"];
        let attestation = node.object(&known, remarks)?;
        let kind = attestation.text("type")?.or(attestation.text("predicateType")?);
        remarks.less(
            attestation.path(),
            format!(
                "attestations (`{}`) and conditions on them are not checked",
                kind.unwrap_or("of no type")
            ),
        );
        let signers = attestor::sets(&attestation.list("attestors")?, around, remarks)?;
        if !signers.is_empty() {
            let text = "whoever must have signed the attestation must have signed the image, here";
            remarks.note(&attestation.path_of("attestors"), text);
        }
        sets.extend(signers.into_iter().filter(|set| !sets.contains(set)).collect::<Vec<_>>());
    }
    if sets.is_empty() {
        remarks.open(entry.path(), "names nobody who must have signed: give a signer");
        let signer = Signer::missing_key("A PUBLIC KEY", Remarks::default());
        sets.push(Trust::Signer(signer));
    }
    Ok(Trust::all(sets))
}

/// `key`, or `issuer` with `subject`: one signer.
fn old_form(entry: &Object<'_>, around: &Around) -> Result<Option<Trust>, Fault> {
    let mut signers = if let Some(text) = entry.text("key")? {
        let mut signers = attestor::public_keys(text, &entry.path_of("key"), around);
        for signer in &mut signers {
            log::no_log_for_keys(&entry.path_of("key"), &mut signer.remarks);
        }
        signers
    } else if entry.get("issuer").is_some() || entry.get("subject").is_some() {
        let mut remarks = Remarks::default();
        let identity = keyless(
            Wanted::of(entry.text("issuer")?.map(Wanted::Exactly), None),
            Wanted::of(entry.text("subject")?.map(Wanted::Wildcard), None),
            entry.path(),
            &mut remarks,
        );
        log::no_sct(&entry.path_of("issuer"), &mut remarks);
        log::extensions_and_roots(entry, &mut remarks)?;
        vec![Signer::new(identity, remarks)]
    } else {
        return Ok(None);
    };
    for signer in &mut signers {
        signer.annotations.clone_from(&around.annotations);
    }
    Ok(Some(Trust::all(signers.into_iter().map(Trust::Signer).collect())))
}

fn pinning(entry: &Object<'_>, remarks: &mut Remarks) -> Result<Pinning, Fault> {
    let mutates = entry.flag("mutateDigest")? != Some(false);
    let verifies = entry.flag("verifyDigest")? != Some(false);
    Ok(match (mutates, verifies) {
        (true, _) => Pinning::Pin,
        (false, true) => {
            let text = "an image without a digest is refused there, and pinned to its digest here";
            remarks.note(&entry.path_of("mutateDigest"), text);
            Pinning::Pin
        }
        (false, false) => Pinning::Leave,
    })
}

fn other_fields(entry: &Object<'_>, remarks: &mut Remarks) -> Result<(), Fault> {
    attestor::repository(entry, remarks)?;
    if entry.text("type")? == Some("SigstoreBundle") {
        let text =
            "Sigstore bundles are read by policy servers from 1.37 on, and only with a certificate";
        remarks.note(&entry.path_of("type"), text);
    }
    if entry.get("validate").is_some() {
        remarks.less(&entry.path_of("validate"), "its conditions are not checked");
    }
    if entry.flag("required")? == Some(false) {
        remarks.note(&entry.path_of("required"), "here, images that are selected must be verified");
    }
    if entry.flag("cosignOCI11")? == Some(true) {
        remarks.note(
            &entry.path_of("cosignOCI11"),
            "signatures are found as the policy server finds them",
        );
    }
    if let Some(node) = entry.get("imageRegistryCredentials") {
        let known = ["allowInsecureRegistry", "providers", "secrets"];
        node.object(&known, remarks)?;
        remarks.note(
            node.path(),
            "registries are reached as the policy server is told to (`imagePullSecret`, \
             `insecureSources`, `sourceAuthorities` of the PolicyServer)",
        );
    }
    Ok(())
}
