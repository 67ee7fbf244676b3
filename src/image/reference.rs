//! Image references: parse, normalise, print.
//!
//! *Which grammar?* The one of the distribution project, which container runtimes use
//! (<https://github.com/distribution/reference>, `reference.go` and `normalize.go`).
//!
//! *What is normalised?* The registry is lower-cased, the port `:443` is dropped, Docker Hub's other
//! names become `docker.io`, `library/` is added on Docker Hub, and the tag is `latest` when there is
//! neither tag nor digest. Two references of one image have one canonical spelling.
//!
//! *What is refused that a runtime would take?* A reference that the host's parser (`oci-client`) would
//! read as another image: `Foo/bar` (a registry `Foo` to a runtime, Docker Hub to the host), a registry
//! given as an IPv6 address, a port that is not a plain number. What was verified must be what runs.

pub use super::digest::Digest;
use super::digest::is_lower_hex;
pub use super::error::ReferenceError;
use std::fmt;

/// The longest host name, in bytes (RFC 1035 §2.3.4: 255 octets, of which two are not in its text).
const MAX_HOST: usize = 253;
/// The longest repository, in bytes: `RepositoryNameTotalLengthMax` of the distribution project.
const MAX_REPOSITORY: usize = 255;
/// The longest tag, in bytes: the distribution grammar's `[\w][\w.-]{0,127}`.
const MAX_TAG: usize = 128;
/// The longest text that can be a reference: each of its parts at its longest, with a sha512 digest.
const MAX_REFERENCE: usize =
    MAX_HOST + ":65535/".len() + MAX_REPOSITORY + ":".len() + MAX_TAG + "@sha512:".len() + 128;

pub(crate) const DOCKER_HUB: &str = "docker.io";
/// Other names of Docker Hub that appear in references.
pub(crate) const DOCKER_HUB_ALIASES: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
pub(crate) const OFFICIAL: &str = "library";
/// The tag of an image that is given without tag and digest.
pub(crate) const LATEST: &str = "latest";

/// An image, by its canonical spelling. Equal references are the same image.
///
/// ```
/// use signed_images_policy::image::reference::Reference;
///
/// let image = Reference::parse("nginx").unwrap();
/// assert_eq!(image.to_string(), "docker.io/library/nginx:latest");
/// assert_eq!(image, Reference::parse("index.docker.io:443/library/nginx:latest").unwrap());
/// // To a container runtime, `Foo` is a registry; to the host, a repository of Docker Hub.
/// assert!(Reference::parse("Foo/bar").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Parses and normalises.
    ///
    /// # Errors
    /// When the text is outside the grammar, or when the host would read it as another image.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.len() > MAX_REFERENCE {
            return Err(ReferenceError::TooLong);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ReferenceError::Blank);
        }
        if text.contains("://") {
            return Err(ReferenceError::Scheme);
        }
        if is_image_id(text) {
            return Err(ReferenceError::ImageId);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(Digest::parse(digest)?)),
            None => (text, None),
        };
        let (name, tag) = split_tag(rest);
        let tag = match tag {
            Some(tag) if !is_tag(tag) => return Err(ReferenceError::Tag),
            Some(tag) => Some(tag.to_owned()),
            None if digest.is_none() => Some(LATEST.to_owned()),
            None => None,
        };
        let (registry, repository) = match split_registry(name) {
            Some((registry, repository)) => (normalise_registry(registry)?, repository),
            None => (DOCKER_HUB.to_owned(), name),
        };
        Ok(Self { repository: normalise_repository(&registry, repository)?, registry, tag, digest })
    }

    /// The registry: a host name in lower case, with its port unless that is 443.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository, with `library/` for the official images of Docker Hub.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag; none only when there is a digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest that the reference itself asks for.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The spelling that the host is first asked about. A runtime that has both pulls by digest and
    /// ignores the tag, so the digest alone is asked about.
    #[must_use]
    pub fn question(&self) -> String {
        match &self.digest {
            Some(digest) => self.at(digest),
            None => self.to_string(),
        }
    }

    /// This repository at that digest.
    #[must_use]
    pub fn at(&self, digest: &Digest) -> String {
        [&self.registry, "/", &self.repository, "@", digest.as_str()].concat()
    }

    /// The image of this repository that has that digest.
    #[must_use]
    pub(crate) fn with_digest(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }

    /// The image by its digest alone, where a tag stands beside that: who wrote the tag may claim anything.
    #[must_use]
    pub(crate) fn without_tag(&self) -> Option<Self> {
        (self.tag.is_some() && self.digest.is_some()).then(|| Self { tag: None, ..self.clone() })
    }

    /// This repository at some digest, which no pattern names.
    #[must_use]
    pub(crate) fn at_some_digest(&self) -> Self {
        self.with_digest(Digest::of_nothing())
    }

    /// The tag of this repository that cosign's signatures of that digest have: `sha256-….sig`
    /// (<https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#tag-based-discovery>).
    #[must_use]
    pub(crate) fn signature_tag(&self, digest: &Digest) -> String {
        self.referrers_tag(digest) + ".sig"
    }

    /// The tag of this repository that has the index of what refers to that digest, where the registry has no
    /// other way to tell
    /// (<https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema>).
    #[must_use]
    pub(crate) fn referrers_tag(&self, digest: &Digest) -> String {
        let tag = digest.as_str().replacen(':', "-", 1);
        [&self.registry, "/", &self.repository, ":", &tag].concat()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = self.tag.as_deref().map_or(["", ""], |tag| [":", tag]);
        let digest = self.digest.as_ref().map_or(["", ""], |digest| ["@", digest.as_str()]);
        let name = [self.registry.as_str(), "/", &self.repository];
        name.into_iter().chain(tag).chain(digest).try_for_each(|part| f.write_str(part))
    }
}

