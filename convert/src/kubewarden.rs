//! Kubewarden's own: verification configs, and policies of `verify-image-signatures`.
//!
//! - What is a verification config? A file without images for `kwctl verify` and the policy server
//!   (<https://docs.kubewarden.io/admission-controller/1.37/en/howtos/security-hardening/secure-supply-chain.html>); its words are those of
//!   `rules`.
//! - What changes in a policy? Its module and what its rules lack; its time-outs, since a verification takes seconds.
//!   Everything else stays as it is written, so nothing of it is lost.
//! - What if it is to stand beside the one that it replaces? It needs another name, and monitors: a policy that
//!   protects cannot go back.

use yaml_serde::{Mapping, Value};

use super::draft::{Said, UNCHANGED};
use super::read::Fault;
use super::remark::Remarks;
use super::signer::{field, mapping, texts};
use super::source::Source;
use super::{ConvertError, Converted, Options};
use crate::asked;
use crate::manifest::{Policy, Scope, TIMEOUT_SECONDS, evaluation_within};

/// What a policy of `verify-image-signatures` has for a module.
const MODULE: &str = "verify-image-signatures";
/// What a policy is called whose source has no name.
const NAME: &str = "verified-images";

/// A verification config.
pub(super) fn verification_config(
    source: &Source,
    options: &Options,
) -> Result<Converted, ConvertError> {
    let config = fields(source.value(), "")?;
    let mut rule = Mapping::from_iter([
        field("name", "verification-config"),
        field("images", vec![Value::from("**")]),
    ]);
    let mut said = Said::default();
    let mut remarks = Remarks::default();
    remarks.note("", "a verification config names no images: here it applies to every image");
    said.remarks("spec.settings.rules[0].images", &remarks);
    let mut outer = Remarks::default();
    for (key, value) in &config {
        match key.as_str().unwrap_or_default() {
            "apiVersion" => {}
            key @ ("allOf" | "anyOf") => rule.extend([field(key, value.clone())]),
            key => outer.less(key, "is not known here, and was left out"),
        }
    }
    let settings = Mapping::from_iter([field("rules", vec![Value::Mapping(rule)])]);
    made(source, settings, options, (said, outer))
}

/// Settings of `verify-image-signatures` alone.
pub(super) fn settings(source: &Source, options: &Options) -> Result<Converted, ConvertError> {
    let settings = with_unchanged(fields(source.value(), "")?);
    let mut said = Said::default();
    said.comments.add("spec.settings.unchangedImages", UNCHANGED);
    made(source, settings, options, (said, Remarks::default()))
}

fn made(
    source: &Source,
    settings: Mapping,
    options: &Options,
    (said, remarks): (Said, Remarks),
) -> Result<Converted, ConvertError> {
    let options = options.for_source(NAME);
    let mut policy = Policy::new(NAME, Scope::Cluster(None), settings)?;
    policy.mode = options.mode.unwrap_or_default();
    // Such a source says nothing that the options could contradict.
    let document = asked::change(policy.document(), &options, &mut Remarks::default())?;
    let origin = (source.title(), source.origin());
    Ok(said.finish(&document, &mut policy.comments, (&origin.0, &origin.1), remarks))
}

/// Whether it is a policy of the module that is converted.
pub(super) fn is_converted(source: &Source) -> bool {
    let module = source.value().get("spec").and_then(|spec| spec.get("module"));
    module.and_then(Value::as_str).is_none_or(|module| module.contains(MODULE))
}

