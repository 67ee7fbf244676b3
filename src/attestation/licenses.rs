//! Which licences packages may have: `licenses`.
//!
//! *And an expression of several?* Each licence that it names counts: `MIT OR AGPL-3.0-only` is refused where `AGPL-*` is.
//! *And a package that names none?* `only` refuses it. `refuse` cannot, or no image would pass; but a bill that names no
//! licence at all is refused.

use super::packages::PackageSeen;
use super::problem::ReportProblem;
use super::refused::Named;
use crate::image::glob::matches_any_text;
use crate::policy::report::Licenses;
use crate::text::clip;

/// Which packages are refused so far.
pub(super) struct LicenseCheck<'e> {
    asked: &'e Licenses,
    names_any: bool,
    has_packages: bool,
    found: Named,
}

impl<'e> LicenseCheck<'e> {
    pub(super) fn new(asked: &'e Licenses) -> Self {
        Self { asked, names_any: false, has_packages: false, found: Named::default() }
    }

    pub(super) fn take(&mut self, package: &PackageSeen) {
        self.has_packages = true;
        let licenses: Vec<&str> = package.licenses.iter().flat_map(|text| names(text)).collect();
        let names_any = !licenses.is_empty();
        self.names_any |= names_any;
        let is_among = |patterns: &[String], license: &str| {
            let license = license.to_ascii_lowercase();
            patterns.iter().any(|pattern| matches_any_text(&pattern.to_ascii_lowercase(), &license))
        };
        let mut licenses = licenses.into_iter();
        let refused = match self.asked {
            Licenses::Refuse(patterns) => licenses.find(|license| is_among(patterns, license)),
            Licenses::Only(_) if !names_any => Some("no licence"),
            Licenses::Only(patterns) => licenses.find(|license| !is_among(patterns, license)),
        };
        if let Some(license) = refused {
            self.found.add(|| format!("{} ({})", package.label(), clip(license, 64)));
        }
    }

    pub(super) fn check(self) -> Result<(), ReportProblem> {
        if self.found.count > 0 {
            return Err(ReportProblem::Licenses(self.found));
        }
        if self.has_packages && !self.names_any {
            return Err(ReportProblem::NoLicenses);
        }
        Ok(())
    }
}

/// The licences that a text names: one, or each of an expression (SPDX 2.3, annex D), without the exceptions (`WITH …`),
/// which permit more.
fn names(text: &str) -> Vec<&str> {
    let parts = || text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
    let is_operator = |part: &str| matches!(part, "AND" | "OR" | "WITH");
    let mut names = vec![text.trim()];
    if parts().any(is_operator) {
        let mut before = "";
        names.clear();
        for part in parts().filter(|part| !part.is_empty()) {
            if before != "WITH" && !is_operator(part) {
                names.push(part);
            }
            before = part;
        }
    }
    // What says nothing: SPDX 2.3 §7.13.
    names.retain(|name| !matches!(*name, "" | "NOASSERTION" | "NONE"));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_expressions() {
        let rows: [(&str, &[&str]); 7] = [
            ("MIT", &["MIT"]),
            ("(MIT OR Apache-2.0) AND BSD-3-Clause", &["MIT", "Apache-2.0", "BSD-3-Clause"]),
            ("GPL-2.0-only WITH Classpath-exception-2.0", &["GPL-2.0-only"]),
            ("GPL-2.0+", &["GPL-2.0+"]),
            ("Apache License 2.0", &["Apache License 2.0"]),
            ("NOASSERTION", &[]),
            ("", &[]),
        ];
        for (text, expected) in rows {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    type Row<'r> = (&'r Licenses, &'r [&'r [&'r str]], Result<(), usize>);

    #[test]
    fn packages_and_their_licences() {
        let patterns = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let refuse = Licenses::Refuse(patterns(&["AGPL-*"]));
        let only = Licenses::Only(patterns(&["mit", "Apache-*"]));
        let phrase = Licenses::Refuse(patterns(&["acme Lizenz f?r *", "Acme Lizenz für *"]));
        let rows: [Row<'_>; 11] = [
            (&refuse, &[&["MIT"], &[]], Ok(())),
            (&refuse, &[&["MIT OR agpl-3.0-only"]], Err(1)),
            (&refuse, &[&["NOASSERTION", "AGPL-3.0-only"], &["AGPL-1.0"]], Err(2)),
            (&refuse, &[&["NOASSERTION"], &[]], Err(0)),
            (&refuse, &[], Ok(())),
            (&only, &[&["MIT"], &["Apache-2.0"]], Ok(())),
            (&only, &[&["MIT"], &[]], Err(1)),
            (&only, &[&["MIT OR BSD-3-Clause"]], Err(1)),
            (&only, &[], Ok(())),
            (&phrase, &[&["ACME Lizenz für alle"]], Err(1)),
            (&phrase, &[&["ACME Lizenzen"]], Ok(())),
        ];
        for (asked, packages, expected) in rows {
            let mut check = LicenseCheck::new(asked);
            for licenses in packages {
                let licenses = licenses.iter().map(|text| (*text).to_owned()).collect();
                check.take(&PackageSeen { licenses, ..PackageSeen::default() });
            }
            let count = check.check().map_err(|problem| match problem {
                ReportProblem::Licenses(named) => named.count,
                _ => 0,
            });
            assert_eq!(count, expected, "{asked:?} {packages:?}");
        }
    }
}
