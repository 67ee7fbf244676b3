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
use crate::settings::trust::{RawAnyOf, RawSigners};
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
    /// its maximum age: `90d`, `12h`, `2w`
    max_age: Option<String>,
    /// labels that it must have; in values, `*` matches any characters except `/`
    labels: Option<StringMap<MAX_ANNOTATIONS>>,
    /// for an index: the platforms to check, such as `linux/amd64` (default: all)
    platforms: Option<List<String, MAX_NAMED_PLATFORMS>>,
    /// what to do with an image that does not satisfy it (default: reject)
    enforcement: Option<Enforcement>,
}

/// A signed report that the image needs.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::settings) struct RawAttestation<'s> {
    /// the type of the report: a short name of cosign (`vuln`, `cyclonedx`, …) or a URI
    #[schemars(rename = "type")]
    predicate_type: String,
    /// the name in its tag, if an image has several reports of one type
    name: Option<String>,
    /// all of these signers must have signed it (default: the rule's own signers)
    all_of: Option<RawSigners<'s>>,
    /// a number of these signers must have signed it
    any_of: Option<RawAnyOf<'s>>,
    /// the repository that contains it (default: the image's own)
    repository: Option<String>,
    /// for an index: the platforms that need one, such as `linux/amd64` (default: all)
    platforms: Option<List<String, MAX_NAMED_PLATFORMS>>,
    /// what to do with an image without it (default: reject)
    enforcement: Option<Enforcement>,
    /// its maximum age, such as `7d`, or `unlimited`; required for `vuln`
    max_age: Option<String>,
    /// a JSON pointer to its time, for types that define no field for it
    time_at: Option<String>,
    /// which findings reject the image (`vuln`)
    vulnerabilities: Option<RawVulnerabilities>,
    /// which packages reject the image (`cyclonedx`, `spdx`)
    packages: Option<RawPackages>,
    /// which licences packages may have (`cyclonedx`, `spdx`)
    licenses: Option<RawLicenses>,
    /// which builders are allowed (`slsaprovenance`, `slsaprovenance1`)
    builder: Option<PatternTexts>,
    /// which source repositories are allowed, such as `https://github.com/acme/*` (`slsaprovenance`, `slsaprovenance1`)
    source: Option<PatternTexts>,
    /// conditions on fields of the predicate
    fields: Option<List<RawField, MAX_FIELDS>>,
}

/// Which findings are refused.
#[derive(JsonSchema)]
#[schemars(extend("allOf" = needs(&[&["refuse", "always"]])))]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawVulnerabilities {
    /// severities that reject the image: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `NEGLIGIBLE`, `UNKNOWN`
    refuse: Option<PatternTexts>,
    /// true: findings without a fix do not count (default: false)
    fixed_only: Option<bool>,
    /// findings that do not count: their IDs, or objects with `id`, `until` and `reason`
    except: Option<List<AnyException, MAX_EXCEPTIONS>>,
    /// findings that reject the image, whatever their severity, fix or exception
    always: Option<List<String, MAX_EXCEPTIONS>>,
}

/// A finding that does not count.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::settings) struct RawException {
    /// its ID, such as `CVE-2021-44228`
    id: String,
    /// the last day of the exception: `2026-12-31`
    until: Option<String>,
    /// a comment; the policy does not use it
    reason: Option<String>,
}

/// Which packages are refused.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawPackages {
    /// packages that reject the image: `name`, `name@version`, `name@<version` or `name@<=version`; `*` in a name matches any characters
    refuse: PatternTexts,
}

/// Which licences packages may have.
#[derive(JsonSchema)]
#[schemars(extend("allOf" = needs(&[&["refuse", "only"]])))]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawLicenses {
    /// licences that no package may have; `*` matches any characters
    refuse: Option<PatternTexts>,
    /// the only licences that packages may have
    only: Option<PatternTexts>,
}

/// A condition on a field: exactly one test.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawField {
    /// a JSON pointer into the predicate; `*` matches each element of a list
    at: String,
    /// it is this
    equals: Option<AnyScalar>,
    /// it is one of these
    #[schemars(rename = "in")]
    is_in: Option<List<AnyScalar, MAX_REPORT_PATTERNS>>,
    /// it is a string that matches; `*` matches any characters except `/`, `**` matches any characters
    pattern: Option<String>,
    /// the value, or an element of a list, is this
    contains: Option<AnyScalar>,
    /// it is a number, at most this
    at_most: Option<AnyNumber>,
    /// it is a number, at least this
    at_least: Option<AnyNumber>,
    /// it does not exist
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
