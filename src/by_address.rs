//! A reference as a key: what was made of a value is found again by where the value is.
//!
//! *Is that sound?* The key holds the reference, so the value stays where it is, and nothing else comes there, as long as
//! the key is kept. *And the order?* It says nothing: keys are found by it, and never told.

use std::cmp::Ordering;
use std::ptr;

/// A value, by where it is: two equal values in two places are two.
#[derive(Debug)]
pub(crate) struct ByAddress<'v, T>(pub(crate) &'v T);

impl<T> Clone for ByAddress<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ByAddress<'_, T> {}

impl<T> PartialEq for ByAddress<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.0, other.0)
    }
}

impl<T> Eq for ByAddress<'_, T> {}

impl<T> Ord for ByAddress<'_, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        ptr::from_ref(self.0).cmp(&ptr::from_ref(other.0))
    }
}

impl<T> PartialOrd for ByAddress<'_, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
