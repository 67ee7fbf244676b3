//! Which licences packages may have: `licenses`.
//!
//! *And an expression of several?* Each licence that it names counts: `MIT OR AGPL-3.0-only` is refused where `AGPL-*` is.
//! Operators are read in any case, and so are commas, slashes and the like, which no standard has. What follows `WITH` is an
//! exception, which permits more (SPDX 2.3, annex D), if it calls itself one.
//! *And a text that is none?* `refuse` looks at every word of it, `only` wants it as it stands, or all of its parts.
//! *And a package that names none?* `only` refuses it. `refuse` cannot, or no image would pass; but a bill that names no
//! licence at all is refused.

use super::packages::PackageSeen;
use super::problem::ReportProblem;
use super::refused::RefusedPackages;
use crate::policy::report::Licenses;
use crate::policy::steps::Steps;
use crate::policy::wildcard::Wildcard;
use crate::text::clip;

/// Which packages are refused so far.
pub(super) struct LicenseCheck<'e> {
    is_only: bool,
    patterns: &'e [String],
    /// The same in lower case.
    wildcards: Vec<Wildcard>,
    steps: &'e Steps,
    names_any: bool,
    has_packages: bool,
    found: RefusedPackages,
}

impl<'e> LicenseCheck<'e> {
    pub(super) fn new(asked: &'e Licenses, steps: &'e Steps) -> Self {
        let (is_only, patterns) = match asked {
            Licenses::Refuse(patterns) => (false, patterns),
            Licenses::Only(patterns) => (true, patterns),
        };
        let wildcard = |pattern: &String| Wildcard::of_names(&pattern.to_ascii_lowercase());
        Self {
            is_only,
            patterns,
            wildcards: patterns.iter().map(wildcard).collect(),
            steps,
            names_any: false,
            has_packages: false,
            found: RefusedPackages::default(),
        }
    }

    pub(super) fn take(&mut self, package: &PackageSeen) {
        // What says nothing: SPDX 2.3 §7.13.
        let says = |text: &&str| !matches!(*text, "NOASSERTION" | "NONE");
        let texts = || package.licenses.iter().map(|text| text.trim()).filter(says);
        if !package.is_subject {
            self.has_packages = true;
            self.names_any |= texts().any(|text| !text.is_empty());
        }
        let refused = if !self.is_only {
            texts().find_map(|text| self.refused(text))
        } else if texts().next().is_none() && !package.is_subject {
            Some("no licence".to_owned())
        } else {
            texts().find_map(|text| self.not_allowed(text))
        };
        if let Some(license) = refused {
            self.found.add(|| format!("{} ({})", package.label(), clip(&license, 64)));
        }
    }

    /// What a text names, and may not: it itself, a licence in it, or a word.
    fn refused(&self, text: &str) -> Option<String> {
        let is_in_id = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '+');
        let words = || text.split(|c| !is_in_id(c));
        let own = words().filter_map(|word| Some(word.split_once("LicenseRef-")?.1));
        let mut others = words().chain(own).chain([text]).map(str::to_owned);
        names(text)
            .into_iter()
            .find(|name| self.is_among(name))
            .or_else(|| others.find(|name| self.is_among(name)))
    }

    /// What a text names beside what it may.
    fn not_allowed(&self, text: &str) -> Option<String> {
        if self.patterns.iter().any(|pattern| pattern.eq_ignore_ascii_case(text)) {
            return None;
        }
        let names = names(text);
        if names.is_empty() {
            return Some("no licence".to_owned());
        }
        names.into_iter().find(|name| !self.is_among(name))
    }

    fn is_among(&self, license: &str) -> bool {
        let license = license.to_ascii_lowercase();
        let matches = |pattern: &Wildcard| pattern.matches_within(&license, self.steps) == Ok(true);
        self.wildcards.iter().any(matches)
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

/// The licences that a text names, without exceptions.
fn names(text: &str) -> Vec<String> {
    let is_url = text.contains("://");
    let parts = |c: char| matches!(c, '(' | ')' | ',' | ';' | '|' | '&') || c == '/' && !is_url;
    // Each with whether it follows `WITH`.
    let mut names: Vec<(String, bool)> = Vec::new();
    for part in text.split(parts) {
        names.push((String::new(), false));
        for word in part.split_whitespace() {
            let is = |operator: &str| word.eq_ignore_ascii_case(operator);
            if is("AND") || is("OR") || is("WITH") {
                names.push((String::new(), is("WITH")));
            } else if let Some((name, _)) = names.last_mut() {
                name.extend([if name.is_empty() { "" } else { " " }, word]);
            }
        }
    }
    let is_exception = |name: &str| name.to_ascii_lowercase().contains("exception");
    names.retain(|(name, is_with)| !(name.is_empty() || *is_with && is_exception(name)));
    names.into_iter().map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_expressions() {
        let rows: [(&str, &[&str]); 12] = [
            ("MIT", &["MIT"]),
            ("(MIT OR Apache-2.0) AND BSD-3-Clause", &["MIT", "Apache-2.0", "BSD-3-Clause"]),
            ("GPL-2.0-only WITH Classpath-exception-2.0", &["GPL-2.0-only"]),
            ("GPL-2.0+", &["GPL-2.0+"]),
            ("Apache License 2.0", &["Apache License 2.0"]),
            ("mit or agpl-3.0-only", &["mit", "agpl-3.0-only"]),
            ("MIT, AGPL-3.0", &["MIT", "AGPL-3.0"]),
            ("MIT/Apache-2.0|X11", &["MIT", "Apache-2.0", "X11"]),
            ("MIT WITH AGPL-3.0-only", &["MIT", "AGPL-3.0-only"]),
            ("https://example.com/MIT", &["https://example.com/MIT"]),
            (" ( OR ) ", &[]),
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
        let rows: [Row<'_>; 21] = [
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
            (&refuse, &[&["MIT AGPL-3.0"]], Err(1)),
            (&refuse, &[&["MIT WITH AGPL-3.0"]], Err(1)),
            (&refuse, &[&["https://www.gnu.org/licenses/agpl-3.0.html"]], Err(1)),
            (&refuse, &[&["LicenseRef-AGPL-3.0"]], Err(1)),
            (&refuse, &[&["MIT AND (X11 or Apache-2.0)"]], Ok(())),
            (&only, &[&["MIT with AGPL-3.0"]], Err(1)),
            (&only, &[&["MIT WITH LLVM-exception"]], Ok(())),
            (&only, &[&["MIT AND NOASSERTION"]], Err(1)),
            (&only, &[&["MIT", ""]], Err(1)),
            (&only, &[&["MIT", "https://example.com/mit"]], Err(1)),
        ];
        let steps = Steps::unlimited();
        for (asked, packages, expected) in rows {
            let mut check = LicenseCheck::new(asked, &steps);
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
