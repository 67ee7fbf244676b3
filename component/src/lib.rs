//! The policy as a component: `wit/policy.wit` on the outside, the library's one function for the host inside.
//!
//! The library asks its host in JSON, as waPC carries it. Each question is read with the types of Kubewarden's SDK and put
//! as a typed call; each answer is written as the JSON that the library reads. Nothing is decided here.

#![cfg(all(target_os = "wasi", target_env = "p2"))]

#[expect(unsafe_code, reason = "components are called by addresses")]
#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub, reason = "it is generated")]
mod bindings {
    use super::Policy;
    wit_bindgen::generate!({ path: "wit", world: "policy" });
    export!(Policy with_types_in self);
}

use bindings::Guest;
use bindings::kubewarden::policy::capabilities::{
    self, Certificate, CertificateSigner, ConfiguredManifest, Error, ErrorCode, Identity,
    IdentityPrefix, LogLevel, ObjectQuery, Repository, Signers, Trust,
};
use kubewarden_policy_sdk::host_capabilities::crypto::{self, CertificateEncoding};
use kubewarden_policy_sdk::host_capabilities::verification::{KeylessInfo, KeylessPrefixInfo};
use kubewarden_policy_sdk::host_capabilities::{
    SigstoreVerificationInputV2 as Verification, crypto_v1, oci, verification,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signed_images_policy::host::{HostErrorKind, told};
use signed_images_policy::response::LogLine;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The linker reads it, and cargo builds again when it changes.
const _: &str = include_str!("../wapc.wat");
struct Policy;

impl Guest for Policy {
    fn validate(payload: Vec<u8>) -> Result<Vec<u8>, String> {
        Ok(signed_images_policy::validate(&payload, &mut ask, &mut log, now()))
    }

    fn validate_settings(settings: Vec<u8>) -> Result<Vec<u8>, String> {
        Ok(signed_images_policy::validate_settings(&settings, &mut ask, now()))
    }

    fn protocol_version() -> String {
        "v1".to_owned()
    }
}

/// A clock before the epoch reads as the epoch: no certificate is valid then.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn log(line: &LogLine) {
    let fields = [
        ("policy", "signed-images-policy"),
        ("image", &line.image),
        ("rule", &line.rule),
        ("reason", line.reason),
    ];
    let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned()));
    capabilities::log(LogLevel::Warning, &line.message, &fields);
}

/// The host, as the library calls it.
fn ask(namespace: &str, operation: &str, question: &[u8]) -> Result<Vec<u8>, String> {
    let words = |error: Error| told(operation, kind(error.code), error.message);
    match (namespace, operation) {
        ("oci", "v2/verify") => {
            let digest = verify(read(question)?).map_err(words)?;
            write(&verification::VerificationResponse { is_trusted: true, digest })
        }
        ("oci", "v1/manifest_digest") => {
            let digest = capabilities::manifest_digest(&read::<String>(question)?);
            write(&oci::ManifestDigestResponse { digest: digest.map_err(words)? })
        }
        ("oci", "v1/oci_manifest") => {
            capabilities::manifest(&read::<String>(question)?).map_err(words)
        }
        ("oci", "v1/oci_manifest_config") => {
            let found = capabilities::manifest_and_config(&read::<String>(question)?);
            configured(found.map_err(words)?)
        }
        ("kubernetes", "get_resource") => {
            let GetResource { api_version, kind, name, namespace, disable_cache } = read(question)?;
            let query = ObjectQuery { api_version, kind, namespace, name, disable_cache };
            capabilities::get_resource(&query).map_err(words)
        }
        ("crypto", "v1/is_certificate_trusted") => {
            let (trusted, reason) = match is_trusted(read(question)?).map_err(words)? {
                Trust::Trusted => (true, String::new()),
                Trust::Untrusted(reason) => (false, reason),
            };
            write(&crypto_v1::CertificateVerificationResponse { trusted, reason })
        }
        _ => Err(format!("a component cannot ask for {namespace}/{operation}")),
    }
}

