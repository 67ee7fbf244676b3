//! `check`: everything that the policy would see, put to the policy's own module.
//!
//! - What is read? [`source`] tells paths from images, [`contents`] finds the objects in a document of
//!   a [`crate::manifest`], [`holder`] looks at those that nobody reviews. [`running`] makes sources of what a cluster
//!   has, of which [`owners`] leaves out what stands there twice.
//! - Who decides? The module, about each object as a whole: a request to create it, in a fresh instance. What
//!   is said of each image is the module's answer about this image alone ([`answers`]); where it stands comes
//!   from the policy's own library ([`images`]).
//! - What is asked once? Every question to a registry ([`crate::host::Shared`]), however many objects hold
//!   the image. Images are asked about first and in parallel, those of one object too; then the objects, whose
//!   questions are answered by then. So nothing is asked that the module would not ask.
//! - Which exit code? [`conclusion::Conclusion`].
//! - And several policies? Each is asked, and the reports are put together ([`Report::merge`]).
//! - Who writes? [`pin`] puts digests into texts, [`write`] puts texts into files, [`output`] makes reports.

mod answers;
pub mod conclusion;
mod contents;
pub mod effect;
mod holder;
mod images;
pub mod kinds;
#[cfg(test)]
mod kubectl;
mod listed;
mod merge;
pub mod named;
pub mod output;
mod owners;
pub(crate) mod parallel;
pub mod pin;
pub mod policy;
pub mod report;
pub mod running;
mod shown;
pub mod source;
mod subject;
pub mod write;
mod writer;

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use signed_images_policy::request::GroupKind;
use signed_images_policy::settings::{PartialSettings, RuleFilter};
use signed_images_policy::workload::kinds::{Workload, built_in_kinds};

use crate::answer::Answer;
use crate::evaluation::Evaluation;
use answers::ImageAnswer;
use conclusion::Demands;
use contents::Contents;
use images::Place;
use policy::Manifest;
use report::Report;
use source::{Files, Source};
use subject::{Operation, Subject};

pub use crate::manifest::position::Position;
pub use answers::{Approval, Verdict};

/// A policy that objects are put to.
#[derive(Debug)]
pub struct Check {
    evaluation: Evaluation,
    /// What messages call the rules.
    rules: Vec<String>,
    /// The custom resources of the settings.
    workloads: Vec<(GroupKind, Workload)>,
    manifest: Manifest,
    demands: Demands,
}

/// Reads the sources, once for all policies.
#[must_use]
pub fn read(checks: &[&Check], sources: &[Source]) -> Vec<Reading> {
    let policies: Vec<&Manifest> = checks.iter().map(|check| &check.manifest).collect();
    let mut contents: Vec<Vec<Contents>> = checks.iter().map(|_| Vec::new()).collect();
    let files = Files::of(sources);
    for source in sources {
        let to_each = contents::read(source, &policies, &files);
        contents.iter_mut().zip(to_each).for_each(|(all, one)| all.push(one));
    }
    checks.iter().zip(contents).map(|(check, contents)| check.reading(contents)).collect()
}

/// What one policy sees of the sources.
#[derive(Debug)]
pub struct Reading {
    contents: Vec<Contents>,
    /// For each source and subject, the places of its images.
    places: Vec<Vec<Vec<Place>>>,
}

impl Check {
    /// A check by this policy, of what its manifest says that it sees.
    ///
    /// # Errors
    /// When the policy does not take its settings, in its own words.
    pub fn new(
        evaluation: Evaluation,
        manifest: Manifest,
        demands: Demands,
    ) -> Result<Self, String> {
        evaluation.validate_settings()?;
        let settings =
            PartialSettings::read(evaluation.settings.raw()).map_err(|error| error.to_string())?;
        let workloads = settings.workloads.clone();
        let rules = settings.rules(RuleFilter::All).map_err(|error| error.to_string())?.rules;
        let rules = rules.into_iter().map(|rule| rule.name.to_string()).collect();
        Ok(Self { evaluation, rules, workloads, manifest, demands })
    }

