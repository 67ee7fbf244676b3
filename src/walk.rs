//! Reads a raw JSON object once, along the paths of its kind, and collects the images on them with their
//! positions. Everything off these paths is skipped unread, however deep or large it is.
//!
//! *What is an error?* A value of another type than the path needs, a key of a path that stands twice (two
//! readers could see two different objects), a required part that is missing. Null is absence, as it is to
//! the API server's decoder.

use crate::images::{Image, MAX_IMAGES, Unreadable};
use crate::tree::{Crumb, Tree, render};
use crate::workloads::Presence;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::rc::Rc;

/// What reading came to.
#[derive(Debug)]
pub(crate) struct Walk<'r> {
    pub(crate) images: Vec<Image<'r>>,
    /// The raw metadata of the object.
    pub(crate) metadata: Option<&'r str>,
    /// Where the object's text starts, to tell positions by.
    base: usize,
    /// The way to the place being read; left as it is when reading stops.
    crumbs: Vec<Crumb>,
    /// What that place needs.
    expected: &'static str,
    fault: Option<Unreadable>,
}

impl<'r> Walk<'r> {
    pub(crate) fn along(tree: &Tree, object: &'r str) -> Result<Self, Unreadable> {
        let mut walk = Self {
            images: Vec::new(),
            metadata: None,
            base: object.as_ptr() as usize,
            crumbs: Vec::new(),
            expected: tree.expected(),
            fault: None,
        };
        let mut json = serde_json::Deserializer::from_str(object);
        let outcome = Place { tree, walk: &mut walk }.deserialize(&mut json);
        match (outcome, walk.fault.take()) {
            (_, Some(fault)) => Err(fault),
            (Err(error), None) if error.is_data() => {
                Err(Unreadable::Shape { path: walk.path(), expected: walk.expected })
            }
            (Err(error), None) => Err(Unreadable::Json(error.to_string())),
            (Ok(Presence::Optional), None) => Err(Unreadable::Absent),
            (Ok(Presence::Required), None) => Ok(walk),
        }
    }

    fn path(&self) -> String {
        render(&self.crumbs, |index, _| index.to_string())
    }

    fn push<E: Error>(&mut self, raw: Option<&'r str>) -> Result<(), E> {
        if self.images.len() >= MAX_IMAGES {
            return self.stop(Unreadable::TooManyImages);
        }
        let position = raw.map_or(0..0, |raw| {
            let start = raw.as_ptr() as usize - self.base;
            start..start + raw.len()
        });
        self.images.push(Image { crumbs: self.crumbs.clone(), raw, position });
        Ok(())
    }

    /// Stops reading; the fault is what is reported, not the error that carries it out of serde.
    fn stop<T, E: Error>(&mut self, fault: Unreadable) -> Result<T, E> {
        self.fault = Some(fault);
        Err(E::custom("unreadable"))
    }

    /// An element's name is known only when it is read whole: gives it to the images found in it.
    fn name_element(&mut self, first_image: usize, name: &Rc<str>) {
        let Some(depth) = self.crumbs.len().checked_sub(1) else { return };
        for image in self.images.iter_mut().skip(first_image) {
            if let Some(Crumb::Element { name: slot, .. }) = image.crumbs.get_mut(depth) {
                *slot = Some(Rc::clone(name));
            }
        }
    }
}

/// Reads the value at one place of the tree; answers whether anything is there.
struct Place<'t, 'w, 'r> {
    tree: &'t Tree,
    walk: &'w mut Walk<'r>,
}

