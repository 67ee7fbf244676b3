//! What a rule asks of an image besides its signatures: of itself (`image`), and of signed reports about it
//! (`attestations`).

use super::place::Place;
use super::platform::Platform;
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
