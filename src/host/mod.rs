//! The host's calls: what is asked and what is answered, as JSON over waPC.
//!
//! *Whose types are these?* Of the questions, those of Kubewarden's SDK. The answers are read as they stand
//! (`src/json.rs`): a derived type takes a list for an object, and a host that answers one is not one to trust.
//!
//! Namespaces and operations are literals: `kwctl annotate` scans the module for them.
//! Source: <https://docs.kubewarden.io/admission-controller/1.37/en/reference/spec/host-capabilities/01-intro-host-capabilities.html>.

pub(crate) mod error;
pub mod verification;

#[cfg(not(target_env = "p1"))]
pub use error::told;
pub use error::{HostError, HostErrorKind};

use crate::image::reference::Digest;
use crate::json;
use error::{KUBERNETES, REGISTRY, VERIFY, Vocabulary};
use kubewarden_policy_sdk::host_capabilities::crypto::{Certificate, CertificateEncoding};
use kubewarden_policy_sdk::host_capabilities::crypto_v1::CertificateVerificationRequest;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use verification::Check;

/// The longest answer, in bytes. Registries take manifests of four MiB
/// (<https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests>), which are longer as the
/// host writes them, and Kubernetes objects of less.
const MAX_ANSWER: usize = 5 * 1024 * 1024;

/// Of an error, so many bytes are read: the host repeats every key that it was asked about.
pub(crate) const MAX_WORDS: usize = 256 * 1024;

/// The operation that answers with a config.
pub(crate) const CONFIG: &str = "v1/oci_manifest_config";

/// The host, as the one function that the stages are handed: namespace, operation, payload → answer.
pub type Host<'h> = dyn FnMut(&'static str, &'static str, &[u8]) -> Result<Vec<u8>, String> + 'h;

/// Asks whether the image carries all the signatures of the check; answers the digest that they are for.
///
/// ```
/// use signed_images_policy::host::verification::{AllOf, Check};
/// use signed_images_policy::host::{self, HostError, HostErrorKind};
///
/// let all_of = AllOf::GithubActions { owner: "acme".to_owned(), repo: None };
/// let check = Check { all_of, annotations: Default::default() };
/// let mut server = |_: &str, operation: &str, question: &[u8]| {
///     assert_eq!(operation, "v2/verify");
///     assert!(String::from_utf8_lossy(question).contains(r#""image":"ghcr.io/acme/app:1""#));
///     Err("no signatures found for image: ghcr.io/acme/app:1".to_owned())
/// };
/// let error = host::verify(&mut server, "ghcr.io/acme/app:1", &check).unwrap_err();
/// assert!(matches!(error, HostError::Refused { kind: HostErrorKind::NoSignatures, .. }));
/// ```
///
/// # Errors
/// When the host does not vouch for the image, whatever the reason.
pub fn verify(host: &mut Host<'_>, image: &str, check: &Check) -> Result<Digest, HostError> {
    let answer = call(host, "oci", "v2/verify", &check.request(image), VERIFY)?;
    let [is_trusted, digest] = pick(read(&answer)?, ["is_trusted", "digest"])?;
    match is_trusted.and_then(json::flag) {
        Some(true) => read_digest(digest),
        Some(false) => Err(HostError::NotTrusted),
        None => Err(lacks("is_trusted")),
    }
}

/// Asks the registry, through the host, what the reference points at.
///
/// # Errors
/// When the registry gives no digest.
pub fn manifest_digest(host: &mut Host<'_>, image: &str) -> Result<Digest, HostError> {
    let answer = call(host, "oci", "v1/manifest_digest", image, REGISTRY)?;
    let [digest] = pick(read(&answer)?, ["digest"])?;
    read_digest(digest)
}

/// Asks the registry, through the host, for the manifest or index that the reference points at: JSON.
///
/// # Errors
/// When the registry gives none.
pub fn oci_manifest(host: &mut Host<'_>, image: &str) -> Result<Vec<u8>, HostError> {
    call(host, "oci", "v1/oci_manifest", image, REGISTRY)
}

/// Asks the registry, through the host, for the config of the manifest that the reference points at: an answer in which
/// it is the `config`, beside the manifest and its `digest`.
///
/// # Errors
/// When the registry gives none, or it is no JSON.
pub fn oci_manifest_config(host: &mut Host<'_>, image: &str) -> Result<Vec<u8>, HostError> {
    call(host, "oci", CONFIG, image, REGISTRY)
}

