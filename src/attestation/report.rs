//! A report, and all that is asked of it.

use super::fields::{self, FieldSeen};
use super::findings::{self, Scan};
use super::marks::{Mark, StatementPart};
use super::paths::{Paths, ROOT, Shape};
use super::problem::ReportProblem;
use super::provenance::{self, Build};
use super::sbom::{self, Materials};
use super::severities::Counts;
use super::statement::{self, Frame};
use super::walk::{Reader, Value, walk};
use super::{MAX_STEPS, TOO_LONG};
use crate::image::reference::Digest;
use crate::policy::predicate_type::{Format, PredicateType};
use crate::policy::report::Conditions;
use crate::policy::steps::Steps;
use crate::text::clip;
use crate::time::{self, Time};

/// What is told of a report that is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSummary {
    /// How old it is, where it has a time.
    pub age: Option<String>,
    /// How many findings it has, where they were asked about.
    pub findings: Option<Counts>,
}

/// Whether the statement under that pointer of the JSON is of that type, about what has that SHA-256 (hexadecimal digits),
/// and says what is asked.
///
/// ```
/// use signed_images_policy::attestation::evaluate;
/// use signed_images_policy::policy::predicate_type::PredicateType;
/// use signed_images_policy::policy::report::{Conditions, Severity, Vulnerabilities};
/// use signed_images_policy::time::Time;
///
/// let subject = "a".repeat(64);
/// let scan = PredicateType::of_scans();
/// let statement = serde_json::json!({
///     "_type": "https://in-toto.io/Statement/v1",
///     "subject": [{"name": "app", "digest": {"sha256": subject}}],
///     "predicateType": scan.uri(),
///     "predicate": {"scanner": {"uri": "pkg:github/aquasecurity/trivy@0.60", "result": {
///         "SchemaVersion": 2,
///         "Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1", "Severity": "HIGH"}]}],
///     }}},
/// });
/// let judge = |refuse| {
///     let vulnerabilities = Some(Vulnerabilities { refuse, ..Vulnerabilities::default() });
///     let asked = Conditions { vulnerabilities, ..Conditions::default() };
///     let now = Time::parse("2026-06-10T00:00:00Z").unwrap();
///     evaluate(statement.to_string().as_bytes(), "", &scan, &subject, &asked, now)
/// };
/// assert_eq!(judge(vec![Severity::Critical]).unwrap().findings.unwrap().to_string(), "1 HIGH");
/// assert_eq!(judge(vec![Severity::High]).unwrap_err().to_string(), "has 1 HIGH finding: CVE-2026-1");
/// ```
///
/// # Errors
/// With the first thing that is wrong.
pub fn evaluate(
    json: &[u8],
    at: &str,
    expected: &PredicateType,
    subject: &str,
    asked: &Conditions,
    now: Time,
) -> Result<ReportSummary, ReportProblem> {
    read(
        json,
        &paths(at, expected.format(), asked),
        Frame::new(subject, None),
        expected,
        asked,
        now,
    )
}

/// The same of a host's answer with the config of a manifest, which must be of that digest.
pub(crate) fn evaluate_answer(
    answer: &[u8],
    manifest: &Digest,
    (expected, subject): (&PredicateType, &str),
    asked: &Conditions,
    now: Time,
) -> Result<ReportSummary, ReportProblem> {
    let mut paths = paths("/config", expected.format(), asked);
    paths.add_all(ROOT, &[("/digest", Mark::Statement(StatementPart::Manifest))]);
    let frame = Frame::new(subject, Some(manifest.as_str()));
    read(answer, &paths, frame, expected, asked, now)
}

fn read(
    json: &[u8],
    paths: &Paths,
    frame: Frame<'_>,
    expected: &PredicateType,
    asked: &Conditions,
    now: Time,
) -> Result<ReportSummary, ReportProblem> {
    let unreadable = |why: String| ReportProblem::Unreadable(clip(&why, 256));
    let json = str::from_utf8(json).map_err(|error| unreadable(error.to_string()))?;
    let steps = Steps::new(MAX_STEPS);
    let mut seen = Seen::new(frame, asked, now, &steps);
    walk(json, paths, &mut seen).map_err(|error| unreadable(error.to_string()))?;
    seen.check(expected, asked, now)
}

/// What is looked at: the frame, and what the conditions read.
fn paths(at: &str, format: Format, asked: &Conditions) -> Paths {
    let mut paths = Paths::new();
    let statement = paths.add(ROOT, at, Shape::Strict);
    paths.add_all(statement, &statement::PATHS);
    let predicate = paths.add(statement, "/predicate", Shape::Strict);
    if asked.vulnerabilities.is_some() {
        findings::add_paths(&mut paths, predicate);
    }
    if !asked.packages.is_empty() || asked.licenses.is_some() {
        sbom::add_paths(&mut paths, predicate, format);
    }
    if !asked.builder.is_empty() || !asked.source.is_empty() {
        add_provenance(&mut paths, predicate, format);
    }
    if let Some(pointer) = asked.time_at.as_deref().or(time_at(format)) {
        let place = paths.add(predicate, pointer, Shape::Any);
        paths.mark(place, Mark::Time);
    }
    for (number, field) in asked.fields.iter().enumerate() {
        fields::add_paths(&mut paths, predicate, number, field);
    }
    paths
}

