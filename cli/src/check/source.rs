//! What is to be checked: the texts that the command line names.
//!
//! - And a file that is not text, or that cannot be read? It is a source as well, which says why nothing was read: one
//!   of two thousand files must not keep the others from being checked.
//! - What is `-`? Standard input: what `kustomize build` or `helm template` writes, or one image a line.

mod argument;
mod folder;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use self::argument::from_argument;
use self::folder::{Unread, found};
use crate::legible;
use crate::text::{self, Encoding};

pub use argument::expect_image;
pub(super) use argument::says_that_it_is_an_image;
pub(super) use folder::is_manifest;

const STDIN: &str = "-";

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

/// The files among the sources. Where they lie is looked up when it is first asked: few sources take others.
pub(super) struct Files<'s> {
    sources: &'s [Source],
    paths: OnceCell<HashSet<PathBuf>>,
}

impl<'s> Files<'s> {
    pub(super) fn of(sources: &'s [Source]) -> Self {
        Self { sources, paths: OnceCell::new() }
    }

    /// Whether the file at that path, which is canonical, is one.
    pub(super) fn have(&self, path: &Path) -> bool {
        let file = |source: &Source| match &source.origin {
            Origin::File(path) => path.canonicalize().ok(),
            Origin::Stdin | Origin::Argument | Origin::Cluster => None,
        };
        self.paths.get_or_init(|| self.sources.iter().filter_map(file).collect()).contains(path)
    }
}

/// The manifests of a folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    found(folder).into_iter().map(|file| file.map_err(Unread::error)).collect()
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
