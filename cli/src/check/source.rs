//! What is to be checked, as it stands on the command line, and places in it.
//!
//! - A path or an image? What exists is a path, so an image that is named like a file here is written with its
//!   registry (`docker.io/library/nginx`). What ends in `.yaml`, `.yml`, `.json` or `.txt`, or begins with
//!   `/`, `./`, `../` or `~`, is meant as a path and has to exist. What has a registry, a tag or a digest is an
//!   image; the rest (`overlays/prod`) is a path with a slip of the pen more often than an image of Docker Hub.
//! - Which files of a folder? Those that end in `.yaml`, `.yml` or `.json`, below it at any depth; hidden ones
//!   (`.git`) are left out, and links to folders are not followed.
//! - What is `-`? Standard input: what `kustomize build` or `helm template` writes, or one image a line.

use std::io::Read;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use signed_images_policy::image::reference::Reference;

use crate::legible;

const MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];
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
}

/// A place in a text, as editors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// Where an offset is.
pub(super) fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).map_or(0, |line| line.chars().count()) + 1;
    Position { line, column }
}

/// Why something cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It was meant as a path.
    #[error("`{argument}` looks like a file, and there is none: check the path")]
    NoSuchFile {
        /// As it was written.
        argument: String,
    },
    /// It may have been meant as either.
    #[error(
        "there is no file or folder `{argument}`; if an image is meant, write its tag: `{argument}:latest`, or \
         `{canonical}`"
    )]
    Unclear {
        /// As it was written.
        argument: String,
        /// The image that it would be.
        canonical: String,
    },
    /// It is neither.
    #[error("`{argument}` is neither a file nor an image: {reason}")]
    NotAnImage {
        /// As it was written.
        argument: String,
        /// Why it is no image.
        reason: String,
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
    /// It is no text.
    #[error("`{name}` is not UTF-8 text")]
    NotText {
        /// What it is called.
        name: String,
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
            sources.push(from_stdin()?);
        } else if path.is_dir() {
            let files = files(path)?;
            for file in &files {
                sources.push(from_file(file)?);
            }
            if files.is_empty() {
                return Err(SourceError::EmptyFolder { path: path.to_owned() });
            }
        } else if path.exists() {
            sources.push(from_file(path)?);
        } else {
            sources.push(from_argument(argument)?);
        }
    }
    Ok(sources)
}

fn from_argument(argument: &str) -> Result<Source, SourceError> {
    if looks_like_a_path(argument) {
        return Err(SourceError::NoSuchFile { argument: argument.to_owned() });
    }
    match Reference::parse(argument) {
        Ok(image) if !says_that_it_is_an_image(argument) => Err(SourceError::Unclear {
            argument: argument.to_owned(),
            canonical: image.to_string(),
        }),
        Ok(_) => Ok(Source {
            name: argument.to_owned(),
            origin: Origin::Argument,
            text: argument.to_owned(),
        }),
        Err(error) => Err(SourceError::NotAnImage {
            argument: argument.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// Whether it has a registry, a tag or a digest.
fn says_that_it_is_an_image(argument: &str) -> bool {
    let registry = argument.split_once('/').map(|(registry, _)| registry);
    let last = argument.rsplit('/').next().unwrap_or(argument);
    let names_a_registry =
        registry.is_some_and(|first| first.contains(['.', ':']) || first == "localhost");
    names_a_registry || last.contains([':', '@'])
}

fn looks_like_a_path(argument: &str) -> bool {
    let extension = Path::new(argument).extension().and_then(|extension| extension.to_str());
    let is_file = extension.is_some_and(|end| MANIFESTS.contains(&end) || end == "txt");
    is_file || ["/", "./", "../", "~"].iter().any(|start| argument.starts_with(start))
}

fn from_stdin() -> Result<Source, SourceError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|source| SourceError::Read { path: STDIN.into(), source })?;
    let name = "standard input".to_owned();
    let text =
        String::from_utf8(bytes).map_err(|_error| SourceError::NotText { name: name.clone() })?;
    Ok(Source { name, origin: Origin::Stdin, text })
}

fn from_file(path: &Path) -> Result<Source, SourceError> {
    let failed = |source| SourceError::Read { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(failed)?;
    let name = shown(path);
    let text =
        String::from_utf8(bytes).map_err(|_error| SourceError::NotText { name: name.clone() })?;
    Ok(Source { name, origin: Origin::File(path.to_owned()), text })
}

/// The manifests of a folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |source| SourceError::Read { path: folder.to_owned(), source };
    let mut entries = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?.is_dir()))))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    entries.sort();
    let mut found = Vec::new();
    for (path, is_folder) in entries.into_iter().filter(|(path, _)| !is_hidden(path)) {
        if is_folder {
            found.extend(files(&path)?);
        } else if is_manifest(&path) && path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Whether the file is named like a manifest.
pub(super) fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|end| MANIFESTS.contains(&end))
}
