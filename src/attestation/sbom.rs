//! Bills of materials: the packages that an image holds, with their licences. SPDX 2.2 and 2.3
//! (<https://spdx.github.io/spdx-spec/v2.3/>) and `CycloneDX` 1.4 to 1.7 (<https://cyclonedx.org/docs/1.7/json/>), as JSON.

use super::licenses::LicenseCheck;
use super::marks::{ComponentPart, Mark};
use super::packages::{PackageCheck, PackageSeen};
use super::paths::{Paths, Shape};
use super::problem::ReportProblem;
use super::walk::Value;
use crate::policy::predicate_type::Format;
use crate::policy::report::Conditions;
use crate::text::clip;
use ComponentPart::{Component, FormatVersion, Group, License, List, Name, Version};

const SPDX: [(&str, Mark); 4] = [
    ("/name", Mark::Component(Name)),
    ("/versionInfo", Mark::Component(Version)),
    ("/licenseConcluded", Mark::Component(License)),
    ("/licenseDeclared", Mark::Component(License)),
];

const CYCLONE_DX: [(&str, Mark); 6] = [
    ("/name", Mark::Component(Name)),
    ("/group", Mark::Component(Group)),
    ("/version", Mark::Component(Version)),
    ("/licenses/*/license/id", Mark::Component(License)),
    ("/licenses/*/license/name", Mark::Component(License)),
    ("/licenses/*/expression", Mark::Component(License)),
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
        paths.repeat(component, "components", list);
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
}

impl<'e> Materials<'e> {
    pub(super) fn new(asked: &'e Conditions) -> Self {
        Self {
            packages: PackageCheck::new(&asked.packages),
            licenses: asked.licenses.as_ref().map(LicenseCheck::new),
            version: String::new(),
            has_list: false,
            open: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, part: ComponentPart, value: Value<'_>) {
        match (part, value) {
            (List, Value::Open) => self.has_list = true,
            (Component, Value::Open) => self.open.push(PackageSeen::default()),
            (Component, Value::Close) => {
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
            License => package.licenses.push(text.to_owned()),
            FormatVersion | List | Component => {}
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
