//! `ImageValidatingPolicy` of Kyverno, as far as it is declarative.
//!
//! - Which expressions are understood? Those of the documentation's form, that count the attestors whose
//!   signatures verify:
//!   `images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)`, the same of
//!   `verifyAttestationSignatures`, and comparisons of what `extractPayload` gives.
//! - What if there is none? All attestors must have signed.
//!
//! Source: <https://kyverno.io/docs/policy-types/image-validating-policy/>, `pkg/cel/libs/imageverify` and
//! `pkg/image/verification/evaluator` of kyverno/kyverno.

mod attestation;
mod attestor;
mod demand;
mod types;

use std::collections::BTreeSet;

use self::attestation::Attested;
use self::attestor::attestors;
use self::demand::{Demand, Expression, LISTS};
use self::types::{Configurations, Constraints, Document, HARMLESS, ResourceRule, Spec};
use super::attestation::Report;
use super::draft::{Draft, DraftRule, Enforcement, Pinning, failure_policy};
use super::images::{self, Beyond};
use super::pattern::{Dialect, is_registry};
use super::read::{Fault, nth, read};
use super::remark::Remarks;
use super::source::Source;
use super::trust::Trust;
use crate::manifest::{Scope, Webhook};

/// The policy that says the same.
pub(super) fn convert(source: &Source, name: &str) -> Result<Draft, Fault> {
    let mut remarks = Remarks::default();
    let document: Document = read(source.value(), &HARMLESS, &mut remarks)?;
    let spec = document.spec.ok_or_else(|| Fault::new("", "`spec` is missing"))?;
    let selector = spec.match_constraints.as_ref().and_then(|own| own.namespace_selector.clone());
    let scope = if source.text("kind") == Some("NamespacedImageValidatingPolicy") {
        Scope::Namespace(source.metadata("namespace").unwrap_or("default").to_owned())
    } else {
        Scope::Cluster(selector)
    };
    let mut draft = Draft::new(name, scope);
    let attestors = attestors(&spec.attestors)?;
    if attestors.is_empty() {
        return Err(Fault::new("spec", "`attestors` are missing"));
    }
    let (trust, reports) = validations(&spec, &attestors, &mut remarks);
    let images = images(&spec, &mut remarks);
    let configurations = spec.validation_configurations.as_ref();
    let is_off =
        |flag: fn(&Configurations) -> Option<bool>| configurations.and_then(flag) == Some(false);
    if !is_off(|own| own.mutate_digest) && !is_off(|own| own.verify_digest) {
        unpinned(&spec, &mut remarks);
    }
    let denies = spec.validation_actions.is_empty()
        || spec.validation_actions.iter().any(|one| one == "Deny");
    let enforcement = if denies { Enforcement::Reject } else { Enforcement::Warn };
    draft.pinning = pinning(spec.validation_configurations.as_ref(), &mut remarks);
    if let Some(constraints) = &spec.match_constraints {
        reach(constraints, &mut remarks);
    }
    other_fields(&spec, enforcement, &mut remarks);
    draft.webhook = webhook(&spec, &mut remarks);
    let (name, exclude) = (name.to_owned(), Vec::new());
    draft.rules.push(DraftRule { name, images, exclude, enforcement, trust, reports, remarks });
    Ok(draft)
}

/// How the API server asks: as it asks Kyverno.
fn webhook(spec: &Spec, remarks: &mut Remarks) -> Webhook {
    let failure = spec.failure_policy.as_deref();
    let constraints = spec.match_constraints.as_ref();
    Webhook {
        failure_policy: failure.map(|given| failure_policy(given, "spec.failurePolicy", remarks)),
        timeout: spec.webhook_configuration.as_ref().and_then(|own| own.timeout_seconds),
        object_selector: constraints.and_then(|own| own.object_selector.clone()),
        match_conditions: None,
    }
}

