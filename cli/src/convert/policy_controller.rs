//! `ClusterImagePolicy` of policy-controller (<https://docs.sigstore.dev/policy-controller/overview/>).
//!
//! - Who must have signed? Any one of the authorities, and of a keyless authority any one of its identities.
//! - What if several policies match an image? All must hold; so all that are converted together become one
//!   policy.
//! - And images that none matches? They are refused, unless `no-match-policy` says otherwise. So are they
//!   here.
//! - Where does it hold? In namespaces that opted in by a label; the same are selected here.
//!
//! Source: `pkg/apis/policy/v1beta1` and `pkg/webhook/validator.go` of sigstore/policy-controller.

use yaml_serde::Mapping;

use super::draft::{Draft, DraftRule, Enforcement, Unmatched};
use super::identity::{Wanted, keyless};
use super::key;
use super::kyverno::log::{no_log_for_keys, no_sct, no_timestamps, other_log, other_roots};
use super::kyverno::translated;
use super::node::{Fault, Node, Object};
use super::pattern::{self, Dialect};
use super::remark::Remarks;
use super::signer::{Identity, KeySource, Signer, field, mapping};
use super::trust::Trust;
use crate::policy::Scope;

const INCLUDE: &str = "policy.sigstore.dev/include";
const NAMESPACE: &str = "cosign-system";
const FULCIO: &str = "https://fulcio.sigstore.dev";

/// One policy that says what all of these say.
pub(super) fn convert(documents: &[(Object<'_>, String)]) -> Result<Draft, Fault> {
    let label = mapping([field(INCLUDE, "true")]);
    let selector = Mapping::from_iter([field("matchLabels", label)]);
    let name = match documents {
        [(_, name)] => name.as_str(),
        _ => "image-policies",
    };
    let mut draft = Draft::new(name, Scope::Cluster(Some(selector)));
    draft.unmatched = Unmatched::Reject;
    draft.remarks.note(
        "",
        "pinned are the images of verified rules; policy-controller pins every image to its digest",
    );
    for (document, name) in documents {
        image_policy(document, name, &mut draft)?;
    }
    exempt_remarks(&mut draft);
    let text = match draft.unmatched {
        Unmatched::Accept => {
            "images that no rule is about pass, since one of the policies lets all pass"
        }
        Unmatched::Reject => {
            "images that no rule is about are refused, as policy-controller refuses them unless \
             `no-match-policy` says otherwise; convert all policies of a cluster together"
        }
    };
    draft.remarks.note("", text);
    Ok(draft)
}

const SPEC: [&str; 5] = ["images", "authorities", "policy", "mode", "match"];

fn image_policy(document: &Object<'_>, name: &str, draft: &mut Draft) -> Result<(), Fault> {
    let mut remarks = Remarks::default();
    let spec = document.get("spec").ok_or_else(|| document.fault("`spec` is missing"))?;
    let spec = spec.object(&SPEC, &mut remarks)?;
    let mut globs = Vec::new();
    for image in spec.list("images")? {
        globs.push(image.object(&["glob"], &mut remarks)?.required_text("glob")?);
    }
    if globs.is_empty() {
        return Err(spec.fault("`images` are missing"));
    }
    let path = spec.path_of("images");
    let authorities = authorities(&spec, &mut remarks)?;
    if spec.get("policy").is_some() {
        remarks.less(&spec.path_of("policy"), "is not evaluated");
    }
    if spec.get("match").is_some() {
        let text = "is left out: the rule is about all that hold Pods, whatever their labels";
        remarks.note(&spec.path_of("match"), text);
    }
    let enforcement = match spec.text("mode")? {
        Some("warn") => Enforcement::Warn,
        _ => Enforcement::Reject,
    };
    match authorities {
        Authorities::Signers(signers) => {
            let images = translated(&globs, Dialect::PolicyController, &path, &mut remarks);
            let trust = Trust::any(signers);
            let name = name.to_owned();
            let exclude = Vec::new();
            draft.rules.push(DraftRule { name, images, exclude, enforcement, trust, remarks });
        }
        Authorities::Everything => exempt(&globs, &path, draft, remarks),
        Authorities::Nothing => {
            remarks.less(
                &spec.path_of("authorities"),
                "always fail there; here, images are refused because no rule is about them, unless \
                 another one is",
            );
            draft.remarks.extend(remarks);
        }
    }
    Ok(())
}

/// Images that pass without a signature.
fn exempt(globs: &[&str], path: &str, draft: &mut Draft, mut remarks: Remarks) {
    for glob in globs {
        match pattern::sparing(glob, Dialect::PolicyController) {
            // Whatever no rule is about passes, and rules hold as other policies do there.
            Some(patterns) if patterns == ["**"] => draft.unmatched = Unmatched::Accept,
            Some(patterns) => draft.exempt.extend(patterns),
            None => remarks.note(
                path,
                format!(
                    "`{glob}` passes there and not here: it cannot be said without exempting others"
                ),
            ),
        }
    }
    draft.remarks.extend(remarks);
}

/// What is exempt is exempt from all rules.
fn exempt_remarks(draft: &mut Draft) {
    for pattern in &draft.exempt {
        let images = draft.rules.iter().flat_map(|rule| &rule.images);
        if images.into_iter().any(|image| !pattern::are_apart(image, pattern)) {
            draft.remarks.less(
                "",
                format!("`{pattern}` is exempt from every rule; there, other policies may still refuse its images"),
            );
        }
    }
}

enum Authorities {
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

fn authorities(spec: &Object<'_>, remarks: &mut Remarks) -> Result<Authorities, Fault> {
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
pub(super) fn identity(node: &Node<'_>) -> Result<Signer, Fault> {
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
