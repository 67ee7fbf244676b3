//! Reads an object once, along the paths of its kind (`kinds.rs`), and collects the images on them with their
//! positions. Everything off these paths is passed unread.
//!
//! *What is an error?* A value of another type than the path needs, a key of a path that stands twice (two
//! readers could see two different objects), a required part that is missing. Null is absence, as it is to
//! the API server's decoder. A container without a readable image is found, as an error of its own.
//!
//! *How is an image's position told?* By where its raw value, which borrows from the object's text, lies in it.

use super::found::{Found, FoundImage, ObjectMeta, PathSegment, render};
use super::kinds::Workload;
use super::path::{Children, PathTrie, Presence};
use crate::json::{Key, Optional, Pick, string};
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

/// The most images that one object may hold. No node runs a Pod of more containers than it has room for
/// Pods (110 by default), and verifying so many would take longer than a webhook may.
pub const MAX_IMAGES: usize = 1000;

const METADATA: &str = "valid metadata";
const OBJECT_META: [&str; 2] = ["ownerReferences", "deletionTimestamp"];

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtractError {
    /// There is none.
    Absent,
    /// A value of another type than the path needs.
    Shape {
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
            Self::Absent => f.write_str("the request contains no object"),
            Self::Shape { path, expected } if path.is_empty() => {
                write!(f, "the object is not {expected}")
            }
            Self::Shape { path, expected } => write!(f, "`{path}` is not {expected}"),
            Self::Missing(path) => write!(f, "`{path}` is missing"),
            Self::Twice(path) => write!(f, "`{path}` occurs twice"),
            Self::TooManyImages => write!(f, "it contains more than {MAX_IMAGES} images"),
        }
    }
}

impl std::error::Error for ExtractError {}

/// Finds the images of an object.
///
/// ```
/// use serde_json::value::RawValue;
/// use signed_images_policy::request::GroupKind;
/// use signed_images_policy::workload::extract::extract;
/// use signed_images_policy::workload::kinds::built_in;
///
/// let object = r#"{"spec": {"initContainers": [{"image": "busybox"}], "containers": [{"name": "app"}]}}"#;
/// let object: &RawValue = serde_json::from_str(object).unwrap();
/// let pod = GroupKind { group: String::new(), kind: "Pod".to_owned() };
/// let found = extract(Some(object), &built_in(&pod).unwrap()).unwrap();
///
/// let [first, second] = found.images.as_slice() else { panic!() };
/// assert_eq!(first.pointer(), "/spec/initContainers/0/image");
/// assert_eq!(&found.object[first.position.clone()], r#""busybox""#);
/// // A container without an image is found, and is an error of its own.
/// assert_eq!(second.path(), "spec.containers[0].image");
/// assert_eq!(second.text().unwrap_err().to_string(), "the image is missing");
/// ```
///
/// # Errors
/// When the object cannot be read.
pub fn extract<'r>(
    object: Option<&'r RawValue>,
    workload: &Workload,
) -> Result<Found<'r>, ExtractError> {
    let object = object.ok_or(ExtractError::Absent)?.get();
    let mut extractor = Extractor::new(object);
    let root = Place { trie: &PathTrie::of(workload.images()), extractor: &mut extractor };
    match root.deserialize(&mut serde_json::Deserializer::from_str(object)) {
        Ok(Seen::Value) => {}
        Ok(Seen::Null) => return Err(ExtractError::Absent),
        Err(_) => return Err(extractor.into_error()),
    }
    let [owners, deletion] = extractor.metadata.unwrap_or_default();
    let metadata = ObjectMeta::read(owners, deletion)
        .ok_or_else(|| ExtractError::Shape { path: "metadata".to_owned(), expected: METADATA })?;
    Ok(Found { object, images: extractor.images, metadata })
}

/// What reading has come to.
struct Extractor<'r> {
    object: &'r str,
    images: Vec<FoundImage<'r>>,
    /// The owners and the time of deletion, of metadata that is there.
    metadata: Option<[Option<&'r RawValue>; 2]>,
    /// The path to the value being read; left as it is when reading stops.
    path: Vec<PathSegment>,
    /// What that value should be.
    expected: &'static str,
    /// Why reading stopped, where that is not the type of the value.
    error: Option<ExtractError>,
}

impl<'r> Extractor<'r> {
    fn new(object: &'r str) -> Self {
        let (images, path) = (Vec::new(), Vec::new());
        Self { object, images, metadata: None, path, expected: "an object", error: None }
    }

