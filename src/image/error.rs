//! Why a text is no reference.

use std::fmt;

/// Why a text is not a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// Nothing is there.
    Empty,
    /// Longer than any reference can be.
    TooLong,
    /// A blank, a line break or another control character.
    Blank,
    /// Something before `://`.
    Scheme,
    /// 64 hexadecimal digits, alone or as a digest, or the first of them after `sha256:`: an image ID, by
    /// which runtimes find an image on the node (`ParseAnyReference`; containerd's `LocalResolve` and
    /// `digestset`), whatever its name and signatures.
    ImageId,
    /// A registry name without dot or port: a runtime and the host read it as two different images.
    AmbiguousRegistry,
    /// Not a host name with an optional port.
    Registry,
    /// An IPv6 address, which the host cannot read.
    Ipv6Registry,
    /// A `:` in the middle, after which there is neither a port nor a tag.
    Colon,
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
            Self::Blank => "it has a blank or a line break in it",
            Self::Scheme => "it begins with a scheme, such as `https://`, which no image has",
            Self::ImageId => "it is an image ID, not a repository",
            Self::AmbiguousRegistry => {
                "the first component has upper-case letters and no dot or port; \
                 write the registry with its full name, or the repository in lower case"
            }
            Self::Registry => "the registry is not a host name with an optional port",
            Self::Ipv6Registry => "a registry given as an IPv6 address cannot be verified",
            Self::Colon => {
                "what follows a colon is neither a port (a number) nor a tag (without a slash)"
            }
            Self::UpperCase => "the repository must be in lower case",
            Self::Repository => "the repository is malformed",
            Self::Tag => "the tag is malformed",
            Self::Digest => "the digest is malformed",
        })
    }
}

impl std::error::Error for ReferenceError {}
