//! The findings of a scan: `vulnerabilities`. The frame is cosign's
//! (<https://github.com/sigstore/cosign/blob/main/specs/COSIGN_VULN_ATTESTATION_SPEC.md>), what is in it the scanner's own:
//! Trivy's report (`pkg/types/report.go`, schema 2) or grype's (`grype/presenter/models`).
//!
//! *How is a scan without findings told from none?* It names its scanner, and has the form of Trivy's or grype's: Trivy
//! leaves out lists that are empty. A report of another scanner is refused, as its findings are not seen.
//!
//! *What is a fix?* Trivy names a version, and grype says so; what grype does not say counts as fixed.

use super::marks::{FindingPart, Mark};
use super::paths::{Paths, Shape};
use super::problem::ReportProblem;
use super::refused::RefusedFindings;
use super::severities::Counts;
use super::walk::Value;
use crate::policy::report::{Severity, Vulnerabilities};
use crate::text::clip;
use crate::time::Time;
use FindingPart::{
    Alias, FixState, FixVersion, Grype, Id, Package, Scanner, Scans, Status, Trivy, Version,
};
use std::cmp::Ordering;

const FRAME: [(&str, Mark); 4] = [
    ("/scanner/uri", Mark::Finding(Scanner)),
    ("/scanner/result/SchemaVersion", Mark::Finding(Scans)),
    ("/scanner/result/Results", Mark::Finding(Scans)),
    ("/scanner/result/matches", Mark::Finding(Scans)),
];

const TRIVY: (&str, [(&str, Mark); 7]) = (
    "/scanner/result/Results/*/Vulnerabilities/*",
    [
        ("/VulnerabilityID", Mark::Finding(Id)),
        ("/VendorIDs/*", Mark::Finding(Alias)),
        ("/Severity", Mark::Finding(FindingPart::Severity)),
        ("/FixedVersion", Mark::Finding(FixVersion)),
        ("/Status", Mark::Finding(Status)),
        ("/PkgName", Mark::Finding(Package)),
        ("/InstalledVersion", Mark::Finding(Version)),
    ],
);

const GRYPE: (&str, [(&str, Mark); 7]) = (
    "/scanner/result/matches/*",
    [
        ("/vulnerability/id", Mark::Finding(Id)),
        ("/relatedVulnerabilities/*/id", Mark::Finding(Alias)),
        ("/vulnerability/severity", Mark::Finding(FindingPart::Severity)),
        ("/vulnerability/fix/versions/*", Mark::Finding(FixVersion)),
        ("/vulnerability/fix/state", Mark::Finding(FixState)),
        ("/artifact/name", Mark::Finding(Package)),
        ("/artifact/version", Mark::Finding(Version)),
    ],
);

/// Adds the paths of scans, below that place.
pub(super) fn add_paths(paths: &mut Paths, from: usize) {
    paths.add_all(from, &FRAME);
    for ((pointer, table), whole) in [(&TRIVY, Trivy), (&GRYPE, Grype)] {
        let finding = paths.add(from, pointer, Shape::Strict);
        paths.mark(finding, Mark::Finding(whole));
        paths.add_all(finding, table);
    }
}

/// What is known of a scan so far.
pub(super) struct Scan<'e> {
    asked: &'e Vulnerabilities,
    /// Findings that are refused in any case, and those that pass now: in order, to be found quickly.
    always: Vec<&'e str>,
    excepted: Vec<&'e str>,
    names_scanner: bool,
    is_known_form: bool,
    current: Finding,
    all: Counts,
    refused: RefusedFindings,
}

/// A finding as it is read.
#[derive(Default)]
struct Finding {
    id: String,
    aliases: Vec<String>,
    severity: String,
    package: String,
    version: String,
    /// What its scanner says, or what its silence means.
    is_fixed: bool,
    has_fix_version: bool,
}

impl<'e> Scan<'e> {
    pub(super) fn new(asked: &'e Vulnerabilities, now: Time) -> Self {
        let always = asked.always.iter().map(String::as_str);
        let hold = asked
            .except
            .iter()
            .filter(|exception| exception.until.is_none_or(|day| !day.is_over(now)));
        Self {
            asked,
            always: in_order(always),
            excepted: in_order(hold.map(|exception| exception.id.as_str())),
            names_scanner: false,
            is_known_form: false,
            current: Finding::default(),
            all: Counts::default(),
            refused: RefusedFindings { are_fixed: true, ..RefusedFindings::default() },
        }
    }

    pub(super) fn take(&mut self, part: FindingPart, value: Value<'_>) {
        match (part, value) {
            (Scans, Value::Open | Value::Number(_)) => self.is_known_form = true,
            (Trivy | Grype, Value::Open) => self.current.begin(part == Grype),
            (Trivy | Grype, Value::Close) => self.judge(),
            (_, Value::Text(text)) => self.take_text(part, text),
            (_, Value::Open | Value::Close | Value::Number(_) | Value::Flag(_) | Value::Null) => {}
        }
    }

