//! Every screen as its users see it. `INSTA_UPDATE=always cargo test --workspace --test screens` takes new
//! ones over; look at the difference before you commit it.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
#![expect(clippy::string_slice, reason = "a test may stop where it fails")]

mod command;
mod explain;
mod help;
mod policy;
