//! What is reported: every object with its images, and everything that was not put to the policy.
//!
//! - When is an object kept out? When the module says so. Each of its images then has the module's answer
//!   about this image alone; if none of these keeps it out, the object's own message says why.
//! - And an image of an object that is let in? It is never reported as failing.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use signed_images_policy::request::GroupKind;
use signed_images_policy::rules::Rules;

use super::Reading;
use super::answers::{Approval, ImageAnswer, Verdict, annotation};
use super::images::Place;
use super::lines::{Position, position};
use super::pin::content;
use super::source::{Origin, Source};
use super::subject::{Object, Subject};
use crate::answer::Answer;

/// How the host begins to say that it withholds Kubernetes objects.
const WITHHELD: &str = "not been granted access to Kubernetes";
const GRANT: &str = "let the policy read its keys from the cluster with --allow-context-aware, or from a \
    folder of manifests with --allow-context-aware --kubernetes-manifests DIR";

/// The report of a run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What it comes to.
    pub conclusion: Conclusion,
    /// What was put to the policy.
    pub objects: Vec<ObjectReport>,
    /// Objects whose kinds the policy does not review.
    pub not_reviewed: Vec<NotReviewed>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Documents that are no Kubernetes objects.
    pub no_objects: Vec<Origination>,
    /// What to try.
    pub hints: BTreeSet<String>,
}

/// What a run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// Everything is let in: exit code 0.
    Accepted,
    /// Something is kept out: exit code 1.
    Rejected,
    /// Nothing is kept out for what it is, and something could not be checked: exit code 3.
    Unchecked,
}

/// Where something stands.
#[derive(Debug, Clone, Serialize)]
pub struct Origination {
    /// The file, or `standard input`; none for an image of the command line.
    pub file: Option<String>,
    /// From 1.
    pub line: Option<usize>,
}

/// An object and its images.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReport {
    /// Where it stands.
    #[serde(flatten)]
    pub origin: Origination,
    /// Its API group.
    pub group: String,
    /// Its kind; for an image alone, that of the Pod that is made for it.
    pub kind: String,
    /// Its namespace, when it names one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Whether the policy lets it in.
    pub allowed: bool,
    /// Why not, in the policy's words.
    pub message: Option<String>,
    /// What `kubectl` would show beside the result.
    pub warnings: Vec<String>,
    /// Its images.
    pub images: Vec<ImageReport>,
    /// Which source it is of.
    #[serde(skip)]
    pub source: usize,
}

/// An image in a place.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageReport {
    /// As it is written; empty where there is none.
    pub image: String,
    /// `spec.containers[0].image`
    pub path: String,
    /// Where it stands in its file.
    pub position: Option<Position>,
    /// What became of it.
    pub verdict: Verdict,
    /// What was verified.
    pub digest: Option<String>,
    /// The rules that it satisfies.
    pub approvals: Vec<Approval>,
    /// The rule that it does not satisfy.
    pub rule: Option<String>,
    /// Why not.
    pub reason: Option<String>,
    /// What the policy writes in its place.
    pub pinned: Option<String>,
    /// Where its text stands in its source.
    #[serde(skip)]
    pub source: Option<Range<usize>>,
    /// How often that text is used in its document.
    #[serde(skip)]
    pub uses: usize,
}

/// An object whose kind the policy does not review.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotReviewed {
    /// Where it stands.
    #[serde(flatten)]
    pub origin: Origination,
    /// Its API group.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
    /// Whether such objects hold images as far as the policy knows.
    pub holds_images: bool,
}

/// What could not be read.
#[derive(Debug, Serialize)]
pub struct Unreadable {
    /// Where.
    #[serde(flatten)]
    pub origin: Origination,
    /// Why.
    pub reason: String,
}

impl Report {
    /// Every image with its object.
    pub fn images(&self) -> impl Iterator<Item = (&ObjectReport, &ImageReport)> {
        self.objects
            .iter()
            .flat_map(|object| object.images.iter().map(move |image| (object, image)))
    }
}

impl ObjectReport {
    /// Whether the policy keeps it out for another reason than one of its images.
    #[must_use]
    pub fn is_rejected_itself(&self) -> bool {
        !self.allowed && !self.images.iter().any(|image| image.verdict.fails())
    }

    /// Whether all that speaks against it is that something could not be checked.
    #[must_use]
    pub fn is_unchecked(&self) -> bool {
        let mut failing = self.images.iter().filter(|image| image.verdict.fails()).peekable();
        !self.allowed
            && failing.peek().is_some()
            && failing.all(|image| image.verdict == Verdict::Unchecked)
    }

    /// `Deployment shop/web`; none for an image alone.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        let namespace = self.namespace.as_ref().map(|namespace| format!("{namespace}/"));
        Some(format!("{} {}{name}", self.kind, namespace.unwrap_or_default()))
    }
}

/// Makes the report.
pub(super) struct Writer<'a> {
    pub(super) sources: &'a [Source],
    pub(super) rules: &'a Rules,
    pub(super) images: &'a HashMap<&'a str, ImageAnswer>,
}

