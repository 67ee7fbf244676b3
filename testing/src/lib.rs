//! What tests of several packages share.
//!
//! - How does a whole-policy case run? [`cases`] reads and compares them; who calls it says what runs: the
//!   library, the module, or the component.
//! - How is what was built run? As `builds`, under the feature of that name: the module, and the component.
//! - What holds of any input? The [`laws`], which `fuzz/` tries and `tests/seeds.rs` replays.
//! - What do the settings take? Their [`schema`].
//! - How do other tools judge an image? Their [`sources`], as models.
//! - What is measured? The [`scenarios`], and what is just within the [`limits`].
//! - How is a command run? By [`command`], with no variables of the user's.
//! - Whom does a client ask? A `server`, which may be a slow way to a real one; under the feature of that name.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of it is test code: what cannot be is a failed test"
)]

#[cfg(feature = "builds")]
pub mod builds;
pub mod cases;
pub mod command;
pub mod generate;
pub mod imports;
pub mod laws;
pub mod limits;
pub mod scenarios;
pub mod schema;
#[cfg(feature = "server")]
pub mod server;
pub mod sources;
