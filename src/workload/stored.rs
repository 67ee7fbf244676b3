//! The object as it is stored, on an update: what stands in it at the place of an image. What follows from that
//! is decided in `policy/plan.rs` (an unchanged image) and `policy/pinning.rs` (a pin that is kept).

use super::extract::extract;
use super::found::{FoundImage, ObjectMeta, PathSegment};
use super::kinds::Workload;
use crate::sorted_map::SortedMap;
use crate::text::number_of;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A path, after a number made of it: long names that begin alike are compared by that.
type Place = (u32, Vec<PathSegment>);

fn place_of(image: &FoundImage<'_>) -> Place {
    let bytes = image.path.iter().flat_map(PathSegment::bytes).copied();
    (number_of(bytes), image.path.clone())
}

/// The object as it is stored.
///
/// ```
/// use signed_images_policy::request::GroupKind;
/// use signed_images_policy::workload::extract::extract;
/// use signed_images_policy::workload::kinds::built_in;
/// use signed_images_policy::workload::stored::Stored;
///
/// let pod = built_in(&GroupKind { group: String::new(), kind: "Pod".to_owned() }).unwrap();
/// let old = r#"{"spec": {"containers": [{"name": "web", "image": "nginx@sha256:…"}]}}"#;
/// let new = r#"{"spec": {"containers": [
///     {"name": "side", "image": "nginx"}, {"name": "web", "image": "nginx"}]}}"#;
/// let stored = Stored::read(Some(serde_json::from_str(old).unwrap()), &pod);
/// let found = extract(Some(serde_json::from_str(new).unwrap()), &pod).unwrap();
/// // A place is the list and the name: not the position, and not the image.
/// assert!(!stored.has(&found.images[0]) && stored.has(&found.images[1]));
/// assert_eq!(stored.text(&found.images[1]).unwrap(), "nginx@sha256:…");
/// ```
#[derive(Debug, Default)]
pub struct Stored<'r> {
    /// The first image of each place.
    images: SortedMap<Place, FoundImage<'r>>,
    /// What its metadata says.
    pub metadata: ObjectMeta,
}

impl<'r> Stored<'r> {
    /// Reads the stored object. When it cannot be read, every image is verified.
    #[must_use]
    pub fn read(object: Option<&'r RawValue>, workload: &Workload) -> Self {
        let Ok(found) = extract(object, workload) else { return Self::default() };
        let mut images = SortedMap::default();
        for image in found.images {
            images.insert(place_of(&image), image);
        }
        Self { images, metadata: found.metadata }
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
        self.images.get(&place_of(image))
    }
}
