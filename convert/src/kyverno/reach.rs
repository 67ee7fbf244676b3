//! `match` and `exclude` of Kyverno: which objects a rule is about.
//!
//! - What is carried over? Namespaces by name, and a selector of namespaces.
//! - And the rest (names, labels, users, operations, preconditions)? It makes a rule apply to less. Here the
//!   rule applies without it, to more.
//! - Which kinds are reviewed? All that hold Pods, whichever of them the source names.

use yaml_serde::Mapping;

use crate::node::{Fault, Node, Object};
use crate::remark::Remarks;
use crate::signer::{field, mapping, texts};

/// What every namespace is labelled with.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// Kinds that the policy's rules send to it.
const KINDS: [&str; 10] = [
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "*",
];
/// Fields that make a filter apply to less, and are left out.
const NARROWING: [&str; 5] = ["name", "names", "annotations", "selector", "operations"];
const USERS: [&str; 3] = ["subjects", "roles", "clusterRoles"];

/// The namespaces of a rule, as a selector; none is all of them.
pub(super) fn read(rule: &Object<'_>, remarks: &mut Remarks) -> Result<Option<Mapping>, Fault> {
    let mut expressions = Vec::new();
    let mut selector = Mapping::new();
    if let Some(node) = rule.get("match") {
        let matched = matched(&node, remarks)?;
        if let Some(names) = matched.namespaces {
            expressions.push(expression("In", &names));
        }
        selector = matched.selector.unwrap_or_default();
    }
    if let Some(node) = rule.get("exclude") {
        let names = excluded(&node, remarks)?;
        if !names.is_empty() {
            expressions.push(expression("NotIn", &names));
        }
    }
    if let Some(own) = selector.get("matchExpressions").and_then(|own| own.as_sequence()) {
        expressions.splice(0..0, own.iter().cloned());
    }
    if !expressions.is_empty() {
        selector.extend([field("matchExpressions", expressions)]);
    }
    Ok((!selector.is_empty()).then_some(selector))
}

fn expression(operator: &str, names: &[String]) -> yaml_serde::Value {
    mapping([field("key", NAME_LABEL), field("operator", operator), field("values", texts(names))])
}

#[derive(Debug, Default)]
struct Matched {
    /// None is any.
    namespaces: Option<Vec<String>>,
    selector: Option<Mapping>,
}

fn matched(node: &Node<'_>, remarks: &mut Remarks) -> Result<Matched, Fault> {
    let known = ["any", "all", "resources", "subjects", "roles", "clusterRoles"];
    let block = node.object(&known, remarks)?;
    let (any, all) = (block.list("any")?, block.list("all")?);
    let filters = match (any.is_empty(), all.is_empty()) {
        (false, _) => any.iter().map(|filter| one(filter, remarks)).collect::<Result<_, _>>()?,
        (true, false) => all.iter().map(|filter| one(filter, remarks)).collect::<Result<_, _>>()?,
        (true, true) => vec![one(node, remarks)?],
    };
    Ok(match filters.len() {
        1 => filters.into_iter().next().unwrap_or_default(),
        _ if any.is_empty() => {
            // All of them hold, so any one that narrows down may stand for the others.
            let narrow =
                |filter: &Matched| filter.namespaces.is_some() || filter.selector.is_some();
            filters.into_iter().find(narrow).unwrap_or_default()
        }
        _ if filters.iter().any(|filter| filter.selector.is_some()) => {
            remarks
                .note(&block.path_of("any"), "selects some namespaces; here the rule is about all");
            Matched::default()
        }
        _ => {
            let names: Option<Vec<Vec<String>>> =
                filters.into_iter().map(|filter| filter.namespaces).collect();
            Matched { namespaces: names.map(|names| names.concat()), selector: None }
        }
    })
}

fn one(node: &Node<'_>, remarks: &mut Remarks) -> Result<Matched, Fault> {
    let filter = node.any_object()?;
    for key in filter.fields().keys().filter_map(|key| key.as_str()) {
        let path = filter.path_of(key);
        match key {
            "resources" | "any" | "all" => {}
            key if USERS.contains(&key) => {
                remarks.note(&path, "is left out: the rule is about everybody's requests");
            }
            _ => remarks.less(&path, "is not known here, and was left out"),
        }
    }
    let Some(resources) = filter.get("resources") else { return Ok(Matched::default()) };
    resource(&resources, remarks)
}

