//! What tests of several packages share: requests, settings and hosts that are made from a seed.
//!
//! *What are they for?* A property holds for all of them, and two builds of the policy answer all of them alike
//! (`examples/differential/`).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "all of it is test code: what cannot be is a failed test"
)]

pub mod generate;
