//! The object as it is stored, on an update: what stands in it at the place of an image. What follows from that
//! is decided in `policy/plan.rs` (an unchanged image) and `policy/pinning.rs` (a pin that is kept).

use super::extract::extract;
use super::found::{FoundImage, ObjectMeta, PathSegment};
use super::kinds::Workload;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The object as it is stored.
#[derive(Debug, Default)]
pub struct Stored<'r> {
    images: Vec<FoundImage<'r>>,
    /// What its metadata says.
    pub metadata: ObjectMeta,
}

impl<'r> Stored<'r> {
    /// Reads the stored object. When it cannot be read, every image is verified.
    #[must_use]
    pub fn read(object: Option<&'r RawValue>, workload: &Workload) -> Self {
        match extract(object, workload) {
            Ok(found) => Self { images: found.images, metadata: found.metadata },
            Err(_) => Self::default(),
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
            .is_some_and(|stored| stored.value.map(RawValue::get) == image.value.map(RawValue::get))
    }

    /// The image that stands in the same place, as it is written.
    #[must_use]
    pub fn text(&self, image: &FoundImage<'_>) -> Option<Cow<'r, str>> {
        self.at(image)?.text().ok()
    }

    fn at(&self, image: &FoundImage<'_>) -> Option<&FoundImage<'r>> {
        self.images.iter().find(|stored| is_same_place(&stored.path, &image.path))
    }
}

/// Whether both lead the same way: elements that have names are told by their names, the others by their
/// positions. The last segment differs most often.
fn is_same_place(one: &[PathSegment], other: &[PathSegment]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).rev().all(|(one, other)| match (one, other) {
            (
                PathSegment::Element { name: Some(one), .. },
                PathSegment::Element { name: Some(other), .. },
            ) => one == other,
            _ => one == other,
        })
}
