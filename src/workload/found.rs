//! The images that an object holds, each with its place: for people, for machines, and in the object's text.

use crate::image::names::ImageNames;
use crate::image::reference::{LATEST, Reference, ReferenceError};
use crate::json::{elements, flag, pick, string};
use crate::workload::path::pointer_to;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;

/// An object as far as this policy reads it.
#[derive(Debug)]
pub struct Found<'r> {
    /// The object's text.
    pub object: &'r str,
    /// Its images, in the order of the text.
    pub images: Vec<FoundImage<'r>>,
    /// What its metadata says.
    pub metadata: ObjectMeta,
}

/// A place that holds an image.
#[derive(Debug)]
pub struct FoundImage<'r> {
    pub(super) path: Vec<PathSegment>,
    /// The value; none where the place is empty.
    pub(super) value: Option<&'r RawValue>,
    /// Where that value stands in the object's text.
    pub position: Range<usize>,
    /// How its text reads, once that was asked.
    names: OnceCell<Result<ImageNames, ReferenceError>>,
}

/// The container, volume or other element of a list that holds an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder<'i> {
    /// Where it is: `spec.containers[1]`.
    pub path: String,
    /// What it is: `container`; empty where that is not known.
    pub kind: &'i str,
    /// What it is called.
    pub name: Option<&'i str>,
}

/// One segment of the path to an image. Elements that have names are told by them, as Kubernetes merges lists, the others
/// by their positions.
#[derive(Clone, Debug, Eq)]
pub(super) enum PathSegment {
    Key(Cow<'static, str>),
    /// The name may be long, and is shared by all images in the element.
    Element {
        index: usize,
        name: Option<Rc<str>>,
    },
}

impl PathSegment {
    /// What it is told by. One place holds keys or elements, never both.
    fn identity(&self) -> Result<&str, usize> {
        match self {
            Self::Key(key) => Ok(key),
            Self::Element { name: Some(name), .. } => Ok(name),
            Self::Element { name: None, index } => Err(*index),
        }
    }
}

impl PathSegment {
    /// Of its name.
    pub(super) fn bytes(&self) -> &[u8] {
        self.identity().unwrap_or_default().as_bytes()
    }
}

impl PartialEq for PathSegment {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Ord for PathSegment {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl PartialOrd for PathSegment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A path for people: `spec.containers[0].image`.
pub(super) fn render(path: &[PathSegment]) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            PathSegment::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            PathSegment::Element { index, .. } => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
        }
    }
    text
}

/// Why a place has no readable image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// The key is missing or null.
    Missing,
    /// The value is not a string, or not one that is valid Unicode.
    NotAString,
    /// The string is no reference.
    NotAReference(ReferenceError),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the image is missing"),
            Self::NotAString => f.write_str("the image is not a string"),
            Self::NotAReference(error) => error.fmt(f),
        }
    }
}

impl<'r> FoundImage<'r> {
    pub(super) fn new(
        path: Vec<PathSegment>,
        value: Option<&'r RawValue>,
        position: Range<usize>,
    ) -> Self {
        Self { path, value, position, names: OnceCell::new() }
    }

    /// The path for people: `spec.containers[0].image`.
    #[must_use]
    pub fn path(&self) -> String {
        render(&self.path)
    }

    /// What holds the image: its path, what it is, and its name. Where no list does, the path to the image.
    #[must_use]
    pub fn holder(&self) -> Holder<'_> {
        let is_element = |segment: &PathSegment| matches!(segment, PathSegment::Element { .. });
        let Some(last) = self.path.iter().rposition(is_element) else {
            return Holder { path: self.path(), kind: "", name: None };
        };
        let (path, rest) = self.path.split_at_checked(last + 1).unwrap_or((&self.path, &[]));
        let name = path.last().and_then(|segment| match segment {
            PathSegment::Element { name, .. } => name.as_deref(),
            PathSegment::Key(_) => None,
        });
        // `image` is what any element's image is called; a longer way to it is told.
        let path = if matches!(rest, [PathSegment::Key(key)] if key == "image") {
            render(path)
        } else {
            self.path()
        };
        Holder { path, kind: self.kind_of_element(last), name }
    }

    /// `container` for `initContainers`, `volume` for `volumes`.
    fn kind_of_element(&self, element: usize) -> &str {
        match element.checked_sub(1).and_then(|list| self.path.get(list)) {
            Some(PathSegment::Key(list)) if list.ends_with("ontainers") => "container",
            Some(PathSegment::Key(list)) => list.strip_suffix('s').unwrap_or(list),
            Some(PathSegment::Element { .. }) | None => "",
        }
    }

    /// The path as a JSON pointer: `/spec/containers/0/image`.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.path
            .iter()
            .map(|segment| match segment {
                PathSegment::Key(key) => pointer_to(key),
                PathSegment::Element { index, .. } => format!("/{index}"),
            })
            .collect()
    }

    /// The image as it is written.
    ///
    /// # Errors
    /// When there is none, or when it is no string.
    pub fn text(&self) -> Result<Cow<'r, str>, ImageError> {
        string(self.value.ok_or(ImageError::Missing)?).ok_or(ImageError::NotAString)
    }

    /// How it reads.
    ///
    /// # Errors
    /// When there is none, or when it is no reference.
    pub fn reference(&self) -> Result<&Reference, ImageError> {
        self.names().map(ImageNames::reference)
    }

    /// The same, with the names that the image goes by.
    pub(crate) fn names(&self) -> Result<&ImageNames, ImageError> {
        let text = self.text()?;
        let names =
            self.names.get_or_init(|| Reference::parse(&text).map(ImageNames::new)).as_ref();
        names.map_err(|error| ImageError::NotAReference(*error))
    }

    /// Whether it is written with neither tag nor digest, and so will be pinned without a tag.
    pub(crate) fn lacks_tag(&self) -> bool {
        self.names().is_ok_and(|names| names.reference().tag() == Some(LATEST))
            && self.text().is_ok_and(|text| !text.contains('@') && !text.ends_with(":latest"))
    }

    /// Whether the image is that of an ephemeral container.
    #[must_use]
    pub fn is_ephemeral(&self) -> bool {
        self.path
            .iter()
            .any(|segment| matches!(segment, PathSegment::Key(key) if key == "ephemeralContainers"))
    }
}

/// The part of `ObjectMeta` that bears on pinning.
#[derive(Debug, Default)]
pub struct ObjectMeta {
    is_controlled: bool,
    is_being_deleted: bool,
}

impl ObjectMeta {
    /// None where it has another shape.
    pub(super) fn read(owners: Option<&RawValue>, deletion: Option<&RawValue>) -> Option<Self> {
        let mut is_controlled = false;
        for owner in owners.map_or_else(|| Some(Vec::new()), elements)? {
            let [controller] = pick(owner, ["controller"]).ok()?;
            is_controlled |= controller.and_then(flag) == Some(true);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_the_keys() {
        let key = |name: &str| PathSegment::Key(name.to_owned().into());
        let path = vec![key("spec"), PathSegment::Element { index: 1, name: None }, key("a/b~c")];
        let image = FoundImage::new(path, None, 0..0);
        assert_eq!(image.pointer(), "/spec/1/a~1b~0c");
        assert_eq!(image.path(), "spec[1].a/b~c");
    }
}
