//! Where in the settings a rule or one of its signers stands.

use std::fmt;

/// A key, or an entry of the list under it: `rules[2]`, `allOf[0]`. Empty for what stands where its parent does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    key: &'static str,
    index: Option<usize>,
}

impl Place {
    /// That key.
    #[must_use]
    pub fn key(key: &'static str) -> Self {
        Self { key, index: None }
    }

    /// An entry of the list under that key.
    #[must_use]
    pub fn entry(key: &'static str, index: usize) -> Self {
        Self { key, index: Some(index) }
    }
}

/// A place below another.
pub(crate) fn place_in(parent: &str, place: Place) -> String {
    if place == Place::default() { parent.to_owned() } else { format!("{parent}.{place}") }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}
