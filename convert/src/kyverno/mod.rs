//! `ClusterPolicy` and `Policy` of Kyverno, as far as they verify images.
//!
//! Source: `api/kyverno/v1` of kyverno/kyverno and <https://kyverno.io/docs/policy-types/cluster-policy/verify-images/>.
//! Every entry of `verifyImages` becomes a rule; entries for other namespaces, a policy of their own.

mod attestation;
mod attestor;
mod condition;
mod entry;
mod extractor;
mod log;
mod reach;
mod selector;
mod types;
mod variable;

use yaml_serde::Value;

use self::attestor::{Around, ConfigMap};
use self::selector::Requirements;
use self::types::{Document, HARMLESS, Rule, Spec};
use super::draft::{Draft, DraftRule, Enforcement, Pinning, failure_policy};
use super::read::{Fault, nth, read};
use super::remark::Remarks;
use super::source::Source;
use super::workload::Workload;
use crate::manifest::{Scope, Webhook};
use crate::yaml::join;

/// The policies that say the same; none, if the document verifies no images.
pub(super) fn convert(source: &Source, name: &str) -> Result<Vec<Draft>, Fault> {
    let mut remarks = Remarks::default();
    let document: Document = read(source.value(), &HARMLESS, &mut remarks)?;
    let spec = document.spec.ok_or_else(|| Fault::new("", "`spec` is missing"))?;
    let enforcement = enforcement(&spec, &mut remarks);
    spec_remarks(&spec, &mut remarks);
    let webhook = webhook(&spec, &mut remarks);
    let namespace = (source.text("kind") == Some("Policy"))
        .then(|| source.metadata("namespace").unwrap_or("default").to_owned());
    let mut groups: Vec<(Requirements, Draft)> = Vec::new();
    for (index, rule) in spec.rules.iter().enumerate() {
        let path = nth("spec.rules", index);
        other_checks(rule, &path, &mut remarks);
        if rule.verify_images.is_empty() {
            continue;
        }
        let rule = ConvertedRule::of(rule, &path, enforcement)?;
        let at = groups.iter().position(|(known, _)| *known == rule.namespaces);
        let at = at.unwrap_or(groups.len());
        if at == groups.len() {
            let name = if at == 0 { name.to_owned() } else { format!("{name}-{}", at + 1) };
            let scope = scope(namespace.as_deref(), &rule.namespaces, &path, &mut remarks);
            groups.push((rule.namespaces.clone(), Draft::new(&name, scope)));
        }
        if let Some((_, draft)) = groups.get_mut(at) {
            rule.add_to(draft);
        }
    }
    let drafts = groups.into_iter().map(|(_, mut draft)| {
        draft.remarks.extend(remarks.clone());
        draft.webhook = webhook.clone();
        draft
    });
    Ok(drafts.collect())
}

fn scope(
    namespace: Option<&str>,
    namespaces: &Requirements,
    path: &str,
    remarks: &mut Remarks,
) -> Scope {
    let Some(namespace) = namespace else {
        return Scope::Cluster(namespaces.clone().selector());
    };
    if !namespaces.is_empty() {
        let text = "its namespaces are left out: the rule applies in the policy's own";
        remarks.stricter(&join(path, "match"), text);
    }
    Scope::Namespace(namespace.to_owned())
}

fn other_checks(rule: &Rule, path: &str, remarks: &mut Remarks) {
    let others =
        [("mutate", &rule.mutate), ("validate", &rule.validate), ("generate", &rule.generate)];
    for (key, other) in others {
        if other.is_some() {
            remarks.less(&join(path, key), "verifies no images, and is not converted");
        }
    }
}

/// A rule, converted.
struct ConvertedRule {
    namespaces: Requirements,
    rules: Vec<(DraftRule, Pinning)>,
    workloads: Vec<Workload>,
    remarks: Remarks,
}

impl ConvertedRule {
    fn of(rule: &Rule, path: &str, enforcement: Enforcement) -> Result<Self, Fault> {
        let mut remarks = Remarks::default();
        let reach = reach::read(rule, path, &mut remarks);
        let workloads = extractor::workloads(rule, path, &reach.other_kinds, &mut remarks);
        let preconditions =
            [("preconditions", &rule.preconditions), ("celPreconditions", &rule.cel_preconditions)];
        for (key, given) in preconditions {
            if given.is_some() {
                remarks.stricter(&join(path, key), "is left out: the rule holds without them");
            }
        }
        let around = Around {
            config_maps: config_maps(rule),
            variables: variables(rule),
            ..Around::default()
        };
        let name = rule.name.as_deref().unwrap_or("rule");
        let enforcement = entry::action_of_all(&rule.verify_images).unwrap_or(enforcement);
        let mut rules = Vec::new();
        for (index, entry) in rule.verify_images.iter().enumerate() {
            let name = match rule.verify_images.len() {
                1 => name.to_owned(),
                _ => format!("{name}, entry {}", index + 1),
            };
            let path = nth(&join(path, "verifyImages"), index);
            rules.push(entry::read(entry, &path, &name, enforcement, &around)?);
        }
        Ok(Self { namespaces: reach.namespaces, rules, workloads, remarks })
    }