fn other_fields(spec: &Spec, enforcement: Enforcement, remarks: &mut Remarks) {
    if spec.images.is_some() {
        let text = "is not converted: write these kinds in `extraWorkloads` and `spec.rules`";
        remarks.less("spec.images", text);
    }
    let webhook = spec.webhook_configuration.as_ref();
    let webhook = webhook.and_then(|webhook| webhook.match_conditions.as_ref());
    let conditions = [
        ("spec.matchConditions", spec.match_conditions.as_ref()),
        ("spec.webhookConfiguration.matchConditions", webhook),
    ];
    for (path, conditions) in conditions {
        if conditions.is_some() {
            remarks.stricter(path, "is left out: the rule holds without it");
        }
    }
    if enforcement == Enforcement::Warn {
        let text = "images pass with a warning, and references that cannot be read are refused";
        remarks.note("spec.validationActions", text);
    }
    if let Some(evaluation) = &spec.evaluation {
        if let Some(mode) = evaluation.mode.as_deref().filter(|mode| *mode != "Kubernetes") {
            remarks.less(
                "spec.evaluation.mode",
                format!("is `{mode}`: here, requests to Kubernetes are reviewed"),
            );
        }
        if evaluation.admission.as_ref().is_some_and(|admission| admission.enabled == Some(false)) {
            remarks.stricter("spec.evaluation.admission.enabled", "requests are reviewed here");
        }
    }
    if spec.credentials.is_some() {
        let text = "registries are reached as the policy server is told to";
        remarks.note("spec.credentials", text);
    }
}

/// Resources that the policy's rules send to it.
const RESOURCES: [&str; 10] = [
    "pods",
    "pods/ephemeralcontainers",
    "podtemplates",
    "replicationcontrollers",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
];

fn reach(constraints: &Constraints, remarks: &mut Remarks) {
    if constraints.exclude_resource_rules.is_some() {
        let text = "is left out: the rule applies to more";
        remarks.stricter("spec.matchConstraints.excludeResourceRules", text);
    }
    if constraints.object_selector.as_ref().is_some_and(|selector| !selector.is_empty()) {
        let text =
            "selects all that holds Pods by its labels; in the source, what `resourceRules` names";
        remarks.stricter("spec.matchConstraints.objectSelector", text);
    }
    for (index, rule) in constraints.resource_rules.iter().enumerate() {
        resources(rule, &nth("spec.matchConstraints.resourceRules", index), remarks);
    }
}

fn resources(rule: &ResourceRule, path: &str, remarks: &mut Remarks) {
    for resource in &rule.resources {
        if !RESOURCES.contains(&resource.as_str()) && !resource.starts_with('*') {
            remarks.less(
                path,
                format!(
                    "names `{resource}`, which this policy's rules do not send to it: add it to \
                     `spec.rules`, and, where it is not built in, to `extraWorkloads`"
                ),
            );
        }
    }
    if rule.resource_names.is_some() {
        remarks.stricter(path, "`resourceNames` is left out: the rule applies to more");
    }
    let has = |operation| rule.operations.iter().any(|one| one == operation);
    if !rule.operations.is_empty() && !has("UPDATE") && !has("*") {
        remarks.stricter(path, "names no `UPDATE`; here, updates are reviewed as well");
    }
    let known = ["CREATE", "UPDATE", "*"];
    if let Some(other) = rule.operations.iter().find(|one| !known.contains(&one.as_str())) {
        remarks.note(path, format!("`{other}` is not reviewed: it brings no image"));
    }
}

fn images(spec: &Spec, remarks: &mut Remarks) -> Vec<String> {
    let mut globs = Vec::new();
    for (index, reference) in spec.match_image_references.iter().enumerate() {
        let path = nth("spec.matchImageReferences", index);
        let Some(glob) = reference.glob.as_deref().filter(|_| reference.expression.is_none())
        else {
            remarks.stricter(&path, "is an expression: every image matches");
            return vec!["**".to_owned()];
        };
        globs.push(glob);
    }
    if globs.is_empty() {
        return vec!["**".to_owned()];
    }
    images::selected(&globs, Dialect::Glob, Beyond::Admitted, "spec.matchImageReferences", remarks)
}

