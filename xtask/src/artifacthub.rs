//! What Artifact Hub is told of a policy: `artifacthub-pkg.yml` and `artifacthub-repo.yml`, from `metadata.yml`.
//!
//! - Which fields? Those that `kwctl scaffold artifacthub` writes, of those that Artifact Hub knows
//!   (<https://github.com/artifacthub/hub/blob/master/docs/metadata/artifacthub-pkg.yml>); for Kubewarden's own,
//!   under `annotations`, see <https://artifacthub.io/docs/topics/annotations/kubewarden>.
//! - What is told of the installation? A policy that can be applied. `kwctl scaffold manifest` would leave the
//!   time-outs out, and by default a policy server ends an evaluation before a verification is done.
//! - Where does the module lie? In a registry under the tag `vVERSION`, and beside the release on GitHub as
//!   `policy.wasm`.
//! - Who owns the repository? Those whom the metadata names as authors.
//! - When was a package made? When this runs, or at `SOURCE_DATE_EPOCH`
//!   (<https://reproducible-builds.org/specs/source-date-epoch/>).

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use signed_images::evaluation::now;
use signed_images::metadata::Metadata;
use signed_images::metadata::annotations::{
    AUTHOR, DESCRIPTION, DISPLAY_NAME, KEYWORDS, LICENSE, OCI_URL, REPOSITORY_ID, RESOURCES,
    SOURCE, TITLE, URL, VERSION,
};
use signed_images_convert::manifest::{Mode, Policy, Scope};

use crate::made::{Made, read};

/// Both files. `created_at` is a time of RFC 3339.
///
/// # Errors
/// When what they are made of cannot be read, or lacks something.
pub fn files(created_at: &str) -> anyhow::Result<[Made; 2]> {
    let metadata = Metadata::parse(&read("metadata.yml")?).context("metadata.yml")?;
    let questions = read("questions-ui.yml")?;
    let package = Package::new(&metadata, created_at, Some(&questions)).context("metadata.yml")?;
    let repository = Repository::new(&metadata).context("metadata.yml")?;
    Ok([
        Made { path: "artifacthub-pkg.yml", text: text(&package)? },
        Made { path: "artifacthub-repo.yml", text: text(&repository)? },
    ])
}

fn text(content: &impl Serialize) -> anyhow::Result<String> {
    let text = yaml_serde::to_string(content)?;
    Ok(format!("# Made by `cargo xtask artifacthub` from the policy's metadata.\n{text}"))
}

/// The time at which a package is made.
///
/// # Errors
/// When `SOURCE_DATE_EPOCH` is no time.
pub fn created_at() -> anyhow::Result<String> {
    const VARIABLE: &str = "SOURCE_DATE_EPOCH";
    let seconds = match std::env::var(VARIABLE) {
        Ok(seconds) => seconds.parse().map(Duration::from_secs).context(VARIABLE)?,
        Err(_) => now(),
    };
    let seconds = i64::try_from(seconds.as_secs()).context(VARIABLE)?;
    let time = DateTime::from_timestamp(seconds, 0).context(VARIABLE)?;
    Ok(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// A version of the policy, as a package.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Package<'a> {
    version: semver::Version,
    name: &'a str,
    display_name: &'a str,
    created_at: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    #[serde(rename = "homeURL", skip_serializing_if = "Option::is_none")]
    home_url: Option<&'a str>,
    containers_images: Vec<Image>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keywords: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    install: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    maintainers: Vec<Person<'a>>,
    provider: Provider,
    recommendations: [Recommendation; 1],
    annotations: BTreeMap<&'static str, String>,
}

/// The repository that holds the packages.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository<'a> {
    #[serde(rename = "repositoryID", skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    owners: Vec<Person<'a>>,
}

#[derive(Debug, Serialize)]
struct Image {
    name: &'static str,
    image: String,
}

#[derive(Debug, Serialize)]
struct Link {
    name: &'static str,
    url: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Person<'a> {
    name: &'a str,
    email: &'a str,
}