fn kind(code: ErrorCode) -> HostErrorKind {
    match code {
        ErrorCode::NotGranted => HostErrorKind::Withheld,
        ErrorCode::NotFound => HostErrorKind::Absent,
        ErrorCode::Forbidden => HostErrorKind::Forbidden,
        ErrorCode::NoSignatures => HostErrorKind::NoSignatures,
        ErrorCode::InvalidSignatures => HostErrorKind::InvalidSignatures,
        ErrorCode::MissingSignatures => HostErrorKind::MissingSignatures,
        ErrorCode::Unavailable => HostErrorKind::Other,
    }
}

fn verify(question: Verification) -> Result<String, Error> {
    let (image, signers, annotations) = match question {
        Verification::SigstorePubKeyVerify { image, pub_keys, annotations } => {
            (image, Signers::PublicKeys(pub_keys), annotations)
        }
        Verification::SigstoreKeylessVerify { image, keyless, annotations } => {
            let identity = |KeylessInfo { issuer, subject }| Identity { issuer, subject };
            (image, Signers::Keyless(keyless.into_iter().map(identity).collect()), annotations)
        }
        Verification::SigstoreKeylessPrefixVerify { image, keyless_prefix, annotations } => {
            let prefix =
                |KeylessPrefixInfo { issuer, url_prefix }| IdentityPrefix { issuer, url_prefix };
            let prefixes = keyless_prefix.into_iter().map(prefix).collect();
            (image, Signers::KeylessPrefix(prefixes), annotations)
        }
        Verification::SigstoreGithubActionsVerify { image, owner, repo: name, annotations } => {
            (image, Signers::GithubActions(Repository { owner, name }), annotations)
        }
        Verification::SigstoreCertificateVerify {
            image,
            certificate,
            certificate_chain,
            require_rekor_bundle,
            annotations,
        } => {
            let signer = CertificateSigner {
                certificate: pem(certificate),
                chain: certificate_chain.map(|chain| chain.into_iter().map(pem).collect()),
                require_rekor_bundle,
            };
            (image, Signers::Certificate(signer), annotations)
        }
    };
    let annotations: Vec<_> = annotations.unwrap_or_default().into_iter().collect();
    capabilities::verify(&image, &signers, &annotations)
}

fn is_trusted(question: crypto_v1::CertificateVerificationRequest) -> Result<Trust, Error> {
    let certificate = |crypto::Certificate { encoding, data }| match encoding {
        CertificateEncoding::Pem => Certificate::Pem(pem(data)),
        CertificateEncoding::Der => Certificate::Der(data),
    };
    let crypto_v1::CertificateVerificationRequest { cert, cert_chain, not_after } = question;
    let chain: Option<Vec<_>> =
        cert_chain.map(|chain| chain.into_iter().map(certificate).collect());
    capabilities::is_certificate_trusted(&certificate(cert), chain.as_deref(), not_after.as_deref())
}

/// The library makes the bytes of a string.
fn pem(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// `GetResourceRequest` of the SDK comes with the types of all of Kubernetes.
#[derive(Deserialize)]
struct GetResource {
    api_version: String,
    kind: String,
    name: String,
    namespace: Option<String>,
    disable_cache: bool,
}

/// As the SDK's type, which would lose what it does not know.
#[derive(Serialize)]
struct Configured<'a> {
    manifest: &'a RawValue,
    digest: String,
    config: &'a RawValue,
}

/// What is no JSON is handed on as it is: the library says so.
fn configured(found: ConfiguredManifest) -> Result<Vec<u8>, String> {
    let ConfiguredManifest { manifest, digest, config } = found;
    match (read(&manifest), read(&config)) {
        (Ok(manifest), Ok(config)) => write(&Configured { manifest, digest, config }),
        (Err(_), _) => Ok(manifest),
        (Ok(_), Err(_)) => Ok(config),
    }
}

fn read<'b, T: Deserialize<'b>>(json: &'b [u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string())
}

fn write(answer: &impl Serialize) -> Result<Vec<u8>, String> {
    serde_json::to_vec(answer).map_err(|error| error.to_string())
}
