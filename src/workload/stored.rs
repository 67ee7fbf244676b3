//! Stage 2: [`AdmissionRequest`] → every image that the object holds, with its path and its position in the raw
//! JSON.
//!
//! *How are images found?* By reading the object once along the paths of its kind ([`crate::workload::extract`]).
//!
//! *What if the object has another shape?* Then it cannot be read, which is a rejection. A container
//! without a readable image is found, as a fault.
//!
//! *How is an image found again in the stored object?* By its place: the same lists, and in them the
//! elements of the same names.

use crate::image::names::ImageNames;
use crate::image::reference::{Reference, ReferenceError};
use crate::request::AdmissionRequest;
use crate::workload::extract::Walk;
use crate::workload::kinds::{Workload, pointer_to};
use crate::workload::path::{PathSegment, render};
use signed_images_json::Json;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

/// The most images that one object may hold. No node runs a Pod of more containers than it has room for
/// Pods (110 by default), and verifying so many would take longer than a webhook may.
pub const MAX_IMAGES: usize = 1000;

/// An object as far as this policy reads it.
#[derive(Debug)]
pub struct Found<'r> {
    /// The object's text.
    pub object: &'r str,
    /// Its images, in the order of the text.
    pub images: Vec<FoundImage<'r>>,
    /// What its metadata says.
    pub metadata: Metadata,
}

/// A place that holds an image.
#[derive(Debug)]
pub struct FoundImage<'r> {
    pub(crate) path: Vec<PathSegment>,
    /// The value; none where the place is empty.
    pub(crate) json: Option<Json<'r>>,
    /// Where that value stands in the object's text.
    pub position: Range<usize>,
    /// How its text reads, once that was asked.
    pub(crate) named: OnceCell<Result<ImageNames, ReferenceError>>,
}

/// Why a place has no readable image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// The key is missing or null.
    Missing,
    /// The value is not a string, or not one that is valid Unicode.
    NotText,
    /// The text is no reference.
    NotAReference(ReferenceError),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no image is given"),
            Self::NotText => f.write_str("the image is not a string"),
            Self::NotAReference(error) => error.fmt(f),
        }
    }
}

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtractError {
    /// There is none.
    Absent,
    /// A value of another type than the path needs.
    Schema {
        /// Where.
        path: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A required part is not there.
    Missing(String),
    /// A key stands twice, so two readers could see two different objects.
    Twice(String),
    /// More than [`MAX_IMAGES`].
    TooManyImages,
}

impl fmt::Display for ExtractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("the request holds no object"),
            Self::Schema { path, expected } if path.is_empty() => {
                write!(f, "the object is not {expected}")
            }
            Self::Schema { path, expected } => write!(f, "`{path}` is not {expected}"),
            Self::Missing(path) => write!(f, "`{path}` is missing"),
            Self::Twice(path) => write!(f, "`{path}` stands there twice"),
            Self::TooManyImages => write!(f, "it holds more than {MAX_IMAGES} images"),
        }
    }
}

impl std::error::Error for ExtractError {}

/// The part of `ObjectMeta` that bears on pinning.
#[derive(Debug, Default)]
pub struct Metadata {
    is_controlled: bool,
    is_being_deleted: bool,
}

impl Metadata {
    fn read(metadata: Json<'_>) -> Option<Self> {
        let [owners, deletion] = metadata.pick(["ownerReferences", "deletionTimestamp"]).ok()?;
        let mut is_controlled = false;
        if let Some(owners) = owners {
            for owner in owners.elements()? {
                let [controller] = owner.pick(["controller"]).ok()?;
                is_controlled |= controller.and_then(Json::flag) == Some(true);
            }
        }
        Some(Self { is_controlled, is_being_deleted: deletion.is_some() })
    }

    /// Whether another controller manages the object.
    #[must_use]
    pub fn is_controlled(&self) -> bool {
        self.is_controlled
    }

    /// Whether the object is being deleted.
    #[must_use]
    pub fn is_being_deleted(&self) -> bool {
        self.is_being_deleted
    }
}

impl<'r> FoundImage<'r> {
    /// The path for people: `spec.containers[0].image`.
    #[must_use]
    pub fn path(&self) -> String {
        render(&self.path, |index, _| index.to_string())
    }

