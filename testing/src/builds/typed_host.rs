//! The capabilities of `component/wit/policy.wit`, answered by one function.
//!
//! *What of an answer that the type has no place for?* It is an error, as it would be in a host that has to answer by the
//! type. It is read as the library reads it, so its words are the same.

use super::component::State;
use bindings::kubewarden::policy::capabilities::{
    Certificate, ConfiguredManifest, Error, ErrorCode, Host, LogLevel, ObjectQuery, Signers, Trust,
};
use kubewarden_policy_sdk::host_capabilities::crypto::{self, CertificateEncoding};
use kubewarden_policy_sdk::host_capabilities::crypto_v1::{
    CertificateVerificationRequest, CertificateVerificationResponse,
};
use kubewarden_policy_sdk::host_capabilities::verification::{KeylessInfo, KeylessPrefixInfo};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, json};
use signed_images_policy::host::verification::{AllOf, Check, Credential};
use signed_images_policy::host::{self, HostError, HostErrorKind};
use signed_images_policy::policy::signer::RekorBundle;

#[allow(clippy::pedantic, missing_docs, unreachable_pub, reason = "it is generated")]
pub(super) mod bindings {
    wasmtime::component::bindgen!({ path: "../component/wit", world: "policy" });
}

impl Host for State {
    fn verify(
        &mut self,
        image: String,
        signers: Signers,
        annotations: Vec<(String, String)>,
    ) -> Result<String, Error> {
        let check =
            Check { all_of: all_of(signers), annotations: annotations.into_iter().collect() };
        let digest = host::verify(&mut self.library_host(), &image, &check);
        digest.map(|digest| digest.to_string()).map_err(|error| told(&error))
    }

    fn manifest_digest(&mut self, image: String) -> Result<String, Error> {
        let digest = host::manifest_digest(&mut self.library_host(), &image);
        digest.map(|digest| digest.to_string()).map_err(|error| told(&error))
    }

    fn manifest(&mut self, image: String) -> Result<Vec<u8>, Error> {
        self.ask("oci", "v1/oci_manifest", &image)
    }

    fn manifest_and_config(&mut self, image: String) -> Result<ConfiguredManifest, Error> {
        /// As the host answers under waPC.
        #[derive(Deserialize)]
        struct Answer<'a> {
            #[serde(borrow)]
            manifest: Option<&'a RawValue>,
            digest: Option<String>,
            #[serde(borrow)]
            config: Option<&'a RawValue>,
        }
        let answer = self.ask("oci", "v1/oci_manifest_config", &image)?;
        // What is no JSON at all stands for a config that is none.
        let Ok(answer) = serde_json::from_slice::<Answer<'_>>(&answer) else {
            return Ok(ConfiguredManifest {
                manifest: b"null".to_vec(),
                digest: String::new(),
                config: answer,
            });
        };
        let bytes = |json: Option<&RawValue>| json.map_or("null", RawValue::get).into();
        Ok(ConfiguredManifest {
            manifest: bytes(answer.manifest),
            digest: answer.digest.unwrap_or_default(),
            config: bytes(answer.config),
        })
    }

    fn get_resource(&mut self, query: ObjectQuery) -> Result<Vec<u8>, Error> {
        let ObjectQuery { api_version, kind, namespace, name, disable_cache } = query;
        let question = json!({
            "api_version": api_version, "kind": kind, "namespace": namespace, "name": name,
            "disable_cache": disable_cache,
        });
        self.ask("kubernetes", "get_resource", &question)
    }

    fn is_certificate_trusted(
        &mut self,
        certificate: Certificate,
        chain: Option<Vec<Certificate>>,
        valid_at: Option<String>,
    ) -> Result<Trust, Error> {
        let encoded = |certificate| match certificate {
            Certificate::Pem(pem) => {
                crypto::Certificate { encoding: CertificateEncoding::Pem, data: pem.into_bytes() }
            }
            Certificate::Der(data) => {
                crypto::Certificate { encoding: CertificateEncoding::Der, data }
            }
        };
        let question = CertificateVerificationRequest {
            cert: encoded(certificate),
            cert_chain: chain.map(|chain| chain.into_iter().map(encoded).collect()),
            not_after: valid_at,
        };
        let answer = self.ask("crypto", "v1/is_certificate_trusted", &question)?;
        let answer: CertificateVerificationResponse =
            serde_json::from_slice(&answer).map_err(|error| unreadable(&error))?;
        Ok(if answer.trusted { Trust::Trusted } else { Trust::Untrusted(answer.reason) })
    }

    fn log(&mut self, level: LogLevel, message: String, fields: Vec<(String, String)>) {
        let level = match level {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warning => "warning",
            LogLevel::Error => "error",
        };
        let fields = fields.into_iter().map(|(key, value)| (key, value.into()));
        let mut line: Map<_, _> = fields.collect();
        line.extend(
            [("level", level.into()), ("message", message.into())]
                .map(|(key, value)| (key.to_owned(), value)),
        );
        // Nobody is told that it fails, as under waPC.
        let _ = (self.host)("tracing", "log", json!(line).to_string().as_bytes());
    }
}

