//! Fields of any report: `fields`.
//!
//! *What of a `*`?* It is each element of a list: each must satisfy the test, and one must exist. (`contains`: one
//! suffices.) An element that lacks the field does not satisfy it.

use super::marks::{FieldPart, Mark};
use super::paths::{Paths, Shape};
use super::problem::ReportProblem;
use super::walk::Value;
use crate::policy::report::{Field, FieldTest, Scalar};
use crate::policy::steps::Steps;
use FieldPart::{Element, Item, Whole};

/// What is known of a field so far.
pub(super) struct FieldSeen<'e> {
    asked: &'e Field,
    steps: &'e Steps,
    /// Whether a value satisfies the test.
    any: bool,
    /// Whether a value does not, or an element lacks it.
    fails: bool,
    /// Whether there is a value.
    is_there: bool,
    /// Of the elements that are being read, whether they have the field.
    open: Vec<bool>,
}

/// Adds the paths of the field of that number, below that place.
pub(super) fn add_paths(paths: &mut Paths, from: usize, number: usize, field: &Field) {
    let (mut at, mut steps) = (from, field.at.split('/').skip(1).peekable());
    while let Some(step) = steps.next() {
        at = paths.add(at, &["/", step].concat(), Shape::Any);
        if step == "*" && steps.peek().is_some() {
            paths.mark(at, Mark::Field(number, Element));
        }
    }
    paths.mark(at, Mark::Field(number, Whole));
    match field.test {
        FieldTest::Contains(_) => {
            let item = paths.add(at, "/*", Shape::Any);
            paths.mark(item, Mark::Field(number, Item));
        }
        FieldTest::Equals(_)
        | FieldTest::In(_)
        | FieldTest::Pattern(_)
        | FieldTest::AtMost(_)
        | FieldTest::AtLeast(_)
        | FieldTest::Absent => {}
    }
}

impl<'e> FieldSeen<'e> {
    pub(super) fn new(asked: &'e Field, steps: &'e Steps) -> Self {
        Self { asked, steps, any: false, fails: false, is_there: false, open: Vec::new() }
    }

    pub(super) fn take(&mut self, part: FieldPart, value: Value<'_>) {
        match (part, value) {
            (Element, Value::Open) => self.open.push(false),
            (Element, Value::Close) => match self.open.pop() {
                Some(true) => self.note(),
                Some(false) | None => self.fails = true,
            },
            // Nothing can be below it.
            (Element, Value::Text(_) | Value::Number(_) | Value::Flag(_) | Value::Null) => {
                self.fails = true;
            }
            (Whole | Item, Value::Close) => {}
            (Whole, Value::Null) => self.fails = true,
            (Whole, value) => {
                self.is_there = true;
                self.note();
                self.judge(value);
            }
            (Item, value) => self.judge(value),
        }
    }

    /// The element that is being read has the field.
    fn note(&mut self) {
        if let Some(has) = self.open.last_mut() {
            *has = true;
        }
    }

    fn judge(&mut self, value: Value<'_>) {
        let holds = holds(&self.asked.test, value, self.steps);
        self.any |= holds;
        self.fails |= !holds;
    }

    pub(super) fn check(self) -> Result<(), ReportProblem> {
        let holds = match self.asked.test {
            FieldTest::Absent => !self.is_there,
            FieldTest::Contains(_) => self.any,
            FieldTest::Equals(_)
            | FieldTest::In(_)
            | FieldTest::Pattern(_)
            | FieldTest::AtMost(_)
            | FieldTest::AtLeast(_) => self.any && !self.fails,
        };
        if holds {
            return Ok(());
        }
        Err(ReportProblem::Field {
            at: self.asked.at.clone(),
            asked: self.asked.test.to_string(),
            is_there: self.is_there,
        })
    }
}

/// Whether the value satisfies the test. Without steps it does not, and the whole report is refused.
fn holds(test: &FieldTest, value: Value<'_>, steps: &Steps) -> bool {
    match (test, value) {
        (FieldTest::Equals(scalar) | FieldTest::Contains(scalar), value) => scalar.is(value),
        (FieldTest::In(scalars), value) => scalars.iter().any(|scalar| scalar.is(value)),
        (FieldTest::Pattern(pattern), Value::Text(given)) => {
            pattern.matches_within(given, steps) == Ok(true)
        }
        (FieldTest::AtMost(most), Value::Number(number)) => number <= most.0,
        (FieldTest::AtLeast(least), Value::Number(number)) => number >= least.0,
        (
            FieldTest::Pattern(_)
            | FieldTest::AtMost(_)
            | FieldTest::AtLeast(_)
            | FieldTest::Absent,
            _,
        ) => false,
    }
}

impl Scalar {
    #[expect(clippy::float_cmp, reason = "the same number, as both are written")]
    fn is(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(own), Value::Text(text)) => own == text,
            (Self::Number(own), Value::Number(number)) => own.0 == number,
            (Self::Flag(own), Value::Flag(flag)) => *own == flag,
            (
                Self::Text(_) | Self::Number(_) | Self::Flag(_),
                Value::Text(_)
                | Value::Number(_)
                | Value::Flag(_)
                | Value::Null
                | Value::Open
                | Value::Close,
            ) => false,
        }
    }
}
