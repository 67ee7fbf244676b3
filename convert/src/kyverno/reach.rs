//! `match` and `exclude` of Kyverno: which objects a rule is about.
//!
//! - What is carried over? Namespaces by name, and selectors of namespaces.
//! - And the rest (names, labels, users, operations, preconditions)? It makes a rule apply to less. Here the
//!   rule applies without it, to more, and that is said.
//! - Which kinds are reviewed? All that hold Pods, whichever of them the source names.

use super::selector::{Requirements, is_wild};
use super::types::{Block, Filter, Resources, Rule};
use crate::read::nth;
use crate::remark::Remarks;
use crate::yaml::join;

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

/// Which namespaces a rule is about, and which kinds it names that are not sent to the policy.
pub(super) struct Reach {
    pub(super) namespaces: Requirements,
    pub(super) other_kinds: Vec<OtherKind>,
}

/// A kind that is not sent to the policy, and where it is named.
pub(super) struct OtherKind {
    /// `tekton.dev/v1/Task`, as it is named.
    pub(super) text: String,
    pub(super) path: String,
}

impl OtherKind {
    /// `Task`.
    pub(super) fn kind(&self) -> &str {
        kind_of(&self.text)
    }

    /// `tekton.dev`, where it is named.
    pub(super) fn group(&self) -> Option<&str> {
        let (head, _) = self.text.split_once(self.kind())?;
        let mut parts = head.split('/').filter(|part| !part.is_empty());
        let group = parts.next()?;
        (group.contains('.') && !group.contains('*')).then_some(group)
    }
}

/// What a rule is about; `path` is its own.
pub(super) fn read(rule: &Rule, path: &str, remarks: &mut Remarks) -> Reach {
    let mut reach = Reach { namespaces: Requirements::default(), other_kinds: Vec::new() };
    if let Some(block) = &rule.r#match {
        reach.namespaces = matched(block, &join(path, "match"), &mut reach.other_kinds, remarks);
    }
    if let Some(block) = &rule.exclude {
        let names = excluded(block, &join(path, "exclude"), remarks);
        if !names.is_empty() {
            reach.namespaces = reach.namespaces.and(Requirements::names("NotIn", &names));
        }
    }
    reach
}

/// A filter, wherever it stands.
struct Filtered<'f> {
    path: String,
    resources: Option<&'f Resources>,
    users: [(&'static str, bool); 3],
}

fn filters<'f>(block: &'f Block, path: &str) -> (Vec<Filtered<'f>>, bool) {
    let of = |filters: &'static str, index, filter: &'f Filter| {
        filtered(filter, nth(&join(path, filters), index))
    };
    let any: Vec<Filtered<'_>> =
        block.any.iter().enumerate().map(|(index, filter)| of("any", index, filter)).collect();
    let all: Vec<Filtered<'_>> =
        block.all.iter().enumerate().map(|(index, filter)| of("all", index, filter)).collect();
    match (any.is_empty(), all.is_empty()) {
        (false, _) => (any, true),
        (true, false) => (all, false),
        (true, true) => {
            let users = users([&block.subjects, &block.roles, &block.cluster_roles]);
            let own =
                Filtered { path: path.to_owned(), resources: block.resources.as_ref(), users };
            (vec![own], false)
        }
    }
}

fn filtered(filter: &Filter, path: String) -> Filtered<'_> {
    let users = users([&filter.subjects, &filter.roles, &filter.cluster_roles]);
    Filtered { path, resources: filter.resources.as_ref(), users }
}

fn users(given: [&Option<yaml_serde::Value>; 3]) -> [(&'static str, bool); 3] {
    let [subjects, roles, cluster_roles] = given.map(Option::is_some);
    [("subjects", subjects), ("roles", roles), ("clusterRoles", cluster_roles)]
}

fn matched(
    block: &Block,
    path: &str,
    others: &mut Vec<OtherKind>,
    remarks: &mut Remarks,
) -> Requirements {
    let (filters, is_any) = filters(block, path);
    both(block, path, remarks);
    let mut selected = Vec::new();
    for filter in &filters {
        selected.push(one(filter, others, remarks));
    }
    if !is_any || selected.len() == 1 {
        return selected.into_iter().fold(Requirements::default(), Requirements::and);
    }
    if selected.iter().any(Requirements::is_empty) {
        return Requirements::default();
    }
    // Of filters that only name namespaces, the names are one list.
    let names: Option<Vec<&[String]>> = filters.iter().map(only_names).collect();
    if let Some(names) = names {
        return Requirements::names("In", &names.concat());
    }
    remarks.stricter(&join(path, "any"), "selects some namespaces; here the rule applies in all");
    Requirements::default()
}

fn both(block: &Block, path: &str, remarks: &mut Remarks) {
    let has_filters = !block.any.is_empty() || !block.all.is_empty();
    let users = [&block.subjects, &block.roles, &block.cluster_roles];
    if !block.any.is_empty() && !block.all.is_empty() {
        remarks.stricter(&join(path, "all"), "stands beside `any`, and is left out");
    }
    if has_filters && (block.resources.is_some() || users.iter().any(|given| given.is_some())) {
        remarks.stricter(path, "what stands beside `any` or `all` is left out");
    }
}

fn only_names<'f>(filter: &Filtered<'f>) -> Option<&'f [String]> {
    let resources = filter.resources?;
    (resources.namespace_selector.is_none() && !resources.namespaces.is_empty())
        .then_some(resources.namespaces.as_slice())
}