#[derive(Debug, Serialize)]
struct Provider {
    name: &'static str,
}

#[derive(Debug, Serialize)]
struct Recommendation {
    url: &'static str,
}

const PROVIDER: Provider = Provider { name: "kubewarden" };
const CONTROLLER: Recommendation =
    Recommendation { url: "https://artifacthub.io/packages/helm/kubewarden/kubewarden-controller" };

/// Why the metadata is not enough.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactHubError {
    /// An annotation that is needed is not there.
    #[error("annotations: `{0}` is missing")]
    Missing(&'static str),
    /// The version is none.
    #[error("annotations: `{VERSION}`: {0}")]
    Version(#[from] semver::Error),
    /// Authors without addresses.
    #[error("annotations: `{AUTHOR}`: write `name <address>`, and commas between several")]
    Author,
    /// An empty keyword.
    #[error("annotations: `{KEYWORDS}`: there is nothing between two commas")]
    Keyword,
    /// It cannot be written as YAML.
    #[error(transparent)]
    Yaml(#[from] yaml_serde::Error),
}

impl<'a> Package<'a> {
    /// The package that this metadata describes. `created_at` is a time of RFC 3339; `questions` is the form
    /// of Rancher's user interface.
    ///
    /// # Errors
    /// When an annotation that is needed is missing, or malformed.
    pub fn new(
        metadata: &'a Metadata,
        created_at: &'a str,
        questions: Option<&str>,
    ) -> Result<Self, ArtifactHubError> {
        let version = semver::Version::parse(needed(metadata, VERSION)?)?;
        let image = format!("{}:v{version}", needed(metadata, OCI_URL)?);
        Ok(Self {
            name: needed(metadata, TITLE)?,
            display_name: needed(metadata, DISPLAY_NAME)?,
            created_at,
            description: needed(metadata, DESCRIPTION)?,
            license: annotation(metadata, LICENSE),
            home_url: annotation(metadata, URL),
            keywords: keywords(metadata)?,
            links: links(metadata, &version),
            install: install(needed(metadata, TITLE)?, &image)?,
            containers_images: vec![Image { name: "policy", image }],
            maintainers: authors(metadata)?,
            provider: PROVIDER,
            recommendations: [CONTROLLER],
            annotations: annotations(metadata, questions)?,
            version,
        })
    }
}

impl<'a> Repository<'a> {
    /// The repository of this policy.
    ///
    /// # Errors
    /// When its authors have no addresses.
    pub fn new(metadata: &'a Metadata) -> Result<Self, ArtifactHubError> {
        Ok(Self { id: annotation(metadata, REPOSITORY_ID), owners: authors(metadata)? })
    }
}

fn annotation<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a str> {
    metadata.annotations.as_ref()?.get(name).map(String::as_str)
}

fn needed<'a>(metadata: &'a Metadata, name: &'static str) -> Result<&'a str, ArtifactHubError> {
    annotation(metadata, name).ok_or(ArtifactHubError::Missing(name))
}

fn keywords(metadata: &Metadata) -> Result<Vec<&str>, ArtifactHubError> {
    let keywords = annotation(metadata, KEYWORDS).into_iter().flat_map(|list| list.split(','));
    let keywords: Vec<&str> = keywords.map(str::trim).collect();
    if keywords.contains(&"") { Err(ArtifactHubError::Keyword) } else { Ok(keywords) }
}

fn links(metadata: &Metadata, version: &semver::Version) -> Vec<Link> {
    let Some(source) = annotation(metadata, SOURCE) else { return Vec::new() };
    let mut links = vec![Link { name: "source", url: source.to_owned() }];
    if source.starts_with("https://github.com/") {
        let url = format!("{source}/releases/download/v{version}/policy.wasm");
        links.insert(0, Link { name: "policy", url });
    }
    links
}

/// The module's usage, whose settings the policy that is shown has, too.
const USAGE: &str = include_str!("../../USAGE.md");

fn install(name: &str, image: &str) -> Result<String, yaml_serde::Error> {
    let settings = USAGE.split("```").nth(1).and_then(|block| block.strip_prefix("yaml\n"));
    let settings = yaml_serde::from_str(settings.unwrap_or_default())?;
    let mut policy = Policy::new(name, Scope::Cluster(None), settings)?;
    image.clone_into(&mut policy.module);
    policy.mode = Mode::Monitor;
    Ok(format!(
        "\
Save this policy as `policy.yaml`, replace its `settings` by your own, and apply it with
`kubectl apply -f policy.yaml`. In the mode `monitor` it rejects nothing, and the log of the policy server tells
what it would reject.
```yaml
{policy}```
"
    ))
}

fn authors(metadata: &Metadata) -> Result<Vec<Person<'_>>, ArtifactHubError> {
    let authors = annotation(metadata, AUTHOR).into_iter().flat_map(|list| list.split(','));
    let person = |author| person(author).ok_or(ArtifactHubError::Author);
    authors.map(person).collect()
}

/// `name <address>`.
fn person(author: &str) -> Option<Person<'_>> {
    let (name, email) = author.trim().strip_suffix('>')?.split_once('<')?;
    let (local, domain) = email.split_once('@')?;
    let is_whole = |part: &str| !part.is_empty() && !part.contains([' ', '<', '>', '@']);
    (is_whole(local) && is_whole(domain)).then_some(Person { name: name.trim(), email })
}