fn add_provenance(paths: &mut Paths, predicate: usize, format: Format) {
    let table: &[(&str, Mark)] = match format {
        Format::Provenance02 => &provenance::PATHS_02,
        Format::Provenance1 => &provenance::PATHS_1,
        Format::Vulnerabilities | Format::CycloneDx | Format::Spdx | Format::Other => return,
    };
    for (pointer, mark) in table {
        let place = paths.add(predicate, pointer, Shape::Any);
        paths.mark(place, *mark);
    }
}

/// Where the predicates of a format have their time.
#[must_use]
pub fn time_at(format: Format) -> Option<&'static str> {
    match format {
        Format::Vulnerabilities => Some("/metadata/scanFinishedOn"),
        Format::Provenance02 => Some("/metadata/buildFinishedOn"),
        Format::Provenance1 => Some("/runDetails/metadata/finishedOn"),
        Format::CycloneDx => Some("/metadata/timestamp"),
        Format::Spdx => Some("/creationInfo/created"),
        Format::Other => None,
    }
}

/// What is known of a report so far.
struct Seen<'e> {
    frame: Frame<'e>,
    time: Option<String>,
    scan: Option<Scan<'e>>,
    materials: Option<Materials<'e>>,
    build: Build,
    fields: Vec<FieldSeen<'e>>,
    /// How many steps comparisons with patterns may still take.
    steps: &'e Steps,
}

impl Reader for Seen<'_> {
    fn take(&mut self, mark: Mark, value: Value<'_>) {
        match mark {
            Mark::Statement(part) => self.frame.take(part, value),
            Mark::Time => match value {
                Value::Text(text) => self.time = Some(text.to_owned()),
                // Some write a count of seconds.
                Value::Number(_) => self.time = Some(String::new()),
                Value::Flag(_) | Value::Null | Value::Open | Value::Close => {}
            },
            Mark::Finding(part) => {
                if let Some(scan) = &mut self.scan {
                    scan.take(part, value);
                }
            }
            Mark::Component(part) => {
                if let Some(materials) = &mut self.materials {
                    materials.take(part, value);
                }
            }
            Mark::Provenance(part) => self.build.take(part, value),
            // Of images, not of reports.
            Mark::Config(_) => {}
            Mark::Field(number, part) => {
                if let Some(field) = self.fields.get_mut(number) {
                    field.take(part, value);
                }
            }
        }
    }
}

impl<'e> Seen<'e> {
    fn new(frame: Frame<'e>, asked: &'e Conditions, now: Time, steps: &'e Steps) -> Self {
        let asks_for_materials = !asked.packages.is_empty() || asked.licenses.is_some();
        Self {
            frame,
            time: None,
            scan: asked.vulnerabilities.as_ref().map(|asked| Scan::new(asked, now)),
            materials: asks_for_materials.then(|| Materials::new(asked, steps)),
            build: Build::default(),
            fields: asked.fields.iter().map(|asked| FieldSeen::new(asked, steps)).collect(),
            steps,
        }
    }

    fn check(
        self,
        expected: &PredicateType,
        asked: &Conditions,
        now: Time,
    ) -> Result<ReportSummary, ReportProblem> {
        self.frame.check(expected)?;
        let is_scan = expected.format() == Format::Vulnerabilities;
        let age = age(self.time.as_deref(), is_scan, asked, now)?;
        let findings = self.scan.map(Scan::check).transpose()?;
        let built = self.build.check(asked, self.steps);
        // Without steps, nothing is known of what was compared.
        if self.steps.are_spent() {
            return Err(ReportProblem::Unreadable(TOO_LONG.to_owned()));
        }
        self.materials.map_or(Ok(()), Materials::check)?;
        built?;
        self.fields.into_iter().try_for_each(FieldSeen::check)?;
        Ok(ReportSummary { age, findings })
    }
}

/// How old the report is. Without a limit, its time may be anything.
fn age(
    text: Option<&str>,
    is_scan: bool,
    asked: &Conditions,
    now: Time,
) -> Result<Option<String>, ReportProblem> {
    let time = text.and_then(Time::parse);
    if let Some(max_age) = asked.max_age {
        let text = text.ok_or(ReportProblem::NoTime { is_scan })?;
        let time = time.ok_or_else(|| ReportProblem::BadTime(clip(text, 64)))?;
        if time.is_ahead_of(now) {
            return Err(ReportProblem::Ahead(clip(text, 64)));
        }
        if let Some(old) = max_age.exceeded_by(time, now) {
            return Err(ReportProblem::Old(old));
        }
    }
    Ok(time.map(|time| time::age(time, now)))
}
