//! Which image a report calls its own: the one that it is published about must be among them.
//!
//! - Why is it asked? Who scans a tag and attests the digest that it has afterwards signs a clean scan of another image if
//!   the tag was moved in between.
//! - Where does a report name its image? Trivy's in `RepoDigests` and its name, grype's in `repoDigests` and its input, a
//!   bill of materials in the package URL or the version of what it describes. Most name none when they are of a file.
//! - Which digests are the image's? Its own, those that it lists, that of an index which lists it. That of its config, and
//!   of the manifest that a scanner of a file makes up, may be the image's, and are never held against a report.

use oci_client::Reference;
use serde_json::Value;
use serde_json::value::RawValue;

use super::place;
use super::store::{Manifest, Store};
use crate::host::Registries;
use crate::legible;
use crate::registry::RegistryError;

/// Digests that a report may name as an index of the image: each is looked at.
const MAX_INDEXES: usize = 4;

const IMAGES: [&str; 4] = [
    "/ArtifactName",
    "/Metadata/RepoDigests",
    "/source/target/userInput",
    "/source/target/repoDigests",
];
const HINTS: [&str; 3] =
    ["/Metadata/ImageID", "/source/target/manifestDigest", "/source/target/imageID"];
const SUBJECT: [&str; 2] = ["/metadata/component/purl", "/metadata/component/version"];

/// Why a report is not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AboutError {
    #[error(
        "the report says that it is about `{}`, and not about `{image}`: scan that digest; if they are the same image, \
         as it was before it was copied, give --of-another-digest",
        legible::line(.named)
    )]
    Another { named: String, image: String },
    #[error("image `{image}`: {source}")]
    Image { image: String, source: RegistryError },
}

/// Refuses a report that names images by their digests, and not this one.
pub(crate) async fn check(
    predicate: &RawValue,
    image: &Reference,
    registries: &Registries,
) -> Result<(), AboutError> {
    let predicate: Value = serde_json::from_str(predicate.get()).unwrap_or_default();
    let named = Named::of(&predicate);
    let own = image.digest().unwrap_or_default();
    let Some(first) = named.images.first().filter(|_| !named.has(own)) else { return Ok(()) };
    let store = Store(registries);
    let manifest = store
        .manifest(image)
        .await
        .map_err(|source| AboutError::Image { image: image.whole(), source })?;
    if parts(&manifest).iter().any(|part| named.has(part)) {
        return Ok(());
    }
    for (_, digest) in named.images.iter().take(MAX_INDEXES) {
        let index = store.manifest(&place::by_digest(image, digest)).await;
        if index.is_ok_and(|index| parts(&index).iter().any(|part| part == own)) {
            return Ok(());
        }
    }
    Err(AboutError::Another { named: first.0.clone(), image: image.whole() })
}

/// The digests of what an index lists, or of an image's config.
fn parts(manifest: &Manifest) -> Vec<String> {
    let json = manifest.json();
    let listed = json.get("manifests").and_then(Value::as_array).into_iter().flatten();
    let parts = listed.chain(json.get("config"));
    parts.filter_map(|part| part.get("digest")?.as_str()).map(ToOwned::to_owned).collect()
}

/// What a report names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    /// Images, each with its digest.
    images: Vec<(String, String)>,
    /// What may be one.
    hints: Vec<String>,
}

impl Named {
    fn of(predicate: &Value) -> Self {
        let mut named = Self::default();
        for scan in [Some(predicate), predicate.pointer("/scanner/result")].into_iter().flatten() {
            named.take(IMAGES.iter().flat_map(|at| texts(scan, at)));
            named.hints.extend(HINTS.iter().flat_map(|at| texts(scan, at)).filter_map(digest));
        }
        named.take(SUBJECT.iter().flat_map(|at| texts(predicate, at)));
        let list = |at| predicate.pointer(at).and_then(Value::as_array).into_iter().flatten();
        for property in list("/metadata/component/properties") {
            match property.get("name").and_then(Value::as_str) {
                Some("aquasecurity:trivy:RepoDigest") => named.take(texts(property, "/value")),
                Some("aquasecurity:trivy:ImageID") => {
                    named.hints.extend(texts(property, "/value").filter_map(digest));
                }
                _ => {}
            }
        }
        let references = list("/packages").flat_map(|package| {
            let references = package.get("externalRefs").and_then(Value::as_array);
            references.into_iter().flatten()
        });
        let images = references.flat_map(|reference| texts(reference, "/referenceLocator"));
        named.take(images.filter(|url| url.starts_with("pkg:oci/")));
        named
    }

    fn take<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        self.images.extend(texts.filter_map(|text| Some((text.to_owned(), digest(text)?))));
    }

    fn has(&self, digest: &str) -> bool {
        let images = self.images.iter().map(|(_, digest)| digest);
        images.chain(&self.hints).any(|known| known == digest)
    }
}

/// A string, or those of a list.
fn texts<'v>(value: &'v Value, at: &str) -> impl Iterator<Item = &'v str> {
    let value = value.pointer(at);
    let list = value.and_then(Value::as_array).into_iter().flatten();
    value.into_iter().chain(list).filter_map(Value::as_str)
}

/// The digest in a text; a package URL has its colon in another form.
fn digest(text: &str) -> Option<String> {
    const ALGORITHM: &str = "sha256:";
    let text = text.to_ascii_lowercase().replace("%3a", ":");
    let (_, rest) = text.split_once(ALGORITHM)?;
    let digits = rest.get(..64)?;
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_whole.then(|| [ALGORITHM, digits].concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn images_that_reports_name() {
        let [a, b] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
        let by_digest = format!("r.local/app@{a}");
        let url = format!("pkg:oci/app@{}?arch=amd64", a.replace(':', "%3A"));
        let trivy = json!({"ArtifactName": "app:1", "Metadata": {"RepoDigests": [by_digest], "ImageID": b}});
        let grype = json!({"source": {"target": {"userInput": "app", "repoDigests": [by_digest], "manifestDigest": b}}});
        let rows = [
            (json!({"scanner": {"result": trivy}}), Some(&by_digest)),
            (trivy, Some(&by_digest)),
            (json!({"scanner": {"result": grype}}), Some(&by_digest)),
            (json!({"ArtifactName": by_digest, "Metadata": {"ImageID": b}}), Some(&by_digest)),
            (
                json!({"metadata": {"component": {"purl": url, "properties": [{"name": "aquasecurity:trivy:ImageID", "value": b}]}}}),
                Some(&url),
            ),
            (json!({"metadata": {"component": {"version": a}}}), Some(&a)),
            (
                json!({"metadata": {"component": {"properties": [{"name": "aquasecurity:trivy:RepoDigest", "value": by_digest}]}}}),
                Some(&by_digest),
            ),
            (
                json!({"packages": [{"externalRefs": [{"referenceLocator": url}]}, {"externalRefs": [{"referenceLocator": format!("pkg:deb/a@{b}")}]}]}),
                Some(&url),
            ),
            (
                json!({"ArtifactName": "app.tar", "Metadata": {"RepoDigests": [], "ImageID": b}}),
                None,
            ),
            (json!({"source": {"target": {"userInput": "small", "manifestDigest": b}}}), None),
            (json!({"metadata": {"component": {"name": "app", "version": "1"}}}), None),
            (json!([]), None),
        ];
        for (predicate, expected) in rows {
            let named = Named::of(&predicate);
            let expected: Vec<_> =
                expected.map(|text| (text.clone(), a.clone())).into_iter().collect();
            assert_eq!(named.images, expected, "{predicate}");
            assert!(!named.hints.contains(&a), "{predicate}");
        }
    }
}