/// Asks whether the chain (the root last) leads to the certificate.
///
/// # Errors
/// With the reason when it does not, or when the host cannot tell.
pub fn is_certificate_trusted(
    host: &mut Host<'_>,
    certificate: &str,
    chain: &[String],
) -> Result<(), String> {
    let pem = |text: &str| Certificate {
        encoding: CertificateEncoding::Pem,
        data: text.as_bytes().to_vec(),
    };
    let request = CertificateVerificationRequest {
        cert: pem(certificate),
        cert_chain: Some(chain.iter().map(|link| pem(link)).collect()),
        not_after: None,
    };
    let unchecked = |error| format!("the policy server could not check the chain: {error}");
    let answer =
        call(host, "crypto", "v1/is_certificate_trusted", &request, REGISTRY).map_err(unchecked)?;
    let answer = read(&answer).map_err(unchecked)?;
    let [trusted, reason] = pick(answer, ["trusted", "reason"]).map_err(unchecked)?;
    match trusted.and_then(json::flag) {
        Some(true) => Ok(()),
        Some(false) => Err(reason.and_then(json::string).map(Cow::into_owned).unwrap_or_default()),
        None => Err(unchecked(lacks("trusted"))),
    }
}

/// `GetResourceRequest` of the SDK comes with the types of all of Kubernetes.
#[derive(Serialize)]
struct GetResource<'q> {
    api_version: &'static str,
    kind: &'static str,
    name: &'q str,
    namespace: &'q str,
    disable_cache: bool,
}

/// Reads an object of the core API. With its cache on, the host would watch every object of that kind.
///
/// # Errors
/// When the host does not give it.
pub fn get_resource(
    host: &mut Host<'_>,
    kind: &'static str,
    namespace: &str,
    name: &str,
) -> Result<Vec<u8>, HostError> {
    let request = GetResource { api_version: "v1", kind, name, namespace, disable_cache: true };
    call(host, "kubernetes", "get_resource", &request, KUBERNETES)
}

fn call(
    host: &mut Host<'_>,
    namespace: &'static str,
    operation: &'static str,
    request: &(impl Serialize + ?Sized),
    vocabulary: Vocabulary,
) -> Result<Vec<u8>, HostError> {
    // What is asked can always be written; a question without a byte would be refused.
    let request = serde_json::to_vec(request).unwrap_or_default();
    ask(host, namespace, operation, &request, vocabulary)
}

fn ask(
    host: &mut Host<'_>,
    namespace: &'static str,
    operation: &'static str,
    request: &[u8],
    vocabulary: Vocabulary,
) -> Result<Vec<u8>, HostError> {
    let answer = host(namespace, operation, request).map_err(|mut words| {
        words.truncate(words.floor_char_boundary(MAX_WORDS));
        HostError::refused(words, vocabulary)
    })?;
    match answer.len() {
        size if size > MAX_ANSWER => Err(HostError::Malformed(format!(
            "it has {size} bytes; at most {MAX_ANSWER} are allowed"
        ))),
        _ => Ok(answer),
    }
}

/// An answer as JSON.
///
/// # Errors
/// When it is none.
pub(crate) fn read(answer: &[u8]) -> Result<&RawValue, HostError> {
    serde_json::from_slice(answer).map_err(|error| HostError::Malformed(error.to_string()))
}

/// The values of these keys.
fn pick<'r, const N: usize>(
    answer: &'r RawValue,
    keys: [&'static str; N],
) -> Result<[Option<&'r RawValue>; N], HostError> {
    json::pick(answer, keys).map_err(|error| HostError::Malformed(error.to_string()))
}

fn read_digest(json: Option<&RawValue>) -> Result<Digest, HostError> {
    let digest = json.and_then(json::string).ok_or_else(|| lacks("digest"))?;
    Digest::parse(&digest).map_err(|_| HostError::Malformed(format!("`{digest}` is not a digest")))
}

fn lacks(key: &str) -> HostError {
    HostError::Malformed(format!("`{key}` is missing or not valid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one character, of as many as are read, and of more; wherever a character ends.
    #[test]
    fn as_many_words_as_are_read() {
        for (words, read) in [
            ("x".repeat(MAX_WORDS), MAX_WORDS),
            ("x".repeat(MAX_WORDS + 1), MAX_WORDS),
            ("x".to_owned() + &"é".repeat(MAX_WORDS / 2), MAX_WORDS - 1),
            ("é".to_owned(), 2),
        ] {
            let mut host = |_: &'static str, _: &'static str, _: &[u8]| Err(words.clone());
            match manifest_digest(&mut host, "app") {
                Err(HostError::Refused { words, .. }) => assert_eq!(words.len(), read),
                other => panic!("{other:?}"),
            }
        }
    }
}
