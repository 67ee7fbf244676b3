//! Packages that are refused: `packages`.
//!
//! *What is a package called?* By its name, or its group and name as Maven (`group:name`) and npm (`@scope/name`) have
//! it, as the bill or the package URL tells them. *In what case?* In any: some ecosystems tell names apart by it, and none
//! should. Python's names, Cargo's, and those of ecosystems that are not told have one separator: `-`, `_` and `.` are the
//! same (<https://packaging.python.org/en/latest/specifications/name-normalization/>). A package whose version is not told
//! is refused where its name is.

use super::package_url::PackageUrl;
use super::problem::ReportProblem;
use super::refused::RefusedPackages;
use super::version::{Scheme, may_be};
use crate::policy::report::PackagePattern;
use crate::policy::steps::Steps;
use crate::policy::wildcard::Wildcard;
use crate::text::clip;

/// A package as it is read.
#[derive(Debug, Default)]
pub(super) struct PackageSeen {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) urls: Vec<PackageUrl>,
    pub(super) licenses: Vec<String>,
    /// Whether it is what the bill is about.
    pub(super) is_subject: bool,
    /// Whether that is an image.
    pub(super) is_container: bool,
}

/// Which packages are refused so far.
pub(super) struct PackageCheck<'e> {
    /// What is refused, with the patterns of its name in lower case: with one separator, and as it is.
    refused: Vec<(&'e PackagePattern, [Wildcard; 2])>,
    steps: &'e Steps,
    found: RefusedPackages,
}

impl<'e> PackageCheck<'e> {
    pub(super) fn new(refused: &'e [PackagePattern], steps: &'e Steps) -> Self {
        let refused = refused.iter().map(|pattern| {
            let name = pattern.name.to_ascii_lowercase();
            let folded = with_one_separator(&name);
            (pattern, [folded, name].map(|name| Wildcard::of_names(&name)))
        });
        Self { refused: refused.collect(), steps, found: RefusedPackages::default() }
    }

    pub(super) fn take(&mut self, package: &PackageSeen) {
        // An image may have the name of a package, and is none.
        if !package.is_container && self.refuses(package) {
            self.found.add(|| package.label());
        }
    }

    fn refuses(&self, package: &PackageSeen) -> bool {
        let separates = |url: &PackageUrl| !matches!(url.kind.as_str(), "cargo" | "pypi");
        let is_one = !package.urls.iter().any(separates);
        let mut names = Vec::new();
        for name in package.names() {
            let folded = is_one.then(|| with_one_separator(&name));
            // A star may stand between two separators that became one.
            if folded.as_ref().is_none_or(|folded| folded.len() != name.len()) {
                names.push((false, name));
            }
            names.extend(folded.map(|folded| (true, folded)));
        }
        self.refused.iter().any(|(pattern, [folded, name])| {
            let is_called = |(is_folded, given): &(bool, String)| {
                let pattern = if *is_folded { folded } else { name };
                pattern.matches_within(given, self.steps) == Ok(true)
            };
            let has_version = |(comparison, than): &(_, String)| {
                may_be(package.version.trim(), (*comparison, than), package.scheme())
            };
            names.iter().any(is_called) && pattern.versions.as_ref().is_none_or(has_version)
        })
    }

    pub(super) fn check(self) -> Result<(), ReportProblem> {
        if self.found.count == 0 { Ok(()) } else { Err(ReportProblem::Packages(self.found)) }
    }
}

impl PackageSeen {
    /// What it may be called, in lower case.
    fn names(&self) -> Vec<String> {
        let urls = self.urls.iter().map(|url| (url.namespace.as_str(), url.name.as_str()));
        let mut names = Vec::new();
        for (group, name) in urls.chain([(self.group.as_str(), self.name.as_str())]) {
            names.push(name.trim().to_ascii_lowercase());
            if !group.is_empty() {
                let with = |between| [group, between, name].concat().to_ascii_lowercase();
                names.extend([":", "/"].map(with));
            }
        }
        names
    }

    /// How its versions are ordered.
    fn scheme(&self) -> Scheme {
        let mut schemes = self.urls.iter().map(|url| Scheme::of(&url.kind));
        let first = schemes.next().unwrap_or(Scheme::Unknown);
        if schemes.all(|scheme| scheme == first) { first } else { Scheme::Unknown }
    }

    /// `log4j-core 2.14.1`
    pub(super) fn label(&self) -> String {
        let name = if self.name.is_empty() { "a package without a name" } else { &self.name };
        format!("{} {}", clip(name, 64), clip(&self.version, 32)).trim_end().to_owned()
    }
}

fn with_one_separator(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if matches!(c, '_' | '.') { '-' } else { c };
        if c != '-' || !folded.ends_with('-') {
            folded.push(c);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::policy::report::Comparison;

    fn package(group: &str, name: &str, version: &str) -> PackageSeen {
        let [group, name, version] = [group, name, version].map(str::to_owned);
        PackageSeen { name, group, version, ..PackageSeen::default() }
    }

    fn with_url(name: &str, version: &str, url: &str) -> PackageSeen {
        let urls = PackageUrl::parse(url).into_iter().collect();
        PackageSeen { urls, ..package("", name, version) }
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
            // Names in other spellings.
            (before("django", "4"), package("", "Django", "3.2"), true),
            (before("Typing-Extensions", "4"), package("", "typing_extensions", "3.2"), true),
            (before("typing.*", "4"), with_url("typing_x", "3", "pkg:pypi/typing-x"), true),
            (pattern("a-*-b", None), package("", "a--b", "1"), true),
            (pattern("*", None), with_url("", "1", "cpe:2.3:a"), true),
            (before("socket.io", "4"), with_url("socket-io", "3", "pkg:npm/socket-io"), false),
            // What the package URL alone tells.
            (
                before("org.x:log4j-core", "2.17.1"),
                with_url("log4j-core", "2.3", "pkg:maven/org.x/log4j-core@2.3"),
                true,
            ),
            (
                before("log4j-core", "2.17.1"),
                with_url("org.x:log4j-core", "2.3", "pkg:maven/org.x/log4j-core@2.3"),
                true,
            ),
            (before("@babel/core", "7"), with_url("core", "6", "pkg:npm/%40babel/core@6"), true),
            // The order that the package URL tells.
            (before("a", "1.2.3"), with_url("a", "1.2.3-4", "pkg:npm/a"), true),
            (before("a", "1.2.3"), with_url("a", "1.2.3-4", "pkg:deb/debian/a"), false),
            (before("a", "1.2.3"), package("", "a", "1.2.3-4"), true),
        ];
        for (pattern, package, expected) in rows {
            let patterns = [pattern];
            let refuses = PackageCheck::new(&patterns, &Steps::unlimited()).refuses(&package);
            assert_eq!(refuses, expected, "{patterns:?} {package:?}");
        }
    }
}
