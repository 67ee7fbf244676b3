//! Who built an image, and from what: `builder` and `source`, of SLSA's provenance 0.2 and 1.
//!
//! *Where is the source?* In 0.2 in `invocation.configSource`; in 1 among the parameters that the build was given from
//! outside, where each builder has its own place for it: of all that are known, those that are there must match. What a
//! build fetched besides (`materials`, `resolvedDependencies`) is no source.

use super::marks::{Mark, ProvenancePart};
use super::problem::ReportProblem;
use super::walk::Value;
use crate::policy::report::Conditions;
use crate::policy::steps::Steps;
use crate::policy::text_pattern::TextPattern;
use crate::text::clip;

const BUILDER: Mark = Mark::Provenance(ProvenancePart::Builder);
const SOURCE: Mark = Mark::Provenance(ProvenancePart::Source);

pub(super) const PATHS_02: [(&str, Mark); 2] =
    [("/builder/id", BUILDER), ("/invocation/configSource/uri", SOURCE)];

pub(super) const PATHS_1: [(&str, Mark); 5] = [
    ("/runDetails/builder/id", BUILDER),
    // GitHub: <https://actions.github.io/buildtypes/workflow/v1>
    ("/buildDefinition/externalParameters/workflow/repository", SOURCE),
    // slsa-github-generator: <https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1>
    ("/buildDefinition/externalParameters/source", SOURCE),
    ("/buildDefinition/externalParameters/source/uri", SOURCE),
    // Google Cloud Build: <https://slsa-framework.github.io/gcb-buildtypes/triggered-build/v1>
    ("/buildDefinition/externalParameters/buildConfigSource/repository", SOURCE),
];

/// What is known of a build so far.
#[derive(Default)]
pub(super) struct Build {
    builder: Option<String>,
    sources: Vec<String>,
}

impl Build {
    pub(super) fn take(&mut self, part: ProvenancePart, value: Value<'_>) {
        let Value::Text(text) = value else { return };
        match part {
            ProvenancePart::Builder => self.builder = Some(text.to_owned()),
            ProvenancePart::Source => self.sources.push(plain(text).to_owned()),
        }
    }

    pub(super) fn check(&self, asked: &Conditions, steps: &Steps) -> Result<(), ReportProblem> {
        let is_one_of = |patterns: &[TextPattern], text: &str| {
            patterns.iter().any(|pattern| pattern.matches_within(text, steps) == Ok(true))
        };
        if !asked.builder.is_empty() {
            let builder = self.builder.as_ref().ok_or(ReportProblem::NoBuilder)?;
            if !is_one_of(&asked.builder, builder) {
                return Err(ReportProblem::Builder(clip(builder, 256)));
            }
        }
        if asked.source.is_empty() {
            return Ok(());
        }
        if self.sources.is_empty() {
            return Err(ReportProblem::NoSource);
        }
        match self.sources.iter().find(|source| !is_one_of(&asked.source, source)) {
            Some(other) => Err(ReportProblem::Source(clip(other, 256))),
            None => Ok(()),
        }
    }
}

/// A repository without the way by which it was fetched, its revision (`git+…`, `…@refs/heads/main`, `….git`).
fn plain(uri: &str) -> &str {
    let uri = uri.strip_prefix("git+").unwrap_or(uri);
    // An `@` before a slash of the path is one of a user.
    let uri = match uri.split_once("://").and_then(|(_, rest)| rest.split_once('/')) {
        Some((_, path)) => {
            let revision = path.split_once('@').map_or("", |(_, revision)| revision);
            if revision.is_empty() {
                uri
            } else {
                uri.strip_suffix(revision).and_then(|uri| uri.strip_suffix('@')).unwrap_or(uri)
            }
        }
        None => uri,
    };
    uri.strip_suffix(".git").unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_without_their_revisions() {
        let rows = [
            ("https://github.com/acme/app", "https://github.com/acme/app"),
            ("git+https://github.com/acme/app@refs/heads/main", "https://github.com/acme/app"),
            ("git+https://github.com/acme/app.git@refs/tags/v1@x", "https://github.com/acme/app"),
            ("https://user@git.acme.com/app.git", "https://user@git.acme.com/app"),
            ("https://github.com/acme/app@", "https://github.com/acme/app@"),
            ("git@github.com:acme/app", "git@github.com:acme/app"),
            ("", ""),
        ];
        for (uri, expected) in rows {
            assert_eq!(plain(uri), expected, "{uri}");
        }
    }
}
