//! A report on its way: pushed by digest, signed by somebody else, verified, and only then found by its tag.
//!
//! - Why is the tag moved last? Who reads it then never finds a report without its signature.
//! - What if a registry takes image configs alone? Then the statement is called one.

use oci_client::Reference;
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OCI_IMAGE_MEDIA_TYPE;
use serde_json::value::RawValue;
use signed_images_policy::attestation::ReportProblem;
use signed_images_policy::policy::predicate_type::PredicateType;
use signed_images_policy::policy::report::MAX_REPORT;

use super::entries::Entries;
use super::place;
use super::report::{self, ConfigType, Report};
use super::signer::{Annotations, Signer, Unverified};
use super::statement::Statement;
use super::store::Store;
use super::summary;
use crate::host::{HostError, Live, Question, Registries};
use crate::registry::RegistryError;

/// What a report is about, and where it goes.
#[derive(Debug)]
pub(crate) struct Target {
    /// By its digest.
    pub(crate) image: Reference,
    /// Where its reports are.
    pub(crate) repository: Reference,
    pub(crate) predicate_type: PredicateType,
    pub(crate) tag: String,
    /// What its signature must say.
    pub(crate) annotations: Annotations,
}

/// Whose signature a report must have.
#[derive(Debug)]
pub(crate) enum Whose {
    /// That of a signer who is named.
    Signer(Signer),
    /// Those that the settings ask for.
    Entries(Entries),
}

/// A statement that the policy can read.
#[derive(Debug)]
pub(crate) struct Stated {
    statement: Vec<u8>,
    /// What is in it, in a line.
    pub(crate) summary: String,
}

/// A report that lies in its repository, by digest.
#[derive(Debug)]
pub(crate) struct Pushed {
    digest: String,
    manifest: Vec<u8>,
    /// In bytes.
    pub(crate) size: usize,
}

/// Why a report is not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error("the statement cannot be written: {0}")]
    Statement(#[from] serde_json::Error),
    #[error(
        "the statement has {size} bytes, but the policy reads at most {MAX_REPORT}: remove --full, or split the \
         report"
    )]
    TooLarge { size: usize },
    #[error("no policy would accept this: the report {0}")]
    Unreadable(ReportProblem),
    #[error("image `{image}`: {source}")]
    Image { image: String, source: RegistryError },
    #[error("the report cannot be pushed to `{repository}`: {source}")]
    Push { repository: String, source: RegistryError },
    #[error(
        "the report is signed, but the tag `{tag}` was not moved: {source}; if tags are immutable, keep reports in \
         another repository (--repository, and `repository` in the settings)"
    )]
    Tag { tag: String, source: RegistryError },
    #[error("cannot read the report `{report}`: {source}")]
    Read { report: String, source: HostError },
    #[error(transparent)]
    Unverified(#[from] Unverified),
}

impl Target {
    /// The report by its digest.
    pub(crate) fn report(&self, pushed: &Pushed) -> String {
        place::by_digest(&self.repository, &pushed.digest).whole()
    }

    /// What the predicate says of the image, as the policy reads it.
    pub(crate) fn state(&self, predicate: Box<RawValue>) -> Result<Stated, PublishError> {
        let statement = Statement::new(&self.image, &self.predicate_type, predicate);
        let statement = serde_json::to_vec(&statement)?;
        let size = statement.len();
        if size as u64 > MAX_REPORT {
            return Err(PublishError::TooLarge { size });
        }
        let summary = summary::of(&statement, &self.predicate_type, place::hex(&self.image));
        Ok(Stated { statement, summary: summary.map_err(PublishError::Unreadable)? })
    }

    /// Pushes a statement, by digest.
    pub(crate) async fn push(
        &self,
        stated: Stated,
        registries: &Registries,
    ) -> Result<Pushed, PublishError> {
        let statement = stated.statement;
        let size = statement.len();
        let store = Store(registries);
        let image = store
            .manifest(&self.image)
            .await
            .map_err(|source| PublishError::Image { image: self.image.whole(), source })?;
        let subject = report::descriptor(&image.bytes, &image.digest);
        let report = Report::new(statement, subject, self.annotations.name());
        let manifest = self.put(&report, &store).await.map_err(|source| PublishError::Push {
            repository: place::written(&self.repository),
            source,
        })?;
        Ok(Pushed { digest: report::digest(&manifest), manifest, size })
    }

    async fn put(&self, report: &Report, store: &Store<'_>) -> Result<Vec<u8>, RegistryError> {
        store.push_blob(&self.repository, report.statement.clone()).await?;
        match self.put_manifest(report.manifest(ConfigType::Statement), store).await {
            Err(error) if is_about_content(&error) => {
                self.put_manifest(report.manifest(ConfigType::ImageConfig), store).await
            }
            result => result,
        }
    }

    async fn put_manifest(
        &self,
        manifest: Vec<u8>,
        store: &Store<'_>,
    ) -> Result<Vec<u8>, RegistryError> {
        let to = place::by_digest(&self.repository, &report::digest(&manifest));
        store.push_manifest(&to, manifest.clone(), OCI_IMAGE_MEDIA_TYPE).await?;
        Ok(manifest)
    }

    /// Asks the host what the policy will ask it: whether the report is signed, and what it says.
    pub(crate) fn verify(
        &self,
        pushed: &Pushed,
        whose: &Whose,
        live: &Live,
    ) -> Result<(), PublishError> {
        let report = self.report(pushed);
        match whose {
            Whose::Signer(signer) => {
                signer.verify(&report, &pushed.digest, &self.annotations, live)?;
            }
            Whose::Entries(entries) => entries.verify(&report, &pushed.digest, live)?,
        }
        let question = Question::OciManifestAndConfig { image: report.clone() };
        live.ask(&question).map_err(|source| PublishError::Read { report, source })?;
        Ok(())
    }

    /// Moves the tag to the report.
    pub(crate) async fn tag(
        &self,
        pushed: Pushed,
        registries: &Registries,
    ) -> Result<(), PublishError> {
        let to = place::by_tag(&self.repository, &self.tag);
        let store = Store(registries);
        let moved = store.push_manifest(&to, pushed.manifest, OCI_IMAGE_MEDIA_TYPE).await;
        moved.map_err(|source| PublishError::Tag { tag: self.tag.clone(), source })
    }
}

/// Whether a registry takes offence at what a manifest says, and not at who pushes it.
fn is_about_content(error: &RegistryError) -> bool {
    let RegistryError::Other { source, .. } = error else { return false };
    matches!(source, OciDistributionError::ServerError { code: 400 | 405 | 415 | 422, .. })
}
