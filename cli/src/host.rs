//! The host: who answers the policy's calls.
//!
//! - What can it answer? Whatever [`Question`] names, and log lines.
//! - From where? For real ([`Live`]), for real and written down, or from what was written down
//!   ([`crate::session`]).
//! - How does a policy see a failure? As a text, in the words of Kubewarden's host ([`HostError`]).
//! - How does waPC, which is synchronous, wait for the network? Its calls come on a thread of their own, and
//!   block on a runtime that runs elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use tokio::runtime::Handle;

use crate::metadata::ContextAwareResource;
use crate::session::{Recorder, Replay};

mod certificate;
mod error;
mod kubernetes;
mod log;
mod question;
mod registry;
mod signatures;
mod signer;
mod trust;

pub use error::HostError;
pub use kubernetes::{Cluster, Manifests, ManifestsError};
pub use question::{Annotations, Question, ResourceQuestion};
pub use registry::Registries;
pub use trust::{Trust, TrustError};

use signatures::{CertificateSigner, Verifier};
use signer::Signer;
use trust::Need;

/// A host.
#[derive(Debug)]
pub struct Host {
    /// Where the answers come from.
    pub answers: Answers,
    /// The Kubernetes objects that the policy may read.
    pub readable: BTreeSet<ContextAwareResource>,
}

/// Where answers come from.
#[derive(Debug)]
pub enum Answers {
    /// From the world.
    Live(Live),
    /// From the world, and written down.
    Recorded(Live, Recorder),
    /// From what was written down.
    Replayed(Replay),
}

/// The world: registries, signatures, objects.
#[derive(Debug)]
pub struct Live {
    runtime: Handle,
    registries: Arc<Registries>,
    verifier: Verifier,
    cluster: Cluster,
}

impl Host {
    /// Answers the waPC call of `operation` in `namespace`.
    ///
    /// # Errors
    /// The text that the policy gets instead of an answer.
    pub fn call(
        &self,
        namespace: &str,
        operation: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        if (namespace, operation) == ("tracing", "log") {
            log::write(payload);
            return Ok(Vec::new());
        }
        let question = Question::read(namespace, operation, payload)?;
        self.check_access(&question)?;
        let answer = match &self.answers {
            Answers::Live(live) => live.answer(&question),
            Answers::Recorded(live, recorder) => {
                let answer = live.answer(&question);
                recorder.record(&question, &answer);
                answer
            }
            Answers::Replayed(replay) => replay.answer(&question),
        };
        answer.map_err(|error| error.report())
    }

    fn check_access(&self, question: &Question) -> Result<(), String> {
        let Question::KubernetesGetResource(ResourceQuestion { api_version, kind, .. }) = question
        else {
            return Ok(());
        };
        let wanted = ContextAwareResource { api_version: api_version.clone(), kind: kind.clone() };
        if self.readable.contains(&wanted) {
            return Ok(());
        }
        Err(format!(
            "Policy has not been granted access to Kubernetes {api_version}/{kind} resources. The violation has been reported."
        ))
    }
}

impl Live {
    /// The world as seen through these registries, this trust root and this cluster.
    #[must_use]
    pub fn new(runtime: Handle, registries: Registries, trust: Trust, cluster: Cluster) -> Self {
        let registries = Arc::new(registries);
        let verifier = Verifier { registries: Arc::clone(&registries), trust };
        Self { runtime, registries, verifier, cluster }
    }

    fn answer(&self, question: &Question) -> Result<Vec<u8>, HostError> {
        match question {
            Question::OciManifestDigest { image } => self.wait(self.registries.digest(image)),
            Question::OciManifest { image } => self.wait(self.registries.manifest(image)),
            Question::OciManifestAndConfig { image } => {
                self.wait(self.registries.manifest_and_config(image))
            }
            Question::KubernetesGetResource(question) => json(&self.cluster.get(question)?),
            Question::CryptoIsCertificateTrusted { request } => {
                json(&certificate::verify(request)?)
            }
            Question::SigstoreCertificateVerify {
                image,
                certificate,
                certificate_chain,
                require_rekor_bundle,
                annotations,
            } => {
                let signer = CertificateSigner {
                    certificate,
                    chain: certificate_chain.as_deref(),
                    require_rekor_bundle: *require_rekor_bundle,
                    annotations,
                };
                self.wait(self.verifier.signed_by_certificate(image, signer))
            }
            Question::SigstorePubKeyVerify { image, pub_keys, annotations } => {
                self.signed_by(image, Need::Nothing, Signer::keys(pub_keys, annotations))
            }
            Question::SigstoreKeylessVerify { image, keyless, annotations } => {
                self.signed_by(image, Need::TrustRoot, Signer::identities(keyless, annotations))
            }
            Question::SigstoreKeylessPrefixVerify { image, keyless_prefix, annotations } => self
                .signed_by(image, Need::TrustRoot, Signer::prefixes(keyless_prefix, annotations)),
            Question::SigstoreGithubActionsVerify { image, owner, repo, annotations } => self
                .signed_by(
                    image,
                    Need::TrustRoot,
                    Signer::workflow(owner, repo.as_deref(), annotations),
                ),
        }
    }

    fn signed_by(
        &self,
        image: &str,
        need: Need,
        signers: Result<Vec<Signer>, HostError>,
    ) -> Result<Vec<u8>, HostError> {
        self.wait(self.verifier.signed_by(image, need, &signers?))
    }

    fn wait<T: Serialize>(
        &self,
        answer: impl Future<Output = Result<T, HostError>>,
    ) -> Result<Vec<u8>, HostError> {
        json(&self.runtime.block_on(answer)?)
    }
}

fn json(answer: &impl Serialize) -> Result<Vec<u8>, HostError> {
    serde_json::to_vec(answer).map_err(HostError::Answer)
}
