//! Reads an object once, along the paths of its kind, and collects the images on them with their
//! positions. Everything off these paths is passed unread.
//!
//! *What is an error?* A value of another type than the path needs, a key of a path that stands twice (two
//! readers could see two different objects), a required part that is missing. Null is absence, as it is to
//! the API server's decoder.

use crate::workload::kinds::{Presence, Workload};
use crate::workload::path::{Child, PathSegment, PathTrie, render};
use crate::workload::stored::{ExtractError, FoundImage, MAX_IMAGES};
use signed_images_json::Json;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::rc::Rc;

/// What reading came to.
#[derive(Debug)]
pub(crate) struct Walk<'r> {
    pub(crate) images: Vec<FoundImage<'r>>,
    pub(crate) metadata: Option<Json<'r>>,
    /// Where the object starts, which positions are told from.
    start: usize,
    /// The way to the place being read; left as it is when reading stops.
    path: Vec<PathSegment>,
}

impl<'r> Walk<'r> {
    pub(crate) fn along(workload: &Workload, object: Json<'r>) -> Result<Self, ExtractError> {
        let (images, path, start) = (Vec::new(), Vec::new(), object.range().start);
        let mut walk = Self { images, metadata: None, start, path };
        walk.place(PathTrie::of(workload), object)?;
        Ok(walk)
    }

    /// Reads the value at one place of the tree.
    fn place(&mut self, tree: PathTrie<'_>, value: Json<'r>) -> Result<(), ExtractError> {
        if tree.is_image() {
            return self.push(Some(value));
        }
        match (tree.each(), value.elements(), value.members()) {
            (Some(each), Some(elements), _) => self.elements(each, elements),
            (None, _, Some(members)) => self.branches(tree, members),
            _ => Err(ExtractError::Schema { path: self.path(), expected: tree.expected() }),
        }
    }

    fn push(&mut self, json: Option<Json<'r>>) -> Result<(), ExtractError> {
        if self.images.len() >= MAX_IMAGES {
            return Err(ExtractError::TooManyImages);
        }
        let range = json.map_or(self.start..self.start, Json::range);
        let position = range.start - self.start..range.end - self.start;
        let (path, named) = (self.path.clone(), OnceCell::new());
        self.images.push(FoundImage { path, json, position, named });
        Ok(())
    }

    fn elements(
        &mut self,
        each: PathTrie<'_>,
        elements: impl Iterator<Item = Json<'r>>,
    ) -> Result<(), ExtractError> {
        for (index, element) in elements.enumerate() {
            self.path.push(PathSegment::Element { index, name: None });
            match element.is_null() {
                // A null element is an empty one to the API server's decoder.
                true if each.is_image() => self.push(None)?,
                true => self.branches(each, std::iter::empty())?,
                false => self.place(each, element)?,
            }
            self.path.pop();
        }
        Ok(())
    }

    fn branches(
        &mut self,
        tree: PathTrie<'_>,
        members: impl Iterator<Item = (Cow<'r, str>, Json<'r>)>,
    ) -> Result<(), ExtractError> {
        let is_root = self.path.is_empty();
        let is_element = matches!(self.path.last(), Some(PathSegment::Element { .. }));
        let first_image = self.images.len();
        let mut branches: Vec<(Child<'_>, Option<Json<'r>>)> =
            tree.branches().map(|branch| (branch, None)).collect();
        let mut name = None;
        // In the order of the text, which images are written back in.
        for (key, value) in members {
            let branch = branches.iter_mut().find(|(branch, _)| *branch.name == key);
            let (branch, kept) = match branch {
                Some((branch, kept)) => (Some(branch), kept),
                None if is_root && key == "metadata" => (None, &mut self.metadata),
                None if is_element && key == "name" => (None, &mut name),
                None => continue,
            };
            let is_twice = kept.replace(value).is_some();
            if is_twice {
                self.path.push(PathSegment::Key(Cow::Owned(key.into_owned())));
                return Err(ExtractError::Twice(self.path()));
            }
            let Some(branch) = branch.filter(|_| !value.is_null()) else { continue };
            self.path.push(PathSegment::Key(branch.name.clone()));
            self.place(branch.tree, value)?;
            self.path.pop();
        }
        self.require(&branches)?;
        if let Some(name) = name.and_then(Json::string) {
            self.name_element(first_image, &name.into());
        }
        Ok(())
    }

    /// Every branch that must be here and is not: a fault of the image where it is one, else of the object.
    fn require(&mut self, branches: &[(Child<'_>, Option<Json<'r>>)]) -> Result<(), ExtractError> {
        for (branch, value) in branches {
            if branch.presence == Presence::Optional || value.is_some_and(|value| !value.is_null())
            {
                continue;
            }
            self.path.push(PathSegment::Key(branch.name.clone()));
            if !branch.tree.is_image() {
                return Err(ExtractError::Missing(self.path()));
            }
            self.push(None)?;
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

    fn path(&self) -> String {
        render(&self.path, |index, _| index.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::GroupKind;
    use crate::workload::kinds::{EACH, Form, ImagePath, built_in, may, must};
    use signed_images_json::Document;

    /// Else a thousand images in an element with a name of megabytes would take gigabytes.
    #[test]
    fn the_images_of_an_element_share_its_name() {
        let kind = GroupKind { group: "tekton.dev".to_owned(), kind: "Pipeline".to_owned() };
        let object = r#"{"spec":{"tasks":[{"taskSpec":{"steps":[{"image":"a"},{"image":"b"}]},"name":"build"}]}}"#;
        let document = Document::read(object).unwrap();
        let workload = built_in(&kind).unwrap();
        let walk = Walk::along(&workload, document.root()).unwrap();
        let names: Vec<&Rc<str>> = walk
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
        let document = Document::read(r#"{"b":"1","a":{"y":"2","x":"3"}}"#).unwrap();
        let workload = Workload::new(paths.map(ImagePath::from).to_vec(), Form::Template);
        let walk = Walk::along(&workload, document.root()).unwrap();
        let texts: Vec<_> = walk.images.iter().map(|image| image.text().unwrap()).collect();
        assert_eq!(texts, ["1", "2", "3"]);
    }

    #[test]
    fn what_one_path_needs_must_be_there() {
        let paths = [vec![may("a"), may("b")], vec![must("a"), may("c")]];
        let workload = Workload::new(paths.map(ImagePath::from).to_vec(), Form::Template);
        let document = Document::read("{}").unwrap();
        let walk = Walk::along(&workload, document.root());
        assert_eq!(walk.err(), Some(ExtractError::Missing("a".to_owned())));
    }

    #[test]
    fn an_image_that_is_null_is_found() {
        let workload = Workload::new(vec![vec![may("a"), EACH].into()], Form::Template);
        let document = Document::read(r#"{"a":["nginx",null]}"#).unwrap();
        let walk = Walk::along(&workload, document.root()).unwrap();
        let found: Vec<bool> = walk.images.iter().map(|image| image.json.is_some()).collect();
        assert_eq!(found, [true, false]);
    }
}
