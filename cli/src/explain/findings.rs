//! What is found when the image is really verified.
//!
//! - Who says so? The module, about a Pod with one container of this image; and for each rule by itself the
//!   policy's own library, with the same host.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use signed_images_policy::image::reference::Reference;
use signed_images_policy::policy::rule::Rule;
use signed_images_policy::verify::outcome::{Refusal, ReportSeen};
use signed_images_policy::verify::verifier::{Verified, Verifier};

use crate::answer::Answer;
use crate::check::Verdict;
use crate::evaluation::Evaluation;
use crate::host::Host;
use crate::legible;
use crate::request::{Pod, RequestError};

/// What the Pod and its container are called.
const POD: &str = "explain";

/// The module's verdict on a Pod with this image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// Whether it is let in.
    pub allowed: bool,
    /// What became of the image.
    pub verdict: Verdict,
    /// What the image is replaced by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    /// Why it is not let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What `kubectl` shows beside the result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What a rule, by itself, makes of the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleResult {
    /// Whether it is satisfied.
    pub satisfied: bool,
    /// The digest that satisfies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The labels of those whose signatures were found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<String>,
    /// The reports that satisfy it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ReportFound>,
    /// Why it is not satisfied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A signed report that was found, and is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportFound {
    /// What messages call it: `vuln`, `trivy (vuln)`.
    pub name: String,
    /// The digest of its manifest.
    pub digest: String,
    /// How old it is, if it has a time: `3 days`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
    /// How many findings it has, if it was asked: `2 CRITICAL, 1 HIGH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<String>,
}

impl ReportFound {
    fn new(seen: ReportSeen) -> Self {
        let ReportSeen { name, digest, summary } = seen;
        let findings = summary.findings.map(|counts| counts.to_string());
        Self { name, digest: digest.to_string(), age: summary.age, findings }
    }
}

impl Findings {
    /// Puts a Pod with this image to the module.
    ///
    /// # Errors
    /// When the image is a text that no request can hold.
    pub fn of(image: &str, evaluation: &Evaluation) -> Result<Self, RequestError> {
        let answer = evaluation.validate(&Pod::new(POD, image).request()?);
        let message = answer.status.as_ref().and_then(|status| status.message.as_deref());
        let warnings = answer.warnings.iter().flatten();
        Ok(Self {
            pinned: pinned(&answer),
            allowed: answer.allowed,
            verdict: Verdict::of(&answer),
            message: message.map(legible::lines),
            warnings: warnings.map(|warning| legible::line(warning)).collect(),
        })
    }
}

impl RuleResult {
    /// Verifies the image against this rule alone.
    #[must_use]
    pub fn of(rule: &Rule, image: &Reference, host: &Host, now: Duration) -> Self {
        let mut call = |namespace: &'static str, operation: &'static str, payload: &[u8]| {
            host.call(namespace, operation, payload)
        };
        match Verifier::new(&mut call, now).verify(image, &[rule]) {
            Verified::Yes { pinned, approvals, .. } => {
                let digest = Some(pinned.digest().to_string());
                let (mut signers, mut reports) = (Vec::new(), Vec::new());
                for approval in approvals {
                    signers.extend(approval.signers);
                    reports.extend(approval.reports.into_iter().map(ReportFound::new));
                }
                Self { satisfied: true, digest, signers, reports, reason: None }
            }
            Verified::Tolerated(refusals) => Self::unsatisfied(refusals.first()),
            Verified::No(refusal) => Self::unsatisfied(Some(&refusal)),
            Verified::NotLookedAt => Self::unsatisfied(None),
        }
    }

    fn unsatisfied(refusal: Option<&Refusal>) -> Self {
        let reason = refusal.map(|refusal| legible::line(&refusal.reason.to_string()));
        Self { satisfied: false, digest: None, signers: Vec::new(), reports: Vec::new(), reason }
    }
}

fn pinned(answer: &Answer) -> Option<String> {
    let patch = STANDARD.decode(answer.patch.as_ref()?).ok()?;
    let patch: Value = serde_json::from_slice(&patch).ok()?;
    Some(patch.pointer("/0/value")?.as_str()?.to_owned())
}
