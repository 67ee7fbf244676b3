//! The paths of a kind, merged into a tree along which an object is read once, and the way to a place in
//! it.

use crate::workloads::{Presence, Step};
use std::borrow::Cow;
use std::rc::Rc;

/// One step of the way to an image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Crumb {
    Key(Cow<'static, str>),
    /// The name may be long, and is shared by all images in the element.
    Element {
        index: usize,
        name: Option<Rc<str>>,
    },
}

/// A way as text, elements by what `element` makes of their position and name.
pub(crate) fn render(crumbs: &[Crumb], element: impl Fn(usize, Option<&str>) -> String) -> String {
    let mut text = String::new();
    for crumb in crumbs {
        match crumb {
            Crumb::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Crumb::Element { index, name } => {
                text.push('[');
                text.push_str(&element(*index, name.as_deref()));
                text.push(']');
            }
        }
    }
    text
}

/// The paths of a kind, merged.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) keys: Vec<Branch>,
    pub(crate) each: Option<Box<Tree>>,
    pub(crate) is_image: bool,
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) name: Cow<'static, str>,
    pub(crate) presence: Presence,
    pub(crate) tree: Tree,
}

impl Tree {
    pub(crate) fn of(paths: &[Vec<Step>]) -> Self {
        let mut tree = Self::default();
        for path in paths {
            tree.insert(path);
        }
        tree
    }

    fn insert(&mut self, path: &[Step]) {
        match path.split_first() {
            None => self.is_image = true,
            Some((Step::Each, rest)) => self.each.get_or_insert_default().insert(rest),
            Some((Step::Key { name, presence }, rest)) => {
                if let Some(branch) = self.keys.iter_mut().find(|branch| branch.name == *name) {
                    return branch.tree.insert(rest);
                }
                let mut tree = Self::default();
                tree.insert(rest);
                self.keys.push(Branch { name: name.clone(), presence: *presence, tree });
            }
        }
    }

    pub(crate) fn expected(&self) -> &'static str {
        if self.each.is_some() { "a list" } else { "an object" }
    }
}