fn resource(node: &Node<'_>, remarks: &mut Remarks) -> Result<Matched, Fault> {
    let known = [NARROWING.as_slice(), &["kinds", "namespaces", "namespaceSelector"]].concat();
    let resources = node.object(&known, remarks)?;
    for key in NARROWING {
        if resources.get(key).is_some() {
            remarks.note(&resources.path_of(key), "is left out: the rule is about more than these");
        }
    }
    kinds(&resources, remarks)?;
    let names = resources.texts("namespaces")?;
    let is_literal = names.iter().all(|name| !name.contains(['*', '?']));
    if !is_literal {
        let text = "holds wildcards: the rule is about all namespaces";
        remarks.note(&resources.path_of("namespaces"), text);
    }
    let namespaces =
        (is_literal && !names.is_empty()).then(|| names.into_iter().map(str::to_owned).collect());
    let selector = resources.get("namespaceSelector");
    let selector = selector.map(|node| node.any_object().map(|object| object.fields().clone()));
    Ok(Matched { namespaces, selector: selector.transpose()? })
}

fn kinds(resources: &Object<'_>, remarks: &mut Remarks) -> Result<(), Fault> {
    let path = resources.path_of("kinds");
    let kinds = resources.texts("kinds")?;
    // `apps/v1/Deployment`, `Pod/ephemeralcontainers`, `Pod.status`.
    let name = |kind: &str| {
        let part = kind
            .split(['/', '.'])
            .rfind(|part| part.starts_with(char::is_uppercase) || *part == "*");
        part.unwrap_or_default().to_owned()
    };
    for kind in &kinds {
        if !KINDS.contains(&name(kind).as_str()) {
            remarks.less(
                &path,
                format!(
                    "names `{kind}`, which this policy's rules do not send to it: add it to `spec.rules`, \
                     and, where it is not built in, to `extraWorkloads`"
                ),
            );
        }
    }
    if !kinds.is_empty() && !kinds.iter().any(|kind| matches!(name(kind).as_str(), "Pod" | "*")) {
        remarks
            .note(&path, "names no Pods; here, whatever holds Pods is reviewed, and Pods as well");
    }
    Ok(())
}

fn excluded(node: &Node<'_>, remarks: &mut Remarks) -> Result<Vec<String>, Fault> {
    let block = node.any_object()?;
    let (any, all) = (block.list("any")?, block.list("all")?);
    let filters = match (any.as_slice(), all.as_slice()) {
        ([], []) => vec![node.clone()],
        ([], [only]) => vec![only.clone()],
        ([], _) => Vec::new(),
        (any, []) => any.to_vec(),
        _ => Vec::new(),
    };
    let mut names = Vec::new();
    if filters.is_empty() {
        remarks.note(node.path(), "is left out: nothing is excluded");
    }
    for filter in filters {
        match excluded_namespaces(&filter)? {
            Some(found) => names.extend(found),
            None => remarks.note(filter.path(), "is left out: this is not excluded"),
        }
    }
    Ok(names)
}

/// The namespaces of a filter that says nothing else.
fn excluded_namespaces(filter: &Node<'_>) -> Result<Option<Vec<String>>, Fault> {
    let filter = filter.any_object()?;
    let Some(resources) = filter.get("resources") else { return Ok(None) };
    let resources = resources.any_object()?;
    let says = |object: &Object<'_>, key: &str| {
        object.fields().keys().filter_map(|key| key.as_str()).all(|other| other == key)
    };
    let names = resources.texts("namespaces")?;
    let is_literal = names.iter().all(|name| !name.contains(['*', '?'])) && !names.is_empty();
    let is_plain = says(&filter, "resources") && says(&resources, "namespaces") && is_literal;
    Ok(is_plain.then(|| names.into_iter().map(str::to_owned).collect()))
}
