//! The host's answers, from a real registry with real signatures, in one process.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
#![expect(clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod api_server;
mod authority;
mod cluster;
mod identities;
mod shared;
mod signatures;
mod signed;
mod world;