fn one(filter: &Filtered<'_>, others: &mut Vec<OtherKind>, remarks: &mut Remarks) -> Requirements {
    for (key, is_given) in filter.users {
        if is_given {
            let text = "is left out: the rule applies to everybody's requests";
            remarks.stricter(&join(&filter.path, key), text);
        }
    }
    let Some(resources) = filter.resources else { return Requirements::default() };
    let path = join(&filter.path, "resources");
    narrowing(resources, &path, remarks);
    kinds(&resources.kinds, &join(&path, "kinds"), others, remarks);
    let mut namespaces = Requirements::default();
    if resources.namespaces.iter().any(|name| is_wild(name)) {
        let text = "holds wildcards: the rule applies in all namespaces";
        remarks.stricter(&join(&path, "namespaces"), text);
    } else if !resources.namespaces.is_empty() {
        namespaces = Requirements::names("In", &resources.namespaces);
    }
    if let Some(selector) = &resources.namespace_selector {
        let path = join(&path, "namespaceSelector");
        namespaces = namespaces.and(Requirements::of(selector, &path, remarks));
    }
    namespaces
}

/// Fields that make a filter apply to less.
fn narrowed(resources: &Resources) -> [(&'static str, bool); 5] {
    [
        ("name", resources.name.is_some()),
        ("names", resources.names.is_some()),
        ("annotations", resources.annotations.is_some()),
        ("selector", resources.selector.is_some()),
        ("operations", resources.operations.is_some()),
    ]
}

fn narrowing(resources: &Resources, path: &str, remarks: &mut Remarks) {
    for (key, is_given) in narrowed(resources) {
        if is_given {
            remarks.stricter(&join(path, key), "is left out: the rule applies to more than these");
        }
    }
}

/// `apps/v1/Deployment`, `Pod/ephemeralcontainers`, `Pod.status`.
fn kind_of(text: &str) -> &str {
    let part =
        text.split(['/', '.']).rfind(|part| part.starts_with(char::is_uppercase) || *part == "*");
    part.unwrap_or(text)
}

fn kinds(kinds: &[String], path: &str, others: &mut Vec<OtherKind>, remarks: &mut Remarks) {
    for (index, kind) in kinds.iter().enumerate() {
        if !KINDS.contains(&kind_of(kind)) {
            others.push(OtherKind { text: kind.clone(), path: nth(path, index) });
        }
    }
    // `Pod/ephemeralcontainers` is a part of them alone.
    let is_of_pods =
        |kind: &String| kind == "Pod" || kind.ends_with("/Pod") || kind_of(kind) == "*";
    let has_pods = kinds.iter().any(is_of_pods);
    if !kinds.is_empty() && !has_pods {
        remarks.stricter(
            path,
            "names no Pods; here, whatever holds Pods is reviewed, and Pods as well",
        );
    }
}

fn excluded(block: &Block, path: &str, remarks: &mut Remarks) -> Vec<String> {
    let (filters, is_any) = filters(block, path);
    both(block, path, remarks);
    let mut names = Vec::new();
    if filters.len() > 1 && !is_any {
        remarks.stricter(path, "is left out: nothing is excluded");
        return names;
    }
    for filter in filters {
        match excluded_namespaces(&filter) {
            Some(found) => names.extend(found.iter().cloned()),
            None => remarks.stricter(&filter.path, "is left out: this is not excluded"),
        }
    }
    names
}

/// The namespaces of a filter that says nothing else.
fn excluded_namespaces<'f>(filter: &Filtered<'f>) -> Option<&'f [String]> {
    let resources = filter.resources?;
    let names = only_names(filter)?;
    let is_plain = filter.users.iter().all(|(_, is_given)| !is_given)
        && narrowed(resources).iter().all(|(_, is_given)| !is_given)
        && resources.kinds.is_empty()
        && !names.iter().any(|name| is_wild(name));
    is_plain.then_some(names)
}
