//! Bills of materials: the packages that an image holds, with their licences. SPDX 2.2 and 2.3
//! (<https://spdx.github.io/spdx-spec/v2.3/>) and `CycloneDX` 1.4 to 1.7 (<https://cyclonedx.org/docs/1.7/json/>), as JSON.

use super::licenses::LicenseCheck;
use super::marks::{ComponentPart, Mark};
use super::package_url::PackageUrl;
use super::packages::{PackageCheck, PackageSeen};
use super::paths::{Paths, Shape};
use super::problem::ReportProblem;
use super::walk::Value;
use crate::policy::predicate_type::Format;
use crate::policy::report::Conditions;
use crate::policy::steps::Steps;
use crate::text::clip;
use ComponentPart::{
    Component, FormatVersion, Group, Kind, License, LicenseEntry, LicenseUrl, List, Name, Subject,
    Url, Version,
};

const SPDX: [(&str, Mark); 6] = [
    ("/name", Mark::Component(Name)),
    ("/versionInfo", Mark::Component(Version)),
    ("/externalRefs/*/referenceLocator", Mark::Component(Url)),
    ("/licenseConcluded", Mark::Component(License)),
    ("/licenseDeclared", Mark::Component(License)),
    ("/licenseInfoFromFiles/*", Mark::Component(License)),
];

const CYCLONE_DX: [(&str, Mark); 4] = [
    ("/name", Mark::Component(Name)),
    ("/group", Mark::Component(Group)),
    ("/version", Mark::Component(Version)),
    ("/purl", Mark::Component(Url)),
];

/// Where a component has the licences that it declares, and those that were found in it.
const CYCLONE_DX_LICENSES: [&str; 2] = ["/licenses/*", "/evidence/licenses/*"];

const CYCLONE_DX_LICENSE: [(&str, Mark); 5] = [
    ("/license", Mark::Component(LicenseEntry)),
    ("/license/id", Mark::Component(License)),
    ("/license/name", Mark::Component(License)),
    ("/license/url", Mark::Component(LicenseUrl)),
    ("/expression", Mark::Component(License)),
];

/// The versions whose places these are.
const VERSIONS: [&str; 6] = ["SPDX-2.2", "SPDX-2.3", "1.4", "1.5", "1.6", "1.7"];

/// Adds the paths of that format, below that place.
pub(super) fn add_paths(paths: &mut Paths, from: usize, format: Format) {
    let (version, list, table): (_, _, &[_]) = match format {
        Format::Spdx => ("/spdxVersion", "/packages", &SPDX),
        Format::CycloneDx => ("/specVersion", "/components", &CYCLONE_DX),
        Format::Vulnerabilities | Format::Provenance02 | Format::Provenance1 | Format::Other => {
            return;
        }
    };
    paths
        .add_all(from, &[(version, Mark::Component(FormatVersion)), (list, Mark::Component(List))]);
    let list = paths.add(from, list, Shape::Strict);
    let component = paths.add(list, "/*", Shape::Strict);
    paths.mark(component, Mark::Component(Component));
    paths.add_all(component, table);
    if format == Format::CycloneDx {
        let subject = paths.add(from, "/metadata/component", Shape::Strict);
        paths.mark(subject, Mark::Component(Subject));
        paths.add_all(subject, &[("/type", Mark::Component(Kind))]);
        paths.add_all(subject, table);
        for place in [component, subject] {
            for licenses in CYCLONE_DX_LICENSES {
                let license = paths.add(place, licenses, Shape::Strict);
                paths.add_all(license, &CYCLONE_DX_LICENSE);
            }
            paths.repeat(place, "components", list);
        }
    }
}

/// What is known of a bill of materials so far.
pub(super) struct Materials<'e> {
    packages: PackageCheck<'e>,
    licenses: Option<LicenseCheck<'e>>,
    version: String,
    has_list: bool,
    /// Packages within packages, the innermost last.
    open: Vec<PackageSeen>,
    /// Where the licence that is read now is told by an address, and how many licences its package had before.
    license: (String, usize),
}

impl<'e> Materials<'e> {
    pub(super) fn new(asked: &'e Conditions, steps: &'e Steps) -> Self {
        Self {
            packages: PackageCheck::new(&asked.packages, steps),
            licenses: asked.licenses.as_ref().map(|asked| LicenseCheck::new(asked, steps)),
            version: String::new(),
            has_list: false,
            open: Vec::new(),
            license: (String::new(), 0),
        }
    }

    pub(super) fn take(&mut self, part: ComponentPart, value: Value<'_>) {
        match (part, value) {
            (List, Value::Open) => self.has_list = true,
            (Component | Subject, Value::Open) => {
                let is_subject = part == Subject;
                self.open.push(PackageSeen { is_subject, ..PackageSeen::default() });
            }
            (LicenseEntry, Value::Open | Value::Close) => self.take_license(value == Value::Open),
            (Component | Subject, Value::Close) => {
                let Some(package) = self.open.pop() else { return };
                self.packages.take(&package);
                if let Some(licenses) = &mut self.licenses {
                    licenses.take(&package);
                }
            }
            (FormatVersion, Value::Text(text)) => text.clone_into(&mut self.version),
            (_, Value::Text(text)) => self.take_text(part, text),
            (_, Value::Open | Value::Close | Value::Number(_) | Value::Flag(_) | Value::Null) => {}
        }
    }

    fn take_text(&mut self, part: ComponentPart, text: &str) {
        let Some(package) = self.open.last_mut() else { return };
        match part {
            Name => text.clone_into(&mut package.name),
            Group => text.clone_into(&mut package.group),
            Version => text.clone_into(&mut package.version),
            Url => package.urls.extend(PackageUrl::parse(text)),
            Kind => package.is_container = text == "container",
            License => package.licenses.push(text.to_owned()),
            LicenseUrl => text.clone_into(&mut self.license.0),
            FormatVersion | List | Component | Subject | LicenseEntry => {}
        }
    }

    /// A licence that has neither identifier nor name is called by its address.
    fn take_license(&mut self, begins: bool) {
        let Some(package) = self.open.last_mut() else { return };
        let (url, before) = &mut self.license;
        if begins {
            (*url, *before) = (String::new(), package.licenses.len());
        } else if package.licenses.len() == *before {
            package.licenses.push(std::mem::take(url));
        }
    }

    pub(super) fn check(self) -> Result<(), ReportProblem> {
        if !VERSIONS.contains(&self.version.as_str()) {
            return Err(ReportProblem::OtherBill(clip(&self.version, 64)));
        }
        if !self.has_list {
            return Err(ReportProblem::NoPackages);
        }
        self.packages.check()?;
        self.licenses.map_or(Ok(()), LicenseCheck::check)
    }
}
