//! The module's answers → the report.
//!
//! - When is an object kept out? When the module says so. Each of its images then has the module's answer
//!   about this image alone; if none of these keeps it out, the object's own message says why.
//! - And an image of which neither answer says what became of it? It was not checked.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use signed_images_policy::request::GroupKind;
use signed_images_policy::workload::kinds::{Workload, workload_of};

use super::Reading;
use super::answers::{ImageAnswer, Verdict, annotation, is_unchecked};
use super::conclusion::{Conclusion, Demands};
use super::effect::Effect;
use super::images::Place;
use super::pin::content;
use super::policy::PassedOver;
use super::report::{
    ImageReport, Medium, NoObject, NotReviewed, ObjectReport, Origination, Report, Unreadable,
};
use super::source::{Origin, Source};
use super::subject::{Object, Subject};
use crate::answer::Answer;
use crate::evaluation::NO_TIME;
use crate::manifest::position::{Lines, Position};

/// How the policy says that it may not read Kubernetes objects.
const WITHHELD: &str = "the policy may not read the";
const UNKNOWN: &str = "the policy accepts its object, but does not say why";
const UNMATCHED: &str = "it matches no rule, which --fail-on-unmatched does not allow";
const UNASKED: &str = "the policy could not be asked about it";
/// What is said where every image of a run is passed by.
pub(super) const NO_MATCH: &str = "no rule matches any of these images: look for a mistake in the patterns of `images` \
    with `signed-images explain IMAGE --settings-path … --offline`";
/// In the place of the policy's own hint, which cannot know whose time it was.
const TIMEOUT: &str = "raise --timeout, or leave it out";
const GRANT: &str = "let the policy read its keys from the cluster with --allow-context-aware, or from a \
    folder of manifests with --allow-context-aware --kubernetes-manifests DIR";

/// Makes the report.
pub(super) struct Writer<'a> {
    pub(super) sources: &'a [Source],
    pub(super) workloads: &'a [(GroupKind, Workload)],
    pub(super) images: &'a HashMap<&'a str, ImageAnswer>,
    pub(super) demands: Demands,
    pub(super) effect: Effect,
    /// Whether the settings say more than what becomes of images without a rule.
    pub(super) has_rules: bool,
}

/// A source, by its number, and where its lines begin.
struct Text<'s> {
    source: &'s Source,
    index: usize,
    lines: Lines<'s>,
}

