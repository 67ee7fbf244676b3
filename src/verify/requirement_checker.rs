//! What a rule asks of a verified image besides signatures: `image` and `attestations`.
//!
//! *In which order?* The tag of a report tells the digest of its manifest; the host verifies that digest, for the signers
//! and the annotation that names the type; its manifest tells how large it is; then it is read. Each step asks by the
//! digest that the one before has told.
//!
//! *And an index?* One report about the index will do, else one about each image that it lists.

use crate::attestation::{evaluate_answer, evaluate_image};
use crate::host::{self, Host, HostError, HostErrorKind};
use crate::image::reference::{Digest, Reference};
use crate::policy::platform::Platform;
use crate::policy::predicate_type::{report_tag, subject_of};
use crate::policy::report::MAX_REPORT;
use crate::policy::requirements::{Attestation, ImageCondition};
use crate::policy::rule::RuleName;
use crate::sorted_map::SortedMap;
use crate::time::Time;
use crate::verify::image_manifest::{Config, ImageManifest, unreadable};
use crate::verify::image_session::ImageSession;
use crate::verify::outcome::{Reason, ReportSeen, Requirement, Shortfall, Unmet};
use crate::verify::signer_batch::DuplicateSigners;
use crate::verify::trust_checker::TrustChecker;
use std::rc::Rc;
use std::time::Duration;

/// Platforms of one index that are looked at: each report takes four questions, while a webhook waits. Docker Hub's
/// official images have ten at most.
const MAX_PLATFORMS: usize = 16;

/// Bytes of reports that are kept for the other images and rules of a request.
const MAX_KEPT: usize = 8 * 1024 * 1024;

/// What is known of reports and configs in one request.
pub(crate) struct RequirementChecker {
    now: Time,
    /// The digests that tags of reports have.
    tags: SortedMap<String, Result<Digest, Shortfall>>,
    /// The questions about reports, by their references.
    sessions: SortedMap<String, ImageSession<'static>>,
    /// Configs that were read, the latest last.
    configs: Vec<Known>,
}

/// A config that was read.
#[derive(Clone)]
struct Known {
    at: String,
    /// The name that its manifest gives a report.
    name: Option<String>,
    answer: Rc<Vec<u8>>,
}

type Found = Result<ReportSeen, Shortfall>;

