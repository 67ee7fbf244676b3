//! The documentation, held to what it is about: every block of YAML is validated, every command is executed
//! or at least understood, every link leads somewhere, every setting and every message has its place.
//!
//! - Which files? [`pages`] names them.
//! - What may stand in a block? Its language says how it is checked, in [`blocks`]; another language fails.
//! - Values of charts, and queries of Prometheus? [`operation`] knows which there are.
//! - Pipelines? [`pipelines`] looks at what they call.
//! - What does `output` beside a language mean? That the block is what the command before it prints; a line
//!   of `…` stands for any lines.
//! - How do commands find files? A page is a folder: a block that starts with `# NAME` is the file of that
//!   name in it.
//! - And commands of other programs? `e2e.bats` runs those of cosign; [`commands`] lists the others, with the
//!   reason why they are not run.

#[cfg(test)]
mod blocks;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod links;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod operation;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod pipelines;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod yaml;
