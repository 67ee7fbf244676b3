//! The host's protocol: what is asked and what is answered, as JSON over waPC.
//!
//! Source: <https://docs.kubewarden.io/reference/spec/host-capabilities/intro-host-capabilities>.
//! Namespaces and operations are literals: `kwctl annotate` scans the module for them.

use crate::reference::Digest;
use crate::signer::{AllOf, Annotations, Check, RekorBundle};
use serde::Serialize;
use signed_images_json::{Document, Json};
use std::borrow::Cow;
use std::fmt;

/// The host, as the one function that the stages are handed: namespace, operation, payload → answer.
pub type Host<'h> = dyn FnMut(&'static str, &'static str, &[u8]) -> Result<Vec<u8>, String> + 'h;

/// Why the host did not vouch for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The host's own words.
    Error(String),
    /// It answered that the image is not trusted.
    NotTrusted,
    /// It answered something else than the protocol says.
    Malformed(String),
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(words) => f.write_str(words),
            Self::NotTrusted => f.write_str("the host does not trust the image"),
            Self::Malformed(why) => write!(f, "the host's answer cannot be read: {why}"),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type")]
#[expect(clippy::enum_variant_names, reason = "the names are the protocol's")]
enum VerifyRequest<'c> {
    SigstorePubKeyVerify {
        image: &'c str,
        pub_keys: &'c [String],
        annotations: Option<&'c Annotations>,
    },
    SigstoreKeylessVerify {
        image: &'c str,
        keyless: Vec<KeylessInfo<'c>>,
        annotations: Option<&'c Annotations>,
    },
    SigstoreKeylessPrefixVerify {
        image: &'c str,
        keyless_prefix: Vec<KeylessPrefixInfo<'c>>,
        annotations: Option<&'c Annotations>,
    },
    SigstoreGithubActionsVerify {
        image: &'c str,
        owner: &'c str,
        repo: Option<&'c str>,
        annotations: Option<&'c Annotations>,
    },
    SigstoreCertificateVerify {
        image: &'c str,
        certificate: &'c [u8],
        certificate_chain: Option<Vec<&'c [u8]>>,
        require_rekor_bundle: bool,
        annotations: Option<&'c Annotations>,
    },
}

#[derive(Serialize)]
struct KeylessInfo<'c> {
    issuer: &'c str,
    subject: &'c str,
}

#[derive(Serialize)]
struct KeylessPrefixInfo<'c> {
    issuer: &'c str,
    url_prefix: &'c str,
}

/// Asks whether the image carries all the signatures of the check; answers the digest that they are for.
///
/// # Errors
/// When the host does not vouch for the image, whatever the reason.
pub fn verify(host: &mut Host<'_>, image: &str, check: &Check) -> Result<Digest, Denial> {
    let answer = call(host, "oci", "v2/verify", &verify_request(image, check))?;
    let answer = document(&answer)?;
    let [is_trusted, digest] = pick(&answer, ["is_trusted", "digest"])?;
    match is_trusted.and_then(Json::flag) {
        Some(true) => {}
        Some(false) => return Err(Denial::NotTrusted),
        None => return Err(lacks("is_trusted")),
    }
    let digest = digest.and_then(Json::string).ok_or_else(|| lacks("digest"))?;
    Digest::parse(&digest).map_err(|_| Denial::Malformed(format!("`{digest}` is not a digest")))
}