/// A glob may match what is written and not its full name with its tag, by which Kyverno finds what it pins.
fn unpinned(spec: &Spec, remarks: &mut Remarks) {
    for (index, reference) in spec.match_image_references.iter().enumerate() {
        let Some(glob) = reference.glob.as_deref() else { continue };
        let (first, last) = (glob.split_once('/'), glob.rsplit('/').next());
        let names_registry =
            glob.starts_with('*') || first.is_some_and(|(first, _)| is_registry(first));
        let takes_tag = glob.ends_with('*') || last.is_some_and(|last| last.contains([':', '@']));
        if !(names_registry && takes_tag) {
            let text = format!(
                "`{glob}` does not match every image by its full name with a tag as well: there, those that it does not, and \
                 that have no digest, are refused; here they are let in when they are signed, and pinned"
            );
            remarks.less(&nth("spec.matchImageReferences", index), text);
        }
    }
}

fn pinning(configurations: Option<&Configurations>, remarks: &mut Remarks) -> Pinning {
    configurations.map_or(Pinning::Pin, |given| {
        let path = "spec.validationConfigurations";
        Pinning::of(given.mutate_digest, given.verify_digest, path, remarks)
    })
}

/// Who must have signed the images, and which reports they must have.
fn validations(
    spec: &Spec,
    attestors: &[(String, Trust)],
    remarks: &mut Remarks,
) -> (Trust, Vec<Report>) {
    let mut demands = Vec::new();
    let mut attested = Attested::default();
    let mut lists = Vec::new();
    let mut verified = BTreeSet::new();
    for (index, validation) in spec.validations.iter().enumerate() {
        let path = nth("spec.validations", index);
        let expression = validation.expression.as_deref().unwrap_or_default();
        let Some(read) = Expression::read(expression) else {
            remarks.less(&path, "the expression cannot be converted, and is not checked");
            continue;
        };
        if read.verifies() {
            verified.extend(read.lists.iter().copied());
        }
        lists.push((path.clone(), read.lists));
        let unknown = "names an attestor that is not known";
        match read.demand {
            Demand::Signed(signed) => match signed.trust(attestors) {
                Some(trust) => demands.push(trust),
                None => remarks.less(&path, unknown),
            },
            Demand::Attested(name, signed) => match signed.trust(attestors) {
                Some(trust) => attested.signed.push((name, trust, path)),
                None => remarks.less(&path, unknown),
            },
            Demand::Says(name, claim) => attested.says.push((name, claim, path)),
        }
    }
    unverified(spec.validation_configurations.as_ref(), &lists, &verified, remarks);
    let mut reports = attested.reports(&spec.attestations, remarks);
    if demands.is_empty() {
        demands = signers(attestors, &mut reports, remarks);
    }
    (Trust::all(demands), reports)
}

/// Tells what becomes of images in lists that not every expression is about: here each demand is of all images.
fn unverified(
    configurations: Option<&Configurations>,
    lists: &[(String, BTreeSet<&'static str>)],
    verified: &BTreeSet<&'static str>,
    remarks: &mut Remarks,
) {
    let is_required = configurations.and_then(|given| given.required) != Some(false);
    let left: Vec<String> = LISTS
        .into_iter()
        .filter(|list| is_required && !verified.is_empty() && !verified.contains(list))
        .map(|list| format!("`{list}`"))
        .collect();
    for (path, list) in lists {
        // An image in another list is refused by the source as well, unless another expression is about it.
        if list.len() < LISTS.len() && (left.is_empty() || list != verified) {
            let text = "checks some of a Pod's images; here the rule checks all of them";
            remarks.stricter(path, text);
        }
    }
    if !left.is_empty() {
        let text = format!(
            "refuses images in {}, for no expression verifies them; here they are let in when they are signed",
            left.join(" and ")
        );
        remarks.less("spec.validationConfigurations.required", text);
    }
}

/// Who must have signed the images, where no expression says so.
fn signers(
    attestors: &[(String, Trust)],
    reports: &mut [Report],
    remarks: &mut Remarks,
) -> Vec<Trust> {
    let path = "spec.validations";
    if reports.is_empty() {
        let text = "no expression says who must have signed; all attestors must have, here";
        remarks.stricter(path, text);
        return attestors.iter().map(|(_, trust)| trust.clone()).collect();
    }
    let text = "no expression says who must have signed the images; here, whoever must have signed their attestations \
                must have";
    remarks.stricter(path, text);
    let signers = reports.iter().filter_map(|report| report.trust.clone()).collect();
    if let [only] = reports {
        only.trust = None;
    }
    signers
}
