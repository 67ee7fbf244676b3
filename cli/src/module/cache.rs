//! Where the compiled form of modules is kept: compiling takes seconds, reading what was compiled milliseconds.
//!
//! - Where? In `signed-images` below the user's cache: `XDG_CACHE_HOME`, or `~/.cache`.
//! - By what name? By the hash of the module, of wasmtime's version and of its configuration: wasmtime's own cache
//!   (<https://docs.wasmtime.dev/cli-cache.html>).
//! - Who is believed? Compiled code is run as it is, so that whoever can write it does what they like in the user's
//!   name. So the folder is the user's and nobody else's (mode 0700), or nothing is read from it or written to it.
//!   What is damaged there is compiled anew.

use std::io;
use std::path::{Path, PathBuf};

use tracing::{debug, warn};

const FOLDER: &str = "signed-images";

/// The folder, when it is safe.
pub(super) fn folder() -> Option<PathBuf> {
    let folder = user_cache()?.join(FOLDER);
    match open(&folder) {
        Ok(()) => Some(folder),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            warn!("the compiled module is not cached: `{}` {error}", folder.display());
            None
        }
        // A user without a home, or a system that is read only: nothing to warn of.
        Err(error) => {
            debug!("the compiled module is not cached: `{}`: {error}", folder.display());
            None
        }
    }
}

fn user_cache() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    // What is relative is to be ignored (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    let named = named.filter(|path| path.is_absolute());
    named.or_else(|| Some(std::env::home_dir()?.join(".cache"))).filter(|path| path.is_absolute())
}

/// Makes the folder, unless it is there, and looks whose it is.
fn open(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check(folder),
        made => made,
    }
}

#[cfg(unix)]
fn create(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(unix)]
fn check(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    // Of a link, this is the link.
    let metadata = std::fs::symlink_metadata(folder)?;
    let wrong = if !metadata.is_dir() {
        "is not a folder: remove it"
    } else if metadata.uid() != rustix::process::geteuid().as_raw() {
        "belongs to another user: remove it"
    } else if metadata.mode() & 0o077 != 0 {
        "is open to other users: remove it"
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::InvalidData, wrong))
}

/// Where there are no modes, the user's folders are the user's.
#[cfg(not(unix))]
fn create(folder: &Path) -> io::Result<()> {
    std::fs::create_dir(folder)
}

#[cfg(not(unix))]
fn check(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_folder_is_the_users_alone() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("a/b");
        assert!(open(&folder).is_ok());
        assert_eq!(mode(&folder), 0o700);
        assert!(open(&folder).is_ok());
        for open_to_others in [0o701, 0o710, 0o755, 0o777, 0o770] {
            std::fs::set_permissions(&folder, PermissionsExt::from_mode(open_to_others)).unwrap();
            let error = open(&folder).unwrap_err();
            assert!(error.to_string().starts_with("is open to other users"), "{error}");
        }
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
        let link = cache.path().join("link");
        symlink(&folder, &link).unwrap();
        let file = cache.path().join("file");
        std::fs::write(&file, "").unwrap();
        for other in [link, file] {
            assert!(open(&other).unwrap_err().to_string().starts_with("is not a folder"));
        }
    }
}