/// A `ClusterAdmissionPolicy` or `AdmissionPolicy` of `verify-image-signatures`.
pub(super) fn policy(
    source: &Source,
    name: &str,
    options: &Options,
) -> Result<Converted, ConvertError> {
    let mut output = fields(source.value(), "")?;
    let spec = output.get("spec").ok_or_else(|| Fault::new("", "`spec` is missing"))?;
    let mut spec = fields(spec, "spec")?;
    if !spec.contains_key("module") {
        return Err(Fault::new("spec", "`module` is missing").into());
    }
    let settings = spec.get("settings").map(|settings| fields(settings, "spec.settings"));
    let settings = with_unchanged(settings.transpose()?.unwrap_or_default());
    let mut ours = Policy::new(name, Scope::Cluster(None), settings.clone())?;
    let rules = rules(&spec, &ours)?;
    let (timeout, evaluation) = timeouts(&spec);
    let changed = [
        field("module", ours.module.as_str()),
        field("rules", rules),
        field("timeoutSeconds", timeout),
        field("timeoutEvalSeconds", evaluation),
        field("settings", Value::Mapping(settings)),
    ];
    for (key, value) in changed {
        spec.insert(key, value);
    }
    let options = options.for_source(name);
    let mut remarks = remarks(source, options.name.as_deref() != Some(name), &options);
    output.insert(Value::from("metadata"), metadata(source, name));
    output.insert(Value::from("spec"), Value::Mapping(spec));
    let output = asked::change(output, &options, &mut remarks)?;
    let mut said = Said::default();
    said.comments.add("spec.settings.unchangedImages", UNCHANGED);
    let origin = (source.title(), source.origin());
    Ok(said.finish(&output, &mut ours.comments, (&origin.0, &origin.1), remarks))
}

fn remarks(source: &Source, is_another: bool, options: &Options) -> Remarks {
    let mut remarks = Remarks::default();
    remarks.note("", "kinds that are not known are rejected: there, they are accepted");
    if !is_another {
        remarks.note(
            "metadata.name",
            "is that of the policy that this one replaces: `kubectl apply` takes the other's place. To run both, \
             convert with `--name`",
        );
    }
    if options.namespace.is_some() || source.text("kind") == Some("AdmissionPolicy") {
        remarks.note(
            "",
            "a policy of one namespace asks its policy server: allow it the host capabilities `oci/*` and `crypto/*` \
             in `namespacedPoliciesCapabilities`",
        );
    }
    remarks
}

/// What names the object, without what the cluster wrote beside it.
fn metadata(source: &Source, name: &str) -> Value {
    let mut kept = Mapping::from_iter([field("name", name)]);
    for key in ["namespace", "labels", "annotations"] {
        let value = source.value().get("metadata").and_then(|metadata| metadata.get(key));
        kept.extend(value.map(|value| field(key, value.clone())));
    }
    if let Some(Value::Mapping(annotations)) = kept.get_mut("annotations") {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    Value::Mapping(kept)
}

fn with_unchanged(mut settings: Mapping) -> Mapping {
    if !settings.contains_key("unchangedImages") {
        settings.extend([field("unchangedImages", "verify")]);
    }
    settings
}

/// Those that are written, and else as long as a policy server lets it.
fn timeouts(spec: &Mapping) -> (u64, u64) {
    let written = |key: &str| spec.get(key).and_then(Value::as_u64);
    let timeout = written("timeoutSeconds").unwrap_or(TIMEOUT_SECONDS);
    let evaluation = evaluation_within(timeout);
    (timeout, written("timeoutEvalSeconds").unwrap_or(evaluation))
}

/// Theirs, and those of ours that they lack.
fn rules(spec: &Mapping, ours: &Policy) -> Result<Value, Fault> {
    let mut rules = match spec.get("rules") {
        None => Vec::new(),
        Some(Value::Sequence(rules)) => rules.clone(),
        Some(_) => return Err(Fault::new("spec.rules", "must be a list")),
    };
    let has = |rules: &[Value], resource: &str| {
        rules.iter().any(|rule| {
            let resources = rule.get("resources").and_then(Value::as_sequence);
            resources.is_some_and(|resources| resources.contains(&Value::from(resource)))
        })
    };
    for rule in &ours.rules {
        let lacking: Vec<Value> = rule
            .resources
            .iter()
            .filter(|resource| !has(&rules, resource))
            .map(|resource| Value::from(resource.as_str()))
            .collect();
        if !lacking.is_empty() {
            rules.push(mapping([
                field("apiGroups", texts(&rule.api_groups)),
                field("apiVersions", texts(&rule.api_versions)),
                field("resources", lacking),
                field("operations", texts(&rule.operations)),
            ]));
        }
    }
    Ok(Value::Sequence(rules))
}

fn fields(value: &Value, path: &str) -> Result<Mapping, Fault> {
    value.as_mapping().cloned().ok_or_else(|| Fault::new(path, "must be a map"))
}
