//! Digests, as the OCI image specification registers them
//! (<https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests>): what content is.

use super::error::ReferenceError;
use std::fmt;

/// `algorithm:hex`, of a registered algorithm and its exact length, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The registered algorithms, and how many hexadecimal digits their digests have.
    pub(super) const ALGORITHMS: [(&str, usize); 3] =
        [("sha256", 64), ("sha384", 96), ("sha512", 128)];

    /// Reads a digest of the algorithms registered by the OCI image specification.
    ///
    /// # Errors
    /// When the algorithm is unknown, or the rest is not its length of lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (algorithm, hex) = text.split_once(':').ok_or(ReferenceError::Digest)?;
        let is_of = |(known, length): (&str, usize)| known == algorithm && hex.len() == length;
        if Self::ALGORITHMS.into_iter().any(is_of) && hex.bytes().all(is_lower_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReferenceError::Digest)
        }
    }

    /// One that nothing has.
    pub(crate) fn of_nothing() -> Self {
        Self(format!("sha256:{}", "0".repeat(64)))
    }

    /// The hexadecimal digits of a SHA-256.
    #[must_use]
    pub fn sha256_hex(&self) -> Option<&str> {
        self.0.strip_prefix("sha256:")
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

pub(super) fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}
