//! The last lines: how many images, what was passed over, what to try.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::super::Verdict;
use super::super::policy::PassedOver;
use super::super::report::{NotReviewed, ObjectReport, Report};
use super::{Detail, place};

const VERDICTS: [Verdict; 7] = [
    Verdict::Verified,
    Verdict::Warned,
    Verdict::Exempt,
    Verdict::Unmatched,
    Verdict::Unchanged,
    Verdict::Unchecked,
    Verdict::Rejected,
];

const NOTHING: &str =
    "not checked: nothing that the policy reviews was found; if that is right, pass --allow-empty";
const REVIEW: &str = "to check them, add their resources to `spec.rules` of the policy's manifest and pass it with \
     --settings-path; to ignore them, pass --allow-unreviewed";

pub(super) fn render(report: &Report, detail: Detail) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{words}");
    };
    if report.lacks_everything() {
        line(NOTHING.to_owned());
    }
    if detail == Detail::Failures {
        return text;
    }
    line(images(report));
    for verdict in [Verdict::Rejected, Verdict::Unchecked] {
        let objects = report.objects.iter().filter(|object| object.verdict() == Some(verdict));
        let objects = objects.count();
        if objects > 0 {
            line(format!("{} {} as a whole", count(objects, "object"), verdict.name()));
        }
    }
    if !report.unreadable.is_empty() {
        line(format!(
            "not checked: {} that cannot be read",
            count(report.unreadable.len(), "part")
        ));
    }
    for why in
        [PassedOver::Kind, PassedOver::Namespace, PassedOver::Labels, PassedOver::Kustomization]
    {
        let kinds = kinds(report.not_reviewed.iter().filter(|object| object.why == why));
        if !kinds.is_empty() {
            line(format!("not reviewed, because {}: {kinds}", reason(why)));
        }
    }
    let missed = report.missed().filter(|object| object.why == PassedOver::Kind);
    let missed: BTreeSet<String> = missed.map(NotReviewed::group_kind).collect();
    if !missed.is_empty() {
        let kinds = missed.into_iter().collect::<Vec<_>>().join(", ");
        line(format!("not checked: the images in {kinds}; {REVIEW}"));
    }
    if !report.no_objects.is_empty() {
        let places: Vec<String> =
            report.no_objects.iter().map(|other| place(&other.origin, None)).collect();
        line(format!("ignored, because they are not Kubernetes objects: {}", places.join(", ")));
    }
    report.hints.iter().for_each(|hint| line(format!("hint: {hint}")));
    text
}

/// Why several objects are not reviewed.
fn reason(why: PassedOver) -> &'static str {
    match why {
        PassedOver::Kind => "no entry of `spec.rules` covers them",
        PassedOver::Namespace => "the policy is for other namespaces",
        PassedOver::Labels => "the policy's objectSelector excludes them",
        PassedOver::Kustomization => "kustomize makes the objects from them",
    }
}

fn images(report: &Report) -> String {
    let mut distinct: BTreeMap<&str, Verdict> = BTreeMap::new();
    for (_, image) in report.images() {
        let known = distinct.entry(&image.image).or_insert(image.verdict);
        *known = image.verdict.min(*known);
    }
    let objects: BTreeSet<_> = report.objects.iter().map(identity).collect();
    let objects = count(objects.len(), "object");
    if distinct.is_empty() {
        return format!("no image was checked: found none in {objects} that the policy reviews");
    }
    let counts: Vec<String> = VERDICTS
        .iter()
        .filter_map(|verdict| {
            let images = distinct.values().filter(|of| *of == verdict).count();
            (images > 0).then(|| format!("{images} {}", verdict.name()))
        })
        .collect();
    format!("{} in {objects}: {}", count(distinct.len(), "image"), counts.join(", "))
}

/// An object is one, however many policies review it.
fn identity(object: &ObjectReport) -> (usize, Option<usize>, &str, Option<String>) {
    (object.source, object.origin.line, &object.kind, object.title())
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `ConfigMap (2), Service`
fn kinds<'r>(objects: impl Iterator<Item = &'r NotReviewed>) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for object in objects {
        *kinds.entry(object.group_kind()).or_default() += 1;
    }
    let list: Vec<String> = kinds
        .into_iter()
        .map(|(kind, number)| if number == 1 { kind } else { format!("{kind} ({number})") })
        .collect();
    list.join(", ")
}
