//! Files of the repository that are made of others in it, and are committed: who reads them makes nothing.

use std::path::Path;

use anyhow::Context;

/// A file and what must stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// From the root of the repository.
    pub path: &'static str,
    /// All of it.
    pub text: String,
}

impl Made {
    /// Writes the file.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self) -> anyhow::Result<()> {
        std::fs::write(root().join(self.path), &self.text)
            .with_context(|| format!("cannot write `{}`", self.path))
    }
}

/// The root of the repository.
#[must_use]
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// What stands in a file, by its path from the root of the repository.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(root().join(path)).with_context(|| format!("cannot read `{path}`"))
}
