//! What is to be checked, as it stands on the command line, and places in it.
//!
//! - A path or an image? What exists is a path, so an image that is named like a file here is written with its
//!   registry (`docker.io/library/nginx`). What ends in `.yaml`, `.yml`, `.json`, `.txt` or `/`, or begins with
//!   `/`, `./`, `../` or `~`, is meant as a path and has to exist. What has a registry, a tag or a digest is an
//!   image; the rest (`overlays/prod`) is a path with a slip of the pen more often than an image of Docker Hub. So is
//!   what begins with a folder that is there (`overlays.d/prod`), unless it has a tag or a digest.
//! - Which files of a folder? Those that `kubectl apply -R -f` takes: they end in `.yaml`, `.yml` or `.json`,
//!   hidden or not, at any depth; and kustomize's `Kustomization`, which tells what becomes of them. Links to folders are not followed. One folder is left out: `.git`, in which git
//!   itself keeps no file of anybody's.
//! - And a file that is not text, or that cannot be read? It is a source as well, which says why nothing was read: one
//!   of two thousand files must not keep the others from being checked.
//! - What is `-`? Standard input: what `kustomize build` or `helm template` writes, or one image a line.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use signed_images_policy::image::reference::Reference;

use super::holder::is_named_for_kustomize;
use crate::legible;
use crate::text::{self, Encoding};

const MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];
const STDIN: &str = "-";
const GIT: &str = ".git";

/// A text to read.
#[derive(Debug)]
pub struct Source {
    /// What reports call it.
    pub name: String,
    /// Where it came from.
    pub origin: Origin,
    /// What it says.
    pub text: String,
    /// How that was written down.
    pub encoding: Encoding,
    /// Why it says nothing.
    pub unread: Option<String>,
}

/// Where a text came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// An image that stood on the command line.
    Argument,
    /// An object that a cluster has.
    Cluster,
}

/// Why something cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It was meant as a path.
    #[error("`{argument}` looks like a file, but there is none: check the path")]
    NoSuchFile {
        /// As it was written.
        argument: String,
    },
    /// It was meant as a folder.
    #[error("`{argument}` looks like a folder, but there is none: check the path")]
    NoSuchFolder {
        /// As it was written.
        argument: String,
    },
    /// It may have been meant as either.
    #[error(
        "there is no file or folder `{argument}`; if you mean an image, write its tag: `{argument}:latest`, or \
         `{canonical}`"
    )]
    Unclear {
        /// As it was written.
        argument: String,
        /// The image that it would be.
        canonical: String,
    },
    /// It was meant as a path, more likely than not.
    #[error(
        "there is no file or folder `{argument}`, but there is `{folder}`; if you mean an image, write its tag: \
         `{argument}:latest`"
    )]
    BelowAFolder {
        /// As it was written.
        argument: String,
        /// What its path would begin with, and is there.
        folder: String,
    },
    /// It is neither.
    #[error("`{argument}` is neither a file nor an image: {reason}")]
    NotAnImage {
        /// As it was written.
        argument: String,
        /// Why it is no image.
        reason: String,
    },
    /// A file, where an image is asked for.
    #[error(
        "`{argument}` looks like a file, and `explain` takes one image: `signed-images check` reads files"
    )]
    FileForImage {
        /// As it was written.
        argument: String,
    },
    /// The same, of what may have been meant as an image.
    #[error(
        "there is a file or folder `{argument}`, and `explain` takes one image: if you mean the image, write its tag: \
         `{argument}:latest`"
    )]
    PathForImage {
        /// As it was written.
        argument: String,
    },
    /// A folder without manifests.
    #[error("no file in `{}` ends in .yaml, .yml or .json", shown(.path))]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The system says no.
    #[error("cannot read `{}`: {source}", shown(.path))]
    Read {
        /// What was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn shown(path: &Path) -> String {
    legible::line(&path.display().to_string())
}

/// Where an image is asked for: whether a path was given.
///
/// # Errors
/// When it looks like a file, or is one and might be an image only by chance.
pub fn expect_image(argument: &str) -> Result<(), SourceError> {
    let path = Path::new(argument);
    if is_manifest(path) || path.is_file() && looks_like_a_path(argument) {
        return Err(SourceError::FileForImage { argument: argument.to_owned() });
    }
    if !says_that_it_is_an_image(argument) && path.exists() {
        return Err(SourceError::PathForImage { argument: argument.to_owned() });
    }
    Ok(())
}

/// Reads everything that the command line names.
///
/// # Errors
/// When something is not there or cannot be read.
pub fn read(arguments: &[String]) -> Result<Vec<Source>, SourceError> {
    let mut sources = Vec::new();
    for argument in arguments {
        let path = Path::new(argument);
        if argument == STDIN {
            let failed = |source| SourceError::Read { path: path.to_owned(), source };
            let stdin = from_file("standard input".to_owned(), path, Origin::Stdin);
            sources.push(stdin.map_err(failed)?);
        } else if path.is_dir() {
            let files = found(path);
            if files.is_empty() {
                return Err(SourceError::EmptyFolder { path: path.to_owned() });
            }
            sources.extend(files.into_iter().map(|file| match file {
                Ok(file) => named(&file),
                Err(unread) => unread.source(),
            }));
        } else if path.exists() {
            sources.push(named(path));
        } else {
            sources.push(from_argument(argument)?);
        }
    }
    Ok(sources)
}

