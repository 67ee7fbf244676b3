//! What `cosign attest` put beside an image, taken when it is verified.
//!
//! - Where is it? cosign 2 keeps envelopes in the layers of the tag `sha256-<hex>.att`, cosign 3 a bundle in each of
//!   the image's referrers.
//! - Which of several? The newest by what its predicate says, of those that are verified, about this image, and of the
//!   right type.
//! - What becomes of the rest? It is counted, and its reason told when nothing is left.

use chrono::{DateTime, FixedOffset};
use oci_client::Reference;
use oci_client::manifest::OciDescriptor;
use serde_json::Value;
use serde_json::value::RawValue;
use signed_images_policy::policy::predicate_type::PredicateType;

use super::envelope::{Envelope, EnvelopeError};
use super::place;
use super::signer::Signer;
use super::statement::Statement;
use super::store::{Manifest, Store};
use crate::host::{HostError, Registries, Trust};
use crate::registry::RegistryError;

const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// How the media types of all versions begin.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// Where predicates say when they were made: scans, SLSA 1 and 0.2, `CycloneDX`, SPDX, `OpenVEX`, cosign's own.
const TIMES: [&str; 7] = [
    "/metadata/scanFinishedOn",
    "/runDetails/metadata/finishedOn",
    "/metadata/buildFinishedOn",
    "/metadata/timestamp",
    "/creationInfo/created",
    "/timestamp",
    "/Timestamp",
];

/// Why nothing is taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CosignError {
    #[error("`{0}`: there is no attestation by `cosign attest` for this image")]
    Nothing(String),
    #[error("`{image}`: no attestation by `cosign attest` has the type {predicate_type}")]
    OtherTypes { image: String, predicate_type: PredicateType },
    #[error("`{image}`: the attestation by `cosign attest` is not signed by {signer}: {source}")]
    Untrusted { image: String, signer: String, source: EnvelopeError },
    #[error("`{image}`: {source}")]
    Registry { image: String, source: RegistryError },
    #[error(transparent)]
    Trust(#[from] HostError),
}

/// What is looked for.
pub(crate) struct Wanted<'a> {
    pub(crate) image: &'a Reference,
    pub(crate) predicate_type: &'a PredicateType,
    pub(crate) signer: &'a Signer,
}

impl Wanted<'_> {
    /// The newest predicate of this type that the signer stated about the image.
    pub(crate) async fn find(
        &self,
        registries: &Registries,
        trust: &Trust,
    ) -> Result<Box<RawValue>, CosignError> {
        let found = self.envelopes(&Store(registries)).await?;
        if found.is_empty() {
            return Err(CosignError::Nothing(self.image.whole()));
        }
        let mut newest: Option<(Option<DateTime<FixedOffset>>, Box<RawValue>)> = None;
        let mut untrusted = None;
        for envelope in found {
            let Some(statement) = self.statement(&envelope) else { continue };
            match self.verify(&envelope, trust).await? {
                Ok(()) => {
                    let time = time(&statement.predicate);
                    if newest.as_ref().is_none_or(|(newest, _)| *newest <= time) {
                        newest = Some((time, statement.predicate));
                    }
                }
                Err(error) => untrusted = Some(error),
            }
        }
        match (newest, untrusted) {
            (Some((_, predicate)), _) => Ok(predicate),
            (None, Some(source)) => Err(CosignError::Untrusted {
                image: self.image.whole(),
                signer: self.signer.to_string(),
                source,
            }),
            (None, None) => Err(CosignError::OtherTypes {
                image: self.image.whole(),
                predicate_type: self.predicate_type.clone(),
            }),
        }
    }

    /// The statement in it, if it is one that is looked for. Nothing is believed yet.
    fn statement(&self, envelope: &Envelope) -> Option<Statement> {
        let statement: Statement = serde_json::from_slice(&envelope.payload().ok()?).ok()?;
        let is_it = statement.predicate_type == self.predicate_type.uri();
        (is_it && statement.is_about(self.image)).then_some(statement)
    }

    async fn verify(
        &self,
        envelope: &Envelope,
        trust: &Trust,
    ) -> Result<Result<(), EnvelopeError>, HostError> {
        match self.signer {
            Signer::Key { pem, .. } => Ok(envelope.verify_key(pem)),
            Signer::Identity { issuer, subject } => {
                let root = trust.certain().await?;
                let image = place::hex(self.image);
                Ok(envelope.verify_identity(issuer, subject, image, root).await)
            }
        }
    }

    async fn envelopes(&self, store: &Store<'_>) -> Result<Vec<Envelope>, CosignError> {
        let tag = place::by_tag(self.image, &format!("{}att", place::tag_prefix(self.image)));
        let mut found = self.layers(store, &tag, ENVELOPE).await?;
        let index = store.referrers(self.image).await.map_err(|source| self.failed(source))?;
        for entry in index.manifests {
            let artifact = place::by_digest(self.image, &entry.digest);
            found.extend(self.layers(store, &artifact, BUNDLE).await?);
        }
        Ok(found)
    }

    /// What can be read of the layers of this type; nothing where no manifest is.
    async fn layers(
        &self,
        store: &Store<'_>,
        of: &Reference,
        media_type: &str,
    ) -> Result<Vec<Envelope>, CosignError> {
        let manifest = match store.manifest(of).await {
            Ok(manifest) => manifest,
            Err(RegistryError::Absent { .. }) => return Ok(Vec::new()),
            Err(source) => return Err(self.failed(source)),
        };
        let mut found = Vec::new();
        for layer in layers(&manifest, media_type) {
            let blob = store.blob(of, &layer).await.map_err(|source| self.failed(source))?;
            found.extend(Envelope::read(&blob));
        }
        Ok(found)
    }

    fn failed(&self, source: RegistryError) -> CosignError {
        CosignError::Registry { image: self.image.whole(), source }
    }
}

fn layers(manifest: &Manifest, media_type: &str) -> Vec<OciDescriptor> {
    let json = manifest.json();
    let layers = json.get("layers").and_then(Value::as_array).into_iter().flatten();
    let layers = layers.filter_map(|layer| serde_json::from_value(layer.clone()).ok());
    layers.filter(|layer: &OciDescriptor| layer.media_type.starts_with(media_type)).collect()
}

/// When a predicate says that it was made.
pub(super) fn time(predicate: &RawValue) -> Option<DateTime<FixedOffset>> {
    let predicate: Value = serde_json::from_str(predicate.get()).ok()?;
    let said = TIMES.iter().find_map(|at| predicate.pointer(at)?.as_str())?;
    DateTime::parse_from_rfc3339(said).ok()
}
