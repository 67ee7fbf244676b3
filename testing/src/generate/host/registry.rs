//! Registries: what tags point at, and who has signed what.

use super::Temper;
use super::words;
use crate::generate::choices::Choices;
use crate::generate::fixtures::{CLAIMS, TAGGED_CLAIMS};
use crate::generate::images::{digest, without_tag};
use crate::generate::pem::damaged;
use serde_json::{Value, json};

/// What one question asks for: signers, each as its own text, and the constraint that a host names them by.
type Signer = (String, String);

impl Temper {
    pub(super) fn verify(&self, question: &Value, calls: usize) -> Result<Vec<u8>, String> {
        let image = question["image"].as_str().unwrap_or_default();
        let digest = self.resolve(image, calls, true)?;
        let repository = repository(image);
        if self.is_among(self.unsigned, &["unsigned", repository]) {
            return Err(words::no_signatures(image));
        }
        let annotations = question["annotations"].to_string();
        let is_annotated =
            question["annotations"].is_null() || self.is_among(12, &[repository, &annotations]);
        let missing: Vec<String> = signers(question)
            .into_iter()
            .filter(|(signer, _)| {
                !is_annotated || !self.is_among(self.signed, &["signed", repository, signer])
            })
            .map(|(_, constraint)| constraint)
            .collect();
        if !missing.is_empty() {
            return Err(words::missing_signatures(&missing));
        }
        Ok(json!({"is_trusted": true, "digest": digest}).to_string().into_bytes())
    }

    pub(super) fn manifest_digest(
        &self,
        question: &Value,
        calls: usize,
    ) -> Result<Vec<u8>, String> {
        let digest = self.resolve(question.as_str().unwrap_or_default(), calls, false)?;
        Ok(json!({"digest": digest}).to_string().into_bytes())
    }

    /// The digest of an image. A host that verifies tells a registry that cannot be reached from an image without
    /// signatures only now and then.
    fn resolve(&self, image: &str, calls: usize, verifies: bool) -> Result<String, String> {
        if self.is_among(self.unreachable, &["reach", repository(image)]) {
            return Err(if verifies && self.is_among(8, &["told", image]) {
                words::no_signatures(image)
            } else {
                self.pick(&words::UNREACHABLE, image).to_owned()
            });
        }
        let moves = self.moves && calls > 1 && self.is_among(8, &["moves", &calls.to_string()]);
        if let Some((_, asked)) = image.split_once('@') {
            return Ok(if moves { digest('c') } else { asked.to_owned() });
        }
        if self.is_among(1, &["exists", image]) && self.unreachable > 0 {
            return Err(self.pick(&words::UNKNOWN, image).to_owned());
        }
        let digit = if moves { 'c' } else { 'a' };
        Ok(digest(if self.is_among(14, &["points", image]) { digit } else { 'b' }))
    }

    /// The manifest of an image's signatures, or the list of what refers to it.
    pub(super) fn oci_manifest(&self, question: &Value) -> Result<Vec<u8>, String> {
        let image = question.as_str().unwrap_or_default();
        if self.is_among(self.unreachable, &["reach", repository(image)]) {
            return Err(self.pick(&words::UNREACHABLE, image).to_owned());
        }
        let answer = match image.strip_suffix(".sig") {
            Some(_) => self.signatures(image),
            None => self.index(image),
        };
        let unknown = || self.pick(&words::UNKNOWN, image).to_owned();
        Ok(answer.ok_or_else(unknown)?.to_string().into_bytes())
    }