impl<'t, 'r> Place<'t, '_, 'r> {
    fn at<'s>(&'s mut self, tree: &'t Tree) -> Place<'t, 's, 'r> {
        Place { tree, walk: self.walk }
    }

    /// Every branch that must be here and is not: a fault of the image where it is one, else of the
    /// object.
    fn require<E: Error>(&mut self, is_here: &[bool]) -> Result<(), E> {
        for (branch, _) in self
            .tree
            .keys
            .iter()
            .zip(is_here)
            .filter(|(branch, here)| !**here && branch.presence == Presence::Required)
        {
            self.walk.crumbs.push(Crumb::Key(branch.name.clone()));
            if !branch.tree.is_image {
                let path = self.walk.path();
                return self.walk.stop(Unreadable::Missing(path));
            }
            self.walk.push(None)?;
            self.walk.crumbs.pop();
        }
        Ok(())
    }

    fn require_all<E: Error>(&mut self) -> Result<(), E> {
        let nothing = vec![false; self.tree.keys.len()];
        self.require(&nothing)
    }

    fn value<A: MapAccess<'r>>(
        &mut self,
        crumb: Crumb,
        tree: &'t Tree,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        self.walk.crumbs.push(crumb);
        let presence = map.next_value_seed(self.at(tree))?;
        self.walk.crumbs.pop();
        Ok(presence == Presence::Required)
    }

    fn twice<T, E: Error>(&mut self, name: &str) -> Result<T, E> {
        self.walk.crumbs.push(Crumb::Key(name.to_owned()));
        let path = self.walk.path();
        self.walk.stop(Unreadable::Twice(path))
    }

    fn branches<A: MapAccess<'r>>(&mut self, mut map: A) -> Result<(), A::Error> {
        let tree = self.tree;
        let is_root = self.walk.crumbs.is_empty();
        let is_element = matches!(self.walk.crumbs.last(), Some(Crumb::Element { .. }));
        let first_image = self.walk.images.len();
        let mut seen = vec![false; tree.keys.len()];
        let mut is_here = vec![false; tree.keys.len()];
        let mut name: Option<&RawValue> = None;
        while let Some(key) = map.next_key_seed(KeyOf { tree, is_root, is_element })? {
            match key {
                Key::Branch(at) => {
                    let (Some(branch), Some(seen), Some(here)) =
                        (tree.keys.get(at), seen.get_mut(at), is_here.get_mut(at))
                    else {
                        continue;
                    };
                    if std::mem::replace(seen, true) {
                        return self.twice(&branch.name);
                    }
                    *here = self.value(Crumb::Key(branch.name.clone()), &branch.tree, &mut map)?;
                }
                Key::Metadata => {
                    if self.walk.metadata.replace(map.next_value::<&RawValue>()?.get()).is_some() {
                        return self.twice("metadata");
                    }
                }
                Key::Name => {
                    if name.replace(map.next_value()?).is_some() {
                        return self.twice("name");
                    }
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.require(&is_here)?;
        if let Some(name) = name.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok()) {
            self.walk.name_element(first_image, &name.into());
        }
        Ok(())
    }
}

impl<'r> DeserializeSeed<'r> for Place<'_, '_, 'r> {
    type Value = Presence;

    fn deserialize<D: Deserializer<'r>>(self, json: D) -> Result<Presence, D::Error> {
        if !self.tree.is_image {
            self.walk.expected = self.tree.expected();
            return json.deserialize_any(self);
        }
        match <&RawValue as serde::Deserialize>::deserialize(json)?.get() {
            "null" => Ok(Presence::Optional),
            raw => self.walk.push(Some(raw)).map(|()| Presence::Required),
        }
    }
}

impl<'r> Visitor<'r> for Place<'_, '_, 'r> {
    type Value = Presence;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tree.expected())
    }

    fn visit_unit<E>(self) -> Result<Presence, E> {
        Ok(Presence::Optional)
    }

    fn visit_seq<A: SeqAccess<'r>>(mut self, mut list: A) -> Result<Presence, A::Error> {
        let Some(each) = &self.tree.each else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        for index in 0.. {
            self.walk.crumbs.push(Crumb::Element { index, name: None });
            let element = list.next_element_seed(self.at(each))?;
            // A null element is an empty one to the API server's decoder.
            if element == Some(Presence::Optional) {
                self.at(each).require_all()?;
            }
            self.walk.crumbs.pop();
            if element.is_none() {
                break;
            }
        }
        Ok(Presence::Required)
    }

    fn visit_map<A: MapAccess<'r>>(mut self, map: A) -> Result<Presence, A::Error> {
        if self.tree.each.is_some() {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        }
        self.branches(map)?;
        Ok(Presence::Required)
    }
}

/// What a key is to the place whose object it stands in.
enum Key {
    Branch(usize),
    /// The metadata of the whole object.
    Metadata,
    /// The name of an element of a list.
    Name,
    Other,
}

/// Reads a key without keeping it.
struct KeyOf<'t> {
    tree: &'t Tree,
    is_root: bool,
    is_element: bool,
}

impl<'r> DeserializeSeed<'r> for KeyOf<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'r>>(self, json: D) -> Result<Key, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(match self.tree.keys.iter().position(|branch| branch.name == key) {
            Some(at) => Key::Branch(at),
            None if self.is_root && key == "metadata" => Key::Metadata,
            None if self.is_element && key == "name" => Key::Name,
            None => Key::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::GroupKind;
    use crate::workloads::built_in;

    /// Else a thousand images in an element with a name of megabytes would take gigabytes.
    #[test]
    fn the_images_of_an_element_share_its_name() {
        let kind = GroupKind { group: "tekton.dev".to_owned(), kind: "Pipeline".to_owned() };
        let object = r#"{"spec":{"tasks":[{"taskSpec":{"steps":[{"image":"a"},{"image":"b"}]},"name":"build"}]}}"#;
        let walk = Walk::along(&Tree::of(&built_in(&kind).unwrap().images), object).unwrap();
        let names: Vec<&Rc<str>> = walk
            .images
            .iter()
            .filter_map(|image| match image.crumbs.get(2) {
                Some(Crumb::Element { name, .. }) => name.as_ref(),
                _ => None,
            })
            .collect();
        assert!(matches!(names[..], [a, b] if **a == *"build" && Rc::ptr_eq(a, b)));
    }
}
