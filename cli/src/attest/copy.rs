//! The reports of an image, copied to where the image was copied.
//!
//! - What is copied? Every report about the image, with its signature; about an index those of its platforms as well.
//! - Does a signature hold elsewhere? Yes: it is of a digest, which stays what it was.
//! - And what cannot be copied? It is listed, and stops no other: who may push puts anything there.
//! - And what is there already? A report that is not older than this one stays.
//! - Is anything verified? What was signed is told by the policy. That what arrives is what was sent, by its digest.

use chrono::{DateTime, FixedOffset};
use oci_client::Reference;
use oci_client::manifest::OciDescriptor;
use serde_json::Value;
use signed_images_policy::policy::predicate_type::ARTIFACT_TYPE;

use super::cosign;
use super::place;
use super::statement::Statement;
use super::store::{Manifest, Store};
use crate::host::Registries;
use crate::registry::RegistryError;

/// A report that was copied: where it is now, and by which tag it is found.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) report: String,
    pub(crate) tag: String,
    /// The digest of the report that the tag had before.
    pub(crate) replaced: Option<String>,
}

/// What became of the reports about an image.
#[derive(Debug, Default)]
pub(crate) struct All {
    pub(crate) copied: Vec<Copied>,
    /// Tags, and why what they stand for was not copied.
    pub(crate) failed: Vec<(String, CopyError)>,
}

/// Why reports were not copied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    #[error("`{0}` has no reports of this image: pass their repository with --repository")]
    NoReports(String),
    #[error("cannot read `{what}`: {source}")]
    Read { what: String, source: RegistryError },
    #[error("cannot write `{what}`: {source}")]
    Write { what: String, source: RegistryError },
    #[error("`{0}` is not signed, so no policy would accept a copy of it")]
    Unsigned(String),
    #[error(
        "`{0}` already has other signatures: combine them with `cosign copy --only=sig`, or delete that tag"
    )]
    OtherSignatures(String),
    #[error("`{0}` is another report, and not an older one: to replace it, delete that tag")]
    NotOlder(String),
    #[error("`{0}` is not a manifest that lists its blobs by digest")]
    Malformed(String),
}

/// Reports on their way.
pub(crate) struct Copy<'a> {
    store: Store<'a>,
    from: Reference,
    to: Reference,
}

impl<'a> Copy<'a> {
    /// From one repository to another.
    pub(crate) fn new(registries: &'a Registries, from: Reference, to: Reference) -> Self {
        Self { store: Store(registries), from, to }
    }

    /// Copies the reports about this image.
    pub(crate) async fn all(&self, image: &Reference) -> Result<All, CopyError> {
        let subjects = self.subjects(image).await?;
        let tags = self.store.tags(&self.from).await;
        let tags =
            tags.map_err(|source| CopyError::Read { what: place::written(&self.from), source })?;
        let mut all = All::default();
        for subject in subjects {
            let prefix = place::tag_prefix(&subject);
            for tag in &tags {
                let name = tag.strip_prefix(&prefix);
                if name.is_some_and(|name| !place::is_taken(name)) {
                    match self.report(tag).await {
                        Ok(copied) => all.copied.extend(copied),
                        Err(error) => all.failed.push((tag.clone(), error)),
                    }
                }
            }
        }
        if all.copied.is_empty() && all.failed.is_empty() {
            return Err(CopyError::NoReports(place::written(&self.from)));
        }
        Ok(all)
    }

    /// The image, and what it lists if it is an index.
    async fn subjects(&self, image: &Reference) -> Result<Vec<Reference>, CopyError> {
        let manifest = self.read(image).await?.json();
        let listed = manifest.get("manifests").and_then(Value::as_array).into_iter().flatten();
        let digests = listed.filter_map(|entry| entry.get("digest")?.as_str());
        let parts = digests.map(|digest| place::by_digest(image, digest));
        Ok(std::iter::once(image.clone()).chain(parts).collect())
    }