impl State {
    fn library_host(
        &mut self,
    ) -> impl FnMut(&'static str, &'static str, &[u8]) -> Result<Vec<u8>, String> {
        |namespace, operation, question| (self.host)(namespace, operation, question)
    }

    fn ask(
        &mut self,
        namespace: &str,
        operation: &str,
        question: &(impl Serialize + ?Sized),
    ) -> Result<Vec<u8>, Error> {
        let question = serde_json::to_vec(question).expect("it can be written");
        (self.host)(namespace, operation, &question).map_err(|words| {
            // The library reads the words of every host; here, of one that says nothing else.
            let host = &mut |_: &'static str, _: &'static str, _: &[u8]| Err(words.clone());
            let error = match namespace {
                "kubernetes" => host::get_resource(host, "", "", "").err(),
                _ => host::manifest_digest(host, "").err(),
            };
            told(&error.expect("an error"))
        })
    }
}

fn all_of(signers: Signers) -> AllOf {
    let credential = |pem| Credential { pem, key_material: Vec::new() };
    match signers {
        Signers::PublicKeys(keys) => AllOf::PublicKeys(keys.into_iter().map(credential).collect()),
        Signers::Keyless(identities) => AllOf::Keyless(
            identities
                .into_iter()
                .map(|of| KeylessInfo { issuer: of.issuer, subject: of.subject })
                .collect(),
        ),
        Signers::KeylessPrefix(prefixes) => AllOf::KeylessPrefix(
            prefixes
                .into_iter()
                .map(|of| KeylessPrefixInfo { issuer: of.issuer, url_prefix: of.url_prefix })
                .collect(),
        ),
        Signers::GithubActions(of) => AllOf::GithubActions { owner: of.owner, repo: of.name },
        Signers::Certificate(signer) => AllOf::Certificate {
            certificate: credential(signer.certificate),
            chain: signer.chain,
            rekor_bundle: if signer.require_rekor_bundle {
                RekorBundle::Required
            } else {
                RekorBundle::Optional
            },
        },
    }
}

/// What a typed host says where one under waPC has words.
fn told(error: &HostError) -> Error {
    let code = match error {
        HostError::Refused { kind, .. } => match kind {
            HostErrorKind::Withheld | HostErrorKind::WithheldKubernetes => ErrorCode::NotGranted,
            HostErrorKind::NoSignatures => ErrorCode::NoSignatures,
            HostErrorKind::InvalidSignatures => ErrorCode::InvalidSignatures,
            HostErrorKind::MissingSignatures => ErrorCode::MissingSignatures,
            HostErrorKind::Absent => ErrorCode::NotFound,
            HostErrorKind::Forbidden => ErrorCode::Forbidden,
            HostErrorKind::Other => ErrorCode::Unavailable,
        },
        HostError::NotTrusted => ErrorCode::MissingSignatures,
        HostError::Malformed(_) => ErrorCode::Unavailable,
    };
    Error { code, message: error.to_string() }
}

fn unreadable(error: &serde_json::Error) -> Error {
    told(&HostError::Malformed(error.to_string()))
}