/// Whom to ask about the signatures of a report, and the name of the rule that does.
type Who<'s, 'r> = (&'s mut TrustChecker<'r>, &'s RuleName);

impl RequirementChecker {
    pub(crate) fn new(now: Duration) -> Self {
        let (tags, sessions, configs) = (SortedMap::default(), SortedMap::default(), Vec::new());
        Self { now: Time::since_epoch(now), tags, sessions, configs }
    }

    /// Whether the image says of itself what is asked.
    pub(crate) fn check_image(
        &mut self,
        host: &mut Host<'_>,
        image: &Reference,
        digest: &Digest,
        asked: &ImageCondition,
    ) -> Result<(), Reason> {
        let what = || Requirement::Image;
        let manifest = ImageManifest::fetch(host, &image.at(digest))
            .map_err(|why| unmet(what(), None, why))?;
        let images = match manifest {
            ImageManifest::Image(config) => {
                return self
                    .check_config(host, image, digest, Some(config), asked)
                    .map_err(|why| unmet(what(), None, why));
            }
            ImageManifest::Index(images) => images,
        };
        let images = counted(images, &asked.platforms).map_err(|why| unmet(what(), None, why))?;
        for (platform, digest) in images {
            self.check_config(host, image, &digest, None, asked)
                .map_err(|why| unmet(what(), platform, why))?;
        }
        Ok(())
    }

    fn check_config(
        &mut self,
        host: &mut Host<'_>,
        image: &Reference,
        digest: &Digest,
        config: Option<Config>,
        asked: &ImageCondition,
    ) -> Result<(), Shortfall> {
        let at = image.at(digest);
        let known = self.config(host, &at, config)?;
        evaluate_image(&known.answer, digest, asked, self.now).map_err(Shortfall::Image)
    }

    /// The report that is asked for, or those of the images that an index lists.
    pub(crate) fn check_report<'r>(
        &mut self,
        host: &mut Host<'_>,
        (signers, rule): Who<'_, 'r>,
        image: &Reference,
        digest: &Digest,
        asked: &'r Attestation,
    ) -> Result<Vec<ReportSeen>, Reason> {
        let what = || Requirement::Report {
            name: asked.to_string(),
            predicate_type: asked.predicate_type.uri().to_owned(),
        };
        let tag = match self.report(host, (signers, rule), image, digest, asked) {
            Ok(report) => return Ok(vec![report]),
            Err(Shortfall::Missing(tag)) => tag,
            Err(why) => return Err(unmet(what(), None, why)),
        };
        let images = match ImageManifest::fetch(host, &image.at(digest)) {
            Ok(ImageManifest::Index(images)) => images,
            Ok(ImageManifest::Image(_)) => {
                return Err(unmet(what(), None, Shortfall::Missing(tag)));
            }
            Err(why) => return Err(unmet(what(), None, perhaps_an_index(&tag, why))),
        };
        let images = counted(images, &asked.platforms).map_err(|why| unmet(what(), None, why))?;
        let mut reports = Vec::with_capacity(images.len());
        for (platform, digest) in images {
            let report = self.report(host, (&mut *signers, rule), image, &digest, asked);
            reports.push(report.map_err(|why| unmet(what(), platform, why))?);
        }
        Ok(reports)
    }

    /// The report about what has that digest.
    fn report<'r>(
        &mut self,
        host: &mut Host<'_>,
        (signers, rule): Who<'_, 'r>,
        image: &Reference,
        digest: &Digest,
        asked: &'r Attestation,
    ) -> Found {
        let repository = asked.repository.as_ref().unwrap_or(image);
        let subject = subject_of(digest).map_err(Shortfall::NoTag)?;
        let tag = report_tag(repository, digest, &asked.name).map_err(Shortfall::NoTag)?;
        let report = self.resolve(host, &tag)?;
        let at = repository.at(&report);
        let known = self.sessions.remove(&at);
        let mut session =
            known.unwrap_or_else(|| signers.session_of(repository.with_digest(report.clone())));
        let who = (rule, &asked.trust);
        let signed = signers.satisfy(&mut session, host, who, DuplicateSigners::Refused);
        self.sessions.insert(at.clone(), session);
        signed.map_err(Shortfall::Signature)?;
        let known = self.config(host, &at, None)?;
        // A signature of a report that has a name holds for an entry without one as well: it says more than is asked.
        if let Some(name) = known.name.filter(|name| *name != asked.name) {
            return Err(Shortfall::OtherReport(name));
        }
        let of = (&asked.predicate_type, subject);
        let summary = evaluate_answer(&known.answer, &report, of, &asked.conditions, self.now)
            .map_err(Shortfall::Report)?;
        Ok(ReportSeen { name: asked.to_string(), digest: report, summary })
    }

    /// The digest that a tag has.
    fn resolve(&mut self, host: &mut Host<'_>, tag: &String) -> Result<Digest, Shortfall> {
        if let Some(known) = self.tags.get(tag) {
            return known.clone();
        }
        let digest = host::manifest_digest(host, tag).map_err(|error| match error {
            HostError::Refused { kind: HostErrorKind::Absent, .. } => {
                Shortfall::Missing(tag.clone())
            }
            error => unreadable(error),
        });
        self.tags.insert(tag.clone(), digest.clone());
        digest
    }

    /// The config of that manifest, whose size is looked at before, unless it is known.
    fn config(
        &mut self,
        host: &mut Host<'_>,
        at: &str,
        config: Option<Config>,
    ) -> Result<Known, Shortfall> {
        if let Some(known) = self.configs.iter().find(|known| known.at == at) {
            return Ok(known.clone());
        }
        let Config { size, name } = match config.map_or_else(
            || ImageManifest::fetch(host, at),
            |config| Ok(ImageManifest::Image(config)),
        )? {
            ImageManifest::Image(config) => config,
            ImageManifest::Index(_) => {
                return Err(Shortfall::Unchecked(format!("`{at}` is an index")));
            }
        };
        if size > MAX_REPORT {
            return Err(Shortfall::TooLarge(size));
        }
        let answer = Rc::new(host::oci_manifest_config(host, at).map_err(unreadable)?);
        let read = Known { at: at.to_owned(), name, answer };
        self.configs.push(read.clone());
        let kept =
            |configs: &[Known]| -> usize { configs.iter().map(|known| known.answer.len()).sum() };
        while self.configs.len() > 1 && kept(&self.configs) > MAX_KEPT {
            self.configs.remove(0);
        }
        Ok(read)
    }
}

/// Why it is not known whether an image without a report is an index, whose images may have some.
fn perhaps_an_index(tag: &str, why: Shortfall) -> Shortfall {
    let Shortfall::Unchecked(words) = why else { return why };
    Shortfall::Unchecked(format!(
        "there is none at `{tag}`, and the image's manifest could not be read: {words}"
    ))
}

/// The images of an index that count, unless they are too many.
fn counted(
    images: Vec<(Option<Platform>, Digest)>,
    platforms: &[Platform],
) -> Result<Vec<(Option<Platform>, Digest)>, Shortfall> {
    let images = Platform::select(platforms, images);
    match images.len() {
        0 => Err(Shortfall::NoPlatform),
        count if count > MAX_PLATFORMS => Err(Shortfall::TooManyPlatforms(count)),
        _ => Ok(images),
    }
}

fn unmet(what: Requirement, platform: Option<Platform>, why: Shortfall) -> Reason {
    Reason::Unmet(Box::new(Unmet { what, platform, why }))
}