impl Writer<'_> {
    pub(super) fn write(&self, reading: &Reading, answers: &[Answer]) -> Report {
        let mut report = Report {
            conclusion: Conclusion::Accepted,
            objects: Vec::new(),
            not_reviewed: Vec::new(),
            unreadable: Vec::new(),
            no_objects: Vec::new(),
            hints: BTreeSet::new(),
        };
        let mut answers = answers.iter();
        for (index, (contents, places)) in reading.contents.iter().zip(&reading.places).enumerate()
        {
            let Some(source) = self.sources.get(index) else { break };
            let at = |line| origination(source, Some(line));
            for ((subject, places), answer) in
                contents.subjects.iter().zip(places).zip(answers.by_ref())
            {
                report.objects.push(self.object((index, source), subject, places, answer));
            }
            report.not_reviewed.extend(
                contents.not_reviewed.iter().map(|object| self.not_reviewed(source, object)),
            );
            report.unreadable.extend(contents.faults.iter().map(|fault| Unreadable {
                origin: at(fault.line),
                reason: readable_reason(&fault.reason, &source.text),
            }));
            report.no_objects.extend(contents.others.iter().map(|line| at(*line)));
        }
        report.hints = self.hints(&report);
        report.conclusion = conclusion(&report);
        report
    }

    fn object(
        &self,
        (index, source): (usize, &Source),
        subject: &Subject,
        places: &[Place],
        answer: &Answer,
    ) -> ObjectReport {
        let Object { group, kind, namespace, name, line, .. } = subject.object.clone();
        let pins = pins(answer);
        let images = places
            .iter()
            .map(|place| {
                let report = self.image(source, subject, place, answer);
                ImageReport { pinned: pins.get(&place.pointer).cloned(), ..report }
            })
            .collect();
        let message = answer.status.as_ref().and_then(|status| status.message.clone());
        ObjectReport {
            origin: origination(source, line),
            group,
            kind,
            namespace,
            name,
            allowed: answer.allowed,
            message: message.filter(|_| !answer.allowed),
            warnings: answer.warnings.clone().unwrap_or_default(),
            images,
            source: index,
        }
    }

    fn image(
        &self,
        source: &Source,
        subject: &Subject,
        place: &Place,
        answer: &Answer,
    ) -> ImageReport {
        let image = place.image.clone().unwrap_or_default();
        let start = place.source.as_ref().map(|range| {
            content(&source.text, range, &image).map_or(range.start, |content| content.start)
        });
        let said = self.answer(place, answer);
        ImageReport {
            path: place.path.clone(),
            position: start
                .filter(|_| source.origin != Origin::Argument)
                .map(|start| position(&source.text, start)),
            verdict: said.verdict,
            digest: said.digest,
            approvals: said.approvals,
            rule: said.rule,
            reason: said.reason,
            pinned: None,
            uses: place
                .source
                .as_ref()
                .and_then(|range| subject.uses.get(&range.start))
                .copied()
                .unwrap_or_default(),
            source: place.source.clone(),
            image,
        }
    }

    fn answer(&self, place: &Place, answer: &Answer) -> ImageAnswer {
        let plain = |verdict, reason: Option<String>| ImageAnswer {
            verdict,
            digest: None,
            approvals: Vec::new(),
            rule: None,
            reason,
            hints: Vec::new(),
        };
        let image = match &place.image {
            Ok(image) => image.as_str(),
            Err(fault) => return plain(Verdict::Rejected, Some(fault.to_string())),
        };
        let unchanged = annotation(answer, "unchanged").unwrap_or_default();
        if unchanged.split("; ").any(|entry| entry == image) {
            return plain(Verdict::Unchanged, None);
        }
        match self.images.get(image) {
            Some(said) if answer.allowed && said.verdict.fails() => plain(Verdict::Unchanged, None),
            Some(said) => said.clone(),
            None => plain(Verdict::Unchanged, None),
        }
    }

    fn not_reviewed(&self, source: &Source, object: &Object) -> NotReviewed {
        let Object { group, kind, name, line, .. } = object.clone();
        let of = GroupKind { group: group.clone(), kind: kind.clone() };
        let holds_images = signed_images_policy::workload(&of, self.rules).is_some();
        NotReviewed { origin: origination(source, line), group, kind, name, holds_images }
    }

    fn hints(&self, report: &Report) -> BTreeSet<String> {
        let failing = || report.images().filter(|(_, image)| image.verdict.fails());
        let mut hints: BTreeSet<String> = failing()
            .filter_map(|(_, image)| self.images.get(image.image.as_str()))
            .flat_map(|said| said.hints.iter())
            .cloned()
            .collect();
        let withheld = |(_, image): (_, &ImageReport)| {
            image.reason.as_ref().is_some_and(|reason| reason.contains(WITHHELD))
        };
        if failing().any(withheld) {
            hints.insert(GRANT.to_owned());
        }
        hints
    }
}

fn conclusion(report: &Report) -> Conclusion {
    let kept_out = || report.objects.iter().filter(|object| !object.allowed);
    if kept_out().any(|object| !object.is_unchecked()) {
        Conclusion::Rejected
    } else if kept_out().next().is_some() || !report.unreadable.is_empty() {
        Conclusion::Unchecked
    } else {
        Conclusion::Accepted
    }
}

fn origination(source: &Source, line: Option<usize>) -> Origination {
    let file = (source.origin != Origin::Argument).then(|| source.name.clone());
    Origination { file, line }
}

fn readable_reason(reason: &str, text: &str) -> String {
    if text.contains("{{") {
        format!(
            "{reason}; is it a template? render it first: `helm template … | signed-images check -`"
        )
    } else {
        reason.to_owned()
    }
}

/// What the policy writes, by the places that it writes to.
fn pins(answer: &Answer) -> HashMap<String, String> {
    let patch = answer.patch.as_ref().and_then(|patch| STANDARD.decode(patch).ok());
    let operations: Vec<Value> =
        patch.and_then(|patch| serde_json::from_slice(&patch).ok()).unwrap_or_default();
    operations
        .iter()
        .filter_map(|operation| {
            let text = |key| operation.get(key)?.as_str().map(ToOwned::to_owned);
            Some((text("path")?, text("value")?))
        })
        .collect()
}
