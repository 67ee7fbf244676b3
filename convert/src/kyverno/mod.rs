//! `ClusterPolicy` and `Policy` of Kyverno, as far as they verify images.
//!
//! Source: `api/kyverno/v1` of kyverno/kyverno and <https://kyverno.io/docs/policy-types/cluster-policy/verify-images/>.
//! Every entry of `verifyImages` becomes a rule; entries for other namespaces, a policy of their own.

mod attestor;
mod image;
pub(super) mod log;
mod reach;

pub(super) use image::translated;

use yaml_serde::Mapping;

use self::attestor::{Around, ConfigMap};
use super::draft::{Draft, Enforcement, Pinning};
use super::node::{Fault, Node, Object};
use super::remark::Remarks;
use crate::manifest::Scope;

const SPEC: [&str; 18] = [
    "rules",
    "applyRules",
    "failurePolicy",
    "validationFailureAction",
    "validationFailureActionOverrides",
    "emitWarning",
    "admission",
    "background",
    "schemaValidation",
    "webhookTimeoutSeconds",
    "mutateExistingOnPolicyUpdate",
    "generateExistingOnPolicyUpdate",
    "generateExisting",
    "useServerSideApply",
    "webhookConfiguration",
    "auditWarn",
    "failureAction",
    "failureActionOverrides",
];
const RULE: [&str; 11] = [
    "name",
    "context",
    "reportProperties",
    "match",
    "exclude",
    "imageExtractors",
    "preconditions",
    "celPreconditions",
    "verifyImages",
    "skipBackgroundRequests",
    "failureAction",
];
/// Rules of these kinds check or do something else.
const OTHER_RULES: [&str; 3] = ["mutate", "validate", "generate"];

/// The policies that say the same.
pub(super) fn convert(document: &Object<'_>, name: &str) -> Result<Vec<Draft>, Fault> {
    let mut remarks = Remarks::default();
    let spec = document.get("spec").ok_or_else(|| document.fault("`spec` is missing"))?;
    let spec = spec.object(&SPEC, &mut remarks)?;
    let enforcement = enforcement(&spec, &mut remarks)?;
    spec_remarks(&spec, &mut remarks)?;
    let namespace = namespace(document)?;
    let mut groups: Vec<(Option<Mapping>, Draft)> = Vec::new();
    for node in spec.list("rules")? {
        let Some(rule) = Rule::read(&node, enforcement, &mut remarks)? else { continue };
        let (selector, entries) = (rule.selector, rule.entries);
        let index = groups.iter().position(|(known, _)| *known == selector).unwrap_or(groups.len());
        if index == groups.len() {
            let scope = match &namespace {
                Some(namespace) => Scope::Namespace(namespace.clone()),
                None => Scope::Cluster(selector.clone()),
            };
            let name = if index == 0 { name.to_owned() } else { format!("{name}-{}", index + 1) };
            groups.push((selector, Draft::new(&name, scope)));
        }
        let Some((_, draft)) = groups.get_mut(index) else { continue };
        draft.remarks.extend(rule.remarks);
        for entry in entries {
            let pinning = if draft.rules.is_empty() { entry.1 } else { draft.pinning };
            if pinning != entry.1 {
                draft.remarks.note("", "some images are pinned there and others not; here all are");
            }
            draft.pinning = if pinning == entry.1 { pinning } else { Pinning::Pin };
            draft.rules.push(entry.0);
        }
    }
    if groups.is_empty() {
        return Err(spec.fault("has no rule with `verifyImages`: there is nothing to convert"));
    }
    let drafts = groups.into_iter().map(|(_, mut draft)| {
        draft.remarks.extend(remarks.clone());
        draft
    });
    Ok(drafts.collect())
}

/// The namespace of a `Policy`.
fn namespace(document: &Object<'_>) -> Result<Option<String>, Fault> {
    if document.text("kind")? != Some("Policy") {
        return Ok(None);
    }
    let metadata = document.get("metadata").map(|node| node.any_object()).transpose()?;
    let namespace = metadata.map(|metadata| metadata.text("namespace")).transpose()?.flatten();
    Ok(Some(namespace.unwrap_or("default").to_owned()))
}

struct Rule {
    selector: Option<Mapping>,
    entries: Vec<(super::draft::DraftRule, Pinning)>,
    remarks: Remarks,
}