/// Splits `name[:tag]`. A colon before the last slash belongs to the registry's port.
pub(crate) fn split_tag(text: &str) -> (&str, Option<&str>) {
    let last = text.rsplit('/').next().unwrap_or(text);
    match last.split_once(':') {
        Some((_, tag)) => {
            let name = text.strip_suffix(tag).and_then(|t| t.strip_suffix(':'));
            (name.unwrap_or(text), Some(tag))
        }
        None => (text, None),
    }
}

/// The first component is a registry when it could not be a repository (`splitDockerDomain`).
fn split_registry(name: &str) -> Option<(&str, &str)> {
    let (first, rest) = name.split_once('/')?;
    let is_registry = first.contains(['.', ':'])
        || first == "localhost"
        || first.contains(|c: char| c.is_ascii_uppercase());
    is_registry.then_some((first, rest))
}

/// Lower case, no `:443`, one name for Docker Hub.
pub(crate) fn normalise_registry(text: &str) -> Result<String, ReferenceError> {
    if text.starts_with('[') {
        return Err(ReferenceError::Ipv6Registry);
    }
    let registry = text.to_ascii_lowercase();
    let (host, port) = match registry.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (registry.as_str(), None),
    };
    if host.len() > MAX_HOST {
        return Err(ReferenceError::TooLong);
    }
    if !host.split('.').all(is_host_label) {
        return Err(ReferenceError::Registry);
    }
    if !port.is_none_or(is_port) {
        return Err(ReferenceError::Colon);
    }
    let named = host.contains('.') || host == "localhost";
    match port {
        None | Some("443") if named => Ok(canonical_host(host).to_owned()),
        None => Err(ReferenceError::AmbiguousRegistry),
        // Without its port, `foo:443/bar` would be the repository `foo/bar` on Docker Hub.
        Some(_) => Ok(registry),
    }
}

fn canonical_host(host: &str) -> &str {
    if DOCKER_HUB_ALIASES.contains(&host) { DOCKER_HUB } else { host }
}

fn normalise_repository(registry: &str, text: &str) -> Result<String, ReferenceError> {
    if text.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(ReferenceError::UpperCase);
    }
    if text.contains(':') {
        return Err(ReferenceError::Colon);
    }
    if !text.split('/').all(is_path_component) {
        return Err(ReferenceError::Repository);
    }
    let repository = if registry == DOCKER_HUB && !text.contains('/') {
        format!("{OFFICIAL}/{text}")
    } else {
        text.to_owned()
    };
    if repository.len() > MAX_REPOSITORY {
        return Err(ReferenceError::TooLong);
    }
    Ok(repository)
}

