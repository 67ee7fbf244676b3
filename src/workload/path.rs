//! The paths of a kind as the tree along which an object is read once, and the way to a place in it.

use crate::workload::kinds::{ImagePath, Presence, Step, Workload};
use std::borrow::Cow;
use std::rc::Rc;

/// One step of the way to an image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PathSegment {
    Key(Cow<'static, str>),
    /// The name may be long, and is shared by all images in the element.
    Element {
        index: usize,
        name: Option<Rc<str>>,
    },
}

/// A way as text, elements by what `element` makes of their position and name.
pub(crate) fn render(
    path: &[PathSegment],
    element: impl Fn(usize, Option<&str>) -> String,
) -> String {
    let mut text = String::new();
    for crumb in path {
        match crumb {
            PathSegment::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            PathSegment::Element { index, name } => {
                text.push('[');
                text.push_str(&element(*index, name.as_deref()));
                text.push(']');
            }
        }
    }
    text
}

/// A place to which some paths lead: what they have in common so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathTrie<'w> {
    /// Those that begin with the same keys stand together, as in a [`Workload`].
    paths: &'w [ImagePath],
    depth: usize,
}

/// A key of an object, and what is below it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Child<'w> {
    pub(crate) name: &'w Cow<'static, str>,
    pub(crate) presence: Presence,
    pub(crate) tree: PathTrie<'w>,
}

impl<'w> PathTrie<'w> {
    pub(crate) fn of(workload: &'w Workload) -> Self {
        Self { paths: workload.images(), depth: 0 }
    }

    pub(crate) fn is_image(self) -> bool {
        self.step().is_none()
    }

    /// What every element of a list is.
    pub(crate) fn each(self) -> Option<Self> {
        let below = Self { depth: self.depth + 1, ..self };
        matches!(self.step(), Some(Step::Each)).then_some(below)
    }

    /// The keys of an object. One must be there when any path says so.
    pub(crate) fn branches(self) -> impl Iterator<Item = Child<'w>> {
        let mut paths = self.paths;
        std::iter::from_fn(move || {
            let (name, mut presence) = self.key(paths.first()?)?;
            let mut count = 0;
            while let Some((key, of_path)) = paths.get(count).and_then(|path| self.key(path))
                && key == name
            {
                presence = presence.min(of_path);
                count += 1;
            }
            let (below, others) = paths.split_at(count);
            paths = others;
            let tree = Self { paths: below, depth: self.depth + 1 };
            Some(Child { name, presence, tree })
        })
    }

    /// The step of a path here, where that is a key.
    fn key(self, path: &ImagePath) -> Option<(&Cow<'static, str>, Presence)> {
        match path.step(self.depth)? {
            Step::Key { name, presence } => Some((name, *presence)),
            Step::Each => None,
        }
    }

    pub(crate) fn expected(self) -> &'static str {
        if self.each().is_some() { "a list" } else { "an object" }
    }

    fn step(self) -> Option<&'w Step> {
        self.paths.first()?.step(self.depth)
    }
}