    fn add_to(self, draft: &mut Draft) {
        draft.remarks.extend(self.remarks);
        for workload in self.workloads {
            workload.add_to(&mut draft.workloads);
        }
        for (rule, own) in self.rules {
            let pinning = if draft.rules.is_empty() { own } else { draft.pinning };
            if pinning != own {
                draft.remarks.note("", "some images are pinned there and others not; here all are");
            }
            draft.pinning = if pinning == own { pinning } else { Pinning::Pin };
            draft.rules.push(rule);
        }
    }
}

/// The names that the rule gives to what its conditions can read.
fn variables(rule: &Rule) -> Vec<String> {
    let reports = rule.verify_images.iter().flat_map(|entry| &entry.attestations);
    let names = rule.context.iter().map(|entry| &entry.name).chain(reports.map(|one| &one.name));
    names.flatten().cloned().collect()
}

fn config_maps(rule: &Rule) -> Vec<ConfigMap> {
    let named = rule.context.iter().filter_map(|entry| {
        let (variable, map) = (entry.name.as_ref()?, entry.config_map.as_ref()?);
        Some(ConfigMap {
            variable: variable.clone(),
            name: map.name.clone(),
            namespace: map.namespace.clone().unwrap_or_else(|| "default".to_owned()),
        })
    });
    named.collect()
}

fn enforcement(spec: &Spec, remarks: &mut Remarks) -> Enforcement {
    let own = spec.validation_failure_action.as_deref();
    let own = own.map_or(Enforcement::Warn, entry::action);
    let mut enforces = own == Enforcement::Reject;
    for (index, one) in spec.validation_failure_action_overrides.iter().enumerate() {
        let action = one.action.as_deref().map(entry::action);
        let is_for_some = one.namespaces.is_some() || one.namespace_selector.is_some();
        enforces |= action == Some(Enforcement::Reject);
        if action.is_some_and(|action| action != own) {
            let only = if is_for_some { "some namespaces are" } else { "this is" };
            remarks.stricter(
                &nth("spec.validationFailureActionOverrides", index),
                format!("{only} judged otherwise there; here images are refused in all, if in any"),
            );
        }
    }
    if enforces { Enforcement::Reject } else { Enforcement::Warn }
}

fn spec_remarks(spec: &Spec, remarks: &mut Remarks) {
    remarks.note(
        "",
        "namespaces that Kyverno's own configuration leaves out (`resourceFilters`, the webhooks' \
         selectors) are reviewed, but for that of Kubewarden",
    );
    if spec.apply_rules.as_deref() == Some("One") {
        remarks.stricter("spec.applyRules", "every rule that matches an image must hold");
    }
    if spec.admission == Some(false) {
        remarks.stricter("spec.admission", "requests are reviewed here");
    }
}

/// How the API server asks: as it asks Kyverno, by what stands in the webhook's configuration, or beside it.
fn webhook(spec: &Spec, remarks: &mut Remarks) -> Webhook {
    let own = spec.webhook_configuration.as_ref();
    let failure_policies = [
        (
            "spec.webhookConfiguration.failurePolicy",
            own.and_then(|own| own.failure_policy.as_ref()),
        ),
        ("spec.failurePolicy", spec.failure_policy.as_ref()),
    ];
    let conditions = own.and_then(|own| own.match_conditions.clone());
    let reads_objects = |condition: &Value| {
        let expression = condition.get("expression").and_then(Value::as_str);
        expression.is_none_or(|expression| expression.to_lowercase().contains("object"))
    };
    if conditions.iter().filter_map(Value::as_sequence).flatten().any(reads_objects) {
        let text =
            "is asked of all that holds Pods: where it cannot be evaluated, the object is rejected";
        remarks.stricter("spec.webhookConfiguration.matchConditions", text);
    }
    let given = failure_policies.into_iter().find_map(|(path, given)| Some((path, given?)));
    Webhook {
        failure_policy: given.map(|(path, given)| failure_policy(given, path, remarks)),
        timeout: own.and_then(|own| own.timeout_seconds).or(spec.webhook_timeout_seconds),
        object_selector: None,
        match_conditions: conditions,
    }
}
