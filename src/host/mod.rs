//! The host's protocol: what is asked and what is answered, as JSON over waPC.
//!
//! Source: <https://docs.kubewarden.io/reference/spec/host-capabilities/intro-host-capabilities>.
//! Namespaces and operations are literals: `kwctl annotate` scans the module for them.

use crate::image::reference::Digest;
use crate::policy::signer::{AllOf, Check, RekorBundle};
use signed_images_json::{Document, Json, Writer};
use std::fmt;

/// The host, as the one function that the stages are handed: namespace, operation, payload → answer.
pub type Host<'h> = dyn FnMut(&'static str, &'static str, &[u8]) -> Result<Vec<u8>, String> + 'h;

/// Why the host did not vouch for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The host's own words.
    Error(String),
    /// It answered that the image is not trusted.
    NotTrusted,
    /// It answered something else than the protocol says.
    Malformed(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(words) => f.write_str(words),
            Self::NotTrusted => f.write_str("the host does not trust the image"),
            Self::Malformed(why) => write!(f, "the host's answer cannot be read: {why}"),
        }
    }
}

/// Asks whether the image carries all the signatures of the check; answers the digest that they are for.
///
/// # Errors
/// When the host does not vouch for the image, whatever the reason.
pub fn verify(host: &mut Host<'_>, image: &str, check: &Check) -> Result<Digest, HostError> {
    let answer = call(host, "oci", "v2/verify", verify_request(image, check))?;
    let answer = document(&answer)?;
    let [is_trusted, digest] = pick(&answer, ["is_trusted", "digest"])?;
    match is_trusted.and_then(Json::flag) {
        Some(true) => {}
        Some(false) => return Err(HostError::NotTrusted),
        None => return Err(lacks("is_trusted")),
    }
    read_digest(digest)
}

fn read_digest(json: Option<Json<'_>>) -> Result<Digest, HostError> {
    let digest = json.and_then(Json::string).ok_or_else(|| lacks("digest"))?;
    Digest::parse(&digest).map_err(|_| HostError::Malformed(format!("`{digest}` is not a digest")))
}

/// What a question about a key takes, in bytes, and some more.
const REQUEST: usize = 512;

/// `OciSignatureVerificationRequest`: its kind, its image, and what each kind asks for.
fn verify_request(image: &str, check: &Check) -> Writer {
    let mut json = Writer::with_capacity(REQUEST);
    json.object().key("type").string(match &check.all_of {
        AllOf::PublicKeys(_) => "SigstorePubKeyVerify",
        AllOf::Keyless(_) => "SigstoreKeylessVerify",
        AllOf::KeylessPrefix(_) => "SigstoreKeylessPrefixVerify",
        AllOf::GithubActions(..) => "SigstoreGithubActionsVerify",
        AllOf::Certificate(..) => "SigstoreCertificateVerify",
    });
    json.key("image").string(image);
    match &check.all_of {
        AllOf::PublicKeys(keys) => {
            json.key("pub_keys").strings(keys);
        }
        AllOf::Keyless(list) => pairs(json.key("keyless"), "subject", list),
        AllOf::KeylessPrefix(list) => pairs(json.key("keyless_prefix"), "url_prefix", list),
        AllOf::GithubActions(owner, repo) => {
            json.key("owner").string(owner).key("repo").string_or_null(repo.as_deref());
        }
        AllOf::Certificate(certificate, chain, rekor_bundle) => {
            json.key("certificate").bytes(certificate.as_bytes()).key("certificate_chain");
            if let Some(chain) = chain {
                json.list();
                for link in chain {
                    json.bytes(link.as_bytes());
                }
                json.end_list();
            } else {
                json.raw("null");
            }
            json.key("require_rekor_bundle").flag(*rekor_bundle == RekorBundle::Required);
        }
    }
    json.key("annotations");
    if check.annotations.is_empty() {
        json.raw("null");
    } else {
        json.object();
        for (k, v) in &check.annotations {
            json.key(k).string(v);
        }
        json.end_object();
    }
    json.end_object();
    json
}

/// Issuers, and what is asked of the subjects.
fn pairs(json: &mut Writer, key: &str, list: &[(String, String)]) {
    json.list();
    for (issuer, subject) in list {
        json.object().key("issuer").string(issuer).key(key).string(subject).end_object();
    }
    json.end_list();
}

/// Asks the registry, through the host, what the reference points at.
///
/// # Errors
/// When the registry gives no digest.
pub fn manifest_digest(host: &mut Host<'_>, image: &str) -> Result<Digest, HostError> {
    let mut request = Writer::default();
    request.string(image);
    let answer = call(host, "oci", "v1/manifest_digest", request)?;
    let answer = document(&answer)?;
    let [digest] = pick(&answer, ["digest"])?;
    read_digest(digest)
}

/// Asks the registry, through the host, for the manifest or index that the reference points at: JSON.
///
/// # Errors
/// When the registry gives none.
pub fn oci_manifest(host: &mut Host<'_>, image: &str) -> Result<Vec<u8>, HostError> {
    let mut request = Writer::default();
    request.string(image);
    call(host, "oci", "v1/oci_manifest", request)
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
    let mut request = Writer::default();
    request.object().key("cert");
    pem(&mut request, certificate);
    request.key("cert_chain").list();
    for link in chain {
        pem(&mut request, link);
    }
    request.end_list().key("not_after").raw("null").end_object();
    let unchecked = |error| format!("the host could not check the chain: {error}");
    let answer = call(host, "crypto", "v1/is_certificate_trusted", request).map_err(unchecked)?;
    let answer = document(&answer).map_err(unchecked)?;
    let [trusted, reason] = pick(&answer, ["trusted", "reason"]).map_err(unchecked)?;
    match trusted.and_then(Json::flag) {
        Some(true) => Ok(()),
        Some(false) => Err(reason.and_then(Json::string).unwrap_or_default().into_owned()),
        None => Err(unchecked(lacks("trusted"))),
    }
}

fn pem(json: &mut Writer, certificate: &str) {
    json.object()
        .key("encoding")
        .string("Pem")
        .key("data")
        .bytes(certificate.as_bytes())
        .end_object();
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
    let mut request = Writer::default();
    request.object().key("api_version").string("v1").key("kind").string(kind);
    request.key("name").string(name).key("namespace").string(namespace);
    request.key("disable_cache").flag(true).end_object();
    call(host, "kubernetes", "get_resource", request)
}

fn call(
    host: &mut Host<'_>,
    namespace: &'static str,
    operation: &'static str,
    request: Writer,
) -> Result<Vec<u8>, HostError> {
    host(namespace, operation, &request.into_bytes()).map_err(HostError::Error)
}

/// An answer as JSON.
///
/// # Errors
/// When it is none.
pub(crate) fn document(answer: &[u8]) -> Result<Document<'_>, HostError> {
    let text =
        std::str::from_utf8(answer).map_err(|error| HostError::Malformed(error.to_string()))?;
    Document::read(text).map_err(|error| HostError::Malformed(error.to_string()))
}

/// The values of these keys.
fn pick<'d, const N: usize>(
    answer: &'d Document<'_>,
    keys: [&'static str; N],
) -> Result<[Option<Json<'d>>; N], HostError> {
    answer.root().pick(keys).map_err(|error| HostError::Malformed(error.to_string()))
}

fn lacks(key: &str) -> HostError {
    HostError::Malformed(format!("it lacks a readable `{key}`"))
}
