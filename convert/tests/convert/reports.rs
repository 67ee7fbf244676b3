//! Reports on an image, in this project's form, as a host finds them in a registry.

use std::time::Duration;

use serde_json::{Value, json};
use signed_images_policy::policy::predicate_type::PredicateType;
use signed_images_testing::sources::{self, Report};

use crate::world::Signatures;
use crate::{DIGEST, NOW};

pub(crate) const VULN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
pub(crate) const SLSA: &str = "https://slsa.dev/provenance/v0.2";
pub(crate) const SLSA_1: &str = "https://slsa.dev/provenance/v1";
pub(crate) const REVIEW: &str = "https://acme.io/review/v1";

/// Reports: of scans, of builds, of reviews; some are just what policies ask for.
pub(crate) const REPORTS: [&str; 10] = [
    "clean scan",
    "scan of a day ago",
    "old scan",
    "critical scan",
    "scan without results",
    "build",
    "build elsewhere",
    "build of a workflow",
    "review",
    "other review",
];

/// The reports of these names, the first one of each type.
pub(crate) fn reports(
    names: impl IntoIterator<Item = &'static str>,
    signers: impl IntoIterator<Item = Signatures>,
) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    for (name, signers) in names.into_iter().zip(signers) {
        let report = report(name, signers);
        if reports.iter().all(|other| other.predicate_type != report.predicate_type) {
            reports.push(report);
        }
    }
    reports
}

/// The report of that name.
fn report(name: &str, signers: Signatures) -> Report {
    let scan = |hours: u64, result: Value| {
        json!({
            "scanner": {"uri": "pkg:github/aquasecurity/trivy@0.60", "result": result},
            "metadata": {"scanFinishedOn": time(hours)},
        })
    };
    let results = |severities: &[&str]| {
        let found: Vec<Value> = severities.iter().map(|one| json!({"Severity": one})).collect();
        json!({"SchemaVersion": 2, "Results": [{"Target": "a"}, {"Target": "b", "Vulnerabilities": found}]})
    };
    let (predicate_type, predicate) = match name {
        "clean scan" => (VULN, scan(20, results(&["LOW"]))),
        "scan of a day ago" => (VULN, scan(24, results(&[]))),
        "old scan" => (VULN, scan(30 * 24 + 1, results(&[]))),
        "critical scan" => (VULN, scan(20, results(&["LOW", "CRITICAL"]))),
        "scan without results" => (VULN, scan(20, json!({"SchemaVersion": 2}))),
        "build" => {
            (SLSA, json!({"builder": {"id": "https://acme.io/builder@v1"}, "buildType": "make"}))
        }
        "build elsewhere" => {
            (SLSA, json!({"builder": {"id": "https://evil.io/builder@v1"}, "buildType": "make"}))
        }
        "build of a workflow" => (
            SLSA_1,
            json!({"runDetails": {"builder": {"id": "https://acme.io/builder@v1"}}, "buildDefinition": {"buildType": "make"}}),
        ),
        "review" => (
            REVIEW,
            json!({"branch": "main", "score": 8, "level": "2", "by": ["ann", "bob"], "at": time(1), "done": true}),
        ),
        _ => (
            REVIEW,
            json!({"branch": "dev", "score": 7.5, "level": "02", "by": "ann", "at": time(99), "done": "true"}),
        ),
    };
    let predicate_type = predicate_type.to_owned();
    let signatures = sources::Signatures {
        keys: signers.keys,
        identities: signers.identities,
        reports: Vec::new(),
    };
    Report { predicate_type, predicate, signatures }
}

fn time(hours_ago: u64) -> String {
    let then = NOW.checked_sub(Duration::from_hours(hours_ago)).unwrap();
    jiff::Timestamp::from_second(i64::try_from(then.as_secs()).unwrap()).unwrap().to_string()
}

/// What the host answers to what is asked about reports; none, where it is asked about something else.
pub(crate) fn answer(
    reports: &[Report],
    operation: &str,
    payload: &[u8],
) -> Option<Result<Vec<u8>, String>> {
    let asked: Value = serde_json::from_slice(payload).unwrap();
    let image = asked.as_str().or(asked["image"].as_str())?;
    if operation == "v1/manifest_digest" {
        let (_, tag) = image.split_once(":sha256-")?;
        let name = tag.split_once('.').map(|(_, name)| name)?;
        let index = reports.iter().position(|report| tag_of(report) == name);
        let Some(index) = index else { return Some(Err("Image manifest not found: x".to_owned())) };
        return Some(Ok(json!({"digest": digest(index)}).to_string().into_bytes()));
    }
    let of = |(index, _): &(usize, &Report)| image.contains(&hex(*index));
    let (index, report) = reports.iter().enumerate().find(of)?;
    let signatures = Signatures {
        keys: report.signatures.keys.clone(),
        identities: report.signatures.identities.clone(),
        reports: Vec::new(),
    };
    match operation {
        "v1/oci_manifest" if image.split_once('@').is_none() => {
            Some(signatures.answer(operation, payload, &digest(index)))
        }
        "v1/oci_manifest" => Some(Ok(json!({"config": {"size": 100}}).to_string().into_bytes())),
        "v1/oci_manifest_config" => {
            let statement = json!({
                "_type": "https://in-toto.io/Statement/v1",
                "predicateType": report.predicate_type,
                "subject": [{"name": "app", "digest": {"sha256": DIGEST.strip_prefix("sha256:")}}],
                "predicate": report.predicate,
            });
            Some(Ok(json!({"digest": digest(index), "config": statement}).to_string().into_bytes()))
        }
        _ => {
            assert_eq!(asked["annotations"]["predicateType"], report.predicate_type);
            Some(signatures.answer(operation, payload, &digest(index)))
        }
    }
}

fn tag_of(report: &Report) -> String {
    PredicateType::parse(&report.predicate_type).unwrap().default_name()
}

fn digest(index: usize) -> String {
    format!("sha256:{}", hex(index))
}

fn hex(index: usize) -> String {
    format!("{:064x}", 0xb000 + index)
}
