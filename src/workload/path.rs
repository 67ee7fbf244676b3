//! Paths to images in an object of a kind, and the trie of them along which an object is read once.
//!
//! *How is a path written?* Step by step: a key that `must` or `may` be there when its parent is, or `EACH`
//! element of a list. What must be there and is not is a rejection, never a skip.

use std::borrow::Cow;
use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A key of an object.
    Key {
        /// Its name.
        name: Cow<'static, str>,
        /// Whether the key must be there when its parent is.
        presence: Presence,
    },
    /// Every element of a list.
    Each,
}

/// Whether a key may be missing. The stricter is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// Its absence is an error.
    Required,
    /// It may be missing.
    Optional,
}

/// Where strings are that are images, in two parts: many kinds hold the same below different places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePath {
    place: Cow<'static, [Step]>,
    below: &'static [Step],
}

impl ImagePath {
    /// The path that begins with the steps of `place` and goes on with those of `below`.
    pub(crate) fn new(place: Cow<'static, [Step]>, below: &'static [Step]) -> Self {
        Self { place, below }
    }

    /// Its steps.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        (0..).map_while(|depth| self.step(depth))
    }

    /// The keys; the elements of a list have none.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Option<&str>> {
        self.steps().map(|step| match step {
            Step::Key { name, .. } => Some(&**name),
            Step::Each => None,
        })
    }

    pub(crate) fn step(&self, depth: usize) -> Option<&Step> {
        match depth.checked_sub(self.place.len()) {
            None => self.place.get(depth),
            Some(depth) => self.below.get(depth),
        }
    }

    /// Whether one is a part of the other, or one takes for a list what the other takes for an object.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        for steps in self.steps().zip(other.steps()) {
            match steps {
                (Step::Key { name: one, .. }, Step::Key { name: other, .. }) if one == other => {}
                (Step::Each, Step::Each) => {}
                (Step::Key { .. }, Step::Key { .. }) => return false,
                _ => return true,
            }
        }
        true
    }
}

/// As a JSON pointer in which `*` is every element of a list.
impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps().try_for_each(|step| match step {
            Step::Key { name, .. } => f.write_str(&pointer_to(name)),
            Step::Each => f.write_str("/*"),
        })
    }
}

impl From<Vec<Step>> for ImagePath {
    fn from(steps: Vec<Step>) -> Self {
        Self { place: steps.into(), below: &[] }
    }
}

pub(crate) const EACH: Step = Step::Each;

pub(crate) const fn must(name: &'static str) -> Step {
    Step::Key { name: Cow::Borrowed(name), presence: Presence::Required }
}

pub(crate) const fn may(name: &'static str) -> Step {
    Step::Key { name: Cow::Borrowed(name), presence: Presence::Optional }
}

/// A key as a step of a JSON pointer (RFC 6901 §3).
pub(crate) fn pointer_to(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A place to which some paths lead: what they have in common so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathTrie<'w> {
    /// Those that begin with the same keys stand together.
    paths: &'w [ImagePath],
    depth: usize,
}

/// A key of an object, and what is below it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Child<'w> {
    pub(crate) name: &'w Cow<'static, str>,
    pub(crate) presence: Presence,
    pub(crate) trie: PathTrie<'w>,
}

impl<'w> PathTrie<'w> {
    /// The trie of these paths; those that begin with the same keys stand together.
    pub(crate) fn of(paths: &'w [ImagePath]) -> Self {
        Self { paths, depth: 0 }
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
    pub(crate) fn children(self) -> impl Iterator<Item = Child<'w>> {
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
            let trie = Self { paths: below, depth: self.depth + 1 };
            Some(Child { name, presence, trie })
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
