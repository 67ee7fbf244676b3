//! What stands on the command line: a path, or an image?
//!
//! - What exists is a path, so an image that is named like a file here is written with its registry
//!   (`docker.io/library/nginx`). What ends in `.yaml`, `.yml`, `.json`, `.txt` or `/`, or begins with `/`, `./`, `../` or
//!   `~`, is meant as a path and has to exist. What has a registry, a tag or a digest is an image; the rest
//!   (`overlays/prod`) is a path with a slip of the pen more often than an image of Docker Hub. So is what begins with a
//!   folder that is there (`overlays.d/prod`), unless it has a tag or a digest.

use std::path::Path;

use signed_images_policy::image::reference::Reference;

use super::folder::{extension, is_manifest};
use super::{Source, SourceError};

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

/// The image that it is.
pub(super) fn from_argument(argument: &str) -> Result<Source, SourceError> {
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
pub(in crate::check) fn says_that_it_is_an_image(argument: &str) -> bool {
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