fn verify_request<'c>(image: &'c str, check: &'c Check) -> VerifyRequest<'c> {
    let annotations = (!check.annotations.is_empty()).then_some(&check.annotations);
    match &check.all_of {
        AllOf::PublicKeys(pub_keys) => {
            VerifyRequest::SigstorePubKeyVerify { image, pub_keys, annotations }
        }
        AllOf::Keyless(list) => VerifyRequest::SigstoreKeylessVerify {
            image,
            keyless: list.iter().map(|(issuer, subject)| KeylessInfo { issuer, subject }).collect(),
            annotations,
        },
        AllOf::KeylessPrefix(list) => VerifyRequest::SigstoreKeylessPrefixVerify {
            image,
            keyless_prefix: list
                .iter()
                .map(|(issuer, url_prefix)| KeylessPrefixInfo { issuer, url_prefix })
                .collect(),
            annotations,
        },
        AllOf::GithubActions(owner, repo) => VerifyRequest::SigstoreGithubActionsVerify {
            image,
            owner,
            repo: repo.as_deref(),
            annotations,
        },
        AllOf::Certificate(certificate, chain, rekor_bundle) => {
            VerifyRequest::SigstoreCertificateVerify {
                image,
                certificate: certificate.as_bytes(),
                certificate_chain: chain
                    .as_ref()
                    .map(|chain| chain.iter().map(String::as_bytes).collect()),
                require_rekor_bundle: *rekor_bundle == RekorBundle::Required,
                annotations,
            }
        }
    }
}

/// Asks the registry, through the host, what the reference points at.
///
/// # Errors
/// When the registry gives no digest.
pub fn manifest_digest(host: &mut Host<'_>, image: &str) -> Result<String, Denial> {
    let answer = call(host, "oci", "v1/manifest_digest", &image)?;
    let answer = document(&answer)?;
    let [digest] = pick(&answer, ["digest"])?;
    digest.and_then(Json::string).map(Cow::into_owned).ok_or_else(|| lacks("digest"))
}

#[derive(Serialize)]
struct PemCertificate<'c> {
    encoding: &'static str,
    data: &'c [u8],
}

#[derive(Serialize)]
struct TrustRequest<'c> {
    cert: PemCertificate<'c>,
    cert_chain: Vec<PemCertificate<'c>>,
    not_after: Option<&'c str>,
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
    let pem = |text| PemCertificate { encoding: "Pem", data: str::as_bytes(text) };
    let request = TrustRequest {
        cert: pem(certificate),
        cert_chain: chain.iter().map(|link| pem(link)).collect(),
        not_after: None,
    };
    let unchecked = |denial| format!("the host could not check the chain: {denial}");
    let answer = call(host, "crypto", "v1/is_certificate_trusted", &request).map_err(unchecked)?;
    let answer = document(&answer).map_err(unchecked)?;
    let [trusted, reason] = pick(&answer, ["trusted", "reason"]).map_err(unchecked)?;
    match trusted.and_then(Json::flag) {
        Some(true) => Ok(()),
        Some(false) => Err(reason.and_then(Json::string).unwrap_or_default().into_owned()),
        None => Err(unchecked(lacks("trusted"))),
    }
}

#[derive(Serialize)]
struct GetResource<'c> {
    api_version: &'static str,
    kind: &'static str,
    name: &'c str,
    namespace: &'c str,
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
) -> Result<Vec<u8>, Denial> {
    let request = GetResource { api_version: "v1", kind, name, namespace, disable_cache: true };
    call(host, "kubernetes", "get_resource", &request)
}

fn call(
    host: &mut Host<'_>,
    namespace: &'static str,
    operation: &'static str,
    request: &impl Serialize,
) -> Result<Vec<u8>, Denial> {
    let payload = serde_json::to_vec(request).map_err(|error| Denial::Error(error.to_string()))?;
    host(namespace, operation, &payload).map_err(Denial::Error)
}

/// An answer as JSON.
///
/// # Errors
/// When it is none.
pub(crate) fn document(answer: &[u8]) -> Result<Document<'_>, Denial> {
    let text = std::str::from_utf8(answer).map_err(|error| Denial::Malformed(error.to_string()))?;
    Document::read(text).map_err(|error| Denial::Malformed(error.to_string()))
}

/// The values of these keys.
fn pick<'d, const N: usize>(
    answer: &'d Document<'_>,
    keys: [&'static str; N],
) -> Result<[Option<Json<'d>>; N], Denial> {
    answer.root().pick(keys).map_err(|error| Denial::Malformed(error.to_string()))
}

fn lacks(key: &str) -> Denial {
    Denial::Malformed(format!("it lacks a readable `{key}`"))
}
