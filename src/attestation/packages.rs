//! Packages that are refused: `packages`.
//!
//! *What is a package called?* By its name, or its group and name as Maven (`group:name`) and npm (`@scope/name`) have
//! it. A package whose version is not told, or has no number in it, is refused where its name is.

use super::problem::ReportProblem;
use super::refused::Named;
use super::version;
use crate::image::glob::matches_any_text;
use crate::policy::report::{Comparison, PackagePattern};
use crate::text::clip;
use std::cmp::Ordering;

/// A package as it is read.
#[derive(Debug, Default)]
pub(super) struct PackageSeen {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) licenses: Vec<String>,
}

/// Which packages are refused so far.
pub(super) struct PackageCheck<'e> {
    refused: &'e [PackagePattern],
    found: Named,
}

impl<'e> PackageCheck<'e> {
    pub(super) fn new(refused: &'e [PackagePattern]) -> Self {
        Self { refused, found: Named::default() }
    }

    pub(super) fn take(&mut self, package: &PackageSeen) {
        let names = package.names();
        if self.refused.iter().any(|pattern| pattern.matches(&names, &package.version)) {
            self.found.add(|| package.label());
        }
    }

    pub(super) fn check(self) -> Result<(), ReportProblem> {
        if self.found.count == 0 { Ok(()) } else { Err(ReportProblem::Packages(self.found)) }
    }
}

impl PackageSeen {
    /// What it may be called: its name, and with its group as Maven and npm have it.
    fn names(&self) -> Vec<String> {
        let mut names = vec![self.name.clone()];
        if !self.group.is_empty() {
            let with = |between| [self.group.as_str(), between, &self.name].concat();
            names.extend([":", "/"].map(with));
        }
        names
    }

    /// `log4j-core 2.14.1`
    pub(super) fn label(&self) -> String {
        let name = if self.name.is_empty() { "a package without a name" } else { &self.name };
        format!("{} {}", clip(name, 64), clip(&self.version, 32)).trim_end().to_owned()
    }
}

impl PackagePattern {
    fn matches(&self, names: &[String], version: &str) -> bool {
        names.iter().any(|name| matches_any_text(&self.name, name))
            && self.versions.as_ref().is_none_or(|(comparison, than)| {
                version::compare(version, than).is_none_or(|ordering| {
                    match (comparison, ordering) {
                        (Comparison::Less | Comparison::LessOrEqual, Ordering::Less)
                        | (Comparison::Equal | Comparison::LessOrEqual, Ordering::Equal) => true,
                        (Comparison::Less, Ordering::Equal)
                        | (Comparison::Equal, Ordering::Less)
                        | (_, Ordering::Greater) => false,
                    }
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(group: &str, name: &str, version: &str) -> PackageSeen {
        let [group, name, version] = [group, name, version].map(str::to_owned);
        PackageSeen { name, group, version, licenses: Vec::new() }
    }

    #[test]
    fn packages_that_match() {
        let pattern = |name: &str, versions: Option<(Comparison, &str)>| PackagePattern {
            name: name.to_owned(),
            versions: versions.map(|(comparison, version)| (comparison, version.to_owned())),
        };
        let before = |name, version| pattern(name, Some((Comparison::Less, version)));
        let rows = [
            (pattern("event-stream", None), package("", "event-stream", ""), true),
            (pattern("event-stream", None), package("", "event-streams", "1"), false),
            (pattern("event-*", None), package("", "event-streams", "1"), true),
            (pattern("log?j*", None), package("", "log4j", "1"), false),
            (pattern("größe *", None), package("", "größe von allem", "1"), true),
            (before("log4j-core", "2.17.1"), package("", "log4j-core", "2.14.1"), true),
            (before("log4j-core", "2.17.1"), package("", "log4j-core", "2.17.1"), false),
            (before("log4j-core", "2.17.1"), package("", "log4j-core", "2.17.1-rc1"), true),
            (before("log4j-core", "2.17.1"), package("", "log4j-core", ""), true),
            (before("log4j-core", "2.17.1"), package("", "log4j-core", "unknown"), true),
            (before("log4j-core", "2.17.1"), package("", "log4j-core", "3"), false),
            (before("org.a:log4j-core", "2"), package("org.a", "log4j-core", "1"), true),
            (before("@babel/core", "7"), package("@babel", "core", "6.1"), true),
            (before("@babel/core", "7"), package("", "@babel/core", "6.1"), true),
            (pattern("a", Some((Comparison::Equal, "1.0"))), package("", "a", "1.0"), true),
            (pattern("a", Some((Comparison::Equal, "1.0"))), package("", "a", "0.9"), false),
            (pattern("a", Some((Comparison::LessOrEqual, "1.0"))), package("", "a", "1.0"), true),
        ];
        for (pattern, package, expected) in rows {
            let matches = pattern.matches(&package.names(), &package.version);
            assert_eq!(matches, expected, "{pattern:?} {package:?}");
        }
    }
}
