//! `ImageValidatingPolicy` of Kyverno, as far as it is declarative.
//!
//! - Which expressions are understood? Those of the documentation's form, that count the attestors whose
//!   signatures verify:
//!   `images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)`.
//! - What if there is none? All attestors must have signed.
//!
//! Source: <https://kyverno.io/docs/policy-types/image-validating-policy/> and `pkg/cel/libs/imageverify` of
//! kyverno/kyverno.

use yaml_serde::Mapping;

use super::draft::{Draft, DraftRule, Enforcement, Pinning};
use super::key;
use super::kyverno::log::{no_log_for_keys, no_sct, no_timestamps, other_log, other_roots};
use super::kyverno::translated;
use super::node::{Fault, Node, Object};
use super::pattern::Dialect;
use super::policy_controller::identity;
use super::remark::Remarks;
use super::signer::{Log, Signer};
use super::trust::Trust;
use crate::policy::Scope;

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

fn attestors(spec: &Object<'_>) -> Result<Vec<(String, Trust)>, Fault> {
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
    super::kyverno::log::extensions_and_roots(&fields, remarks)?;
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

/// So many of these attestors.
#[derive(Debug, PartialEq, Eq)]
struct Demand {
    minimum: usize,
    attestors: Vec<String>,
}

impl Demand {
    fn read(expression: &str) -> Option<Self> {
        let text: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
        let (images, rest) = text.split_once(".map(")?;
        let lists = images.trim_start_matches('(').trim_end_matches(')').split('+');
        let known = ["images.containers", "images.initContainers", "images.ephemeralContainers"];
        let (image, rest) = rest.split_once(',')?;
        let rest = rest.strip_prefix("verifyImageSignatures(")?.strip_prefix(image)?;
        let (names, rest) = rest.strip_prefix(",[")?.split_once("])).all(")?;
        let (count, condition) = rest.strip_suffix(')')?.split_once(',')?;
        let (operator, number) = condition.strip_prefix(count)?.split_at_checked(1)?;
        let minimum = match (operator, number.strip_prefix('=')) {
            (">", None) => number.parse::<usize>().ok()?.checked_add(1)?,
            (">" | "=", Some(number)) => number.parse().ok()?,
            _ => return None,
        };
        let attestors: Option<Vec<String>> = names
            .split(',')
            .map(|name| name.strip_prefix("attestors.").map(str::to_owned))
            .collect();
        let attestors = attestors?;
        let is_known = lists.into_iter().all(|list| known.contains(&list));
        let is_count = (1..=attestors.len()).contains(&minimum);
        (is_known && is_count).then_some(Self { minimum, attestors })
    }

    fn trust(&self, attestors: &[(String, Trust)]) -> Option<Trust> {
        let named = |wanted: &String| {
            attestors.iter().find(|(name, _)| name == wanted).map(|(_, trust)| trust.clone())
        };
        let parts: Option<Vec<Trust>> = self.attestors.iter().map(named).collect();
        Some(Trust::AtLeast(self.minimum, parts?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_the_known_form() {
        let rows = [
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)",
                Some((1, 1)),
            ),
            (
                "images.containers.map(i, verifyImageSignatures(i, [attestors.a, attestors.b])).all(n, n >= 2)",
                Some((2, 2)),
            ),
            (
                "(images.containers + images.initContainers).map(image, verifyImageSignatures(image, [attestors.a, attestors.b])).all(e, e == 2)",
                Some((2, 2)),
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e >= 0)",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 1)",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).exists(e, e > 0)",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0) || true",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures('x', [attestors.a])).all(e, e > 0)",
                None,
            ),
            (
                "object.x.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)",
                None,
            ),
        ];
        for (text, expected) in rows {
            let found = Demand::read(text).map(|demand| (demand.minimum, demand.attestors.len()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