    fn take_text(&mut self, part: FindingPart, text: &str) {
        let current = &mut self.current;
        match part {
            Scanner => self.names_scanner = !text.is_empty(),
            Id => text.clone_into(&mut current.id),
            Alias => current.aliases.push(text.to_owned()),
            FindingPart::Severity => text.clone_into(&mut current.severity),
            FixVersion => current.has_fix_version |= !text.is_empty(),
            FixState => current.is_fixed = !matches!(text, "not-fixed" | "wont-fix" | "unknown"),
            Status => current.is_fixed = text == "fixed",
            Package => text.clone_into(&mut current.package),
            Version => text.clone_into(&mut current.version),
            Scans | Trivy | Grype => {}
        }
    }

    fn judge(&mut self) {
        let severity = Severity::read(&self.current.severity);
        self.all.add(severity);
        if !self.refuses(severity) {
            return;
        }
        let finding = &self.current;
        self.refused.add(severity, finding.has_fix(), || finding.label(self.asked));
    }

    fn refuses(&self, severity: Severity) -> bool {
        let Self { asked, current, .. } = self;
        if current.names().any(|name| is_among(&self.always, name)) {
            return true;
        }
        let is_grave = asked.refuse.contains(&severity)
            || severity == Severity::Unknown && !asked.refuse.is_empty();
        is_grave && (current.has_fix() || !asked.fixed_only) && !self.excepts(current)
    }

    /// By its own name, or by each of its other names that are a CVE or a GHSA: an advisory of several passes when all
    /// of them do.
    fn excepts(&self, finding: &Finding) -> bool {
        let is_other_name = |name: &&String| {
            let begins = |with: &str| {
                name.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
            };
            (begins("CVE-") || begins("GHSA-")) && !name.eq_ignore_ascii_case(&finding.id)
        };
        let mut others = finding.aliases.iter().filter(is_other_name).peekable();
        is_among(&self.excepted, &finding.id)
            || others.peek().is_some() && others.all(|name| is_among(&self.excepted, name))
    }

    /// How many findings there are, when none is refused.
    pub(super) fn check(self) -> Result<Counts, ReportProblem> {
        if !self.names_scanner {
            return Err(ReportProblem::NoScanner);
        }
        if !self.is_known_form {
            return Err(ReportProblem::OtherScanner);
        }
        match self.refused.counts.total() {
            0 => Ok(self.all),
            _ => Err(ReportProblem::Findings(self.refused)),
        }
    }
}

impl Finding {
    fn begin(&mut self, is_fixed: bool) {
        for text in [&mut self.id, &mut self.severity, &mut self.package, &mut self.version] {
            text.clear();
        }
        self.aliases.clear();
        self.is_fixed = is_fixed;
        self.has_fix_version = false;
    }

    fn has_fix(&self) -> bool {
        self.is_fixed || self.has_fix_version
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        [&self.id].into_iter().chain(&self.aliases)
    }

    fn is_called(&self, id: &str) -> bool {
        self.names().any(|name| name.eq_ignore_ascii_case(id))
    }

    /// `CVE-2024-1 (openssl 3.0.1)`, and whether an exception for it has ended.
    fn label(&self, asked: &Vulnerabilities) -> String {
        let id = if self.id.is_empty() { "a finding without an ID" } else { &self.id };
        let package = format!("{} {}", clip(&self.package, 64), clip(&self.version, 32));
        let is_excepted = asked.except.iter().any(|exception| self.is_called(&exception.id))
            && !asked.always.iter().any(|id| self.is_called(id));
        let told = [package.trim(), if is_excepted { "its exception does not apply" } else { "" }];
        let told: Vec<&str> = told.into_iter().filter(|text| !text.is_empty()).collect();
        let id = clip(id, 64);
        if told.is_empty() { id } else { format!("{id} ({})", told.join("; ")) }
    }
}

/// Few are given at a time, and a sort would be seven kilobytes of code.
fn in_order<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut sorted: Vec<&str> = Vec::new();
    for name in names {
        sorted.insert(sorted.partition_point(|known| order(known, name).is_lt()), name);
    }
    sorted
}

fn is_among(names: &[&str], name: &str) -> bool {
    !name.is_empty() && names.binary_search_by(|known| order(known, name)).is_ok()
}

/// Names are one whatever the case of their letters.
fn order(one: &str, other: &str) -> Ordering {
    let [one, other] = [one, other].map(|name| name.bytes().map(|byte| byte.to_ascii_lowercase()));
    one.cmp(other)
}
