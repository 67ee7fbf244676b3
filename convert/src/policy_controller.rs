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

mod authority;

pub(super) use authority::identity;

use yaml_serde::Mapping;

use self::authority::{Authorities, authorities};
use super::draft::{Draft, DraftRule, Enforcement, Unmatched};
use super::kyverno::translated;
use super::node::{Fault, Object};
use super::pattern::{self, Dialect};
use super::remark::Remarks;
use super::signer::{field, mapping};
use super::trust::Trust;
use crate::manifest::Scope;

const INCLUDE: &str = "policy.sigstore.dev/include";

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
