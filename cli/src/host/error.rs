//! Why the host could not answer, in the words of Kubewarden's host.
//!
//! - Why their words? The policy tells the causes apart by them, and a recorded session must read the same
//!   whichever command made it.
//! - What reaches the policy? The text, and under `Caused by:` what lies beneath it.

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use oci_client::ParseError;
use oci_client::errors::OciDistributionError;
use sigstore::errors::SigstoreError;

/// A failed answer.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum HostError {
    #[error("Invalid OCI image reference: {0}")]
    Reference(#[from] ParseError),
    #[error("Fail to interact with OCI registry: {0}")]
    Registry(OciDistributionError),
    #[error("Fail to interact with OCI registry: {reason}")]
    Unreachable { reason: String },
    #[error("the configuration of `{image}` is not JSON: {source}")]
    Configuration { image: String, source: serde_json::Error },
    #[error("Fail to interact with OCI registry: timed out: no answer about {image} after {} seconds", .after.as_secs())]
    RegistryTimeout { image: String, after: Duration },
    #[error("failed to get image trusted layers: timed out: no answer about {image} after {} seconds", .after.as_secs())]
    SignatureTimeout { image: String, after: Duration },
    #[error("failed to get image trusted layers: {0}")]
    TrustedLayers(#[from] SigstoreError),
    #[error("failed to get image trusted layers: {reason}")]
    TrustRoot { reason: String },
    // The blank before the end is the host's.
    #[error("no signatures found for image: {image} ")]
    Unsigned { image: String },
    #[error(
        "Image verification failed: missing signatures\nThe following constraints were not satisfied:\n{signers}"
    )]
    MissingSignatures { signers: String },
    #[error("{0}")]
    NoSigner(&'static str),
    #[error(transparent)]
    Certificate(SigstoreError),
    #[error("verification failed: Several Signature Layers failed verification")]
    CertificateUnsatisfied,
    #[error("Certificate PEM data is not valid: {0}")]
    Pem(#[from] rustls_pki_types::pem::Error),
    #[error("Certificate is not a valid end-entity certificate: {0}")]
    EndEntity(webpki::Error),
    #[error(transparent)]
    Anchor(webpki::Error),
    #[error("Timestamp not_after is not in RFC3339 format")]
    NotAfter,
    #[error("Cannot find {api_version}/{kind} named '{name}' inside of namespace '{namespace:?}'")]
    NoSuchObject { api_version: String, kind: String, name: String, namespace: Option<String> },
    #[error("kube::Client was not initialized properly: {hint}")]
    NoCluster { hint: String },
    #[error("Cannot find resource {api_version}/{kind}")]
    NoSuchKind { api_version: String, kind: String },
    #[error("Resource {api_version}/{kind} is namespaced, but no namespace was provided")]
    NoNamespace { api_version: String, kind: String },
    #[error(transparent)]
    Kubernetes(Box<kube::Error>),
    /// The host's text says less; what it says is in `reason`.
    #[error("kubernetes API server `{server}`: {reason}")]
    ApiServer { server: String, reason: String },
    #[error("error serializing payload: {0}")]
    Answer(serde_json::Error),
    /// A prefix that is no URL ends the task that verifies, at Kubewarden's host.
    #[error("Error obtaining response over callback channel")]
    Died,
    /// What a recorded session says.
    #[error("{0}")]
    Recorded(String),
}

impl HostError {
    /// The text that the policy gets.
    #[must_use]
    pub fn report(&self) -> String {
        if matches!(self, Self::Died) {
            return self.to_string();
        }
        let mut report = format!("Callback evaluation failure: {self}");
        let causes: Vec<String> = std::iter::successors(self.source(), |&error| error.source())
            .map(ToString::to_string)
            .collect();
        if !causes.is_empty() {
            report.push_str("\n\nCaused by:");
        }
        for (index, cause) in causes.iter().enumerate() {
            // Writing to a text cannot fail.
            let _ = match causes.len() {
                1 => write!(report, "\n    {cause}"),
                _ => write!(report, "\n    {index}: {cause}"),
            };
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_name_their_causes() {
        let unsigned = HostError::Unsigned { image: "i".to_owned() };
        assert_eq!(
            unsigned.report(),
            "Callback evaluation failure: no signatures found for image: i "
        );
        let layers = HostError::from(SigstoreError::SigstoreNoVerifiedLayer);
        assert_eq!(
            layers.report(),
            "Callback evaluation failure: failed to get image trusted layers: No Signature Layer passed verification\n\nCaused by:\n    No Signature Layer passed verification"
        );
    }
}
