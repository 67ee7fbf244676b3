//! `ClusterImagePolicy` of policy-controller (<https://docs.sigstore.dev/policy-controller/overview/>).
//!
//! - Who must have signed? Any one of the authorities, and of a keyless authority any one of its identities.
//! - What if several policies match an image? All must hold; so all that are converted together become one
//!   policy.
//! - And images that none matches? They are refused, unless `no-match-policy` says otherwise. So are they
//!   here.
//! - What of policies that let images pass (`static`), or refuse them? `exempt` wins over every rule, so images are
//!   exempt only where no other policy is about them, and nothing but their name decides.
//! - Where does it hold? In namespaces that opted in by a label; the same are selected here.
//!
//! Source: `pkg/apis/policy/v1beta1` and `pkg/webhook/validator.go` of sigstore/policy-controller.

mod attestation;
mod authority;
mod cue;
mod rego;
mod types;

use yaml_serde::Mapping;

use self::authority::{Authorities, authorities};
use self::types::{Document, HARMLESS, Spec};
use super::attestation::Report;
use super::draft::{Draft, DraftRule, Enforcement, Unmatched};
use super::images::{self, Beyond};
use super::pattern::{self, Dialect};
use super::read::{Fault, nth, read};
use super::remark::Remarks;
use super::signer::{field, mapping};
use super::source::Source;
use super::trust::Trust;
use crate::manifest::Scope;

const INCLUDE: &str = "policy.sigstore.dev/include";
const POLICY: &str = "spec.policy";
const MATCH: &str = "spec.match";
const DIALECT: Dialect = Dialect::PolicyController;

/// A policy of the source.
pub(super) struct ImagePolicy {
    title: String,
    name: String,
    globs: Vec<String>,
    enforcement: Enforcement,
    /// What decides besides the image's name and its signatures, by its place.
    conditions: Vec<&'static str>,
    remarks: Remarks,
}

/// What it demands of its images.
pub(super) enum Demand {
    Signed(Trust, Vec<Report>),
    /// Images pass.
    Nothing,
    /// Images are refused.
    Refused,
}

impl ImagePolicy {
    pub(super) fn read(source: &Source, name: &str) -> Result<(Self, Demand), Fault> {
        let mut remarks = Remarks::default();
        let document: Document = read(source.value(), &HARMLESS, &mut remarks)?;
        let spec = document.spec.ok_or_else(|| Fault::new("", "`spec` is missing"))?;
        if spec.images.is_empty() {
            return Err(Fault::new("spec", "`images` are missing"));
        }
        let demand = match authorities(&spec)? {
            Authorities::Signers(trust, reports) => Demand::Signed(trust, reports),
            Authorities::Everything => Demand::Nothing,
            Authorities::Nothing => Demand::Refused,
        };
        let enforcement = match spec.mode.as_deref() {
            Some("warn") => Enforcement::Warn,
            None | Some("enforce") => Enforcement::Reject,
            Some(other) => {
                return Err(Fault::new("spec.mode", format!("`{other}` is not known here")));
            }
        };
        let policy = Self {
            title: source.title(),
            name: name.to_owned(),
            conditions: conditions(&spec),
            globs: spec.images.into_iter().map(|image| image.glob).collect(),
            enforcement,
            remarks,
        };
        Ok((policy, demand))
    }

    /// Whether something else than signatures may refuse an image: a policy that is not evaluated here.
    fn may_refuse(&self) -> bool {
        self.conditions.contains(&POLICY)
    }
}

