//! What is reported: every object with its images, and everything that was not put to the policy. Made by
//! [`super::writer`], shown by [`super::output`]; its JSON is the report's fields as they stand here.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Serialize;

use super::answers::{Approval, Verdict};
use crate::manifest::position::Position;

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
    pub no_objects: Vec<NoObject>,
    /// How many documents there are, but for empty ones and for images alone.
    pub documents: usize,
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
    /// Why not, as a code.
    pub code: Option<String>,
    /// Why not, or what the policy warns of.
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
    /// From 1, in characters.
    pub column: usize,
    /// Why.
    pub reason: String,
}

/// A document that is no Kubernetes object.
#[derive(Debug, Serialize)]
pub struct NoObject {
    /// Where.
    #[serde(flatten)]
    pub origin: Origination,
    /// What it lacks.
    pub lacks: Lack,
}

/// What an object must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Lack {
    /// Keys: it is a list or a single value.
    Keys,
    /// Its kind.
    Kind,
    /// Its API version.
    ApiVersion,
}

impl Report {
    /// Every image with its object.
    pub fn images(&self) -> impl Iterator<Item = (&ObjectReport, &ImageReport)> {
        self.objects
            .iter()
            .flat_map(|object| object.images.iter().map(move |image| (object, image)))
    }
}

impl Unreadable {
    /// `web.yaml:12:3`
    #[must_use]
    pub fn place(&self) -> String {
        let Origination { file, line } = &self.origin;
        let file = file.as_deref().unwrap_or("command line");
        format!("{file}:{}:{}", line.unwrap_or_default(), self.column)
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
