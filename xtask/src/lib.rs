//! What makers of the policy run: `cargo xtask`.
//!
//! - What does the policy take? [`bench`] measures it, and holds it to a budget of instructions; [`limits`] does at
//!   every limit.
//! - Which files are made of others? Those of [`made`]: what [`artifacthub`] reads, the [`chart`] for Rancher,
//!   the [`policy_chart`] for Helm, the [`schema`] of the settings. A test sees that each is current.
//! - How does the command come to have manual pages? [`man`] writes them, for whoever packages it.

pub mod artifacthub;
pub mod bench;
pub mod chart;
pub mod limits;
pub mod made;
pub mod man;
pub mod policy_chart;
pub mod schema;
