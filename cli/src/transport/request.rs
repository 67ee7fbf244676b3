//! A request to a registry, and what its path says.

use hyper::Method;
use hyper::body::Bytes;
use hyper::header::HeaderMap;

/// What the distribution specification has below a repository
/// (<https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints>).
const PARTS: [&str; 4] = ["/manifests/", "/blobs/", "/referrers/", "/tags/"];
/// What image references call Docker Hub, and where its registry is.
const DOCKER_HUB: (&str, &str) = ("docker.io", "index.docker.io");

/// What a registry is asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Where it is: a host, perhaps with a port.
    pub(crate) host: String,
    /// From `/v2/` on, with the query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// The registry as images name it.
    pub(crate) fn registry(&self) -> &str {
        registry_of(&self.host)
    }

    /// The repository, unless none is asked about.
    pub(super) fn repository(&self) -> Option<&str> {
        let path = self.path.strip_prefix("/v2/")?;
        let end = PARTS.iter().filter_map(|part| path.rfind(part)).max()?;
        path.get(..end)
    }

    /// Whether something is to be put there.
    pub(super) fn writes(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }

    pub(super) fn key(&self) -> String {
        format!("{}{}", self.host, self.path)
    }

    /// The same of a manifest by its digest.
    pub(super) fn by_digest(&self, digest: &str) -> Option<Self> {
        let (repository, _reference) = self.path.rsplit_once("/manifests/")?;
        Some(Self { path: format!("{repository}/manifests/{digest}"), ..self.clone() })
    }
}

/// A host as images name it.
pub(super) fn registry_of(host: &str) -> &str {
    let (name, hub) = DOCKER_HUB;
    if host == hub { name } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_repositories() {
        let rows = [
            ("/v2/app/manifests/1", Some("app")),
            ("/v2/a/manifests/b/manifests/1", Some("a/manifests/b")),
            ("/v2/a/b/blobs/sha256:aa", Some("a/b")),
            ("/v2/a/b/blobs/uploads/?digest=x", Some("a/b")),
            ("/v2/a/referrers/sha256:aa?artifactType=x", Some("a")),
            ("/v2/", None),
            ("/manifests/1", None),
        ];
        for (path, expected) in rows {
            let request = Request {
                method: Method::GET,
                host: "index.docker.io".to_owned(),
                path: path.to_owned(),
                headers: HeaderMap::new(),
                body: Bytes::new(),
            };
            assert_eq!(request.repository(), expected, "{path}");
            assert_eq!(request.registry(), "docker.io");
        }
    }
}