fn annotations(
    metadata: &Metadata,
    questions: Option<&str>,
) -> Result<BTreeMap<&'static str, String>, ArtifactHubError> {
    let mut annotations = BTreeMap::from([
        ("kubewarden/mutation", metadata.mutating.to_string()),
        ("kubewarden/rules", yaml_serde::to_string(&metadata.rules)?),
    ]);
    if !metadata.context_aware_resources.is_empty() {
        let resources = yaml_serde::to_string(&metadata.context_aware_resources)?;
        annotations.insert("kubewarden/contextAwareResources", resources);
    }
    let copied = [
        ("kubewarden/resources", annotation(metadata, RESOURCES)),
        ("kubewarden/questions-ui", questions),
    ];
    let copied = copied.into_iter().filter_map(|(name, text)| Some((name, text?.to_owned())));
    annotations.extend(copied);
    Ok(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = "\
rules: [{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
mutating: true
annotations:
  io.kubewarden.policy.title: a
  io.kubewarden.policy.version: 1.2.3
  io.kubewarden.policy.description: b
  io.kubewarden.policy.ociUrl: ghcr.io/acme/a
  io.artifacthub.displayName: A
";

    fn metadata(more: &str) -> Metadata {
        Metadata::parse(&format!("{METADATA}{more}")).unwrap()
    }

    fn package(more: &str, questions: Option<&str>) -> Result<yaml_serde::Value, String> {
        let metadata = metadata(more);
        let package = Package::new(&metadata, "2026-01-02T03:04:05Z", questions);
        let package = package.map_err(|error| error.to_string())?;
        Ok(yaml_serde::to_value(package).unwrap())
    }

    fn parsed(yaml: &str) -> yaml_serde::Value {
        yaml_serde::from_str(yaml).unwrap()
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut package = package("", None).unwrap();
        let install = package.as_mapping_mut().unwrap().remove("install").unwrap();
        let install = install.as_str().unwrap();
        let (_, policy) = install.split_once("```yaml\n").unwrap();
        let policy = parsed(policy.strip_suffix("```\n").unwrap());
        assert_eq!(policy["metadata"]["name"], "a");
        assert_eq!(policy["spec"]["module"], "ghcr.io/acme/a:v1.2.3");
        assert_eq!(policy["spec"]["timeoutEvalSeconds"], 25);
        let expected = "\
version: 1.2.3
name: a
displayName: A
createdAt: 2026-01-02T03:04:05Z
description: b
containersImages: [{name: policy, image: ghcr.io/acme/a:v1.2.3}]
provider: {name: kubewarden}
recommendations: [{url: https://artifacthub.io/packages/helm/kubewarden/kubewarden-controller}]
annotations:
  kubewarden/mutation: 'true'
  kubewarden/rules: |
    - apiGroups:
      - ''
      apiVersions:
      - v1
      resources:
      - pods
      operations:
      - CREATE
";
        assert_eq!(package, parsed(expected));
    }

    #[test]
    fn what_is_known_is_told() {
        let more = "  io.kubewarden.policy.source: https://github.com/acme/a
  io.kubewarden.policy.url: https://acme.example
  io.kubewarden.policy.license: MIT
  io.kubewarden.policy.author: A B <a@acme.example>, C <c@acme.example>
  io.artifacthub.keywords: c, d e
  io.artifacthub.resources: Pod
contextAwareResources: [{apiVersion: v1, kind: ConfigMap}]
";
        let package = package(more, Some("questions: []\n")).unwrap();
        let release = "https://github.com/acme/a/releases/download/v1.2.3/policy.wasm";
        let rows = [
            ("license", "MIT".to_owned()),
            ("homeURL", "https://acme.example".to_owned()),
            ("keywords", "[c, d e]".to_owned()),
            (
                "links",
                format!(
                    "[{{name: policy, url: {release}}}, {{name: source, url: https://github.com/acme/a}}]"
                ),
            ),
            (
                "maintainers",
                "[{name: A B, email: a@acme.example}, {name: C, email: c@acme.example}]".to_owned(),
            ),
        ];
        for (key, expected) in rows {
            assert_eq!(package[key], parsed(&expected), "{key}");
        }
        let annotations = &package["annotations"];
        assert_eq!(
            annotations["kubewarden/contextAwareResources"],
            "- apiVersion: v1\n  kind: ConfigMap\n"
        );
        assert_eq!(annotations["kubewarden/resources"], "Pod");
        assert_eq!(annotations["kubewarden/questions-ui"], "questions: []\n");
    }

    #[test]
    fn sources_elsewhere_have_no_releases() {
        let package =
            package("  io.kubewarden.policy.source: https://acme.example/a\n", None).unwrap();
        assert_eq!(package["links"], parsed("[{name: source, url: https://acme.example/a}]"));
    }

    #[test]
    fn a_repository_belongs_to_the_authors() {
        let author = "  io.kubewarden.policy.author: A <a@acme.example>\n";
        let owners = "owners: [{name: A, email: a@acme.example}]";
        let id = "  io.artifacthub.repositoryID: 1-2\n";
        let rows = [
            (author.to_owned(), owners.to_owned()),
            (format!("{author}{id}"), format!("{{repositoryID: 1-2, {owners}}}")),
        ];
        for (more, expected) in rows {
            let metadata = metadata(&more);
            let repository = Repository::new(&metadata).unwrap();
            assert_eq!(yaml_serde::to_value(repository).unwrap(), parsed(&expected));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let authors = ["A", "A <a>", "A <a@b", "A <@b>", "A <a@b>, B", "A <a@b c>", "A <a@b@c>"];
        for author in authors {
            let error = package(&format!("  {AUTHOR}: {author}\n"), None).unwrap_err();
            assert!(error.contains("`name <address>`"), "{author}: {error}");
        }
        let error = package("  io.artifacthub.keywords: 'a,,b'\n", None).unwrap_err();
        assert!(error.contains("between two commas"), "{error}");
        for (name, line) in
            [(TITLE, "title: a"), (VERSION, "version: 1.2.3"), (OCI_URL, "ociUrl: ghcr.io/acme/a")]
        {
            let text = METADATA.replace(&format!("  io.kubewarden.policy.{line}\n"), "");
            let error = Package::new(&Metadata::parse(&text).unwrap(), "", None).unwrap_err();
            assert_eq!(error.to_string(), format!("annotations: `{name}` is missing"));
        }
        let text = METADATA.replace("1.2.3", "1.2");
        assert!(Package::new(&Metadata::parse(&text).unwrap(), "", None).is_err());
    }
}