    /// Copies what the tag stands for, if it is a report. The tag is last: whoever reads it finds the signature.
    async fn report(&self, tag: &str) -> Result<Option<Copied>, CopyError> {
        let report = self.read(&place::by_tag(&self.from, tag)).await?;
        if report.json().get("artifactType").and_then(Value::as_str) != Some(ARTIFACT_TYPE) {
            return Ok(None);
        }
        let replaced = self.replaced(&report, tag).await?;
        self.blobs(&report).await?;
        self.write(&report, &place::by_digest(&self.to, &report.digest)).await?;
        self.signatures(&report).await?;
        self.write(&report, &place::by_tag(&self.to, tag)).await?;
        let report = place::by_digest(&self.to, &report.digest).whole();
        Ok(Some(Copied { report, tag: tag.to_owned(), replaced }))
    }

    /// The older report that the tag has where this one goes, if it has one.
    async fn replaced(&self, report: &Manifest, tag: &str) -> Result<Option<String>, CopyError> {
        let to = place::by_tag(&self.to, tag);
        let there = match self.read(&to).await {
            Ok(there) if there.digest != report.digest => there,
            Ok(_) | Err(CopyError::Read { source: RegistryError::Absent { .. }, .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let (before, now) =
            (self.time(&self.to, &there).await, self.time(&self.from, report).await);
        // What has no time is not newer than what has one.
        if before.is_some_and(|before| now.is_none_or(|now| before >= now)) {
            return Err(CopyError::NotOlder(to.whole()));
        }
        Ok(Some(there.digest))
    }

    /// When a report says that it was made.
    async fn time(
        &self,
        repository: &Reference,
        report: &Manifest,
    ) -> Option<DateTime<FixedOffset>> {
        let config = serde_json::from_value(report.json().get("config")?.clone()).ok()?;
        let statement = self.store.blob(repository, &config).await.ok()?;
        let statement: Statement = serde_json::from_slice(&statement).ok()?;
        cosign::time(&statement.predicate)
    }

    async fn signatures(&self, report: &Manifest) -> Result<(), CopyError> {
        let tag = format!("{}.sig", report.digest.replace(':', "-"));
        let to = place::by_tag(&self.to, &tag);
        let signatures =
            self.read(&place::by_tag(&self.from, &tag)).await.map_err(|error| match error {
                CopyError::Read { source: RegistryError::Absent { .. }, .. } => {
                    CopyError::Unsigned(place::by_digest(&self.from, &report.digest).whole())
                }
                error => error,
            })?;
        match self.read(&to).await {
            Ok(there) if there.digest == signatures.digest => return Ok(()),
            Ok(_) => return Err(CopyError::OtherSignatures(to.whole())),
            Err(CopyError::Read { source: RegistryError::Absent { .. }, .. }) => {}
            Err(error) => return Err(error),
        }
        self.blobs(&signatures).await?;
        self.write(&signatures, &to).await
    }

    async fn blobs(&self, of: &Manifest) -> Result<(), CopyError> {
        let json = of.json();
        let config = json.get("config").into_iter();
        let layers = json.get("layers").and_then(Value::as_array).into_iter().flatten();
        for blob in config.chain(layers) {
            let malformed =
                |_| CopyError::Malformed(place::by_digest(&self.from, &of.digest).whole());
            let blob: OciDescriptor = serde_json::from_value(blob.clone()).map_err(malformed)?;
            let what = || place::by_digest(&self.from, &blob.digest).whole();
            let bytes = self.store.blob(&self.from, &blob).await;
            let bytes = bytes.map_err(|source| CopyError::Read { what: what(), source })?;
            let pushed = self.store.push_blob(&self.to, bytes).await;
            pushed.map_err(|source| CopyError::Write { what: place::written(&self.to), source })?;
        }
        Ok(())
    }

    async fn read(&self, what: &Reference) -> Result<Manifest, CopyError> {
        let manifest = self.store.manifest(what).await;
        manifest.map_err(|source| CopyError::Read { what: what.whole(), source })
    }

    async fn write(&self, manifest: &Manifest, to: &Reference) -> Result<(), CopyError> {
        let media_type = manifest.media_type();
        let written = self.store.push_manifest(to, manifest.bytes.clone(), &media_type).await;
        written.map_err(|source| CopyError::Write { what: to.whole(), source })
    }
}