    /// The object is valid JSON: what else stops the reader is a value of another type.
    fn into_error(self) -> ExtractError {
        let shape = ExtractError::Shape { path: render(&self.path), expected: self.expected };
        self.error.unwrap_or(shape)
    }

    fn stop<E: Error>(&mut self, error: ExtractError) -> E {
        let stopped = E::custom(&error);
        self.error = Some(error);
        stopped
    }

    fn push<E: Error>(&mut self, value: Option<&'r RawValue>) -> Result<(), E> {
        if self.images.len() >= MAX_IMAGES {
            return Err(self.stop(ExtractError::TooManyImages));
        }
        let start = value.map_or(0, |value| {
            value.get().as_ptr().addr().wrapping_sub(self.object.as_ptr().addr())
        });
        let length = value.map_or(0, |value| value.get().len());
        self.images.push(FoundImage::new(self.path.clone(), value, start..start + length));
        Ok(())
    }

    /// Every child that must be here and is not: an error of the image where it is one, else of the object.
    fn require<E: Error>(
        &mut self,
        children: &Children<'_>,
        seen: &[(usize, Seen)],
    ) -> Result<(), E> {
        if !children.any_required {
            return Ok(());
        }
        for (at, child) in children.all.iter().enumerate() {
            let is_there = seen.contains(&(at, Seen::Value));
            if is_there || child.presence == Presence::Optional {
                continue;
            }
            self.path.push(PathSegment::Key(child.name.clone()));
            match child.trie {
                PathTrie::Image => self.push(None)?,
                PathTrie::Each(_) | PathTrie::Keys(_) => {
                    return Err(self.stop(ExtractError::Missing(render(&self.path))));
                }
            }
            self.path.pop();
        }
        Ok(())
    }

    /// An element's name is known only when it is read whole: gives it to the images found in it.
    fn name_element(&mut self, first_image: usize, name: &Rc<str>) {
        let Some(depth) = self.path.len().checked_sub(1) else { return };
        for image in self.images.iter_mut().skip(first_image) {
            if let Some(PathSegment::Element { name: slot, .. }) = image.path.get_mut(depth) {
                *slot = Some(Rc::clone(name));
            }
        }
    }
}

/// What stands at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Null,
    Value,
}

/// The value at one place of the trie.
struct Place<'e, 'w, 'r> {
    trie: &'e PathTrie<'w>,
    extractor: &'e mut Extractor<'r>,
}

impl<'r> DeserializeSeed<'r> for Place<'_, '_, 'r> {
    type Value = Seen;

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<Seen, D::Error> {
        self.extractor.expected = self.trie.expected();
        deserializer.deserialize_option(self)
    }
}

