//! How settings read an image: what it is called, which rules select it and why the others do not, and what
//! each of them needs.
//!
//! - Whose reading is it? The policy's: references, patterns and rules are those of its own library, so that
//!   this cannot differ from what a cluster does.
//! - And what is found? [`Findings`]: the module's verdict on a Pod with this image, and beside it the result
//!   of every rule that selects the image. (The module stops at the first rule that refuses.)

use std::time::Duration;

use serde::Serialize;
use signed_images_policy::image::names::ImageNames;
use signed_images_policy::image::pattern::ImagePattern;
use signed_images_policy::image::reference::Reference;
use signed_images_policy::policy::plan::{Rules, UnmatchedImages};
use signed_images_policy::policy::rule::{Enforcement, Patterns, Rule};
use signed_images_policy::policy::signer::Signer;

use crate::evaluation::Evaluation;
use crate::request::RequestError;

mod canonical;
mod findings;
mod mismatch;
mod pattern;
mod signer;

pub use canonical::{Canonical, Noted};
pub use findings::{Findings, ReportFound, RuleResult};
pub use pattern::{PatternReport, Standing};
pub use signer::{Fingerprint, Needs, SignerReport, Subject};

use pattern::{compare, try_spellings};

/// How settings read an image.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The image as it is written.
    pub image: String,
    /// What becomes of it.
    pub fate: Fate,
    /// The image as it is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Canonical>,
    /// Why the image is no reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid: Option<String>,
    /// The patterns of exempt images.
    pub exempt: Vec<PatternReport>,
    /// The rules, in the order written.
    pub rules: Vec<RuleReport>,
    /// What the patterns of `signatures` are tried with; nothing when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spellings: Vec<String>,
    /// What becomes of images that no rule matches.
    pub unmatched_images: &'static str,
    /// What was found in the world, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Findings>,
}

/// What becomes of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It is no reference, and is rejected.
    Invalid,
    /// It is neither verified nor pinned.
    Exempt,
    /// No rule selects it.
    Unmatched,
    /// Rules select it: it is verified.
    Verify,
}

/// A rule: an entry of one of the lists of the settings.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleReport {
    /// What messages call it.
    pub name: String,
    /// Where it stands.
    pub list: List,
    /// Whether it selects the image.
    pub selects: bool,
    /// What becomes of an image that does not satisfy it.
    pub enforcement: &'static str,
    /// The patterns of its images.
    pub images: Vec<PatternReport>,
    /// The patterns of those that it is not about all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<PatternReport>,
    /// Who must all have signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all_of: Vec<SignerReport>,
    /// Of whom some must have signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_of: Option<AnyOfReport>,
    /// The signed reports that it asks for besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<RuleResult>,
}

/// A list of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum List {
    /// `signatures`, whose patterns are tried with every spelling of the image.
    Signatures,
    /// `rules`, and the lists of one kind of signer.
    Rules,
}

/// So many of these signers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnyOfReport {
    /// How many are needed.
    pub minimum_matches: usize,
    /// Those who can sign.
    pub signatures: Vec<SignerReport>,
}

/// How the settings read the image. Nothing is asked.
///
/// ```
/// use signed_images::explain::{Fate, explain};
/// use signed_images_policy::settings;
///
/// let rules = r#"{"rules": [{"images": ["ghcr.io/acme/*"], "allOf": [{"kind": "githubAction", "owner": "acme"}]}]}"#;
/// let rules = settings::read(serde_json::from_str(rules).unwrap()).unwrap();
/// assert_eq!(explain("ghcr.io/acme/app:1", &rules).fate, Fate::Verify);
/// // A `*` does not cross a `/`.
/// assert_eq!(explain("ghcr.io/acme/team/app:1", &rules).fate, Fate::Unmatched);
/// assert_eq!(explain("Ghcr/app", &rules).fate, Fate::Invalid);
/// ```
#[must_use]
pub fn explain(image: &str, rules: &Rules) -> Explanation {
    let mut explanation = Explanation {
        image: image.to_owned(),
        fate: Fate::Invalid,
        reference: None,
        invalid: None,
        exempt: Vec::new(),
        rules: Vec::new(),
        spellings: Vec::new(),
        unmatched_images: match rules.unmatched {
            UnmatchedImages::Accept => "accept",
            UnmatchedImages::Warn => "warn",
            UnmatchedImages::Reject => "reject",
        },
        findings: None,
    };
    match Reference::parse(image) {
        Ok(reference) => explanation.compare(&reference, rules),
        Err(error) => explanation.invalid = Some(error.to_string()),
    }
    explanation
}

impl Explanation {
    /// Adds what is found: the module's verdict, and the result of each rule that selects the image.
    ///
    /// # Errors
    /// When the image is a text that no request can hold.
    pub fn verify(
        &mut self,
        rules: &Rules,
        evaluation: &Evaluation,
        now: Duration,
    ) -> Result<(), RequestError> {
        self.findings = Some(Findings::of(&self.image, evaluation)?);
        let Ok(reference) = Reference::parse(&self.image) else { return Ok(()) };
        if self.fate == Fate::Verify {
            for (report, rule) in self.rules.iter_mut().zip(&rules.rules) {
                report.result =
                    report.selects.then(|| RuleResult::of(rule, &reference, &evaluation.host, now));
            }
        }
        Ok(())
    }