fn conditions(spec: &Spec) -> Vec<&'static str> {
    let given = [(MATCH, spec.r#match.is_some()), (POLICY, spec.policy.is_some())];
    given.into_iter().filter(|(_, is_given)| *is_given).map(|(path, _)| path).collect()
}

/// One policy that says what all of these say; none, where they let everything pass.
pub(super) fn convert(policies: Vec<(ImagePolicy, Demand)>) -> Option<Draft> {
    let label = mapping([field(INCLUDE, "true")]);
    let selector = Mapping::from_iter([field("matchLabels", label)]);
    let name = match policies.as_slice() {
        [(only, _)] => only.name.as_str(),
        _ => "image-policies",
    };
    let mut draft = Draft::new(name, Scope::Cluster(Some(selector)));
    draft.unmatched = Unmatched::Reject;
    draft.remarks.note(
        "",
        "pinned are the images of verified rules; policy-controller pins every image to its digest",
    );
    let beyond = beyond(&policies);
    let (mut passing, mut refusing) = (Vec::new(), Vec::new());
    for (policy, demand) in policies {
        match demand {
            Demand::Signed(trust, reports) => {
                rule(policy, (trust, reports), beyond, &mut draft);
            }
            Demand::Nothing if policy.may_refuse() => {
                refusing.push((policy, POLICY, "may be refused"));
            }
            Demand::Nothing => passing.push(policy),
            Demand::Refused => refusing.push((policy, "spec.authorities", "are refused")),
        }
    }
    if beyond == Beyond::Admitted {
        draft.unmatched = Unmatched::Accept;
    }
    let refused: Vec<String> =
        refusing.iter().flat_map(|(policy, ..)| selected(&policy.globs)).collect();
    for (policy, path, how) in refusing {
        refuse(policy, path, how, &mut draft);
    }
    for policy in passing {
        pass(policy, &refused, &mut draft);
    }
    let says_nothing =
        draft.unmatched == Unmatched::Accept && draft.rules.is_empty() && draft.exempt.is_empty();
    (!says_nothing).then(|| with_note(draft))
}

/// Whether one of the policies lets all images pass, and none refuses any.
fn beyond(policies: &[(ImagePolicy, Demand)]) -> Beyond {
    let passes_all = policies.iter().any(|(policy, demand)| {
        matches!(demand, Demand::Nothing)
            && policy.conditions.is_empty()
            && policy.globs.iter().any(|glob| glob == "**")
    });
    let refuses = policies.iter().any(|(policy, demand)| match demand {
        Demand::Signed(..) => false,
        Demand::Nothing => policy.may_refuse(),
        Demand::Refused => true,
    });
    if passes_all && !refuses { Beyond::Admitted } else { Beyond::Refused }
}

fn with_note(mut draft: Draft) -> Draft {
    match draft.unmatched {
        Unmatched::Accept => draft.exempt.clear(),
        Unmatched::Reject => draft.remarks.note(
            "",
            "images that match no rule are refused, as policy-controller refuses them unless \
             `no-match-policy` says otherwise; convert all policies of a cluster together",
        ),
    }
    draft
}

/// The patterns that select what the globs match.
fn selected(globs: &[String]) -> Vec<String> {
    globs.iter().flat_map(|glob| pattern::selecting(glob, DIALECT).patterns).collect()
}

fn rule(
    policy: ImagePolicy,
    (trust, mut reports): (Trust, Vec<Report>),
    beyond: Beyond,
    draft: &mut Draft,
) {
    let mut remarks = policy.remarks;
    for condition in policy.conditions {
        let text = match condition {
            MATCH => {
                "is left out: the rule applies to all that hold Pods. There, images of what does not match are \
                 refused where they match no other policy, whoever has signed; here, they are let in when they \
                 are signed"
            }
            _ => "is not evaluated",
        };
        remarks.less(condition, text);
    }
    let mut globs = Vec::new();
    for (index, glob) in policy.globs.iter().enumerate() {
        if pattern::never_matches(glob, DIALECT) {
            never(glob, &nth("spec.images", index), &mut remarks);
        } else {
            globs.push(glob.as_str());
        }
    }
    if globs.is_empty() {
        draft.remarks.extend(remarks.of(&policy.title));
        return;
    }
    let images = images::selected(&globs, DIALECT, beyond, "spec.images", &mut remarks);
    for report in &mut reports {
        report.remarks = std::mem::take(&mut report.remarks).of(&policy.title);
    }
    draft.rules.push(DraftRule {
        name: policy.name,
        images,
        exclude: Vec::new(),
        enforcement: policy.enforcement,
        trust: trust.of(&policy.title),
        reports,
        remarks: remarks.of(&policy.title),
    });
}

fn never(glob: &str, path: &str, remarks: &mut Remarks) {
    let text = "matches no image there, where all have a registry, a digest and no tag, and Docker Hub is \
                `index.docker.io`: it is left out";
    remarks.note(path, format!("`{glob}` {text}"));
}

/// Images that are refused, whoever has signed them, or that may be, by what stands at that place: no rule is about them.
fn refuse(policy: ImagePolicy, path: &str, how: &str, draft: &mut Draft) {
    let mut remarks = policy.remarks;
    let images = selected(&policy.globs);
    match draft.rules.iter().find(|rule| meet(&rule.images, &images)) {
        Some(rule) => remarks.less(
            path,
            format!(
                "images {how} there, whoever has signed them; here, those that match rule `{}` are let in when \
                 they are signed",
                rule.name
            ),
        ),
        None => remarks.note(path, "images are refused, since they match no rule"),
    }
    if policy.enforcement == Enforcement::Warn {
        remarks.stricter("spec.mode", "images pass with a warning there, and are refused here");
    }
    for condition in policy.conditions {
        remarks.stricter(condition, "is left out: images are refused whatever it says");
    }
    draft.remarks.extend(remarks.of(&policy.title));
}

/// Images that pass without a signature.
fn pass(policy: ImagePolicy, refused: &[String], draft: &mut Draft) {
    let mut remarks = policy.remarks;
    if let Some(condition) = policy.conditions.first() {
        let text =
            "decides there whether images pass; here, they are refused unless they match a rule";
        remarks.stricter(condition, text);
        draft.remarks.extend(remarks.of(&policy.title));
        return;
    }
    for (index, glob) in policy.globs.iter().enumerate() {
        let path = nth("spec.images", index);
        if pattern::never_matches(glob, DIALECT) {
            never(glob, &path, &mut remarks);
            continue;
        }
        let Some(patterns) = pattern::sparing(glob, DIALECT) else {
            let text =
                "passes there and not here: here, its pattern would also exempt other images";
            remarks.stricter(&path, format!("`{glob}` {text}"));
            continue;
        };
        // Whatever no rule is about passes, and rules hold as other policies do there.
        if patterns == ["**"] && draft.unmatched == Unmatched::Accept {
            continue;
        }
        if meet(&patterns, refused) || draft.rules.iter().any(|rule| meet(&patterns, &rule.images))
        {
            let text = "passes there where an image matches no other policy; here it is not exempt, since some of these \
                        images match another rule";
            remarks.stricter(&path, format!("`{glob}` {text}"));
            continue;
        }
        for pattern in patterns {
            if !draft.exempt.contains(&pattern) {
                draft.exempt.push(pattern);
            }
        }
    }
    draft.remarks.extend(remarks.of(&policy.title));
}

/// Whether an image may match patterns of both.
fn meet(some: &[String], others: &[String]) -> bool {
    some.iter().any(|a| others.iter().any(|b| !pattern::are_apart(a, b)))
}
