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
            Self::Blank => "it contains a space or a line break",
            Self::Scheme => "it starts with a scheme such as `https://`; remove it",
            Self::ImageId => "it is an image ID, not a repository",
            Self::AmbiguousRegistry => {
                "the first component has upper-case letters, but no dot and no port; write the full name of the \
                 registry, or the repository in lower case"
            }
            Self::Registry => "the registry is not a host name with an optional port",
            Self::Ipv6Registry => "the registry is an IPv6 address, which policy servers cannot read",
            Self::Colon => {
                "the text after a colon is neither a port (a number) nor a tag (without a slash)"
            }
            Self::UpperCase => "the repository must be in lower case",
            Self::Repository => "the repository is malformed",
            Self::Tag => "the tag is malformed",
            Self::Digest => "the digest is malformed",
        })
    }
}

impl std::error::Error for ReferenceError {}