impl<'r> Visitor<'r> for Place<'_, '_, 'r> {
    type Value = Seen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.trie.expected())
    }

    fn visit_none<E: Error>(self) -> Result<Seen, E> {
        Ok(Seen::Null)
    }

    fn visit_some<D: Deserializer<'r>>(self, deserializer: D) -> Result<Seen, D::Error> {
        match self.trie {
            PathTrie::Image => {
                let value = <&RawValue>::deserialize(deserializer)?;
                self.extractor.push(Some(value))?;
                Ok(Seen::Value)
            }
            PathTrie::Each(_) => deserializer.deserialize_seq(self),
            PathTrie::Keys(_) => deserializer.deserialize_map(self),
        }
    }

    fn visit_seq<A: SeqAccess<'r>>(self, mut elements: A) -> Result<Seen, A::Error> {
        let PathTrie::Each(trie) = self.trie else {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        };
        let extractor = self.extractor;
        for index in 0.. {
            extractor.path.push(PathSegment::Element { index, name: None });
            match elements.next_element_seed(Place { trie, extractor: &mut *extractor })? {
                Some(Seen::Value) => {}
                // A null element is an empty one to the API server's decoder.
                Some(Seen::Null) => match &**trie {
                    PathTrie::Image => extractor.push(None)?,
                    PathTrie::Each(_) => {}
                    PathTrie::Keys(children) => extractor.require(children, &[])?,
                },
                None => break,
            }
            extractor.path.pop();
        }
        extractor.path.pop();
        Ok(Seen::Value)
    }

    fn visit_map<A: MapAccess<'r>>(self, mut members: A) -> Result<Seen, A::Error> {
        let PathTrie::Keys(children) = self.trie else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        let extractor = self.extractor;
        let is_root = extractor.path.is_empty();
        let is_element = matches!(extractor.path.last(), Some(PathSegment::Element { .. }));
        let first_image = extractor.images.len();
        let mut seen: Vec<(usize, Seen)> = Vec::new();
        let mut name: Option<&RawValue> = None;
        // In the order of the text, which images are written back in.
        while let Some(key) = members.next_key_seed(Key)? {
            if let Some((at, child)) = children.find(&key) {
                extractor.path.push(PathSegment::Key(child.name.clone()));
                if seen.iter().any(|(known, _)| *known == at) {
                    return Err(extractor.stop(ExtractError::Twice(render(&extractor.path))));
                }
                let place = Place { trie: &child.trie, extractor: &mut *extractor };
                seen.push((at, members.next_value_seed(place)?));
                extractor.path.pop();
                continue;
            }
            let is_twice = match &*key {
                "metadata" if is_root => {
                    extractor.path.push(PathSegment::Key(Cow::Borrowed("metadata")));
                    if extractor.metadata.is_some() {
                        return Err(extractor.stop(ExtractError::Twice(render(&extractor.path))));
                    }
                    extractor.expected = METADATA;
                    let pick = Pick { names: OBJECT_META, twice: &mut None };
                    let metadata = members.next_value_seed(Optional(pick))?;
                    extractor.path.pop();
                    extractor.metadata = Some(metadata.unwrap_or_default());
                    false
                }
                "name" if is_element => name.replace(members.next_value()?).is_some(),
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    false
                }
            };
            if is_twice {
                extractor.path.push(PathSegment::Key(Cow::Owned(key.into_owned())));
                return Err(extractor.stop(ExtractError::Twice(render(&extractor.path))));
            }
        }
        extractor.require(children, &seen)?;
        if let Some(name) = name.and_then(string) {
            extractor.name_element(first_image, &name.into());
        }
        Ok(Seen::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{GroupKind, raw};
    use crate::workload::kinds::{Form, built_in};
    use crate::workload::path::{EACH, ImagePath, may, must};

    fn extract_from<'r>(text: &'r str, workload: &Workload) -> Result<Found<'r>, ExtractError> {
        extract(Some(raw(text.as_bytes()).unwrap()), workload)
    }

    /// Else a thousand images in an element with a name of megabytes would take gigabytes.
    #[test]
    fn the_images_of_an_element_share_its_name() {
        let kind = GroupKind { group: "tekton.dev".to_owned(), kind: "Pipeline".to_owned() };
        let object = r#"{"spec":{"tasks":[{"taskSpec":{"steps":[{"image":"a"},{"image":"b"}]},"name":"build"}]}}"#;
        let found = extract_from(object, &built_in(&kind).unwrap()).unwrap();
        let names: Vec<&Rc<str>> = found
            .images
            .iter()
            .filter_map(|image| match image.path.get(2) {
                Some(PathSegment::Element { name, .. }) => name.as_ref(),
                _ => None,
            })
            .collect();
        assert!(matches!(names[..], [a, b] if **a == *"build" && Rc::ptr_eq(a, b)));
    }

    /// Else all but the first of two paths into one object would lead nowhere.
    #[test]
    fn paths_are_found_in_whatever_order_they_come() {
        let paths = [vec![may("a"), may("x")], vec![may("b")], vec![may("a"), may("y")]];
        let workload = Workload::new(paths.map(ImagePath::from).to_vec(), Form::Template);
        let found = extract_from(r#"{"b":"1","a":{"y":"2","x":"3"}}"#, &workload).unwrap();
        let texts: Vec<_> = found.images.iter().map(|image| image.text().unwrap()).collect();
        assert_eq!(texts, ["1", "2", "3"]);
        assert_eq!(found.object.get(found.images[1].position.clone()), Some("\"2\""));
    }

    #[test]
    fn what_one_path_needs_must_be_there() {
        let paths = [vec![may("a"), may("b")], vec![must("a"), may("c")]];
        let workload = Workload::new(paths.map(ImagePath::from).to_vec(), Form::Template);
        let error = extract_from("{}", &workload).unwrap_err();
        assert_eq!(error, ExtractError::Missing("a".to_owned()));
    }

    #[test]
    fn an_image_that_is_null_is_found() {
        let workload = Workload::new(vec![vec![may("a"), EACH].into()], Form::Template);
        let found = extract_from(r#"{"a":["nginx",null]}"#, &workload).unwrap();
        let found: Vec<bool> = found.images.iter().map(|image| image.value.is_some()).collect();
        assert_eq!(found, [true, false]);
    }
}
