//! `signed-images check` as its users meet it: the built module, a registry in this process, the command.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
#![expect(clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod cluster;
mod codes;
mod inputs;
mod pins;
mod policies;
mod reports;
mod sarif;
mod suites;
mod texts;
mod world;
