//! A policy's settings, put to the policy: who signed an image, and what becomes of it.

use base64::Engine;
use rcgen::{CertificateParams, CustomExtension, KeyPair, SanType};
use serde_json::{Value, json};
use signed_images_policy::host::Host;
use signed_images_policy::validate;
use signed_images_testing::sources::Report;

use crate::{DIGEST, NOW, reports, root};

/// Who signed the images of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signatures {
    pub(crate) keys: Vec<String>,
    pub(crate) identities: Vec<(String, String)>,
    /// Of an image: reports on it.
    pub(crate) reports: Vec<Report>,
}

impl Signatures {
    pub(crate) fn by(names: &[&str]) -> Self {
        let mut signatures = Self::default();
        for name in names {
            match name.split_once(' ') {
                Some((issuer, subject)) => {
                    signatures.identities.push((issuer.to_owned(), subject.to_owned()));
                }
                None => signatures.keys.push(key(name)),
            }
        }
        signatures
    }

    /// As cosign keeps them, with the certificates of those who have some.
    fn manifest(&self) -> Vec<u8> {
        let layer = |(issuer, subject): &(String, String)| {
            let certificate = certificate(issuer, subject);
            json!({"annotations": {"dev.cosignproject.cosign/signature": "", "dev.sigstore.cosign/certificate": certificate}})
        };
        let layers: Vec<Value> = self.identities.iter().map(layer).collect();
        json!({"config": {"size": 100}, "layers": layers}).to_string().into_bytes()
    }

    /// What the host says of what has that digest.
    pub(crate) fn answer(
        &self,
        operation: &str,
        payload: &[u8],
        digest: &str,
    ) -> Result<Vec<u8>, String> {
        if let Some(answer) = reports::answer(&self.reports, operation, payload) {
            return answer;
        }
        let asked: Value = serde_json::from_slice(payload).unwrap();
        let list = |key: &str| asked[key].as_array().cloned().unwrap_or_default();
        let has = |issuer: &Value, matches: &dyn Fn(&str) -> bool| {
            let identities = self.identities.iter();
            identities.into_iter().any(|(known, subject)| issuer == known && matches(subject))
        };
        let is_signed = match (operation, asked["type"].as_str()) {
            ("v1/manifest_digest", _) => true,
            ("v1/oci_manifest", _) => return Ok(self.manifest()),
            ("get_resource", _) => {
                let engine = base64::engine::general_purpose::STANDARD;
                let data = json!({"cosign.pub": engine.encode(key("p256"))});
                return Ok(json!({"data": data}).to_string().into_bytes());
            }
            (_, Some("SigstorePubKeyVerify")) => {
                list("pub_keys").iter().all(|asked| self.keys.iter().any(|key| asked == key))
            }
            (_, Some("SigstoreKeylessVerify")) => list("keyless")
                .iter()
                .all(|pair| has(&pair["issuer"], &|subject| pair["subject"] == subject)),
            (_, Some("SigstoreKeylessPrefixVerify")) => list("keyless_prefix").iter().all(|pair| {
                let prefix = pair["url_prefix"].as_str().unwrap();
                has(&pair["issuer"], &|subject| subject.starts_with(prefix))
            }),
            (_, Some("SigstoreGithubActionsVerify")) => {
                let prefix = format!("https://github.com/{}/", asked["owner"].as_str().unwrap());
                has(&json!(GITHUB), &|subject| subject.starts_with(&prefix))
            }
            _ => return Err(format!("not asked for here: {operation} {asked}")),
        };
        if is_signed {
            Ok(json!({"is_trusted": true, "digest": digest}).to_string().into_bytes())
        } else {
            Err("Image verification failed: missing signatures".to_owned())
        }
    }
}

pub(crate) const GITHUB: &str = "https://token.actions.githubusercontent.com";
pub(crate) const MAIN: &str = "https://token.actions.githubusercontent.com https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main";
pub(crate) const FORK: &str = "https://token.actions.githubusercontent.com https://github.com/acme-evil/shop/.github/workflows/release.yml@refs/heads/main";
pub(crate) const RELEASE: &str = "https://token.actions.githubusercontent.com https://github.com/acme/shop/.github/workflows/release.yml@refs/tags/v1";
pub(crate) const DEEP: &str = "https://token.actions.githubusercontent.com https://github.com/acme/shop/deep/.github/workflows/release.yml@refs/tags/a/b";
pub(crate) const BUILDER: &str = "https://accounts.google.com builder@acme.example";

thread_local! {
    static SIGNING: KeyPair = KeyPair::generate().unwrap();
}

fn certificate(issuer: &str, subject: &str) -> String {
    let oid = [1, 3, 6, 1, 4, 1, 57264, 1, 1];
    let issuer = CustomExtension::from_oid_content(&oid, issuer.as_bytes().to_vec());
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI(subject.try_into().unwrap())];
    params.custom_extensions = vec![issuer];
    SIGNING.with(|key| params.self_signed(key).unwrap().pem())
}

pub(crate) fn key(name: &str) -> String {
    std::fs::read_to_string(root().join(format!("tests/fixtures/keys/{name}.pem"))).unwrap()
}

/// What a converted policy decides on an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pinned,
    Untouched,
    Warned,
    Refused,
}

pub(crate) fn verdict(settings: &Value, image: &str, signatures: &Signatures) -> Verdict {
    let object = json!({"spec": {"containers": [{"name": "c", "image": image}]}});
    let payload = json!({
        "settings": settings,
        "request": {
            "uid": "u", "operation": "CREATE", "userInfo": {}, "object": object,
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
        },
    });
    let host: &mut Host<'_> =
        &mut |_, operation, asked| signatures.answer(operation, asked, DIGEST);
    let answer = validate(payload.to_string().as_bytes(), host, &mut |_| (), NOW);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let pinned = answer["mutated_object"]["spec"]["containers"][0]["image"].as_str();
    let has_warnings = answer["warnings"].as_array().is_some_and(|warnings| !warnings.is_empty());
    match (answer["accepted"].as_bool().unwrap(), pinned) {
        (true, Some(pinned)) if pinned.ends_with(DIGEST) => Verdict::Pinned,
        (true, None) if has_warnings => Verdict::Warned,
        (true, None) => Verdict::Untouched,
        _ => Verdict::Refused,
    }
}
