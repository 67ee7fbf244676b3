//! `ImageValidatingPolicy` of Kyverno, as far as it is declarative.
//!
//! - Which expressions are understood? Those of the documentation's form, that count the attestors whose
//!   signatures verify:
//!   `images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)`.
//! - What if there is none? All attestors must have signed.
//!
//! Source: <https://kyverno.io/docs/policy-types/image-validating-policy/> and `pkg/cel/libs/imageverify` of
//! kyverno/kyverno.

mod attestor;
mod demand;

use yaml_serde::Mapping;

use self::attestor::attestors;
use self::demand::Demand;
use super::draft::{Draft, DraftRule, Enforcement, Pinning};
use super::kyverno::translated;
use super::node::{Fault, Node, Object};
use super::pattern::Dialect;
use super::remark::Remarks;
use super::trust::Trust;
use crate::manifest::Scope;

const SPEC: [&str; 16] = [
    "attestations",
    "attestors",
    "auditAnnotations",
    "autogen",
    "credentials",
    "evaluation",
    "failurePolicy",
    "images",
    "matchConditions",
    "matchConstraints",
    "matchImageReferences",
    "validationActions",
    "validationConfigurations",
    "validations",
    "variables",
    "webhookConfiguration",
];

/// The policy that says the same.
pub(super) fn convert(document: &Object<'_>, name: &str) -> Result<Draft, Fault> {
    let mut remarks = Remarks::default();
    let spec = document.get("spec").ok_or_else(|| document.fault("`spec` is missing"))?;
    let spec = spec.object(&SPEC, &mut remarks)?;
    let mut draft = Draft::new(name, scope(document, &spec, &mut remarks)?);
    let attestors = attestors(&spec)?;
    if attestors.is_empty() {
        return Err(spec.fault("`attestors` are missing"));
    }
    let trust = validations(&spec, &attestors, &mut remarks)?;
    let images = images(&spec, &mut remarks)?;
    let actions = spec.texts("validationActions")?;
    let denies = actions.is_empty() || actions.contains(&"Deny");
    let enforcement = if denies { Enforcement::Reject } else { Enforcement::Warn };
    draft.pinning = pinning(&spec, &mut remarks)?;
    if spec.get("images").is_some() {
        let text = "is not converted: write these kinds in `extraWorkloads` and `spec.rules`";
        remarks.less(&spec.path_of("images"), text);
    }
    if spec.get("matchConditions").is_some() {
        remarks.note(&spec.path_of("matchConditions"), "is left out: the rule holds without it");
    }
    if enforcement == Enforcement::Warn {
        let text = "images pass with a warning, and references that cannot be read are refused";
        remarks.note(&spec.path_of("validationActions"), text);
    }
    if let Some(node) = spec.get("evaluation") {
        let mode = node.any_object()?.text("mode")?.filter(|mode| *mode != "Kubernetes");
        if let Some(mode) = mode {
            remarks.less(
                node.path(),
                format!("is `{mode}`: here, requests to Kubernetes are reviewed"),
            );
        }
    }
    if spec.get("credentials").is_some() {
        let text = "registries are reached as the policy server is told to";
        remarks.note(&spec.path_of("credentials"), text);
    }
    let (name, exclude) = (name.to_owned(), Vec::new());
    draft.rules.push(DraftRule { name, images, exclude, enforcement, trust, remarks });
    Ok(draft)
}

fn scope(document: &Object<'_>, spec: &Object<'_>, remarks: &mut Remarks) -> Result<Scope, Fault> {
    let constraints = spec.get("matchConstraints").map(|node| node.any_object()).transpose()?;
    let mut selector: Option<Mapping> = None;
    if let Some(constraints) = constraints {
        let own = constraints.get("namespaceSelector").map(|node| node.any_object()).transpose()?;
        selector = own.map(|own| own.fields().clone());
        for key in ["objectSelector", "excludeResourceRules"] {
            if constraints.get(key).is_some() {
                remarks.note(&constraints.path_of(key), "is left out: the rule is about more");
            }
        }
        for node in constraints.list("resourceRules")? {
            resources(&node, remarks)?;
        }
    }
    if document.text("kind")? != Some("NamespacedImageValidatingPolicy") {
        return Ok(Scope::Cluster(selector));
    }
    let metadata = document.get("metadata").map(|node| node.any_object()).transpose()?;
    let namespace = metadata.map(|metadata| metadata.text("namespace")).transpose()?.flatten();
    Ok(Scope::Namespace(namespace.unwrap_or("default").to_owned()))
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

fn resources(node: &Node<'_>, remarks: &mut Remarks) -> Result<(), Fault> {
    for resource in node.any_object()?.texts("resources")? {
        if !RESOURCES.contains(&resource) && resource != "*" {
            remarks.less(
                node.path(),
                format!(
                    "names `{resource}`, which this policy's rules do not send to it: add it to \
                     `spec.rules`, and, where it is not built in, to `extraWorkloads`"
                ),
            );
        }
    }
    Ok(())
}

fn images(spec: &Object<'_>, remarks: &mut Remarks) -> Result<Vec<String>, Fault> {
    let mut globs = Vec::new();
    let path = spec.path_of("matchImageReferences");
    for node in spec.list("matchImageReferences")? {
        let reference = node.object(&["glob", "expression"], remarks)?;
        let Some(glob) = reference.text("glob")? else {
            remarks.note(node.path(), "is an expression: every image is selected");
            return Ok(vec!["**".to_owned()]);
        };
        globs.push(glob);
    }
    if globs.is_empty() {
        return Ok(vec!["**".to_owned()]);
    }
    Ok(translated(&globs, Dialect::Glob, &path, remarks))
}

fn pinning(spec: &Object<'_>, remarks: &mut Remarks) -> Result<Pinning, Fault> {
    let Some(node) = spec.get("validationConfigurations") else { return Ok(Pinning::Pin) };
    let fields = node.object(&["mutateDigest", "verifyDigest", "required"], remarks)?;
    let off = |key| fields.flag(key).map(|flag| flag == Some(false));
    Ok(if off("mutateDigest")? && off("verifyDigest")? { Pinning::Leave } else { Pinning::Pin })
}

fn validations(
    spec: &Object<'_>,
    attestors: &[(String, Trust)],
    remarks: &mut Remarks,
) -> Result<Trust, Fault> {
    let mut demands = Vec::new();
    for node in spec.list("validations")? {
        let known = ["expression", "message", "messageExpression", "reason"];
        let validation = node.object(&known, remarks)?;
        let expression = validation.required_text("expression")?;
        let demand = Demand::read(expression).and_then(|demand| demand.trust(attestors));
        match demand {
            Some(trust) => demands.push(trust),
            None if is_about_attestations(expression) => {
                remarks.less(validation.path(), "attestations are not checked");
            }
            None => remarks.less(validation.path(), "is an expression that cannot be said here"),
        }
    }
    if demands.is_empty() {
        let text = "no expression says who must have signed; all attestors must have, here";
        remarks.note(&spec.path_of("validations"), text);
        return Ok(Trust::all(attestors.iter().map(|(_, trust)| trust.clone()).collect()));
    }
    Ok(Trust::all(demands))
}

fn is_about_attestations(expression: &str) -> bool {
    ["verifyAttestationSignatures", "extractPayload"].iter().any(|name| expression.contains(name))
}