impl Writer<'_> {
    pub(super) fn write(&self, reading: &Reading, answers: &[Answer]) -> Report {
        let mut report = Report {
            conclusion: Conclusion::Accepted,
            demands: self.demands,
            objects: Vec::new(),
            not_reviewed: Vec::new(),
            unreadable: Vec::new(),
            no_objects: Vec::new(),
            documents: 0,
            hints: BTreeSet::new(),
        };
        let mut answers = answers.iter();
        for (index, (contents, places)) in reading.contents.iter().zip(&reading.places).enumerate()
        {
            let Some(source) = self.sources.get(index) else { break };
            let text = Text { source, index, lines: Lines::of(&source.text) };
            let at = |line| origination(source, Some(line));
            for ((subject, places), answer) in
                contents.subjects.iter().zip(places).zip(answers.by_ref())
            {
                report.objects.push(self.object(&text, subject, places, answer));
            }
            report.not_reviewed.extend(
                contents
                    .not_reviewed
                    .iter()
                    .map(|passed_over| self.not_reviewed(source, passed_over)),
            );
            report.unreadable.extend(contents.faults.iter().map(|fault| {
                let Position { line, column } = text.lines.position(fault.at);
                let reason = readable_reason(&fault.reason, &source.text);
                Unreadable { origin: at(line), column, reason }
            }));
            report.no_objects.extend(
                contents
                    .others
                    .iter()
                    .map(|other| NoObject { origin: at(other.line), lacks: other.lacks }),
            );
            report.documents += contents.documents;
        }
        report.hints = self.hints(&report);
        report.conclude();
        report.make_legible();
        report
    }

    fn object(
        &self,
        text: &Text<'_>,
        subject: &Subject,
        places: &[Place],
        answer: &Answer,
    ) -> ObjectReport {
        let Object { group, kind, namespace, name, line, .. } = subject.object.clone();
        let pins = if self.effect.changes_nothing() { HashMap::new() } else { pins(answer) };
        let images = places
            .iter()
            .map(|place| {
                let report = self.image(text, subject, place, answer);
                ImageReport { pinned: pins.get(&place.pointer).cloned(), ..report }
            })
            .collect();
        let (allowed, message) = self.effect.on_object(answer);
        ObjectReport {
            policy: None,
            origin: origination(text.source, line),
            group,
            kind,
            namespace,
            name,
            allowed,
            monitored: self.effect.is_monitored,
            is_unchecked: is_unchecked(answer),
            message,
            warnings: answer.warnings.clone().unwrap_or_default(),
            images,
            source: text.index,
        }
    }

    fn image(
        &self,
        Text { source, lines, .. }: &Text<'_>,
        subject: &Subject,
        place: &Place,
        answer: &Answer,
    ) -> ImageReport {
        let image = place.image.clone().unwrap_or_default();
        let start = place.source.as_ref().map(|range| {
            content(&source.text, range, &image).map_or(range.start, |content| content.start)
        });
        let said = self.effect.on_image(self.answer(place, answer));
        ImageReport {
            path: place.path.clone(),
            position: start
                .filter(|_| !matches!(source.origin, Origin::Argument | Origin::Cluster))
                .map(|start| lines.position(start)),
            verdict: said.verdict,
            took: said.took,
            width: image.chars().count(),
            digest: said.digest,
            approvals: said.approvals,
            reports: said.reports,
            rule: said.rule,
            code: said.code,
            reason: said.reason,
            pinned: None,
            uses: place
                .source
                .as_ref()
                .map_or(0, |range| subject.uses.get(&range.start).copied().unwrap_or(1)),
            source: place.source.clone(),
            image,
        }
    }

    fn answer(&self, place: &Place, answer: &Answer) -> ImageAnswer {
        let plain = |verdict, reason: Option<String>| ImageAnswer {
            verdict,
            digest: None,
            approvals: Vec::new(),
            reports: None,
            rule: None,
            code: None,
            reason,
            hints: Vec::new(),
            took: Duration::ZERO,
        };
        let image = match &place.image {
            Ok(image) => image.as_str(),
            Err(fault) => return plain(Verdict::Rejected, Some(fault.to_string())),
        };
        if annotation(answer, "unchanged").is_some_and(|entries| is_among(image, entries)) {
            return plain(Verdict::Unchanged, None);
        }
        match self.images.get(image) {
            // That of a stored object, which was let in for a reason that the answer does not tell.
            Some(said) if answer.allowed && said.verdict.fails() => {
                plain(Verdict::Unchecked, Some(UNKNOWN.to_owned()))
            }
            Some(said) if self.demands.rules && !said.verdict.fails() && said.is_unmatched() => {
                let reason = Some(UNMATCHED.to_owned());
                ImageAnswer { verdict: Verdict::Rejected, reason, ..said.clone() }
            }
            Some(said) => said.clone(),
            None => plain(Verdict::Unchecked, Some(UNASKED.to_owned())),
        }
    }

    fn not_reviewed(
        &self,
        source: &Source,
        (object, why, seems): &(Object, PassedOver, bool),
    ) -> NotReviewed {
        let Object { group, kind, name, line, .. } = object.clone();
        let of = GroupKind { group: group.clone(), kind: kind.clone() };
        let holds_images = *seems || workload_of(&of, self.workloads).is_some();
        let (origin, why) = (origination(source, line), *why);
        NotReviewed { origin, group, kind, name, why, holds_images }
    }

    fn hints(&self, report: &Report) -> BTreeSet<String> {
        let failing = || report.images().filter(|(_, image)| image.verdict.fails());
        let mut hints: BTreeSet<String> = failing()
            .filter(|(_, image)| !is_out_of_time(image))
            .filter_map(|(_, image)| self.images.get(image.image.as_str()))
            .flat_map(|said| said.hints.iter())
            .cloned()
            .collect();
        if failing().any(|(_, image)| is_out_of_time(image)) {
            hints.insert(TIMEOUT.to_owned());
        }
        let withheld = |(_, image): (_, &ImageReport)| {
            image.reason.as_ref().is_some_and(|reason| reason.contains(WITHHELD))
        };
        if failing().any(withheld) {
            hints.insert(GRANT.to_owned());
        }
        if self.has_rules && self.matches_nothing() {
            hints.insert(NO_MATCH.to_owned());
        }
        hints
    }

    /// Whether no rule is about any of the images, which a slip in a pattern may be the reason of.
    fn matches_nothing(&self) -> bool {
        let mut verified = self.images.values().filter(|said| said.verdict != Verdict::Exempt);
        self.images.values().any(ImageAnswer::is_unmatched)
            && verified.all(ImageAnswer::is_unmatched)
    }
}

/// Whether an annotation names the image, as it is written or with the digest that the stored object holds.
fn is_among(image: &str, entries: &str) -> bool {
    entries
        .split("; ")
        .filter_map(|entry| entry.strip_prefix(image))
        .any(|rest| rest.is_empty() || rest.starts_with('@'))
}

pub(super) fn origination(source: &Source, line: Option<usize>) -> Origination {
    let file = (source.origin != Origin::Argument).then(|| source.name.clone());
    let medium = match source.origin {
        Origin::File(_) => Medium::File,
        Origin::Stdin | Origin::Argument => Medium::Text,
        Origin::Cluster => Medium::Cluster,
    };
    Origination { file, line: line.filter(|_| medium != Medium::Cluster), medium }
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

fn is_out_of_time(image: &ImageReport) -> bool {
    image.reason.as_ref().is_some_and(|reason| reason.contains(NO_TIME))
}
