//! The paths of a report that are looked at, as one tree. A path is a JSON pointer (RFC 6901) in which `*` is each
//! element of a list.

use super::marks::Mark;
use std::borrow::Cow;

/// A tree of places.
#[derive(Debug)]
pub(super) struct Paths(Vec<Place>);

/// A place, and what is below it.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Who takes the value that stands there.
    pub(super) marks: Vec<Mark>,
    /// Whether a report of its format has nothing else there than what is below it.
    pub(super) is_strict: bool,
    keys: Vec<(Cow<'static, str>, usize)>,
    each: Option<usize>,
}

/// Whether a report in which a place is of another shape is no report of its format, or one that lacks a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Strict,
    Any,
}

/// The number of the place where all begins.
pub(super) const ROOT: usize = 0;

impl Place {
    /// Which of its keys that is, and the number of the place under it.
    pub(super) fn key(&self, name: &str) -> Option<(usize, usize)> {
        let position = self.keys.iter().position(|(known, _)| known == name)?;
        self.keys.get(position).map(|(_, number)| (position, *number))
    }

    /// The number of the place of the elements of a list.
    pub(super) fn each(&self) -> Option<usize> {
        self.each
    }

    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }
}

impl Paths {
    pub(super) fn new() -> Self {
        Self(vec![Place::default()])
    }

    /// A place; past the last, one with nothing below it.
    pub(super) fn place(&self, number: usize) -> Option<&Place> {
        self.0.get(number)
    }

    /// Adds the paths of a format, below that place.
    pub(super) fn add_all(&mut self, from: usize, table: &[(&'static str, Mark)]) {
        for (pointer, mark) in table {
            let place = self.add(from, pointer, Shape::Strict);
            self.mark(place, *mark);
        }
    }

    /// Adds a path below that place, and tells the number of its end.
    pub(super) fn add(&mut self, from: usize, pointer: &str, shape: Shape) -> usize {
        let steps = pointer.split('/').skip(1);
        steps.fold(from, |at, step| {
            if let Some(place) = self.0.get_mut(at) {
                place.is_strict |= shape == Shape::Strict;
            }
            self.step(at, step)
        })
    }

    pub(super) fn mark(&mut self, number: usize, mark: Mark) {
        if let Some(place) = self.0.get_mut(number) {
            place.marks.push(mark);
        }
    }

    /// Lets what is under that key of a place be what another place is: lists that hold lists of their own kind.
    pub(super) fn repeat(&mut self, at: usize, key: &'static str, place: usize) {
        if let Some(from) = self.0.get_mut(at) {
            from.keys.push((Cow::Borrowed(key), place));
        }
    }

    fn step(&mut self, at: usize, step: &str) -> usize {
        let next = self.0.len();
        let Some(place) = self.0.get_mut(at) else { return at };
        let known =
            if step == "*" { place.each } else { place.key(&key(step)).map(|(_, number)| number) };
        if let Some(known) = known {
            return known;
        }
        match step {
            "*" => place.each = Some(next),
            step => place.keys.push((key(step).into_owned().into(), next)),
        }
        self.0.push(Place::default());
        next
    }
}

/// A key as a step of a pointer has it (RFC 6901 §4).
fn key(step: &str) -> Cow<'_, str> {
    if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() }
}
