//! What `image` and `attestations` look like: for the schema alone. They are read key by key (`settings/object.rs`), which
//! is less code in the module; a test holds the keys together.

#![expect(dead_code, reason = "the schema is made of these fields, and nothing else")]

use crate::policy::rule::Enforcement;
use crate::settings::limits::{
    MAX_ANNOTATIONS, MAX_ATTESTATIONS, MAX_EXCEPTIONS, MAX_FIELDS, MAX_NAMED_PLATFORMS,
    MAX_REPORT_PATTERNS,
};
use crate::settings::list::{List, StringMap};
use crate::settings::schema::needs;
use crate::settings::signers::{RawAnyOf, RawSigners};
use schemars::JsonSchema;

/// Entries of `attestations`.
pub(in crate::settings) type RawAttestations<'s> = List<RawAttestation<'s>, MAX_ATTESTATIONS>;

/// Texts or patterns of a condition.
type PatternTexts = List<String, MAX_REPORT_PATTERNS>;

/// A name, or an object.
pub(in crate::settings) enum AnyException {}

/// A string, a number, true or false.
pub(in crate::settings) enum AnyScalar {}

/// A number.
pub(in crate::settings) enum AnyNumber {}

/// What the image must say of itself.
#[derive(JsonSchema)]
#[schemars(extend("allOf" = needs(&[&["maxAge", "labels"]])))]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::settings) struct RawImage {
    /// how old it may be: `90d`, `12h`, `2w`
    max_age: Option<String>,
    /// labels that it must have, and what they must be; `*` is any number of characters but no `/`
    labels: Option<StringMap<MAX_ANNOTATIONS>>,
    /// of an index, the platforms that this is asked of, such as `linux/amd64` (default: all)
    platforms: Option<List<String, MAX_NAMED_PLATFORMS>>,
    /// whether an image that does not satisfy it is rejected or only warned of (default: reject)
    enforcement: Option<Enforcement>,
}

/// A signed report that must be there.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::settings) struct RawAttestation<'s> {
    /// the type of the report: a short name of cosign (`vuln`, `cyclonedx`, …) or a URI
    #[schemars(rename = "type")]
    predicate_type: String,
    /// the name in its tag, where several reports of one type are kept
    name: Option<String>,
    /// each of these must have signed it (default: those who must have signed the image)
    all_of: Option<RawSigners<'s>>,
    /// some of these must have signed it
    any_of: Option<RawAnyOf<'s>>,
    /// the repository in which it is kept (default: the image's own)
    repository: Option<String>,
    /// of an index, the platforms that have one, such as `linux/amd64` (default: all)
    platforms: Option<List<String, MAX_NAMED_PLATFORMS>>,
    /// whether an image without it is rejected or only warned of (default: reject)
    enforcement: Option<Enforcement>,
    /// how old it may be, such as `7d`, or `unlimited`; must be given for `vuln`
    max_age: Option<String>,
    /// where in its predicate its time is, as a JSON pointer, for types that have no place of their own for it
    time_at: Option<String>,
    /// which findings are refused (`vuln`)
    vulnerabilities: Option<RawVulnerabilities>,
    /// which packages are refused (`cyclonedx`, `spdx`)
    packages: Option<RawPackages>,
    /// which licences packages may have (`cyclonedx`, `spdx`)
    licenses: Option<RawLicenses>,
    /// who may have built the image (`slsaprovenance`, `slsaprovenance1`)
    builder: Option<PatternTexts>,
    /// from which source, such as `https://github.com/acme/*` (`slsaprovenance`, `slsaprovenance1`)
    source: Option<PatternTexts>,
    /// what fields of the predicate must say
    fields: Option<List<RawField, MAX_FIELDS>>,
}

/// Which findings are refused.
#[derive(JsonSchema)]
#[schemars(extend("allOf" = needs(&[&["refuse", "always"]])))]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawVulnerabilities {
    /// the severities that are refused: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `NEGLIGIBLE`, `UNKNOWN`
    refuse: Option<PatternTexts>,
    /// whether findings without a fix pass (default: false)
    fixed_only: Option<bool>,
    /// findings that pass: their names, or objects with `id`, `until` and `reason`
    except: Option<List<AnyException, MAX_EXCEPTIONS>>,
    /// findings that are refused whatever their severity, fix or exception
    always: Option<List<String, MAX_EXCEPTIONS>>,
}

/// A finding that passes.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::settings) struct RawException {
    /// its name: a CVE, a GHSA or what the scanner calls it
    id: String,
    /// the last day on which it passes: `2026-12-31`
    until: Option<String>,
    /// why, for those who read the settings
    reason: Option<String>,
}

/// Which packages are refused.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawPackages {
    /// `name`, `name@version`, `name@<version` or `name@<=version`; a `*` in a name is any number of characters
    refuse: PatternTexts,
}

/// Which licences packages may have.
#[derive(JsonSchema)]
#[schemars(extend("allOf" = needs(&[&["refuse", "only"]])))]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawLicenses {
    /// none of these; `*` is any number of characters
    refuse: Option<PatternTexts>,
    /// these alone
    only: Option<PatternTexts>,
}

/// What a field must say: one test.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawField {
    /// a JSON pointer into the predicate; `*` is each element of a list
    at: String,
    /// it is this
    equals: Option<AnyScalar>,
    /// it is one of these
    #[schemars(rename = "in")]
    is_in: Option<List<AnyScalar, MAX_REPORT_PATTERNS>>,
    /// it is a string that matches; `*` is any number of characters but no `/`, `**` any number of any characters
    pattern: Option<String>,
    /// one of the values, or of the elements of a list, is this
    contains: Option<AnyScalar>,
    /// it is a number, and no more than this
    at_most: Option<AnyNumber>,
    /// it is a number, and no less than this
    at_least: Option<AnyNumber>,
    /// it is not there
    absent: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attestation::{ATTESTATION, IMAGE, conditions, fields};
    use std::collections::BTreeSet;

    #[test]
    fn what_is_read_is_what_the_schema_has() {
        let of = |keys: &'static [&'static str], schema: schemars::Schema| {
            let schema = schema.to_value();
            let properties = schema["properties"].as_object().unwrap();
            let known: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(keys.iter().copied().collect::<BTreeSet<_>>(), known);
        };
        of(&IMAGE, schemars::schema_for!(RawImage));
        of(&ATTESTATION, schemars::schema_for!(RawAttestation<'_>));
        of(&conditions::VULNERABILITIES, schemars::schema_for!(RawVulnerabilities));
        of(&conditions::EXCEPTION, schemars::schema_for!(RawException));
        of(&conditions::PACKAGES, schemars::schema_for!(RawPackages));
        of(&conditions::LICENSES, schemars::schema_for!(RawLicenses));
        of(&fields::FIELD, schemars::schema_for!(RawField));
    }
}
