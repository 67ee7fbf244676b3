//! Where reports about an image are: its digest, a repository, and the tag that the two make.
//!
//! - Why a digest? A tag may mean another image by the time that the report is read.
//! - Which digests? SHA-256: the tag is made of it.

use std::str::FromStr;

use oci_client::Reference;

use signed_images_policy::policy::predicate_type::{PredicateType, check_name};

/// cosign's own tags end in these.
const TAKEN: [&str; 3] = ["sig", "att", "sbom"];

/// What one of several reports of a type is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) String);

/// An image that cannot be meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("image `{image}`: {source}")]
    Reference { image: String, source: oci_client::ParseError },
    #[error(
        "image `{image}` has no digest: write `{image}@sha256:…`, as `docker push` prints it, because a tag can move"
    )]
    NoDigest { image: String },
    #[error("image `{image}`: only images with a sha256 digest can have reports")]
    Algorithm { image: String },
    #[error("repository `{repository}`: {reason}")]
    Repository { repository: String, reason: String },
}

/// An image, by its digest alone.
pub(crate) fn image(text: &str) -> Result<Reference, PlaceError> {
    let reference: Reference =
        text.parse().map_err(|source| PlaceError::Reference { image: text.to_owned(), source })?;
    let digest = reference
        .digest()
        .ok_or_else(|| PlaceError::NoDigest { image: text.to_owned() })?
        .to_owned();
    if !digest.starts_with("sha256:") {
        return Err(PlaceError::Algorithm { image: text.to_owned() });
    }
    Ok(reference.clone_with_digest(digest))
}

/// A repository: a registry and a path, and nothing after them.
pub(crate) fn repository(text: &str) -> Result<Reference, PlaceError> {
    let wrong = |reason: &str| PlaceError::Repository {
        repository: text.to_owned(),
        reason: reason.to_owned(),
    };
    let reference: Reference = text.parse().map_err(|error: oci_client::ParseError| {
        wrong(&format!("write it as `registry/path`: {error}"))
    })?;
    let last = text.rsplit('/').next().unwrap_or_default();
    if reference.digest().is_some() || (text.contains('/') && last.contains(':')) {
        return Err(wrong("remove the tag and the digest"));
    }
    Ok(reference)
}

/// The hexadecimal digits of an image's digest.
pub(crate) fn hex(image: &Reference) -> &str {
    let digest = image.digest().unwrap_or_default();
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

/// The tag of the report about this image.
pub(crate) fn tag(
    image: &Reference,
    predicate_type: &PredicateType,
    name: Option<&Name>,
) -> String {
    let name = name.map_or_else(|| predicate_type.default_name(), |Name(name)| name.clone());
    format!("{}{name}", tag_prefix(image))
}

/// How the tags of all reports about an image begin.
pub(crate) fn tag_prefix(image: &Reference) -> String {
    format!("sha256-{}.", hex(image))
}

/// Whether a tag that begins like this is one of cosign's.
pub(crate) fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name)
}

/// A tag in the repository.
pub(crate) fn by_tag(repository: &Reference, tag: &str) -> Reference {
    let (registry, path) = (repository.registry(), repository.repository());
    Reference::with_tag(registry.to_owned(), path.to_owned(), tag.to_owned())
}

/// A manifest in the repository.
pub(crate) fn by_digest(repository: &Reference, digest: &str) -> Reference {
    repository.clone_with_digest(digest.to_owned())
}

/// The repository as it is written.
pub(crate) fn written(repository: &Reference) -> String {
    format!("{}/{}", repository.registry(), repository.repository())
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_name(text).map(|()| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn images_are_named_by_their_digest() {
        let rows = [
            (format!("r.local/app@{DIGEST}"), Ok(format!("r.local/app@{DIGEST}"))),
            (format!("r.local:5000/a/b:1@{DIGEST}"), Ok(format!("r.local:5000/a/b@{DIGEST}"))),
            (format!("nginx@{DIGEST}"), Ok(format!("docker.io/library/nginx@{DIGEST}"))),
            ("r.local/app:1".to_owned(), Err("has no digest")),
            ("r.local/app".to_owned(), Err("has no digest")),
            (format!("r.local/app@sha512:{}", "a".repeat(128)), Err("a sha256 digest")),
            ("Foo".to_owned(), Err("image `Foo`")),
        ];
        for (text, expected) in rows {
            match (image(&text), expected) {
                (Ok(image), Ok(expected)) => assert_eq!(image.whole(), expected),
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().contains(expected), "{error}");
                }
                (found, expected) => assert_eq!(format!("{found:?}"), format!("{expected:?}")),
            }
        }
    }

    #[test]
    fn repositories_have_no_tag() {
        let rows = [
            ("r.local/app", Ok("r.local/app")),
            ("r.local:5000/a/b", Ok("r.local:5000/a/b")),
            ("r.local/app:1", Err("remove the tag")),
            ("r.local/A", Err("registry/path")),
        ];
        for (text, expected) in rows {
            match (repository(text), expected) {
                (Ok(repository), Ok(expected)) => assert_eq!(written(&repository), expected),
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().contains(expected), "{error}");
                }
                (found, expected) => assert_eq!(format!("{found:?}"), format!("{expected:?}")),
            }
        }
        assert!(repository(&format!("r.local/app@{DIGEST}")).is_err());
    }

    #[test]
    fn tags_name_the_digest_and_the_report() {
        let image = image(&format!("r.local/app@{DIGEST}")).unwrap();
        let vuln = PredicateType::parse("vuln").unwrap();
        let name = "trivy".parse().unwrap();
        let digits = "a".repeat(64);
        assert_eq!(tag(&image, &vuln, None), format!("sha256-{digits}.vuln"));
        assert_eq!(tag(&image, &vuln, Some(&name)), format!("sha256-{digits}.trivy"));
        assert!("sig".parse::<Name>().is_err());
    }
}