    fn signatures(&self, image: &str) -> Option<Value> {
        let layer = |pem: &&str| json!({"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "annotations": {"dev.cosignproject.cosign/signature": "MEUC", "dev.sigstore.cosign/certificate": pem}});
        let layers = |pems: &[&str]| pems.iter().map(layer).collect::<Vec<_>>();
        let mut list = match self.roll(&["signatures", image]) % 16 {
            0..=4 => layers(&CLAIMS[..3]),
            5 | 6 => layers(&CLAIMS[1..2]),
            7 => layers(&CLAIMS),
            8 => layers(&TAGGED_CLAIMS[..8]),
            9 => layers(&TAGGED_CLAIMS),
            10 => layers(&CLAIMS[3..5]),
            11 => Vec::new(),
            12 => layers(&[CLAIMS[0], CLAIMS[0], ""]),
            14 => {
                let mut choices = Choices::of_seed(self.roll(&["damaged", image]));
                // As long as one may be, in PEM, and longer.
                let long = "\n".repeat(choices.within(16_384..=16_385) - CLAIMS[1].len());
                layers(&[&damaged(CLAIMS[0], &mut choices), &[&long, CLAIMS[1]].concat()])
            }
            13 if self.seed.is_multiple_of(64) => layers(&[CLAIMS[0]; 1001]),
            _ => return None,
        };
        if self.is_among(4, &["keys", image]) {
            list.insert(0, json!({"annotations": {"dev.cosignproject.cosign/signature": "MEUC"}}));
        }
        Some(json!({"schemaVersion": 2, "config": {"size": 2}, "layers": list}))
    }

    fn index(&self, image: &str) -> Option<Value> {
        let manifests = match self.roll(&["referrers", image]) % 6 {
            0 => json!([{"artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json"}]),
            1 => {
                json!([{"artifactType": "application/spdx+json"}, {"annotations": {"dev.sigstore.bundle.content": "dsse-envelope"}}])
            }
            2 => json!([{"artifactType": "application/spdx+json", "annotations": {"other": "x"}}]),
            3 => json!(null),
            _ => return None,
        };
        Some(json!({"schemaVersion": 2, "manifests": manifests}))
    }

    fn pick(&self, of: &[&'static str], about: &str) -> &'static str {
        let count = u64::try_from(of.len()).expect("64 bits");
        of[usize::try_from(self.roll(&["pick", about]) % count).expect("less than the length")]
    }
}

/// The image without its tag and digest.
fn repository(image: &str) -> &str {
    without_tag(image.split('@').next().unwrap_or(image))
}

fn signers(question: &Value) -> Vec<Signer> {
    let texts = |key: &str| -> Vec<&str> {
        question[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pairs = |list: &str, subject: &str, written: &str| -> Vec<Signer> {
        let pair = |pair: &Value| {
            let (issuer, subject) = (text(&pair["issuer"]), text(&pair[subject]));
            let constraint = format!(
                "- kind: genericIssuer\n  issuer: {issuer}\n  subject:\n    {written}: {subject}\n  annotations: null\n"
            );
            (format!("{issuer} {subject}"), constraint)
        };
        question[list].as_array().into_iter().flatten().map(pair).collect()
    };
    let key = |pem: &str| {
        let lines = pem.trim_end().replace('\n', "\n    ");
        let constraint =
            format!("- kind: pubKey\n  owner: null\n  key: |\n    {lines}\n  annotations: null\n");
        (pem.to_owned(), constraint)
    };
    match question["type"].as_str().unwrap_or_default() {
        "SigstorePubKeyVerify" => texts("pub_keys").into_iter().map(key).collect(),
        "SigstoreKeylessVerify" => pairs("keyless", "subject", "equal"),
        "SigstoreKeylessPrefixVerify" => pairs("keyless_prefix", "url_prefix", "urlPrefix"),
        "SigstoreGithubActionsVerify" => {
            let (owner, repo) = (&question["owner"], &question["repo"]);
            let constraint = format!("- kind: githubAction\n  owner: {owner}\n  repo: {repo}\n");
            vec![(format!("{owner}/{repo}"), constraint)]
        }
        "SigstoreCertificateVerify" => {
            vec![(question["certificate"].to_string(), "- kind: certificate\n".to_owned())]
        }
        other => unreachable!("{other} is no question"),
    }
}
