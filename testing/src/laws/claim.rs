//! Manifests of signatures and the certificates in them, which whoever may push writes. An input is a manifest, a
//! certificate as PEM, or its DER.

use super::text;
use regex::Regex;
use serde_json::{Value, json};
use signed_images_policy::keys::certificate_identity::CertificateIdentity;
use signed_images_policy::validate;
use signed_images_policy::verify::signature_manifest::SignatureManifest;
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

const ANNOTATION: &str = "dev.sigstore.cosign/certificate";
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const PATTERN: &str = "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*";
/// The only subject that the host vouches for.
const RELEASE: &str = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2";

pub(super) fn law(input: &[u8]) {
    is_read_as_the_host_reads_it(input);
    let Some(text) = text::of(input) else { return };
    if let Ok(manifest) = serde_json::from_str::<Value>(text) {
        has_the_claims_of_its_layers(text, &manifest);
        asks_for_what_matches(&manifest, text);
    } else {
        let manifest = json!({"layers": [{"annotations": {"dev.cosignproject.cosign/signature": "", ANNOTATION: text}}]});
        asks_for_what_matches(&manifest, &manifest.to_string());
    }
}

/// What the host's reader takes for a certificate names the same to both.
fn is_read_as_the_host_reads_it(der: &[u8]) {
    let claim = CertificateIdentity::read(&pem::encode(&pem::Pem::new("CERTIFICATE", der)));
    let Ok(certificate) = Certificate::from_der(der) else { return };
    let names = certificate.tbs_certificate().get_extension::<SubjectAltName>();
    let Ok(names) = names else { return };
    let subject = names.and_then(|(_, names)| {
        names.0.iter().find_map(|name| match name {
            GeneralName::Rfc822Name(name) => Some(name.to_string()),
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
            _ => None,
        })
    });
    match (claim, subject) {
        (Some(claim), Some(subject)) => assert_eq!(claim.subject, subject),
        (Some(claim), None) => panic!("{claim:?} comes from nowhere"),
        // Empty, too long, or its other extensions are not what they should be.
        (None, _) => {}
    }
}

/// One after the other, and nothing else.
fn has_the_claims_of_its_layers(text: &str, manifest: &Value) {
    let text = serde_json::from_str(text).expect("JSON");
    let claims = SignatureManifest::read(text);
    assert_eq!(claims, SignatureManifest::read(text));
    let SignatureManifest::Of(claims) = claims else { return };
    let layers = manifest["layers"].as_array().expect("a list");
    let said = layers.iter().filter_map(|layer| layer["annotations"][ANNOTATION].as_str());
    let mut said = said.filter_map(CertificateIdentity::read);
    for claim in claims {
        assert!(!claim.subject.is_empty());
        assert!(said.any(|known| known == claim), "{claim:?} comes from nowhere");
    }
}

/// The policy asks for subjects that match, each once and not too many, and accepts when the host vouches.
fn asks_for_what_matches(manifest: &Value, text: &str) {
    let digest = format!("sha256:{}", "a".repeat(64));
    let matching = Regex::new(
        r"^https://github\.com/acme/[^/]*/\.github/workflows/release\.yml@refs/tags/v[^/]*$",
    );
    let matching = matching.expect("a regular expression");
    let mut asked: Vec<String> = Vec::new();
    let host = &mut |_: &'static str, operation: &'static str, question: &[u8]| match operation {
        "v1/manifest_digest" => Ok(json!({"digest": digest}).to_string().into_bytes()),
        "v1/oci_manifest" => Ok(text.as_bytes().to_vec()),
        _ => {
            let question: Value = serde_json::from_slice(question).expect("JSON");
            assert_eq!(question["image"], format!("ghcr.io/acme/app@{digest}"));
            let pairs = question["keyless"].as_array().expect("identities");
            let [pair] = pairs.as_slice() else { panic!("{question}") };
            assert_eq!(pair["issuer"], GITHUB);
            let subject = pair["subject"].as_str().expect("a subject").to_owned();
            let answer = json!({"is_trusted": subject == RELEASE, "digest": digest});
            asked.push(subject);
            Ok(answer.to_string().into_bytes())
        }
    };
    let signer =
        json!({"kind": "genericIssuer", "issuer": GITHUB, "subject": {"pattern": PATTERN}});
    let payload = json!({
        "settings": {"rules": [{"images": ["**"], "allOf": [signer]}]},
        "request": {
            "kind": {"group": "", "kind": "Pod"}, "operation": "CREATE",
            "object": {"spec": {"containers": [{"name": "app", "image": "ghcr.io/acme/app:1"}]}},
        },
    });
    let answer = validate(payload.to_string().as_bytes(), host, &mut |_| (), Duration::ZERO);
    let answer: Value = serde_json::from_slice(&answer).expect("an answer");
    assert_eq!(answer["accepted"], asked.last().is_some_and(|subject| subject == RELEASE));
    assert!(asked.len() <= 8, "{asked:?}");
    for (at, subject) in asked.iter().enumerate() {
        assert!(matching.is_match(subject), "{subject}");
        assert!(subject.bytes().all(|byte| byte.is_ascii_graphic()), "{subject:?}");
        assert!(!asked[..at].contains(subject), "{subject} twice");
        let is_claimed = |layer: &Value| {
            let claim =
                layer["annotations"][ANNOTATION].as_str().and_then(CertificateIdentity::read);
            claim.is_some_and(|claim| claim.subject == *subject && claim.is_of(GITHUB))
        };
        assert!(manifest["layers"].as_array().is_some_and(|layers| layers.iter().any(is_claimed)));
    }
    let message = answer["message"].as_str().unwrap_or("accepted");
    assert!(message.len() <= 4096 && !message.contains(|c: char| c.is_control() && c != '\n'));
}
