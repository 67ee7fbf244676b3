//! Why a report is not enough: in words, and as a code.

use super::refused::{RefusedFindings, RefusedPackages};
use crate::policy::report::{FieldTest, Scalar};
use crate::text::clip;
use crate::time::TooOld;
use std::fmt;

/// Why a report is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportProblem {
    /// It cannot be read: what it is instead.
    Unreadable(String),
    /// The host gave that of another manifest.
    OtherManifest,
    /// It is no in-toto Statement.
    NoStatement,
    /// It is of another type: this one.
    OtherType(String),
    /// It is about another image.
    OtherImage,
    /// It has no time.
    NoTime {
        /// Whether it is a scan.
        is_scan: bool,
    },
    /// Its time cannot be read.
    BadTime(String),
    /// Its time has not come.
    Ahead(String),
    /// It is too old.
    Old(TooOld),
    /// It does not name its scanner.
    NoScanner,
    /// It is of a scanner whose findings are not read.
    OtherScanner,
    /// It has findings that are refused.
    Findings(RefusedFindings),
    /// It is no bill of materials that is read; its version.
    OtherBill(String),
    /// It lists no packages.
    NoPackages,
    /// It lists packages that are refused.
    Packages(RefusedPackages),
    /// It names no licence.
    NoLicenses,
    /// Packages have licences that are refused.
    Licenses(RefusedPackages),
    /// It names no builder.
    NoBuilder,
    /// It is by another builder: this one.
    Builder(String),
    /// It names no source.
    NoSource,
    /// It is from another source: this one.
    Source(String),
    /// A field does not say what is asked.
    Field {
        /// Where.
        at: String,
        /// What it must.
        asked: String,
        /// Whether there is anything.
        is_there: bool,
    },
}

impl ReportProblem {
    /// The problem as audit annotations and the log have it, for programs to read.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) | Self::OtherManifest | Self::NoStatement => "report-unreadable",
            Self::OtherType(_) => "report-of-another-type",
            Self::OtherImage => "report-of-another-image",
            Self::NoTime { .. } | Self::BadTime(_) | Self::Ahead(_) => "report-untimed",
            Self::Old(_) => "report-old",
            Self::NoScanner | Self::OtherScanner | Self::Findings(_) => "report-findings",
            Self::OtherBill(_) | Self::NoPackages | Self::Packages(_) => "report-packages",
            Self::NoLicenses | Self::Licenses(_) => "report-licenses",
            Self::NoBuilder | Self::Builder(_) | Self::NoSource | Self::Source(_) => {
                "report-provenance"
            }
            Self::Field { .. } => "report-fields",
        }
    }
}

/// What is said of the report: the report `…` comes before it.
impl fmt::Display for ReportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::OtherManifest => f.write_str(
                "cannot be read: the policy server returned the config of another manifest",
            ),
            Self::NoStatement => f.write_str("is not an in-toto Statement 0.1 or 1"),
            Self::OtherType(given) => write!(f, "is of another type: `{given}`"),
            Self::OtherImage => f.write_str("is about another image"),
            Self::NoTime { is_scan: true } => f.write_str("has no scan time"),
            Self::NoTime { is_scan: false } => f.write_str("has no time"),
            Self::BadTime(text) => write!(f, "has a time that cannot be read: `{text}`"),
            Self::Ahead(text) => write!(f, "has a time in the future: {text}"),
            Self::Old(old) => write!(f, "is {old}"),
            Self::NoScanner => f.write_str("does not name its scanner"),
            Self::OtherScanner => f.write_str("is from a scanner that this policy does not know"),
            Self::Findings(findings) => {
                let RefusedFindings { counts, are_fixed, named } = findings;
                let plural = if counts.total() == 1 { "" } else { "s" };
                let fixed = if *are_fixed { " with a fix" } else { "" };
                write!(f, "has {counts} finding{plural}{fixed}: ")?;
                list(f, named, counts.total() as usize)
            }
            Self::OtherBill(version) if version.is_empty() => {
                f.write_str("is not an SBOM: it names no version of SPDX or CycloneDX")
            }
            Self::OtherBill(version) => write!(f, "has the unsupported version `{version}`"),
            Self::NoPackages => f.write_str("has no list of packages"),
            Self::Packages(RefusedPackages { count, first }) => {
                f.write_str("lists packages that are not allowed: ")?;
                list(f, first, *count)
            }
            Self::NoLicenses => f.write_str("names no licence of any package"),
            Self::Licenses(RefusedPackages { count, first }) => {
                f.write_str("lists packages with licences that are not allowed: ")?;
                list(f, first, *count)
            }
            Self::NoBuilder => f.write_str("names no builder"),
            Self::Builder(other) => write!(f, "is from a builder that is not allowed: `{other}`"),
            Self::NoSource => f.write_str("names no source"),
            Self::Source(other) => write!(f, "is from a source that is not allowed: `{other}`"),
            Self::Field { at, asked, is_there: true } => write!(f, "has a `{at}` that {asked}"),
            Self::Field { at, is_there: false, .. } => write!(f, "has no `{at}`"),
        }
    }
}

/// The first of so many.
fn list(f: &mut fmt::Formatter<'_>, first: &[String], count: usize) -> fmt::Result {
    f.write_str(&first.join(", "))?;
    if count > first.len() { f.write_str(", …") } else { Ok(()) }
}

/// What a field that fails the test does not do. Numbers are told as their test: to write one takes code that the module
/// does not have.
impl fmt::Display for FieldTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(Scalar::Text(text)) => write!(f, "is not `{}`", clip(text, 64)),
            Self::Contains(Scalar::Text(text)) => {
                write!(f, "does not contain `{}`", clip(text, 64))
            }
            Self::Equals(Scalar::Number(_) | Scalar::Flag(_)) => {
                f.write_str("is not the value of `equals`")
            }
            Self::Contains(Scalar::Number(_) | Scalar::Flag(_)) => {
                f.write_str("does not contain the value of `contains`")
            }
            Self::In(_) => f.write_str("is not one of `in`"),
            Self::Pattern(pattern) => write!(f, "does not match `{pattern}`"),
            Self::AtMost(_) => f.write_str("is not a number that `atMost` allows"),
            Self::AtLeast(_) => f.write_str("is not a number that `atLeast` allows"),
            Self::Absent => f.write_str("must not exist"),
        }
    }
}
