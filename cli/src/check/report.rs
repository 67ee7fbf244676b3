//! What is reported: every object with its images, and everything that was not put to the policy. Made by
//! [`super::writer`], shown by [`super::output`]; its JSON is the report's fields as they stand here.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::answers::{Approval, Verdict};
use super::conclusion::{Conclusion, Demands};
use super::policy::PassedOver;
use crate::manifest::position::Position;

/// The report of a run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The result.
    pub conclusion: Conclusion,
    /// What it was measured by.
    #[serde(skip)]
    pub demands: Demands,
    /// What the policy reviewed.
    pub objects: Vec<ObjectReport>,
    /// Objects that the policy does not review.
    pub not_reviewed: Vec<NotReviewed>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Documents that are not Kubernetes objects.
    pub no_objects: Vec<NoObject>,
    /// The number of documents, without empty ones and without images alone.
    pub documents: usize,
    /// What you can do.
    pub hints: BTreeSet<String>,
}

/// Where something stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Origination {
    /// The file, `standard input` or `cluster`; not set for an image of the command line.
    pub file: Option<String>,
    /// From 1; not set for an object of a cluster.
    pub line: Option<usize>,
    /// What kind of place it is.
    #[serde(skip)]
    pub medium: Medium,
}

/// What something stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A file of the disk.
    File,
    /// Standard input, or the command line.
    Text,
    /// A cluster: an object is named, and has no line.
    Cluster,
}

/// An object and its images.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReport {
    /// Where it stands.
    #[serde(flatten)]
    pub origin: Origination,
    /// Its API group.
    pub group: String,
    /// Its kind; for an image alone, that of the Pod that is made for it.
    pub kind: String,
    /// Its namespace, if it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Which policy says so, if there are several.
    pub policy: Option<String>,
    /// Whether the policy accepts it.
    pub allowed: bool,
    /// Whether it is accepted anyway, by a policy in monitor mode.
    pub monitored: bool,
    /// Whether it is kept out for nothing but images that could not be checked.
    #[serde(skip)]
    pub is_unchecked: bool,
    /// Why not, in the policy's words.
    pub message: Option<String>,
    /// The warnings that `kubectl` would show.
    pub warnings: Vec<String>,
    /// Its images.
    pub images: Vec<ImageReport>,
    /// Which source it is of.
    #[serde(skip)]
    pub source: usize,
}

/// An image in a place.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageReport {
    /// As it is written; empty if there is none.
    pub image: String,
    /// `spec.containers[0].image`
    pub path: String,
    /// Its position in the file.
    pub position: Option<Position>,
    /// The result.
    pub verdict: Verdict,
    /// What was verified.
    pub digest: Option<String>,
    /// The rules that it satisfies.
    pub approvals: Vec<Approval>,
    /// The signed reports that these rules need, with their digests, ages and counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports: Option<String>,
    /// The rule that it does not satisfy.
    pub rule: Option<String>,
    /// Why not, as a code.
    pub code: Option<String>,
    /// Why not, or the warning.
    pub reason: Option<String>,
    /// The image with which the policy replaces it.
    pub pinned: Option<String>,
    /// How many characters of its file it takes.
    #[serde(skip)]
    pub width: usize,
    /// How long the policy took for it.
    #[serde(skip)]
    pub took: Duration,
    /// Where its text stands in its source.
    #[serde(skip)]
    pub source: Option<Range<usize>>,
    /// How often that text is used in its document.
    #[serde(skip)]
    pub uses: usize,
}

/// An object that the policy does not review.
#[derive(Debug, Serialize, JsonSchema)]
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
    /// Why not.
    pub why: PassedOver,
    /// Whether such objects contain images, or this one seems to.
    pub holds_images: bool,
}

/// What could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unreadable {
    /// Where.
    #[serde(flatten)]
    pub origin: Origination,
    /// From 1, in characters.
    pub column: usize,
    /// Why.
    pub reason: String,
}

/// A document that is not a Kubernetes object.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NoObject {
    /// Where.
    #[serde(flatten)]
    pub origin: Origination,
    /// What is missing.
    pub lacks: Lack,
}

/// What an object must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Lack {
    /// Keys: it is a list or a single value.
    Keys,
    /// Its kind.
    Kind,
    /// Its API version.
    ApiVersion,
}

/// The JSON Schema of a report.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Report);
    schema.insert("title".to_owned(), "report of signed-images check".into());
    schema.to_value()
}

impl Report {
    /// Every image with its object.
    pub fn images(&self) -> impl Iterator<Item = (&ObjectReport, &ImageReport)> {
        self.objects
            .iter()
            .flat_map(|object| object.images.iter().map(move |image| (object, image)))
    }

    /// The objects that should have been reviewed.
    pub fn missed(&self) -> impl Iterator<Item = &NotReviewed> {
        let holders = self.not_reviewed.iter().filter(|object| object.holds_images);
        holders.filter(|_| self.demands.reviews)
    }

    /// Whether something should have been reviewed, and nothing was there.
    #[must_use]
    pub fn lacks_everything(&self) -> bool {
        self.demands.something && self.objects.is_empty() && self.unreadable.is_empty()
    }

    pub(super) fn conclude(&mut self) {
        let has = |verdict| self.images().any(|(_, image)| image.verdict == verdict);
        let has = |verdict| {
            has(verdict) || self.objects.iter().any(|object| object.verdict() == Some(verdict))
        };
        let is_rejected = has(Verdict::Rejected);
        let is_unchecked = has(Verdict::Unchecked)
            || !self.unreadable.is_empty()
            || self.missed().next().is_some()
            || self.lacks_everything();
        self.conclusion = match (is_rejected, is_unchecked) {
            (true, _) => Conclusion::Rejected,
            (false, true) => Conclusion::Unchecked,
            (false, false) => Conclusion::Accepted,
        };
    }
}

impl Unreadable {
    /// `web.yaml:12:3`
    #[must_use]
    pub fn place(&self) -> String {
        let Origination { file, line, medium } = &self.origin;
        let file = file.as_deref().unwrap_or("command line");
        match medium {
            Medium::Cluster => file.to_owned(),
            Medium::File | Medium::Text => {
                format!("{file}:{}:{}", line.unwrap_or_default(), self.column)
            }
        }
    }
}

impl ObjectReport {
    /// What became of the object itself, when the policy keeps it out and no image says why.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let says_why = |image: &ImageReport| {
            image.verdict.fails() || self.monitored && image.verdict == Verdict::Warned
        };
        let verdict = match (self.is_unchecked, self.monitored) {
            (true, _) => Verdict::Unchecked,
            (false, true) => Verdict::Warned,
            (false, false) => Verdict::Rejected,
        };
        (!self.allowed && !self.images.iter().any(says_why)).then_some(verdict)
    }

    /// `Deployment shop/web`; none for an image alone.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        let namespace = self.namespace.as_ref().map(|namespace| format!("{namespace}/"));
        Some(format!("{} {}{name}", self.kind, namespace.unwrap_or_default()))
    }
}

impl NotReviewed {
    /// `argoproj.io/Rollout`
    #[must_use]
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() {
            self.kind.clone()
        } else {
            format!("{}/{}", self.group, self.kind)
        }
    }
}