    fn reading(&self, mut contents: Vec<Contents>) -> Reading {
        let places = |contents: &Contents| {
            let subjects = contents.subjects.iter();
            subjects.map(|subject| images::find(subject, &self.workloads)).collect()
        };
        let mut places: Vec<_> = contents.iter().map(places).collect();
        owners::leave_out_copies(&mut contents, &mut places);
        Reading { contents, places }
    }

    /// The one namespace that the policy is about.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.manifest.namespace()
    }

    /// The kinds of a cluster in which this policy's images are: Pods, which are what runs, and what of its own kinds
    /// holds images.
    pub fn kinds(&self) -> impl Iterator<Item = GroupKind> {
        let pod = GroupKind { group: String::new(), kind: "Pod".to_owned() };
        let known = self.workloads.iter().map(|(kind, _)| kind.clone()).chain(built_in_kinds());
        let reviewed = known.filter(|kind| self.manifest.is_about(kind));
        [pod].into_iter().chain(reviewed)
    }

    /// Puts everything to the policy, `jobs` images or objects at a time. `done` is called whenever an image was
    /// asked about.
    pub fn ask(
        &self,
        sources: &[Source],
        reading: &Reading,
        jobs: usize,
        done: &(dyn Fn() + Sync),
    ) -> Report {
        let mut images = self.ask_images(&reading.images(), jobs, done);
        let subjects: Vec<&Subject> = reading.subjects().map(|(subject, _)| subject).collect();
        let answers =
            parallel::map(&subjects, jobs, |subject| self.evaluation.validate(&subject.request));
        // Images of stored objects may be spared; they are asked about when they were not.
        let late = reading.late_images(&answers, &images);
        images.extend(self.ask_images(&late, jobs, &|| ()));
        let (workloads, demands, effect) = (&self.workloads, self.demands, self.manifest.effect);
        let has_rules = !self.rules.is_empty();
        writer::Writer { sources, workloads, images: &images, demands, effect, has_rules }
            .write(reading, &answers)
    }

    fn ask_images<'r>(
        &self,
        images: &[&'r str],
        jobs: usize,
        done: &(dyn Fn() + Sync),
    ) -> HashMap<&'r str, ImageAnswer> {
        let names: Vec<&str> = self.rules.iter().map(String::as_str).collect();
        let answers = parallel::map(images, jobs, |image| {
            let began = Instant::now();
            let request = subject::pod(image).request();
            let answer = request.map(|request| self.evaluation.validate(&request));
            done();
            let read = answer.ok().map(|answer| answers::read(&answer, image, &names));
            read.map(|read| ImageAnswer { took: began.elapsed(), ..read })
        });
        images.iter().zip(answers).filter_map(|(image, answer)| Some((*image, answer?))).collect()
    }
}

impl Reading {
    /// The images of new objects, each once, in the order in which they stand.
    #[must_use]
    pub fn images(&self) -> Vec<&str> {
        let created = self.subjects().filter(|(subject, _)| subject.operation == Operation::Create);
        distinct(created.flat_map(|(_, places)| places))
    }

    fn subjects(&self) -> impl Iterator<Item = (&Subject, &Vec<Place>)> {
        let contents = self.contents.iter().zip(&self.places);
        contents.flat_map(|(contents, places)| {
            contents.subjects.iter().map(|subject| &**subject).zip(places)
        })
    }

    fn late_images(&self, answers: &[Answer], known: &HashMap<&str, ImageAnswer>) -> Vec<&str> {
        let subjects = self.subjects().zip(answers);
        let stored = subjects.filter(|((subject, _), _)| subject.operation == Operation::Other);
        let mut images = distinct(stored.flat_map(|((_, places), _)| places));
        images.retain(|image| !known.contains_key(image));
        images
    }
}

fn distinct<'r>(places: impl Iterator<Item = &'r Place>) -> Vec<&'r str> {
    let mut seen = BTreeSet::new();
    places
        .filter_map(|place| place.image.as_deref().ok())
        .filter(|image| seen.insert(*image))
        .collect()
}
