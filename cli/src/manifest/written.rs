//! A YAML document as it is written: aliases stand for what they name, and nothing is merged.

use std::ops::Range;
use std::rc::Rc;

use super::events::Scalar;

/// A value, and where it stands.
pub(super) struct Written {
    pub(super) content: Content,
    pub(super) range: Range<usize>,
}

pub(super) enum Content {
    Scalar(Scalar),
    List(Vec<Rc<Written>>),
    Map(Vec<(Rc<Written>, Rc<Written>)>),
    Alias(Rc<Written>),
}