    /// The path as a JSON pointer: `/spec/containers/0/image`.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.path
            .iter()
            .map(|crumb| match crumb {
                PathSegment::Key(key) => pointer_to(key),
                PathSegment::Element { index, .. } => format!("/{index}"),
            })
            .collect()
    }

    /// The name of the container, volume or other element that holds the image.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.path.iter().rev().find_map(|crumb| match crumb {
            PathSegment::Element { name, .. } => name.as_deref(),
            PathSegment::Key(_) => None,
        })
    }

    /// The text of the image.
    ///
    /// # Errors
    /// When there is none, or when it is not text.
    pub fn text(&self) -> Result<Cow<'r, str>, ImageError> {
        self.json.ok_or(ImageError::Missing)?.string().ok_or(ImageError::NotText)
    }

    /// How the text reads.
    ///
    /// # Errors
    /// When there is none, or when it is no reference.
    pub fn reference(&self) -> Result<&Reference, ImageError> {
        self.named().map(ImageNames::reference)
    }

    /// The same, with its spellings.
    pub(crate) fn named(&self) -> Result<&ImageNames, ImageError> {
        let text = self.text()?;
        let named =
            self.named.get_or_init(|| Reference::parse(&text).map(ImageNames::new)).as_ref();
        named.map_err(|error| ImageError::NotAReference(*error))
    }

    /// Whether the image is that of an ephemeral container.
    #[must_use]
    pub fn is_ephemeral(&self) -> bool {
        self.path
            .iter()
            .any(|crumb| matches!(crumb, PathSegment::Key(key) if key == "ephemeralContainers"))
    }

    /// Whether the other image stands in the same place: the same way, where elements that have names
    /// are told by their names and the others by their positions. The last step differs most often.
    fn is_placed_like(&self, other: &FoundImage<'_>) -> bool {
        self.path.len() == other.path.len()
            && self.path.iter().zip(&other.path).rev().all(|(mine, others)| match (mine, others) {
                (
                    PathSegment::Element { name: Some(mine), .. },
                    PathSegment::Element { name: Some(others), .. },
                ) => mine == others,
                _ => mine == others,
            })
    }
}

/// Finds the images of the object under review.
///
/// # Errors
/// When the object cannot be read.
pub fn find<'r>(
    review: &AdmissionRequest<'r>,
    workload: &Workload,
) -> Result<Found<'r>, ExtractError> {
    read(review.object.ok_or(ExtractError::Absent)?, workload)
}

/// The object as it is stored.
#[derive(Debug, Default)]
pub struct Stored<'r> {
    images: Vec<FoundImage<'r>>,
    /// What its metadata says.
    pub metadata: Metadata,
}

impl<'r> Stored<'r> {
    /// Reads the stored object. One that cannot be read spares no image its verification.
    #[must_use]
    pub fn read(object: Option<Json<'r>>, workload: &Workload) -> Self {
        match object.map(|object| read(object, workload)) {
            Some(Ok(found)) => Self { images: found.images, metadata: found.metadata },
            _ => Self::default(),
        }
    }

    /// Whether a container (or volume) of that name stands in the same list.
    #[must_use]
    pub fn has(&self, image: &FoundImage<'_>) -> bool {
        self.at(image).is_some()
    }

    /// Whether the same place holds the same bytes.
    #[must_use]
    pub fn holds_same(&self, image: &FoundImage<'_>) -> bool {
        self.at(image)
            .is_some_and(|stored| stored.json.map(Json::text) == image.json.map(Json::text))
    }

    /// The text that stands in the same place.
    #[must_use]
    pub fn text(&self, image: &FoundImage<'_>) -> Option<Cow<'r, str>> {
        self.at(image)?.text().ok()
    }

    fn at(&self, image: &FoundImage<'_>) -> Option<&FoundImage<'r>> {
        self.images.iter().find(|stored| stored.is_placed_like(image))
    }
}

fn read<'r>(object: Json<'r>, workload: &Workload) -> Result<Found<'r>, ExtractError> {
    let walk = Walk::along(workload, object)?;
    let metadata = match walk.metadata {
        Some(metadata) if !metadata.is_null() => {
            Metadata::read(metadata).ok_or_else(|| ExtractError::Schema {
                path: "metadata".to_owned(),
                expected: "the metadata of an object",
            })?
        }
        _ => Metadata::default(),
    };
    Ok(Found { object: object.text(), images: walk.images, metadata })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_the_keys() {
        let key = |name: &str| PathSegment::Key(name.to_owned().into());
        let path = vec![key("spec"), PathSegment::Element { index: 1, name: None }, key("a/b~c")];
        let image = FoundImage { path, json: None, position: 0..0, named: OnceCell::new() };
        assert_eq!(image.pointer(), "/spec/1/a~1b~0c");
        assert_eq!(image.path(), "spec[1].a/b~c");
    }
}
