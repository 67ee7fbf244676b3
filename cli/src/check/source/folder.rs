//! The manifests of a folder.
//!
//! - Which files? Those that `kubectl apply -R -f` takes: they end in `.yaml`, `.yml` or `.json`, hidden or not, at any
//!   depth; and kustomize's `Kustomization`, which tells what becomes of them. Links to folders are not followed. One
//!   folder is left out: `.git`, in which git itself keeps no file of anybody's.

use std::path::{Path, PathBuf};

use super::{Origin, Source, SourceError, shown};
use crate::check::holder::is_named_for_kustomize;

const MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];
const GIT: &str = ".git";

/// A file or a folder that the system does not give.
pub(super) struct Unread {
    pub(super) path: PathBuf,
    pub(super) source: std::io::Error,
}

impl Unread {
    /// As a source that says why nothing was read.
    pub(super) fn source(self) -> Source {
        let Self { path, source } = self;
        let leads_nowhere = source.kind() == std::io::ErrorKind::NotFound && path.is_symlink();
        let reason = if leads_nowhere {
            "it is a link to something that does not exist".to_owned()
        } else {
            source.to_string()
        };
        let name = shown(&path);
        Source {
            unread: Some(reason),
            ..Source::placeless(name, Origin::File(path), String::new())
        }
    }

    pub(super) fn error(self) -> SourceError {
        SourceError::Read { path: self.path, source: self.source }
    }
}

/// The manifests of a folder, in the order of their names, with the folders that cannot be read.
pub(super) fn found(folder: &Path) -> Vec<Result<PathBuf, Unread>> {
    let entries = match entries(folder) {
        Ok(entries) => entries,
        Err(source) => return vec![Err(Unread { path: folder.to_owned(), source })],
    };
    let mut files = Vec::new();
    for (path, is_folder) in entries {
        if !is_folder && (is_manifest(&path) || is_named_for_kustomize(&path)) {
            files.push(Ok(path));
        } else if is_folder && path.file_name().is_none_or(|name| name != GIT) {
            files.extend(found(&path));
        }
    }
    files
}

/// What a folder has, and whether it is a folder.
fn entries(folder: &Path) -> std::io::Result<Vec<(PathBuf, bool)>> {
    let mut entries = std::fs::read_dir(folder)?
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?.is_dir()))))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries)
}

/// Whether the file is named like a manifest.
pub(in crate::check) fn is_manifest(path: &Path) -> bool {
    extension(path).is_some_and(|end| MANIFESTS.contains(&end.as_str()))
}

/// As Go has it: `.yaml` has one, too.
pub(super) fn extension(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    name.rsplit_once('.').map(|(_, end)| end.to_owned())
}
