//! How many steps it may still take to compare texts that others write with patterns.

use std::cell::Cell;

/// Steps that are left.
#[derive(Debug)]
pub(crate) struct Steps(Cell<usize>);

/// None are left, so it is not known what would have come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfSteps;

impl Steps {
    pub(crate) fn new(left: usize) -> Self {
        Self(Cell::new(left))
    }

    /// As many as it takes.
    pub(crate) fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// Whether none are left.
    pub(crate) fn are_spent(&self) -> bool {
        self.0.get() == 0
    }

    /// Takes so many. Once they do not suffice, none are left.
    pub(crate) fn take(&self, steps: usize) -> Result<(), OutOfSteps> {
        let rest = self.0.get().checked_sub(steps);
        self.0.set(rest.unwrap_or_default());
        rest.map(drop).ok_or(OutOfSteps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_stays_spent() {
        let steps = Steps::new(3);
        let taken = [1, 2, 0, 1, 0].map(|count| steps.take(count).is_ok());
        assert_eq!(taken, [true, true, true, false, true]);
        let steps = Steps::new(3);
        assert_eq!([4, 1].map(|count| steps.take(count)), [Err(OutOfSteps); 2]);
    }
}
