//! The host: who answers the policy's calls.
//!
//! - What can it answer? Whatever [`Question`] names, and log lines.
//! - From where? For real ([`Live`]), for real and written down, from what was written down
//!   ([`crate::session`]), or for real and once ([`Shared`]).
//! - How does a policy see a failure? As a text, in the words of Kubewarden's host ([`HostError`]).
//! - How does waPC, which is synchronous, wait for the network? Its calls come on a thread of their own, and
//!   block on a runtime that runs elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use tokio::runtime::Handle;

use crate::metadata::ContextAwareResource;
use session::{Recorder, Replay};

mod ahead;
mod certificate;
mod certificate_signer;
mod error;
mod evidence;
mod kubernetes;
mod log;
mod question;
mod registry;
pub mod session;
mod shared;
mod signatures;
mod signed;
mod signer;
pub mod told;
mod trust;
mod verifier;

pub use error::HostError;
pub use kubernetes::{ApiServer, Cluster, Manifests, ManifestsError};
pub use question::{Annotations, Question, ResourceQuestion};
pub(crate) use registry::ANONYMOUS;
pub use registry::{AT_ONCE, Registries};
pub use shared::Shared;
pub use signed::{Certificate, Signature, Signed};
pub use told::Told;
pub use trust::{Trust, TrustError};

use certificate_signer::CertificateSigner;
use signer::Signer;
use trust::Need;
use verifier::Verifier;

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
    /// From the world, each question asked once.
    Shared(Live, Shared),
    /// From what was written down.
    Replayed(Replay),
    /// From what somebody says of images.
    Told(Told),
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
            Answers::Live(live) => live.ask(&question),
            Answers::Recorded(live, recorder) => {
                let answer = live.ask(&question);
                recorder.record(&question, &answer);
                answer
            }
            Answers::Shared(live, shared) => {
                let key = (format!("{namespace}/{operation}"), payload.to_vec());
                return shared.answer(live, key, &question);
            }
            Answers::Replayed(replay) => replay.answer(&question),
            Answers::Told(told) => told.answer(&question),
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
        let verifier = Verifier::new(Arc::clone(&registries), trust);
        Self { runtime, registries, verifier, cluster }
    }

    /// The answer to one question.
    pub(crate) fn ask(&self, question: &Question) -> Result<Vec<u8>, HostError> {
        match question {
            Question::OciManifestDigest { image } => self.wait(self.registries.digest(image)),
            Question::OciManifest { image } => self.wait(self.registries.manifest(image)),
            Question::OciManifestAndConfig { image } => {
                self.wait(self.registries.manifest_and_config(image))
            }
            Question::KubernetesGetResource(question) => self.wait(self.cluster.get(question)),
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

    /// The answer to a call, as a policy would have it that may read every kind of object.
    pub(crate) fn call(
        &self,
        namespace: &str,
        operation: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        let question = Question::read(namespace, operation, payload)?;
        self.ask(&question).map_err(|error| error.report())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn host(readable: &[(&str, &str)], manifests: Option<&str>) -> (tokio::runtime::Runtime, Host) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let cluster = manifests.map_or(Cluster::Unknown, |text| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("all.yaml"), text).unwrap();
            Cluster::Manifests(Manifests::read(folder.path()).unwrap())
        });
        let live =
            Live::new(runtime.handle().clone(), Registries::default(), Trust::default(), cluster);
        let readable = readable
            .iter()
            .map(|(api_version, kind)| ContextAwareResource {
                api_version: (*api_version).to_owned(),
                kind: (*kind).to_owned(),
            })
            .collect();
        (runtime, Host { answers: Answers::Live(live), readable })
    }

    #[test]
    fn kubernetes_objects_are_read_only_with_access() {
        let question = br#"{"api_version":"v1","kind":"ConfigMap","name":"keys","namespace":"trust","disable_cache":true,"field_masks":null}"#;
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keys, namespace: trust}\n";
        let granted = [("v1", "ConfigMap")];
        let rows: [(&[_], _, _); 5] = [
            (
                &[],
                Some(map),
                "Policy has not been granted access to Kubernetes v1/ConfigMap resources. The violation has been reported.",
            ),
            (
                &[("v1", "Secret")],
                Some(map),
                "Policy has not been granted access to Kubernetes v1/ConfigMap resources. The violation has been reported.",
            ),
            (
                &granted,
                None,
                "Callback evaluation failure: kube::Client was not initialized properly: pass a folder of manifests \
                 with --kubernetes-manifests",
            ),
            (
                &granted,
                Some(""),
                "Callback evaluation failure: Cannot find v1/ConfigMap named 'keys' inside of namespace 'Some(\"trust\")'",
            ),
            (
                &granted,
                Some(map),
                r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"keys","namespace":"trust"}}"#,
            ),
        ];
        for (readable, manifests, expected) in rows {
            let (_runtime, host) = host(readable, manifests);
            let answer = host.call("kubernetes", "get_resource", question);
            let answer =
                answer.map_or_else(|report| report, |json| String::from_utf8(json).unwrap());
            assert_eq!(answer, expected);
        }
    }

    #[test]
    fn log_lines_are_no_questions() {
        let (_runtime, host) = host(&[], None);
        for line in [r#"{"level":"info","message":"m","a":1}"#, r#"{"level":"odd"}"#, "text"] {
            assert_eq!(host.call("tracing", "log", line.as_bytes()), Ok(Vec::new()));
        }
        assert_eq!(host.call("tracing", "read", b""), Err("unknown operation: read".to_owned()));
    }
}
