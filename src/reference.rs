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

use std::fmt;

/// The longest repository, in bytes: `RepositoryNameTotalLengthMax` of the distribution project.
const MAX_REPOSITORY: usize = 255;
/// The longest tag, in bytes: the distribution grammar's `[\w][\w.-]{0,127}`.
const MAX_TAG: usize = 128;
/// The longest text that can be a reference: a DNS name with port, repository, tag and sha512 digest.
const MAX_REFERENCE: usize = 1024;

pub(crate) const DOCKER_HUB: &str = "docker.io";
/// Other names of Docker Hub that appear in references.
pub(crate) const DOCKER_HUB_ALIASES: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
pub(crate) const OFFICIAL: &str = "library";

/// An image, by its canonical spelling. Equal references are the same image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// `algorithm:hex`, of a registered algorithm and its exact length, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

/// Why a text is not a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// Nothing is there.
    Empty,
    /// Longer than any reference can be.
    TooLong,
    /// 64 hexadecimal digits: an image ID, which runtimes do not pull.
    ImageId,
    /// A registry name without dot or port: a runtime and the host read it as two different images.
    AmbiguousRegistry,
    /// Not a host name with an optional port.
    Registry,
    /// An IPv6 address, which the host cannot read.
    Ipv6Registry,
    /// A repository in upper case.
    UpperCase,
    /// Not a repository.
    Repository,
    /// Not a tag.
    Tag,
    /// Not a digest of a known algorithm.
    Digest,
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::TooLong => "it is too long",
            Self::ImageId => "64 hexadecimal digits are an image ID, not a repository",
            Self::AmbiguousRegistry => {
                "the first component has upper-case letters and no dot or port; \
                 write the registry with its full name, or the repository in lower case"
            }
            Self::Registry => "the registry is not a host name with an optional port",
            Self::Ipv6Registry => "a registry given as an IPv6 address cannot be verified",
            Self::UpperCase => "the repository must be in lower case",
            Self::Repository => "the repository is malformed",
            Self::Tag => "the tag is malformed",
            Self::Digest => "the digest is malformed",
        })
    }
}

impl std::error::Error for ReferenceError {}

impl Digest {
    /// Reads a digest of the algorithms registered by the OCI image specification.
    ///
    /// # Errors
    /// When the algorithm is unknown, or the rest is not its length of lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (algorithm, hex) = text.split_once(':').ok_or(ReferenceError::Digest)?;
        let length = match algorithm {
            "sha256" => 64,
            "sha384" => 96,
            "sha512" => 128,
            _ => return Err(ReferenceError::Digest),
        };
        if hex.len() == length && hex.bytes().all(is_lower_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReferenceError::Digest)
        }
    }

    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
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
            None if digest.is_none() => Some("latest".to_owned()),
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
        format!("{}/{}@{digest}", self.registry, self.repository)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
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
    if !host.split('.').all(is_host_label) || !port.is_none_or(is_port) {
        return Err(ReferenceError::Registry);
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
fn is_path_component(component: &str) -> bool {
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

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}