impl Source {
    /// An image that stands in no file.
    #[must_use]
    pub fn image(image: &str) -> Self {
        Self::placeless(image.to_owned(), Origin::Argument, image.to_owned())
    }

    /// Where a file lies.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) => path.parent(),
            Origin::Stdin | Origin::Argument | Origin::Cluster => None,
        }
    }

    /// A text that stands in no file.
    pub(super) fn placeless(name: String, origin: Origin, text: String) -> Self {
        Self { name, origin, text, encoding: Encoding::Utf8, unread: None }
    }
}

fn from_argument(argument: &str) -> Result<Source, SourceError> {
    if argument.ends_with('/') {
        return Err(SourceError::NoSuchFolder { argument: argument.to_owned() });
    }
    if looks_like_a_path(argument) {
        return Err(SourceError::NoSuchFile { argument: argument.to_owned() });
    }
    match Reference::parse(argument) {
        Ok(image) if !says_that_it_is_an_image(argument) => Err(SourceError::Unclear {
            argument: argument.to_owned(),
            canonical: image.to_string(),
        }),
        Ok(_) => match folder(argument) {
            Some(folder) => {
                Err(SourceError::BelowAFolder { argument: argument.to_owned(), folder })
            }
            None => Ok(Source::image(argument)),
        },
        Err(error) => Err(SourceError::NotAnImage {
            argument: argument.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// What it begins with, as a path, when that is there and neither tag nor digest says that an image is meant:
/// `overlays.d/prod` is no image of a registry `overlays.d`.
fn folder(argument: &str) -> Option<String> {
    let (first, _) = argument.split_once('/')?;
    let is_named = argument.rsplit('/').next().is_some_and(|last| last.contains([':', '@']));
    (!is_named && Path::new(first).exists()).then(|| first.to_owned())
}

/// Whether it has a registry, a tag or a digest.
pub(super) fn says_that_it_is_an_image(argument: &str) -> bool {
    let registry = argument.split_once('/').map(|(registry, _)| registry);
    let last = argument.rsplit('/').next().unwrap_or(argument);
    let names_a_registry =
        registry.is_some_and(|first| first.contains(['.', ':']) || first == "localhost");
    names_a_registry || last.contains([':', '@'])
}

fn looks_like_a_path(argument: &str) -> bool {
    let path = Path::new(argument);
    let is_file = is_manifest(path) || extension(path).is_some_and(|end| end == "txt");
    is_file || ["/", "./", "../", "~"].iter().any(|start| argument.starts_with(start))
}

fn named(path: &Path) -> Source {
    from_file(shown(path), path, Origin::File(path.to_owned()))
        .unwrap_or_else(|source| Unread { path: path.to_owned(), source }.source())
}

fn from_file(name: String, path: &Path, origin: Origin) -> std::io::Result<Source> {
    let (text, encoding, unread) = match text::manifest(text::bytes(path)?) {
        Ok((text, encoding)) => (text, encoding, None),
        Err(reason) => (String::new(), Encoding::Utf8, Some(reason.to_string())),
    };
    Ok(Source { name, origin, text, encoding, unread })
}

/// A file or a folder that the system does not give.
struct Unread {
    path: PathBuf,
    source: std::io::Error,
}

impl Unread {
    /// As a source that says why nothing was read.
    fn source(self) -> Source {
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

    fn error(self) -> SourceError {
        SourceError::Read { path: self.path, source: self.source }
    }
}

/// The files among the sources.
pub(super) fn files_of(sources: &[Source]) -> HashSet<PathBuf> {
    let file = |source: &Source| match &source.origin {
        Origin::File(path) => path.canonicalize().ok(),
        Origin::Stdin | Origin::Argument | Origin::Cluster => None,
    };
    sources.iter().filter_map(file).collect()
}

/// The manifests of a folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    found(folder).into_iter().map(|file| file.map_err(Unread::error)).collect()
}

/// The same, with the folders that cannot be read.
fn found(folder: &Path) -> Vec<Result<PathBuf, Unread>> {
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
pub(super) fn is_manifest(path: &Path) -> bool {
    extension(path).is_some_and(|end| MANIFESTS.contains(&end.as_str()))
}

/// As Go has it: `.yaml` has one, too.
fn extension(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    name.rsplit_once('.').map(|(_, end)| end.to_owned())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;
    use crate::manifest::values;

    /// This repository's own YAML says the same to the reader of settings.
    #[test]
    fn readers_agree() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut compared = 0;
        for folder in ["cases", "examples"] {
            for file in files(&root.join(folder)).unwrap() {
                // `y` and `n` are truth values to `kubectl`, and texts to the other reader.
                let text = std::fs::read_to_string(&file).unwrap();
                let text = text.replace("b: y", "b: z").replace("repeat: n,", "repeat: m,");
                let expected: Vec<Value> = yaml_serde::Deserializer::from_str(&text)
                    .map_while(|document| Value::deserialize(document).ok())
                    .collect();
                let documents: Vec<Value> =
                    values(&text).into_iter().filter_map(Result::ok).collect();
                assert_eq!(documents, expected, "{}", file.display());
                compared += 1;
            }
        }
        assert!(compared > 100, "{compared}");
    }
}
