//! Whose signatures are needed, and what becomes of an image without them. Trust that everybody or nobody could satisfy
//! cannot be built.

use crate::image::containment::Coverage;
use crate::policy::signer::Signer;
use serde::Deserialize;
use std::fmt;
use std::num::NonZeroUsize;

/// What becomes of an image that does not satisfy a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Enforcement {
    /// It is rejected.
    Reject,
    /// It passes with a warning, and is not pinned on account of this rule.
    Warn,
}

/// Whose signatures are needed. There is at least one signer.
#[derive(Clone, Debug)]
pub struct Trust {
    all_of: Vec<Signer>,
    any_of: Option<AnyOf>,
}

/// So many of these signers: at least one, and no more than there are.
#[derive(Clone, Debug)]
pub struct AnyOf {
    minimum: NonZeroUsize,
    signers: Vec<Signer>,
}

/// A rule that every image or no image could satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyTrust {
    /// No pattern.
    NoImages,
    /// No signer.
    NoSigners,
    /// More signers are asked for than there are, or none.
    Minimum,
    /// What is excluded is what would match.
    Excluded(Coverage),
}

impl fmt::Display for EmptyTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoImages => {
                "`images` is missing: which images must be signed? (`*` matches every image)"
            }
            Self::NoSigners => "`allOf` and `anyOf` are missing: who must have signed?",
            Self::Minimum => "`minimumMatches` must be between 1 and the number of signers",
            Self::Excluded(Coverage::Every) => "these patterns match all of `images`, so none would be checked",
            Self::Excluded(Coverage::EveryTag) => {
                "these patterns match all of `images` without a digest, so no such image would be checked"
            }
            Self::Excluded(Coverage::EveryDigest) => {
                "these patterns match all of `images` with a digest, so no such image would be checked"
            }
        })
    }
}

impl std::error::Error for EmptyTrust {}

impl AnyOf {
    /// At least `minimum` of the signers.
    ///
    /// # Errors
    /// When that is none of them, or more than there are.
    pub fn new(minimum: usize, signers: Vec<Signer>) -> Result<Self, EmptyTrust> {
        match NonZeroUsize::new(minimum) {
            Some(minimum) if minimum.get() <= signers.len() => Ok(Self { minimum, signers }),
            _ => Err(EmptyTrust::Minimum),
        }
    }

    /// How many are needed.
    #[must_use]
    pub fn minimum(&self) -> usize {
        self.minimum.get()
    }

    /// Those who can sign, in the order written.
    #[must_use]
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }
}

impl Trust {
    /// All of these, and so many of those.
    ///
    /// # Errors
    /// When nobody is named.
    pub fn new(all_of: Vec<Signer>, any_of: Option<AnyOf>) -> Result<Self, EmptyTrust> {
        if all_of.is_empty() && any_of.is_none() {
            return Err(EmptyTrust::NoSigners);
        }
        Ok(Self { all_of, any_of })
    }

    /// All of its signers.
    pub fn signers(&self) -> impl Iterator<Item = &Signer> {
        self.all_of.iter().chain(self.any_of.iter().flat_map(AnyOf::signers))
    }

    /// The same signers, whose signatures must carry that annotation as well.
    #[must_use]
    pub fn annotated(mut self, key: &str, value: &str) -> Self {
        let any_of = self.any_of.iter_mut().flat_map(|any_of| &mut any_of.signers);
        for signer in self.all_of.iter_mut().chain(any_of) {
            signer.annotations.insert(key.to_owned(), value.to_owned());
        }
        self
    }

    /// Those who must all have signed.
    #[must_use]
    pub fn all_of(&self) -> &[Signer] {
        &self.all_of
    }

    /// Those of whom so many must have signed.
    #[must_use]
    pub fn any_of(&self) -> Option<&AnyOf> {
        self.any_of.as_ref()
    }
}
