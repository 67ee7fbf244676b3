//! Kubewarden's own: verification configs, and policies of `verify-image-signatures`.
//!
//! - What is a verification config? A file without images for `kwctl verify` and the policy server
//!   (<https://docs.kubewarden.io/howtos/security-hardening/secure-supply-chain>); its words are those of
//!   `rules`.
//! - What changes in a policy? Its module. Its settings work unchanged; what its rules lack is added.

use yaml_serde::{Mapping, Value};

use super::draft::Said;
use super::node::{Fault, Object};
use super::remark::Remarks;
use super::signer::{field, mapping};
use super::{ConvertError, Converted};
use crate::manifest::{Policy, Scope};

/// What a policy of `verify-image-signatures` has for a module.
const MODULE: &str = "verify-image-signatures";
/// What a policy's `spec` may hold.
const SPEC: [&str; 20] = [
    "policyServer",
    "mode",
    "module",
    "settings",
    "rules",
    "failurePolicy",
    "mutating",
    "backgroundAudit",
    "matchPolicy",
    "matchConditions",
    "objectSelector",
    "namespaceSelector",
    "sideEffects",
    "timeoutSeconds",
    "timeoutEvalSeconds",
    "message",
    "contextAwareResources",
    "allowInsideAdmissionControllerNamespace",
    "severity",
    "category",
];

/// A verification config.
pub(super) fn verification_config(
    config: &Object<'_>,
    origin: &str,
) -> Result<Converted, ConvertError> {
    let mut rule = Mapping::from_iter([
        field("name", "verification-config"),
        field("images", Value::Sequence(vec![Value::from("**")])),
    ]);
    for key in ["allOf", "anyOf"] {
        rule.extend(config.get(key).map(|node| field(key, node.value().clone())));
    }
    let rules = Value::Sequence(vec![Value::Mapping(rule)]);
    let mut said = Said::default();
    let mut remarks = Remarks::default();
    remarks.note("", "a verification config names no images: here it is about every image");
    said.remarks("spec.settings.rules[0].images", &remarks);
    let mut outer = Remarks::default();
    for key in config.fields().keys().filter_map(Value::as_str) {
        if !["apiVersion", "allOf", "anyOf"].contains(&key) {
            outer.less(key, "is not known here, and was left out");
        }
    }
    let settings = Mapping::from_iter([field("rules", rules)]);
    let mut policy = Policy::new("verified-images", Scope::Cluster(None), settings)?;
    Ok(said.finish(&policy.document(), &mut policy.comments, origin, outer))
}

/// Settings of `verify-image-signatures` alone.
pub(super) fn settings(settings: &Object<'_>, origin: &str) -> Result<Converted, ConvertError> {
    let settings = settings.fields().clone();
    let mut policy = Policy::new("verified-images", Scope::Cluster(None), settings)?;
    let document = policy.document();
    Ok(Said::default().finish(&document, &mut policy.comments, origin, Remarks::default()))
}

/// A `ClusterAdmissionPolicy` or `AdmissionPolicy` of `verify-image-signatures`.
pub(super) fn policy(document: &Object<'_>, origin: &str) -> Result<Converted, ConvertError> {
    let mut remarks = Remarks::default();
    let spec = document.get("spec").ok_or_else(|| document.fault("`spec` is missing"))?;
    let spec = spec.object(&SPEC, &mut remarks)?;
    let module = spec.required_text("module")?;
    if !module.contains(MODULE) {
        let text =
            format!("`{module}` is not `{MODULE}`: only policies of that module are converted");
        return Err(Fault { path: spec.path_of("module"), message: text }.into());
    }
    let settings = spec.get("settings").map(|node| node.any_object()).transpose()?;
    let settings = settings.map(|settings| settings.fields().clone()).unwrap_or_default();
    let mut ours = Policy::new("ours", Scope::Cluster(None), settings)?;
    let mut fields = spec.fields().clone();
    for (key, value) in
        [("module", Value::from(ours.module.as_str())), ("rules", rules(&spec, &ours)?)]
    {
        if let Some(field) = fields.get_mut(key) {
            *field = value;
        } else {
            fields.extend([field(key, value)]);
        }
    }
    let mut output = document.fields().clone();
    output.remove("status");
    if let Some(spec) = output.get_mut("spec") {
        *spec = Value::Mapping(fields);
    }
    if spec.get("timeoutEvalSeconds").is_none() {
        remarks.note(
            "",
            "a verification takes seconds: set `timeoutEvalSeconds` where requests time out",
        );
    }
    Ok(Said::default().finish(&output, &mut ours.comments, origin, remarks))
}

/// Theirs, and those of ours that they lack.
fn rules(spec: &Object<'_>, ours: &Policy) -> Result<Value, Fault> {
    let mut rules: Vec<Value> =
        spec.list("rules")?.iter().map(|node| node.value().clone()).collect();
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
            let operations = yaml_serde::to_value(&rule.operations).unwrap_or_default();
            rules.push(mapping([
                field("apiGroups", list(&rule.api_groups)),
                field("apiVersions", list(&rule.api_versions)),
                field("resources", Value::Sequence(lacking)),
                field("operations", operations),
            ]));
        }
    }
    Ok(Value::Sequence(rules))
}

fn list(texts: &[String]) -> Value {
    super::signer::texts(texts)
}
