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

/// A place to which some paths lead.
#[derive(Debug)]
pub(crate) enum PathTrie<'w> {
    /// It holds an image.
    Image,
    /// It is a list, of which every element is this.
    Each(Box<Self>),
    /// It is an object with these keys.
    Keys(Children<'w>),
}

/// So many keys are sooner looked through than searched.
const FEW: usize = 8;

/// Keys of an object, sorted.
#[derive(Debug)]
pub(crate) struct Children<'w> {
    pub(crate) all: Vec<Child<'w>>,
    /// Whether any of them must be there.
    pub(crate) any_required: bool,
}

/// A key of an object, and what is below it.
#[derive(Debug)]
pub(crate) struct Child<'w> {
    pub(crate) name: &'w Cow<'static, str>,
    pub(crate) presence: Presence,
    pub(crate) trie: PathTrie<'w>,
}

impl<'w> PathTrie<'w> {
    /// The trie of these paths, which are sorted by their keys.
    pub(crate) fn of(paths: &'w [ImagePath]) -> Self {
        Self::at(paths, 0)
    }

    fn at(paths: &'w [ImagePath], depth: usize) -> Self {
        match paths.first().and_then(|path| path.step(depth)) {
            None => Self::Image,
            Some(Step::Each) => Self::Each(Box::new(Self::at(paths, depth + 1))),
            Some(Step::Key { .. }) => Self::Keys(Children::at(paths, depth)),
        }
    }

    pub(crate) fn expected(&self) -> &'static str {
        match self {
            Self::Each(_) => "a list",
            Self::Image | Self::Keys(_) => "an object",
        }
    }
}

impl<'w> Children<'w> {
    fn at(mut paths: &'w [ImagePath], depth: usize) -> Self {
        let key = |path: &'w ImagePath| match path.step(depth) {
            Some(Step::Key { name, presence }) => Some((name, *presence)),
            Some(Step::Each) | None => None,
        };
        let mut all = Vec::with_capacity(paths.len());
        while let Some((name, mut presence)) = paths.first().and_then(key) {
            let mut count = 0;
            // A key must be there when any path says so.
            while let Some((_, of_path)) =
                paths.get(count).and_then(key).filter(|(own, _)| *own == name)
            {
                presence = presence.min(of_path);
                count += 1;
            }
            let (below, others) = paths.split_at(count);
            paths = others;
            all.push(Child { name, presence, trie: PathTrie::at(below, depth + 1) });
        }
        let any_required = all.iter().any(|child| child.presence == Presence::Required);
        Self { all, any_required }
    }

    /// The child of that name, and its position.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &Child<'w>)> {
        let at = if self.all.len() <= FEW {
            self.all.iter().position(|child| *child.name == name)?
        } else {
            self.all.binary_search_by(|child| (**child.name).cmp(name)).ok()?
        };
        self.all.get(at).map(|child| (at, child))
    }
}
