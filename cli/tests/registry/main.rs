//! How registries are asked: how often, how many at once, with which secrets, and what is said when they do not
//! answer.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod attest;
mod failures;
mod hostile;
mod real;
mod requests;
mod tokens;
mod world;
