//! Files replaced as a whole or not at all.
//!
//! - How? Each new text goes into a file beside the old one, with the same permissions; when all of them are
//!   written, each takes the place of the old one. A link keeps pointing at its file.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Why a file was not replaced.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {source}", .path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}

/// Replaces the texts of files.
///
/// # Errors
/// When a file cannot be written. None is replaced unless all of them could be.
pub fn replace(files: &[(&Path, &str)]) -> Result<(), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError { path, source }
    };
    let mut written = Vec::new();
    for (path, text) in files {
        written.push((path, prepare(path, text).map_err(failed(path))?));
    }
    for (path, (file, target)) in written {
        file.persist(target).map_err(|error| failed(path)(error.error))?;
    }
    Ok(())
}

fn prepare(path: &Path, text: &str) -> std::io::Result<(NamedTempFile, PathBuf)> {
    let target = path.canonicalize()?;
    let folder = target.parent().unwrap_or(Path::new("."));
    let permissions = std::fs::metadata(&target)?.permissions();
    // What may not be written must not be replaced either.
    std::fs::OpenOptions::new().write(true).open(&target)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    Ok((file, target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn files_keep_their_permissions_and_links_their_targets() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("a", &link).unwrap();
        replace(&[(&link, "new")]).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn one_that_cannot_be_written_leaves_the_others_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "old").unwrap();
        let missing = folder.path().join("missing");
        let error = replace(&[(&file, "new"), (&missing, "new")]).unwrap_err();
        assert!(error.to_string().starts_with("cannot write `"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    }
}
