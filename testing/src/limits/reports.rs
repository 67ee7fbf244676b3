//! Signed reports of the largest size that is read. Signers whom the settings name write them.

use super::text::{create, pod};
use super::{Answers, DIGEST, Limit, Maker};
use std::fmt::Write;

/// The largest report, in bytes.
const FOUR_MIB: usize = 4 * 1024 * 1024;
const FINDINGS: usize = 6_000;

const VULN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
const REVIEW: &str = "https://acme.io/review/v1";
const SPDX: &str = "https://spdx.dev/Document";

pub(super) const MAKERS: &[Maker] = &[
    || scan("reports/full", "\"refuse\":[\"CRITICAL\"]", &findings(&full)),
    || scan("reports/reduced", "\"refuse\":[\"CRITICAL\"]", &findings(&reduced)),
    || {
        let names: Vec<String> = (0..256).map(|at| format!("\"CVE-2023-{at:05}\"")).collect();
        let names = names.join(",");
        let refuse = format!(r#""refuse":["HIGH"],"except":[{names}],"always":[{names}]"#);
        scan("reports/names", &refuse, &"{},".repeat(FOUR_MIB / 3 - 1_000))
    },
    || {
        let patterns: Vec<String> = (0..64).map(|at| format!("\"*lib*{at}@<2\"")).collect();
        let package =
            |at| format!(r#"{{"name":"library-with-a-name-{at}","versionInfo":"1.{at}"}},"#);
        let packages: String = (0..60_000).map(package).collect();
        let asked = format!(r#""packages":{{"refuse":[{}]}}"#, patterns.join(","));
        let packages = packages.trim_end_matches(',');
        let bill = format!(r#"{{"spdxVersion":"SPDX-2.3","packages":[{packages}]}}"#);
        report("reports/packages", SPDX, &asked, &bill)
            .refused("lists packages that are not allowed")
    },
    || {
        let almost = |at| format!("\"*{}b{at}*\"", "a".repeat(1000));
        let patterns: Vec<String> = (0..64).map(almost).collect();
        let asked = format!(r#""packages":{{"refuse":[{}]}}"#, patterns.join(","));
        let name = "a".repeat(FOUR_MIB - 1_000);
        let bill = format!(r#"{{"spdxVersion":"SPDX-2.3","packages":[{{"name":"{name}"}}]}}"#);
        report("reports/long-name", SPDX, &asked, &bill).refused("it takes too long to compare")
    },
    || {
        let asked = format!(r#""fields":[{{"at":"/text","pattern":"**{}b*"}}]"#, "a".repeat(1000));
        let text = format!(r#"{{"text":"{}"}}"#, "a".repeat(FOUR_MIB - 1_000));
        report("reports/long-text", REVIEW, &asked, &text).refused("it takes too long to compare")
    },
];

/// What scanners write of a finding beside what is read: some 700 bytes.
fn full(at: usize) -> String {
    let text =
        "A flaw was found in the way that a library reads \\\"input\\\" of others. ".repeat(5);
    let beside = format!(
        r#""Title":"a flaw","Description":"{text}","References":["https://example.com/{at}","https://example.org/{at}"],"CVSS":{{"nvd":{{"V3Vector":"CVSS:3.1/AV:N","V3Score":7.5}}}},"#
    );
    reduced(at).replacen('{', &format!("{{{beside}"), 1)
}

fn reduced(at: usize) -> String {
    format!(
        r#"{{"FixedVersion":"1.{at}","InstalledVersion":"1.0","PkgName":"library-{at}","Severity":"HIGH","VendorIDs":["GHSA-{at}"],"VulnerabilityID":"CVE-2024-{at}"}}"#
    )
}

fn findings(finding: &dyn Fn(usize) -> String) -> String {
    (0..FINDINGS).fold(String::new(), |mut all, at| {
        let _ = write!(all, "{},", finding(at));
        all
    })
}

/// A scan with these findings, each followed by a comma. Those with the condition's severity are refused, and none is.
fn scan(name: &'static str, refuse: &str, findings: &str) -> Limit {
    let findings = findings.trim_end_matches(',');
    let asked = format!(r#""maxAge":"unlimited","vulnerabilities":{{{refuse}}}"#);
    let predicate = format!(
        r#"{{"scanner":{{"result":{{"Results":[{{"Vulnerabilities":[{findings}]}}]}},"uri":"trivy"}}}}"#
    );
    let limit = report(name, VULN, &asked, &predicate);
    if name == "reports/names" { limit.refused("UNKNOWN findings") } else { limit }
}

fn report(name: &'static str, uri: &str, asked: &str, predicate: &str) -> Limit {
    assert!(predicate.len() < FOUR_MIB + 500_000, "{name}: {}", predicate.len());
    let settings = format!(
        r#"{{"rules":[{{"images":["**"],"allOf":[{{"kind":"githubAction","owner":"acme"}}],"attestations":[{{"type":"{uri}",{asked}}}]}}]}}"#
    );
    let hex = DIGEST.trim_start_matches("sha256:");
    let statement = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{predicate},"predicateType":"{uri}","subject":[{{"digest":{{"sha256":"{hex}"}}}}]}}"#
    );
    let answers = Answers {
        manifest: Ok(r#"{"layers":[{"annotations":{"dev.cosignproject.cosign/signature":""}}],"config":{"size":4194304}}"#.to_owned()),
        config: format!(r#"{{"config":{statement},"digest":"{DIGEST}","manifest":{{}}}}"#),
        ..Answers::default()
    };
    Limit::request(name, create(&pod(1, |_| "ghcr.io/acme/app:1".to_owned()), &settings))
        .answered(answers)
}
