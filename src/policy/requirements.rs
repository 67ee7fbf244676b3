//! What a rule asks of an image besides its signatures: of itself (`image`), and of signed reports about it
//! (`attestations`).

use super::place::Place;
use super::predicate_type::PredicateType;
use super::report::Conditions;
use super::text_pattern::TextPattern;
use super::trust::{Enforcement, Trust};
use crate::image::reference::Reference;
use crate::time::MaxAge;
use std::fmt;

/// What a rule asks besides signatures.
#[derive(Debug, Default)]
pub struct Requirements {
    /// Of what the image says of itself.
    pub image: Option<ImageCondition>,
    /// Of signed reports.
    pub attestations: Vec<Attestation>,
}

/// What an image must say of itself, in its config.
#[derive(Debug)]
pub struct ImageCondition {
    /// How old it may be.
    pub max_age: Option<MaxAge>,
    /// Labels that it must have, and what they must match.
    pub labels: Vec<(String, TextPattern)>,
    /// Of an index, the platforms that this is asked of; none is all of them.
    pub platforms: Vec<Platform>,
    /// What becomes of an image that does not.
    pub enforcement: Enforcement,
}

/// A signed report that must be there.
#[derive(Debug)]
pub struct Attestation {
    /// Where it stands in the rule.
    pub place: Place,
    /// The type of its predicate.
    pub predicate_type: PredicateType,
    /// The name in its tag.
    pub name: String,
    /// Whose signatures it needs. They carry the annotation that names the type.
    pub trust: Trust,
    /// Whether the settings name them; else they are those of the rule.
    pub names_signers: bool,
    /// Where it is kept, when that is not with the image.
    pub repository: Option<Reference>,
    /// Of an index, the platforms that have one; none is all of them.
    pub platforms: Vec<Platform>,
    /// What becomes of an image without it.
    pub enforcement: Enforcement,
    /// What it must say.
    pub conditions: Conditions,
}

/// As messages have it: `vuln`, or `trivy (vuln)` where it is given a name.
impl fmt::Display for Attestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name == self.predicate_type.default_name() {
            self.predicate_type.fmt(f)
        } else {
            write!(f, "{} ({})", self.name, self.predicate_type)
        }
    }
}

/// A platform of an index: `linux/amd64`, `linux/arm/v7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// The operating system.
    pub os: String,
    /// The architecture.
    pub architecture: String,
    /// The variant of that; none is any.
    pub variant: Option<String>,
}

impl Platform {
    /// Reads `os/architecture` and perhaps `/variant`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(|part| {
            let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            (!part.is_empty() && part.chars().all(in_name)).then(|| part.to_owned())
        });
        let (os, architecture) = (parts.next()??, parts.next()??);
        let variant = parts.next().map_or(Some(None), |variant| variant.map(Some))?;
        parts.next().is_none().then_some(Self { os, architecture, variant })
    }

    /// Whether the other is one of those that this one names.
    #[must_use]
    pub fn names(&self, other: &Self) -> bool {
        self.os == other.os
            && self.architecture == other.architecture
            && (self.variant.is_none() || self.variant == other.variant)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms() {
        for text in ["linux/amd64", "linux/arm/v7", "windows/amd64"] {
            assert_eq!(Platform::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "linux", "linux/", "/amd64", "linux/arm/", "linux/arm/v7/x", "a b/c"] {
            assert_eq!(Platform::parse(text), None, "{text}");
        }
        let names = |one: &str, other: &str| {
            Platform::parse(one).unwrap().names(&Platform::parse(other).unwrap())
        };
        assert!(names("linux/arm64", "linux/arm64/v8") && names("linux/arm/v7", "linux/arm/v7"));
        assert!(!names("linux/arm/v7", "linux/arm") && !names("linux/arm", "linux/arm64"));
    }
}
