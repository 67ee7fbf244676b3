//! What is asked of the content of a signed report, and how large one may be.

use crate::policy::text_pattern::TextPattern;
use crate::time::{Day, MaxAge};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;

/// The largest report, in bytes: a scan of a large image with all that its scanner says. A host keeps what it has read.
pub const MAX_REPORT: u64 = 4 * 1024 * 1024;

/// What a report must say.
#[derive(Debug, Default)]
pub struct Conditions {
    /// How old it may be.
    pub max_age: Option<MaxAge>,
    /// Where in its predicate its time is, when the type does not tell.
    pub time_at: Option<String>,
    /// Which findings are refused.
    pub vulnerabilities: Option<Vulnerabilities>,
    /// Packages that are refused.
    pub packages: Vec<PackagePattern>,
    /// Which licences packages may have.
    pub licenses: Option<Licenses>,
    /// Who may have built the image; empty is anybody.
    pub builder: Vec<TextPattern>,
    /// From which source; empty is any.
    pub source: Vec<TextPattern>,
    /// What fields must say.
    pub fields: Vec<Field>,
}

/// How grave a finding is, as scanners say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Not known.
    Unknown,
    /// Not worth a fix.
    Negligible,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

/// Which findings of a scan are refused.
#[derive(Debug, Default)]
pub struct Vulnerabilities {
    /// Those of these severities. When there is any, those of an unknown one as well.
    pub refuse: Vec<Severity>,
    /// Whether those without a fix pass.
    pub fixed_only: bool,
    /// Findings that pass.
    pub except: Vec<Exception>,
    /// Findings that are refused whatever else is said.
    pub always: Vec<String>,
}

/// A finding that passes.
#[derive(Debug)]
pub struct Exception {
    /// Its name.
    pub id: String,
    /// The last day on which it does.
    pub until: Option<Day>,
}

/// Packages that are refused: `event-stream`, `log4j-core@<2.17.1`.
#[derive(Debug)]
pub struct PackagePattern {
    /// Their name, in which `*` is any number of characters.
    pub name: String,
    /// Their versions; none is all of them.
    pub versions: Option<(Comparison, String)>,
}

/// How a version is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It is that one.
    Equal,
    /// It is an earlier one.
    Less,
    /// It is an earlier one, or that one.
    LessOrEqual,
}

/// Which licences packages may have; patterns in which `*` is any number of characters.
#[derive(Debug)]
pub enum Licenses {
    /// No package may have one of these.
    Refuse(Vec<String>),
    /// Packages may have these alone.
    Only(Vec<String>),
}

/// What a field must say.
#[derive(Debug)]
pub struct Field {
    /// A JSON pointer into the predicate, in which `*` is each element of a list.
    pub at: String,
    /// What is asked of the values there.
    pub test: FieldTest,
}

/// What is asked of a field.
#[derive(Debug)]
pub enum FieldTest {
    /// It is this.
    Equals(Scalar),
    /// It is one of these.
    In(Vec<Scalar>),
    /// It is a string that matches.
    Pattern(TextPattern),
    /// One of the values, or of the elements of a list, is this.
    Contains(Scalar),
    /// It is a number, and no more than this.
    AtMost(Number),
    /// It is a number, and no less than this.
    AtLeast(Number),
    /// It is not there.
    Absent,
}

/// A value that has no parts.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A string.
    Text(String),
    /// A number.
    Number(Number),
    /// True or false.
    Flag(bool),
}

/// A number of JSON. Whole numbers beyond 2^53 are rounded.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, true or false")
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(flag))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON's numbers are read so by most")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
        self.visit_f64(number as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON's numbers are read so by most")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(Number(number)))
    }
}