    fn compare(&mut self, reference: &Reference, rules: &Rules) {
        let named = ImageNames::new(reference.clone());
        self.reference = Some(Canonical::new(&self.image, reference));
        self.exempt = rules.exempt.iter().map(|pattern| compare(pattern, reference)).collect();
        // Where no rule is for its tag, the image is looked at by its digest alone.
        let matching = rules.matching(&named);
        let read = match named.without_tag() {
            Some(untagged) if !rules.rules.iter().any(|rule| rule.matcher.matches(&named)) => {
                untagged
            }
            _ => named.clone(),
        };
        let report = |rule: &Rule| {
            let selects = matching.iter().any(|known| std::ptr::eq(*known, rule));
            rule_report(rule, &read, selects)
        };
        self.rules = rules.rules.iter().map(report).collect();
        if self.rules.iter().any(|rule| rule.list == List::Signatures) {
            self.spellings = named.spellings().texts().to_vec();
        }
        self.fate = if self.exempt.iter().any(|pattern| pattern.standing == Standing::Yes) {
            Fate::Exempt
        } else if self.rules.iter().any(|rule| rule.selects) {
            Fate::Verify
        } else {
            Fate::Unmatched
        };
    }
}

fn rule_report(rule: &Rule, image: &ImageNames, selects: bool) -> RuleReport {
    let all = |patterns: &[ImagePattern]| {
        patterns.iter().map(|pattern| compare(pattern, image.reference())).collect()
    };
    let signers =
        |signers: &[Signer]| signers.iter().map(|signer| SignerReport::of(rule, signer)).collect();
    let (list, images, exclude) = match rule.matcher.as_patterns() {
        Patterns::Legacy(patterns) => {
            let tried = patterns.iter().map(|pattern| try_spellings(pattern, image.spellings()));
            (List::Signatures, tried.collect(), Vec::new())
        }
        Patterns::Images { images, exclude } => (List::Rules, all(images), all(exclude)),
    };
    RuleReport {
        name: rule.name.to_string(),
        list,
        selects,
        enforcement: match rule.enforcement {
            Enforcement::Reject => "reject",
            Enforcement::Warn => "warn",
        },
        images,
        exclude,
        all_of: signers(rule.trust.all_of()),
        any_of: rule.trust.any_of().map(|any_of| AnyOfReport {
            minimum_matches: any_of.minimum(),
            signatures: signers(any_of.signers()),
        }),
        attestations: rule.requirements.attestations.iter().map(ToString::to_string).collect(),
        result: None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;
    use crate::settings::Settings;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const IMAGES: [&str; 14] = [
        "nginx",
        "nginx:1.25",
        "registry.k8s.io/pause:3.10",
        "ghcr.io/acme/app:1",
        "ghcr.io/acme/app@D",
        "ghcr.io/acme/shop/cart",
        "GHCR.io:443/acme/shop/cart:2@D",
        "ghcr.io/acme/shop/a/b",
        "registry.example.com/mirror/pause",
        "registry.example.com/mirror/pause:1@D",
        "registry.example.com/operator/a/b:1",
        "docker.io/acme/app",
        "Foo/bar",
        "sha256:D",
    ];

    /// What the policy does with a Pod of this image when its host answers nothing.
    fn done(image: &str, settings: &Settings) -> Fate {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": image}]}});
        let request = json!({"uid": "u", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE", "object": object});
        let payload = format!(r#"{{"request":{request},"settings":{}}}"#, settings.json());
        let mut host = |_: &'static str, _: &'static str, _: &[u8]| Err("no host".to_owned());
        let answer = signed_images_policy::validate(
            payload.as_bytes(),
            &mut host,
            &mut |_| (),
            Duration::ZERO,
        );
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let noted = |key: &str| answer["audit_annotations"].get(key).is_some();
        let message = answer["message"].as_str().unwrap_or_default();
        match () {
            () if noted("invalid") => Fate::Invalid,
            () if noted("exempt") => Fate::Exempt,
            () if noted("unmatched") || message.contains("matches no rule") => Fate::Unmatched,
            () => {
                assert!(noted("rejected") || noted("warned"), "{answer}");
                Fate::Verify
            }
        }
    }

    #[test]
    fn what_is_explained_is_what_is_done() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        let mut seen = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let settings = Settings::read(&path).unwrap();
            let rules = signed_images_policy::settings::read(settings.raw()).unwrap();
            for image in IMAGES {
                let image = image.replace("@D", &format!("@{DIGEST}"));
                let fate = explain(&image, &rules).fate;
                assert_eq!(fate, done(&image, &settings), "`{image}` {}", path.display());
                seen.push(fate);
            }
        }
        for fate in [Fate::Invalid, Fate::Exempt, Fate::Unmatched, Fate::Verify] {
            assert!(seen.contains(&fate), "{fate:?}");
        }
    }
}