impl Rule {
    /// None, if it verifies no images.
    fn read(
        node: &Node<'_>,
        enforcement: Enforcement,
        outer: &mut Remarks,
    ) -> Result<Option<Self>, Fault> {
        let known = [RULE.as_slice(), OTHER_RULES.as_slice()].concat();
        let mut remarks = Remarks::default();
        let rule = node.object(&known, &mut remarks)?;
        for key in OTHER_RULES.into_iter().filter(|key| rule.get(key).is_some()) {
            outer.less(&rule.path_of(key), "verifies no images, and is not converted");
        }
        let nodes = rule.list("verifyImages")?;
        if nodes.is_empty() {
            outer.extend(remarks);
            return Ok(None);
        }
        let selector = reach::read(&rule, &mut remarks)?;
        for key in ["preconditions", "celPreconditions"] {
            if rule.get(key).is_some() {
                remarks.note(&rule.path_of(key), "is left out: the rule holds without them");
            }
        }
        if rule.get("imageExtractors").is_some() {
            let text =
                "is not converted: write these kinds in `extraWorkloads` and in `spec.rules`";
            remarks.less(&rule.path_of("imageExtractors"), text);
        }
        let around = Around { config_maps: config_maps(&rule)?, ..Around::default() };
        let name = rule.text("name")?.unwrap_or("rule");
        let mut entries = Vec::new();
        for (index, entry) in nodes.iter().enumerate() {
            let name = match nodes.len() {
                1 => name.to_owned(),
                _ => format!("{name}, entry {}", index + 1),
            };
            entries.push(image::read(entry, &name, enforcement, &around)?);
        }
        Ok(Some(Self { selector, entries, remarks }))
    }
}

fn config_maps(rule: &Object<'_>) -> Result<Vec<ConfigMap>, Fault> {
    let mut maps = Vec::new();
    for node in rule.list("context")? {
        let entry = node.any_object()?;
        let Some(map) = entry.get("configMap") else { continue };
        let map = map.any_object()?;
        maps.push(ConfigMap {
            variable: entry.required_text("name")?.to_owned(),
            name: map.required_text("name")?.to_owned(),
            namespace: map.text("namespace")?.unwrap_or("default").to_owned(),
        });
    }
    Ok(maps)
}

fn enforcement(spec: &Object<'_>, remarks: &mut Remarks) -> Result<Enforcement, Fault> {
    let text = spec.text("validationFailureAction")?.or(spec.text("failureAction")?);
    let own = text.map_or(Enforcement::Warn, image::action);
    let mut overrides = spec.list("validationFailureActionOverrides")?;
    overrides.extend(spec.list("failureActionOverrides")?);
    let mut enforces = own == Enforcement::Reject;
    for node in &overrides {
        let known = ["action", "namespaces", "namespaceSelector"];
        let action = node.object(&known, remarks)?.text("action")?.map(image::action);
        enforces |= action == Some(Enforcement::Reject);
    }
    if let Some(first) = overrides.first() {
        let text = if enforces {
            "some namespaces are let off there; here images are refused in all"
        } else {
            "images pass with a warning in all namespaces"
        };
        remarks.note(first.path(), text);
    }
    Ok(if enforces { Enforcement::Reject } else { Enforcement::Warn })
}

fn spec_remarks(spec: &Object<'_>, remarks: &mut Remarks) -> Result<(), Fault> {
    remarks.note(
        "",
        "namespaces that Kyverno's own configuration leaves out (`resourceFilters`, the webhooks' \
         selectors) are reviewed, but for that of Kubewarden",
    );
    if spec.text("failurePolicy")? == Some("Ignore") {
        let text = "requests are refused when the policy cannot be asked";
        remarks.note(&spec.path_of("failurePolicy"), text);
    }
    if spec.text("applyRules")? == Some("One") {
        remarks.note(&spec.path_of("applyRules"), "all rules that select an image must hold");
    }
    if spec.flag("admission")? == Some(false) {
        remarks.note(&spec.path_of("admission"), "requests are reviewed here");
    }
    if spec.get("webhookConfiguration").is_some() {
        let text = "is left out: the policy is asked about every request that its rules select";
        remarks.note(&spec.path_of("webhookConfiguration"), text);
    }
    Ok(())
}
