//! A scanner's plain report, made the predicate of a vulnerability scan
//! (<https://github.com/sigstore/cosign/blob/v2.5.0/specs/COSIGN_VULN_ATTESTATION_SPEC.md>).
//!
//! - Whose? Trivy's (`--format json`) and grype's (`-o json`). What is a predicate already is taken as it is.
//! - When was it scanned? The report says so itself (`CreatedAt`, `descriptor.timestamp`); where it does not,
//!   `--scan-finished` does.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// Why something is no vulnerability scan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    #[error(
        "not a vulnerability scan: use the output of `trivy image --format json`, `trivy image --format cosign-vuln` \
         or `grype -o json`, or a predicate with `scanner` and `metadata`"
    )]
    Unknown,
    #[error(
        "the report of {scanner} has no time: pass it with --scan-finished, such as `2026-01-31T12:00:00Z`"
    )]
    NoTime { scanner: &'static str },
}

/// What a report says of itself.
struct Origin {
    scanner: &'static str,
    uri: String,
    version: String,
    database: Value,
    time: Option<String>,
}

#[derive(Serialize)]
struct Predicate<'a> {
    invocation: Invocation,
    scanner: Scanner<'a>,
    metadata: Metadata<'a>,
}

/// Nobody is told how the scanner was called.
#[derive(Serialize)]
struct Invocation {}

#[derive(Serialize)]
struct Scanner<'a> {
    uri: &'a str,
    version: &'a str,
    db: &'a Value,
    result: &'a RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    scan_started_on: &'a str,
    scan_finished_on: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    scanner: Option<Value>,
    #[serde(rename = "SchemaVersion")]
    schema_version: Option<u64>,
    #[serde(rename = "ArtifactName")]
    artifact_name: Option<String>,
    #[serde(rename = "CreatedAt")]
    created_at: Option<String>,
    #[serde(rename = "Trivy")]
    trivy: Option<Value>,
    matches: Option<Vec<serde::de::IgnoredAny>>,
    descriptor: Option<Value>,
}

/// The predicate that a report is, or is made into. `finished` is when it was scanned, if it does not say so itself.
pub(super) fn predicate(
    report: Box<RawValue>,
    finished: Option<&str>,
) -> Result<Box<RawValue>, ScanError> {
    let outline: Outline =
        serde_json::from_str(report.get()).map_err(|_error| ScanError::Unknown)?;
    if outline.scanner.is_some() {
        return Ok(report);
    }
    let origin = trivy(&outline).or_else(|| grype(&outline)).ok_or(ScanError::Unknown)?;
    let time = finished.or(origin.time.as_deref());
    let time = time.ok_or(ScanError::NoTime { scanner: origin.scanner })?;
    let predicate = Predicate {
        invocation: Invocation {},
        scanner: Scanner {
            uri: &origin.uri,
            version: &origin.version,
            db: &origin.database,
            result: &report,
        },
        metadata: Metadata { scan_started_on: time, scan_finished_on: time },
    };
    serde_json::value::to_raw_value(&predicate).map_err(|_error| ScanError::Unknown)
}

/// `Report` in <https://github.com/aquasecurity/trivy/blob/main/pkg/types/report.go>.
fn trivy(outline: &Outline) -> Option<Origin> {
    outline.schema_version?;
    outline.artifact_name.as_ref()?;
    let version = text(outline.trivy.as_ref(), "/Version").unwrap_or_default();
    Some(Origin {
        scanner: "trivy",
        uri: format!("pkg:github/aquasecurity/trivy@{version}"),
        version,
        database: Value::Object(serde_json::Map::new()),
        time: outline.created_at.clone(),
    })
}

/// `Document` in <https://github.com/anchore/grype/blob/main/grype/presenter/models/document.go>.
fn grype(outline: &Outline) -> Option<Origin> {
    outline.matches.as_ref()?;
    let descriptor = outline.descriptor.as_ref();
    if text(descriptor, "/name").as_deref() != Some("grype") {
        return None;
    }
    let version = text(descriptor, "/version").unwrap_or_default();
    let database = descriptor.and_then(|descriptor| descriptor.get("db")).cloned();
    Some(Origin {
        scanner: "grype",
        uri: format!("pkg:github/anchore/grype@{version}"),
        version,
        database: database.unwrap_or_default(),
        time: text(descriptor, "/timestamp"),
    })
}

fn text(value: Option<&Value>, pointer: &str) -> Option<String> {
    value?.pointer(pointer)?.as_str().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIVY: &str = r#"{"SchemaVersion": 2, "Trivy": {"Version": "0.70.0"}, "CreatedAt": "2026-01-02T03:04:05Z", "ArtifactName": "a", "Results": null}"#;
    const GRYPE: &str = r#"{"matches": [], "descriptor": {"name": "grype", "version": "0.100.0", "timestamp": "2026-01-02T03:04:05Z", "db": {"built": "x"}}}"#;

    fn made(report: &str, finished: Option<&str>) -> Result<Value, String> {
        let report = RawValue::from_string(report.to_owned()).unwrap();
        let made = predicate(report, finished).map_err(|error| error.to_string())?;
        Ok(serde_json::from_str(made.get()).unwrap())
    }

    #[test]
    fn plain_reports_become_predicates() {
        for (report, version) in [(TRIVY, "0.70.0"), (GRYPE, "0.100.0")] {
            let made = made(report, None).unwrap();
            assert_eq!(made["scanner"]["version"], version);
            assert_eq!(made["scanner"]["result"], serde_json::from_str::<Value>(report).unwrap());
            assert_eq!(made["metadata"]["scanFinishedOn"], "2026-01-02T03:04:05Z");
        }
    }

    #[test]
    fn what_is_a_predicate_stays_one() {
        let predicate = r#"{"scanner": {"result": {}}, "metadata": {}}"#;
        assert_eq!(made(predicate, None).unwrap().to_string().len(), 39);
    }

    #[test]
    fn the_time_is_the_reports_own_or_given() {
        let timeless = TRIVY.replace("\"CreatedAt\": \"2026-01-02T03:04:05Z\", ", "");
        assert!(made(&timeless, None).unwrap_err().contains("--scan-finished"));
        let time = "2026-02-02T00:00:00Z";
        assert_eq!(made(&timeless, Some(time)).unwrap()["metadata"]["scanFinishedOn"], time);
    }

    #[test]
    fn what_is_no_scan_is_refused() {
        for report in ["{}", "[]", r#"{"matches": []}"#, r#"{"bomFormat": "CycloneDX"}"#] {
            assert!(
                made(report, None).unwrap_err().contains("not a vulnerability scan"),
                "{report}"
            );
        }
    }
}
