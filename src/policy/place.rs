//! The path of a value of the settings.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

/// Where a value stands: `rules[2].anyOf`. Its text is made when there is something to say about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Option<Rc<(Path, Step)>>);

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(Cow<'static, str>),
    Element(usize),
}

impl Path {
    pub(crate) fn key(&self, key: impl Into<Cow<'static, str>>) -> Self {
        Self(Some(Rc::new((self.clone(), Step::Key(key.into())))))
    }

    pub(crate) fn element(&self, index: usize) -> Self {
        Self(Some(Rc::new((self.clone(), Step::Element(index)))))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((parent, step)) = self.0.as_deref() else { return Ok(()) };
        parent.fmt(f)?;
        match step {
            Step::Key(key) => {
                f.write_str(if parent.0.is_none() { "" } else { "." })?;
                f.write_str(key)
            }
            Step::Element(index) => write!(f, "[{index}]"),
        }
    }
}
