//! An entry of `verifyImages`: images, and who must have signed them.

use super::attestation::{self, Attestations};
use super::attestor::{self, Around, Format, OldForm};
use super::types::Entry;
use crate::attestation::Report;
use crate::draft::{DraftRule, Enforcement, Pinning};
use crate::images::{self, Beyond};
use crate::log::{no_bundles, no_extensions, other_repository, other_roots};
use crate::pattern::{self, Dialect};
use crate::read::{Fault, nth};
use crate::remark::Remarks;
use crate::signer::Signer;
use crate::trust::Trust;
use crate::yaml::join;

/// A rule, and whether its images are pinned; `path` is that of the entry.
pub(super) fn read(
    entry: &Entry,
    path: &str,
    name: &str,
    enforcement: Enforcement,
    around: &Around,
) -> Result<(DraftRule, Pinning), Fault> {
    let mut remarks = Remarks::default();
    let (images, exclude) = images(entry, path, &mut remarks)?;
    let format = match entry.r#type.as_deref() {
        Some("Notary") => Format::Notary,
        None | Some(_) => Format::Cosign,
    };
    let around = Around { annotations: entry.annotations.clone(), format, ..around.clone() };
    let (trust, reports) = trust(entry, path, &around, &mut remarks)?;
    if enforcement == Enforcement::Warn {
        let text = "is audited there: here, images pass with a warning, and references that cannot be \
                    read are refused";
        remarks.note(path, text);
    }
    let pinning = Pinning::of(entry.mutate_digest, entry.verify_digest, path, &mut remarks);
    other_fields(entry, path, &mut remarks);
    let name = name.to_owned();
    Ok((DraftRule { name, images, exclude, enforcement, trust, reports, remarks }, pinning))
}

/// `Enforce`, `enforce`; anything else is looked at and passes.
pub(super) fn action(text: &str) -> Enforcement {
    if text.eq_ignore_ascii_case("enforce") { Enforcement::Reject } else { Enforcement::Warn }
}

/// What a rule's entries say: any one that enforces makes them all (`ruleAction` in
/// `pkg/engine/api/engineresponse.go`).
pub(super) fn action_of_all(entries: &[Entry]) -> Option<Enforcement> {
    let actions: Vec<Enforcement> =
        entries.iter().filter_map(|entry| entry.failure_action.as_deref()).map(action).collect();
    if actions.contains(&Enforcement::Reject) {
        return Some(Enforcement::Reject);
    }
    actions.first().copied()
}

fn images(
    entry: &Entry,
    path: &str,
    remarks: &mut Remarks,
) -> Result<(Vec<String>, Vec<String>), Fault> {
    let sources: Vec<&str> =
        entry.image_references.iter().chain(&entry.image).map(String::as_str).collect();
    if sources.is_empty() {
        return Err(Fault::new(path, "`imageReferences` are missing"));
    }
    let images = images::selected(
        &sources,
        Dialect::Kyverno,
        Beyond::Admitted,
        &join(path, "imageReferences"),
        remarks,
    );
    let mut exclude = Vec::new();
    for (index, source) in entry.skip_image_references.iter().enumerate() {
        let path = nth(&join(path, "skipImageReferences"), index);
        match pattern::sparing(source, Dialect::Kyverno) {
            Some(patterns) => {
                if patterns.iter().any(|pattern| pattern.starts_with("docker.io/")) {
                    let text = "also skips images that are written with `index.docker.io`";
                    remarks.less(&path, format!("`{source}` {text}"));
                }
                exclude.extend(patterns);
            }
            None => remarks.stricter(
                &path,
                format!(
                    "`{source}` is not skipped: here, its pattern would also skip other images"
                ),
            ),
        }
    }
    Ok((images, exclude))
}

fn trust(
    entry: &Entry,
    path: &str,
    around: &Around,
    remarks: &mut Remarks,
) -> Result<(Trust, Vec<Report>), Fault> {
    let mut sets = attestor::sets(&entry.attestors, &join(path, "attestors"), around, remarks)?;
    let old_form = OldForm {
        key: entry.key.as_deref(),
        issuer: entry.issuer.as_deref(),
        subject: entry.subject.as_deref(),
    };
    sets.extend(old_form.trust(path, around));
    let Attestations { reports, signers } =
        attestation::read(&entry.attestations, &sets, path, around, remarks)?;
    sets.extend(signers);
    if sets.is_empty() {
        let mut open = Remarks::default();
        open.open(path, "names nobody who must have signed: give a signer");
        sets.push(Trust::Signer(Signer::missing("A PUBLIC KEY", path, open)));
    }
    Ok((Trust::all(sets), reports))
}

fn other_fields(entry: &Entry, path: &str, remarks: &mut Remarks) {
    if let Some(repository) = &entry.repository {
        other_repository(repository, &join(path, "repository"), remarks);
    }
    match entry.r#type.as_deref() {
        None | Some("Cosign" | "Notary") => {}
        Some("SigstoreBundle") => no_bundles(&join(path, "type"), remarks),
        Some(other) => remarks.less(&join(path, "type"), format!("`{other}` is not known here")),
    }
    if entry.validate.is_some() {
        remarks.less(&join(path, "validate"), "its conditions are not checked");
    }
    if entry.roots.is_some() {
        other_roots(&join(path, "roots"), remarks);
    }
    if entry.additional_extensions.is_some() {
        no_extensions(&join(path, "additionalExtensions"), remarks);
    }
    if entry.cosign_oci11 == Some(true) {
        let text = "signatures are found as the policy server finds them";
        remarks.note(&join(path, "cosignOCI11"), text);
    }
    if entry.image_registry_credentials.is_some() {
        remarks.note(
            &join(path, "imageRegistryCredentials"),
            "registries are reached as the policy server is told to (`imagePullSecret`, \
             `insecureSources`, `sourceAuthorities` of the PolicyServer)",
        );
    }
}