fn is_host_label(label: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_alphanumeric();
    label.starts_with(alphanumeric)
        && label.ends_with(alphanumeric)
        && label.chars().all(|c| alphanumeric(c) || c == '-')
}

/// Without leading zeros, so that one port has one spelling.
fn is_port(port: &str) -> bool {
    !port.starts_with(['0', '+']) && port.parse::<u16>().is_ok()
}

/// `[a-z0-9]+` runs, separated by `.`, `_`, `__` or any number of `-`.
pub(crate) fn is_path_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    component.starts_with(alphanumeric)
        && component.ends_with(alphanumeric)
        && component.split(alphanumeric).all(|separator| {
            matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-')
        })
}

pub(crate) fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.starts_with(word)
        && tag.len() <= MAX_TAG
        && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

/// No official image of Docker Hub is called `sha256`.
fn is_image_id(text: &str) -> bool {
    let is_hex = |digits: &str| digits.bytes().all(is_lower_hex);
    text.len() == 64 && is_hex(text)
        || text.strip_prefix("sha256:").is_some_and(|digits| !digits.is_empty() && is_hex(digits))
        || Digest::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReferenceError as E;
    use proptest::prelude::*;

    const FF: &str = "sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    const REDIS: &str = "sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c";
    const HEX: &str = "dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c";

    type Row<'r> = (&'r str, Result<&'r str, E>);

    fn check(rows: &[Row<'_>]) {
        for (text, expected) in rows {
            let parsed = Reference::parse(text).map(|reference| reference.to_string());
            assert_eq!(parsed.as_deref().map_err(|error| *error), *expected, "{text}");
        }
    }

    /// The inputs of `TestReferenceParse` and `TestWithNameFailure` in distribution/reference
    /// `reference_test.go`. That parser does not know Docker Hub; what is expected here is what
    /// `ParseDockerRef` makes of the same texts.
    #[test]
    fn vectors_of_parse() {
        let (long, longest) = ("a".repeat(256), "a".repeat(255));
        let deep = format!("{}a", "a/".repeat(127));
        check(&[
            ("test_com", Ok("docker.io/library/test_com:latest")),
            ("test.com:tag", Ok("docker.io/library/test.com:tag")),
            ("test.com:5000", Ok("docker.io/library/test.com:5000")),
            ("test.com/repo:tag", Ok("test.com/repo:tag")),
            ("test:5000/repo", Ok("test:5000/repo:latest")),
            ("test:5000/repo:tag", Ok("test:5000/repo:tag")),
            (&format!("test:5000/repo@{FF}"), Ok(&format!("test:5000/repo@{FF}"))),
            (&format!("test:5000/repo:tag@{FF}"), Ok(&format!("test:5000/repo:tag@{FF}"))),
            ("", Err(E::Empty)),
            (":justtag", Err(E::Repository)),
            (&format!("@{FF}"), Err(E::Repository)),
            ("repo@sha256:ffffffffffffffffffffffffffffffffff", Err(E::Digest)),
            (&format!("validname@{}", FF.replace("sha256", "invaliddigest")), Err(E::Digest)),
            // Go has to be told of sha512; runtimes and the host know it.
            (
                &format!("validname@sha512:{}", "f".repeat(128)),
                Ok(&format!("docker.io/library/validname@sha512:{}", "f".repeat(128))),
            ),
            ("Uppercase:tag", Err(E::UpperCase)),
            // A known flaw of the upstream grammar, which reads `Uppercase` as a registry.
            ("Uppercase/lowercase:tag", Err(E::AmbiguousRegistry)),
            ("test:5000/Uppercase/lowercase:tag", Err(E::UpperCase)),
            ("lowercase:Uppercase", Ok("docker.io/library/lowercase:Uppercase")),
            (&format!("domain/{long}:tag"), Err(E::TooLong)),
            (
                &format!("{deep}:tag-puts-this-over-max"),
                Ok(&format!("docker.io/{deep}:tag-puts-this-over-max")),
            ),
            ("aa/asdf$$^/aa", Err(E::Repository)),
            (&format!("example.com/{longest}:tag"), Ok(&format!("example.com/{longest}:tag"))),
            (&format!("example.com/{long}"), Err(E::TooLong)),
            ("sub-dom1.foo.com/bar/baz/quux", Ok("sub-dom1.foo.com/bar/baz/quux:latest")),
            (
                "sub-dom1.foo.com/bar/baz/quux:some-long-tag",
                Ok("sub-dom1.foo.com/bar/baz/quux:some-long-tag"),
            ),
            (
                "b.gcr.io/test.example.com/my-app:test.example.com",
                Ok("b.gcr.io/test.example.com/my-app:test.example.com"),
            ),
            // ☃.com and 🐳.com in punycode
            ("xn--n3h.com/myimage:xn--n3h.com", Ok("xn--n3h.com/myimage:xn--n3h.com")),
            (
                &format!("xn--7o8h.com/myimage:xn--7o8h.com@{FF}"),
                Ok(&format!("xn--7o8h.com/myimage:xn--7o8h.com@{FF}")),
            ),
            ("foo_bar.com:8080", Ok("docker.io/library/foo_bar.com:8080")),
            ("foo/foo_bar.com:8080", Ok("docker.io/foo/foo_bar.com:8080")),
        ]);
    }

    /// The rows of `TestReferenceParse` with IP addresses for a registry.
    #[test]
    fn vectors_of_addresses() {
        check(&[
            ("192.168.1.1", Ok("docker.io/library/192.168.1.1:latest")),
            ("192.168.1.1:tag", Ok("docker.io/library/192.168.1.1:tag")),
            ("192.168.1.1:5000", Ok("docker.io/library/192.168.1.1:5000")),
            ("192.168.1.1/repo", Ok("192.168.1.1/repo:latest")),
            ("192.168.1.1:5000/repo", Ok("192.168.1.1:5000/repo:latest")),
            ("192.168.1.1:5000/repo:5050", Ok("192.168.1.1:5000/repo:5050")),
            ("[2001:db8::1]", Err(E::Tag)),
            ("[2001:db8::1]:5000", Err(E::Tag)),
            ("[2001:db8::1]:tag", Err(E::Tag)),
            // A runtime takes these, and the host cannot read them.
            ("[2001:db8::1]/repo", Err(E::Ipv6Registry)),
            ("[2001:db8:1:2:3:4:5:6]/repo:tag", Err(E::Ipv6Registry)),
            ("[2001:db8::1]:5000/repo", Err(E::Ipv6Registry)),
            ("[2001:db8::1]:5000/repo:tag", Err(E::Ipv6Registry)),
            (&format!("[2001:db8::1]:5000/repo@{FF}"), Err(E::Ipv6Registry)),
            (&format!("[2001:db8::1]:5000/repo:tag@{FF}"), Err(E::Ipv6Registry)),
            ("[2001:db8::]:5000/repo", Err(E::Ipv6Registry)),
            ("[::1]:5000/repo", Err(E::Ipv6Registry)),
            ("[fe80::1%eth0]:5000/repo", Err(E::Ipv6Registry)),
            ("[fe80::1%@invalidzone]:5000/repo", Err(E::Digest)),
        ]);
    }

    /// `TestDomainAndPath`, `TestSerialization` and `TestWithTag` in `reference_test.go`,
    /// `TestNormalizedSplitHostname` in `normalize_test.go`.
    #[test]
    fn vectors_of_split() {
        check(&[
            ("test.com/foo", Ok("test.com/foo:latest")),
            ("test_com/foo", Ok("docker.io/test_com/foo:latest")),
            ("docker/migrator", Ok("docker.io/docker/migrator:latest")),
            ("test:8080/foo", Ok("test:8080/foo:latest")),
            ("test.com:8080/foo", Ok("test.com:8080/foo:latest")),
            ("test-com:8080/foo", Ok("test-com:8080/foo:latest")),
            ("xn--n3h.com/foo", Ok("xn--n3h.com/foo:latest")),
            ("xn--n3h.com:18080/foo", Ok("xn--n3h.com:18080/foo:latest")),
            ("foo", Ok("docker.io/library/foo:latest")),
            ("docker.io/foo", Ok("docker.io/library/foo:latest")),
            ("docker.io/library/foo", Ok("docker.io/library/foo:latest")),
            ("docker.io/library/foo/bar", Ok("docker.io/library/foo/bar:latest")),
            ("example.com:8000/named", Ok("example.com:8000/named:latest")),
            ("example.com:8000/named:tagged", Ok("example.com:8000/named:tagged")),
            ("test.com:8000/foo:TAG5", Ok("test.com:8000/foo:TAG5")),
        ]);
    }

    /// `TestValidateReferenceName` and `TestValidateRemoteName` in `normalize_test.go`.
    #[test]
    fn vectors_of_names() {
        let id = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a";
        let not_hex = "thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev";
        check(&[
            ("docker/docker", Ok("docker.io/docker/docker:latest")),
            ("library/debian", Ok("docker.io/library/debian:latest")),
            ("debian", Ok("docker.io/library/debian:latest")),
            ("localhost/library/debian", Ok("localhost/library/debian:latest")),
            ("localhost/debian", Ok("localhost/debian:latest")),
            // Registries to a runtime, repositories of Docker Hub to the host.
            ("LOCALDOMAIN/library/debian", Err(E::AmbiguousRegistry)),
            ("LOCALDOMAIN/debian", Err(E::AmbiguousRegistry)),
            ("Docker/docker", Err(E::AmbiguousRegistry)),
            ("DOCKER/docker", Err(E::AmbiguousRegistry)),
            ("docker.io/docker/docker", Ok("docker.io/docker/docker:latest")),
            ("docker.io/debian", Ok("docker.io/library/debian:latest")),
            ("index.docker.io/docker/docker", Ok("docker.io/docker/docker:latest")),
            ("index.docker.io/library/debian", Ok("docker.io/library/debian:latest")),
            ("index.docker.io/debian", Ok("docker.io/library/debian:latest")),
            ("127.0.0.1:5000/docker/docker", Ok("127.0.0.1:5000/docker/docker:latest")),
            ("127.0.0.1:5000/debian", Ok("127.0.0.1:5000/debian:latest")),
            ("192.168.0.1", Ok("docker.io/library/192.168.0.1:latest")),
            ("192.168.0.1:80", Ok("docker.io/library/192.168.0.1:80")),
            ("192.168.0.1:8/debian", Ok("192.168.0.1:8/debian:latest")),
            ("192.168.0.2:25000/debian", Ok("192.168.0.2:25000/debian:latest")),
            (not_hex, Ok(&format!("docker.io/library/{not_hex}:latest"))),
            ("[fc00::1]:5000/docker", Err(E::Ipv6Registry)),
            ("[fc00:1:2:3:4:5:6:7]:5000/library/debian", Err(E::Ipv6Registry)),
            // With its registry it is no image ID.
            (&format!("docker.io/{id}"), Ok(&format!("docker.io/library/{id}:latest"))),
            (id, Err(E::ImageId)),
        ]);
    }

    /// The texts that these two tests call invalid, and some that they call valid.
    #[test]
    fn vectors_of_invalid_names() {
        let too_long = format!("{}x/docker", "this_is_not_a_valid_namespace_".repeat(9));
        check(&[
            ("https://github.com/docker/docker", Err(E::Scheme)),
            ("docker/Docker", Err(E::UpperCase)),
            ("-docker", Err(E::Repository)),
            ("-docker/docker", Err(E::Repository)),
            ("-docker.io/docker/docker", Err(E::Registry)),
            ("docker///docker", Err(E::Repository)),
            ("docker.io/docker/Docker", Err(E::UpperCase)),
            ("docker.io/docker///docker", Err(E::Repository)),
            ("[fc00::1]", Err(E::Tag)),
            ("fc00::1:5000/debian", Err(E::Colon)),
            ("[2001:db8:3:4::192.0.2.33]:5000/debian", Err(E::Ipv6Registry)),
            ("docker-rules/docker", Ok("docker.io/docker-rules/docker:latest")),
            ("docker---rules/docker", Ok("docker.io/docker---rules/docker:latest")),
            ("d/docker", Ok("docker.io/d/docker:latest")),
            ("dock__er/docker", Ok("docker.io/dock__er/docker:latest")),
            ("docker-/docker", Err(E::Repository)),
            ("-docker-/docker", Err(E::Repository)),
            ("____/____", Err(E::Repository)),
            ("_docker/_docker", Err(E::Repository)),
            ("dock..er/docker", Err(E::Registry)),
            ("dock_.er/docker", Err(E::Registry)),
            ("dock-.er/docker", Err(E::Registry)),
            ("docker/", Err(E::Repository)),
            (&too_long, Err(E::TooLong)),
            ("-foo", Err(E::Repository)),
            ("busybox:-foo", Err(E::Tag)),
            ("busybox@foo", Err(E::Digest)),
        ]);
    }

    /// `TestParseRepositoryInfo`, `TestParseAnyReference`, `TestParseReferenceWithTagAndDigest` and
    /// `TestParseDockerRef` in `normalize_test.go`.
    #[test]
    fn vectors_of_normalising() {
        let short = HEX.strip_suffix('c').unwrap();
        check(&[
            ("localhost/fooo", Ok("localhost/fooo:latest")),
            ("localhost/fooo/bar", Ok("localhost/fooo/bar:latest")),
            ("fooo/bar", Ok("docker.io/fooo/bar:latest")),
            ("index.docker.io/fooo/bar", Ok("docker.io/fooo/bar:latest")),
            ("ubuntu", Ok("docker.io/library/ubuntu:latest")),
            ("library/ubuntu", Ok("docker.io/library/ubuntu:latest")),
            ("nonlibrary/ubuntu", Ok("docker.io/nonlibrary/ubuntu:latest")),
            ("other/library", Ok("docker.io/other/library:latest")),
            ("127.0.0.1:8000/private/moonbase", Ok("127.0.0.1:8000/private/moonbase:latest")),
            ("127.0.0.1:8000/privatebase", Ok("127.0.0.1:8000/privatebase:latest")),
            ("example.com/private/moonbase", Ok("example.com/private/moonbase:latest")),
            ("example.com/privatebase", Ok("example.com/privatebase:latest")),
            ("example.com:8000/private/moonbase", Ok("example.com:8000/private/moonbase:latest")),
            ("example.com:8000/privatebasee", Ok("example.com:8000/privatebasee:latest")),
            ("ubuntu-12.04-base", Ok("docker.io/library/ubuntu-12.04-base:latest")),
            (
                "index.docker.io/library/ubuntu-12.04-base",
                Ok("docker.io/library/ubuntu-12.04-base:latest"),
            ),
            ("library/foo/bar", Ok("docker.io/library/foo/bar:latest")),
            ("store/foo/bar", Ok("docker.io/store/foo/bar:latest")),
            ("Foo/bar", Err(E::AmbiguousRegistry)),
            ("FOO/bar", Err(E::AmbiguousRegistry)),
            ("redis", Ok("docker.io/library/redis:latest")),
            ("redis:latest", Ok("docker.io/library/redis:latest")),
            ("docker.io/library/redis:latest", Ok("docker.io/library/redis:latest")),
            (&format!("redis@{REDIS}"), Ok(&format!("docker.io/library/redis@{REDIS}"))),
            (
                &format!("docker.io/dmcgowan/myapp@{REDIS}"),
                Ok(&format!("docker.io/dmcgowan/myapp@{REDIS}")),
            ),
            (HEX, Err(E::ImageId)),
            ("sha256:dbcc1c35ac38", Err(E::ImageId)),
            ("sha256:latest", Ok("docker.io/library/sha256:latest")),
            ("library/sha256:dbcc1c35ac38", Ok("docker.io/library/sha256:dbcc1c35ac38")),
            // `ParseAnyReference` reads an image ID here, and so do runtimes that find it on the node.
            (REDIS, Err(E::ImageId)),
            // One digit short of an image ID.
            (short, Ok(&format!("docker.io/library/{short}:latest"))),
            ("dbcc1", Ok("docker.io/library/dbcc1:latest")),
            // Upstream drops the tag beside a digest; here it stays, and questions leave it out.
            (
                &format!("gcr.io/library/busybox:latest@{REDIS}"),
                Ok(&format!("gcr.io/library/busybox:latest@{REDIS}")),
            ),
            ("gcr.io/library/busybox", Ok("gcr.io/library/busybox:latest")),
            ("docker.io/busybox:latest", Ok("docker.io/library/busybox:latest")),
            ("library/busybox:latest", Ok("docker.io/library/busybox:latest")),
        ]);
    }

    #[test]
    fn one_spelling_of_a_registry() {
        check(&[
            ("GHCR.io/acme/app", Ok("ghcr.io/acme/app:latest")),
            ("ghcr.io:443/acme/app", Ok("ghcr.io/acme/app:latest")),
            ("ghcr.io:8443/acme/app", Ok("ghcr.io:8443/acme/app:latest")),
            ("localhost:443/app", Ok("localhost/app:latest")),
            ("LocalHost/app", Ok("localhost/app:latest")),
            ("docker.io:443/nginx", Ok("docker.io/library/nginx:latest")),
            ("Index.Docker.IO/nginx", Ok("docker.io/library/nginx:latest")),
            ("registry-1.docker.io/library/nginx", Ok("docker.io/library/nginx:latest")),
            ("registry-1.docker.io:443/nginx", Ok("docker.io/library/nginx:latest")),
            ("docker.io:5000/nginx", Ok("docker.io:5000/nginx:latest")),
            // Only the port makes it a registry, so the port stays.
            ("Foo:443/bar", Ok("foo:443/bar:latest")),
            ("foo:65535/bar", Ok("foo:65535/bar:latest")),
            ("foo:65536/bar", Err(E::Colon)),
            // A runtime takes these ports; they would be second spellings, or no ports at all.
            ("foo:080/bar", Err(E::Colon)),
            ("foo:0/bar", Err(E::Colon)),
            ("foo:+80/bar", Err(E::Colon)),
            ("foo:/bar", Err(E::Colon)),
            ("foo:80:80/bar", Err(E::Colon)),
            (":80/bar", Err(E::Registry)),
            ("ghcr.io./acme/app", Err(E::Registry)),
            (".ghcr.io/acme/app", Err(E::Registry)),
            ("ghcr..io/acme/app", Err(E::Registry)),
            ("gh_cr.io/acme/app", Err(E::Registry)),
            ("user@ghcr.io/acme/app", Err(E::Digest)),
            ("ghcr.io//app", Err(E::Repository)),
            ("/app", Err(E::Repository)),
            ("ghcr.io/", Err(E::Repository)),
        ]);
    }

    #[test]
    fn odd_texts() {
        let longest_tag = "t".repeat(128);
        check(&[
            (" nginx", Err(E::Blank)),
            ("nginx ", Err(E::Blank)),
            ("nginx\n", Err(E::Blank)),
            ("ngi\0nx", Err(E::Blank)),
            ("nginx:", Err(E::Tag)),
            ("nginx:a:b", Err(E::Tag)),
            ("nginx:a b", Err(E::Blank)),
            ("nginx:.a", Err(E::Tag)),
            ("nginx:é", Err(E::Tag)),
            ("nginx:_a.B-1", Ok("docker.io/library/nginx:_a.B-1")),
            (
                &format!("nginx:{longest_tag}"),
                Ok(&format!("docker.io/library/nginx:{longest_tag}")),
            ),
            (&format!("nginx:{longest_tag}t"), Err(E::Tag)),
            ("nginx@", Err(E::Digest)),
            (&format!("nginx@{FF}@{FF}"), Err(E::Digest)),
            (&format!("nginx@{FF}:1"), Err(E::Digest)),
            (&format!("nginx@{}", FF.to_uppercase()), Err(E::Digest)),
            (&format!("nginx@{}", FF.replace("sha256", "sha384")), Err(E::Digest)),
            (&format!("nginx@{}", FF.replace("sha256", "md5")), Err(E::Digest)),
            (
                &format!("nginx@sha384:{}", "0".repeat(96)),
                Ok(&format!("docker.io/library/nginx@sha384:{}", "0".repeat(96))),
            ),
            ("ñginx", Err(E::Repository)),
            ("ghcr.io/ａpp", Err(E::Repository)),
            ("ghcr。io/app", Err(E::Repository)),
            ("../app", Err(E::Registry)),
            ("ghcr.io/../app", Err(E::Repository)),
            ("ghcr.io/acme/app?x=1", Err(E::Repository)),
            ("ghcr.io/acme/app#x", Err(E::Repository)),
            ("ghcr.io/acme/app%2fx", Err(E::Repository)),
            ("ghcr.io\\acme\\app", Err(E::Repository)),
            // Nothing but the length of the whole is looked at in a text that is longer than any reference.
            (&"A".repeat(780), Err(E::UpperCase)),
            (&"A".repeat(781), Err(E::TooLong)),
            (&"a".repeat(1024), Err(E::TooLong)),
            (&"a".repeat(1025), Err(E::TooLong)),
        ]);
    }

    /// The longest of everything is still a reference when it is written out and pinned.
    #[test]
    fn long_registries() {
        let host = format!("{}.io", "a".repeat(250));
        let (path, tag) = ("b".repeat(255), "t".repeat(128));
        let longest = format!("{host}:65535/{path}:{tag}@sha512:{}", "f".repeat(128));
        check(&[
            (&longest, Ok(&longest)),
            (&format!("{host}/app"), Ok(&format!("{host}/app:latest"))),
            (&format!("a{host}/app"), Err(E::TooLong)),
            (&format!("a{host}:5000/app"), Err(E::TooLong)),
        ]);
    }

    #[test]
    fn what_the_host_is_asked() {
        let digest = Digest::parse(FF).unwrap();
        let rows = [
            ("nginx", "docker.io/library/nginx:latest".to_owned()),
            ("GHCR.io:443/acme/app:1", "ghcr.io/acme/app:1".to_owned()),
            (&format!("ghcr.io/acme/app:1@{REDIS}"), format!("ghcr.io/acme/app@{REDIS}")),
            (&format!("nginx@{REDIS}"), format!("docker.io/library/nginx@{REDIS}")),
        ];
        for (text, question) in rows {
            let reference = Reference::parse(text).unwrap();
            assert_eq!(reference.question(), question);
            let at = reference.at(&digest);
            assert_eq!(at, format!("{}/{}@{FF}", reference.registry(), reference.repository()));
        }
    }

    prop_compose! {
        /// Texts near the grammar, most of them in it.
        fn reference_like()(
            registry in "(([A-Za-z0-9]{1,4}(-[a-z]{1,3})?\\.){0,2}[A-Za-z0-9]{1,5}(:[0-9]{1,5})?/)?",
            hub in "((docker\\.io|index\\.docker\\.io|registry-1\\.docker\\.io|localhost)(:443)?/)?",
            path in "([a-zA-Z]?[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}/){0,2}[a-z0-9]{1,8}",
            tag in "(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,8})?",
            digest in "(@sha256:[a-f0-9]{64}|@sha512:[a-f0-9]{128})?",
            use_hub: bool,
        ) -> String {
            format!("{}{path}{tag}{digest}", if use_hub { hub } else { registry })
        }
    }

    proptest! {
        #[test]
        fn the_canonical_spelling_is_read_as_itself(text in reference_like()) {
            if let Ok(reference) = Reference::parse(&text) {
                let canonical = reference.to_string();
                prop_assert_eq!(Reference::parse(&canonical), Ok(reference.clone()));
                prop_assert_eq!(Reference::parse(&canonical).unwrap().to_string(), canonical);
                let question = Reference::parse(&reference.question()).unwrap();
                prop_assert_eq!(question.repository(), reference.repository());
                prop_assert_eq!(question.digest(), reference.digest());
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
            let _ = Reference::parse(&text).map(|reference| reference.to_string());
        }

        #[test]
        fn the_written_digest_and_tag_stay(text in reference_like()) {
            if let Ok(reference) = Reference::parse(&text) {
                let digest = text.split_once('@').map(|(_, digest)| digest);
                prop_assert_eq!(reference.digest().map(Digest::as_str), digest);
                if let Some(tag) = reference.tag() {
                    let ending = format!(":{tag}");
                    let name = text.split('@').next().unwrap();
                    prop_assert!(name.ends_with(&ending) || tag == "latest");
                }
            }
        }
    }
}
