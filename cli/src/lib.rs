//! What stands behind the `signed-images` command: the policy's module runs here as the policy server runs
//! it, and its host calls are answered for real.
//!
//! - Where are the subcommands? In [`command`], a file each.
//! - How is the module run? [`module`]: waPC on wasmtime, a fresh instance for every call, each host call
//!   handed to one function. Tests hand in a script instead of a network.
//! - Where does it come from? [`fetch`]: a file, a registry, a web server. [`push`] puts it into a [`registry`].
//! - What is text? [`text`] says it, for every file that a user writes.
//! - What goes in and comes out? [`request`] and [`settings`] read the user's files, [`evaluation`] puts the
//!   request to the policy, [`answer`] is the `AdmissionResponse` that the API server would get.
//! - Who answers the host calls? [`host`]: registries, signatures, certificates, Kubernetes objects. How they
//!   are reached is in [`sources`], [`credentials`] and [`transport`].
//! - How is a manifest read? [`manifest`] makes documents of a text, as `kubectl` does.
//! - What is put to the policy beside requests? [`check`] reads manifests, lists and names of images, reports
//!   on every image in them and pins them; and what a [`cluster`] runs.
//! - How are settings tested? [`suite`]: what is expected of images, beside what [`check`] finds.
//! - Can a run be repeated offline? [`session`] records the host calls and replays them, in the file format
//!   of `kwctl`.
//! - Where is all this shown? [`demo`] is a registry with a key and images, in one process.
//! - What does a module carry with it? [`metadata`], with the [`capabilities`] that it asks of a host.
//! - How do reports about images get where the policy reads them? By `attest`.
//! - Why is an image verified, or not? [`explain`] reads it as the policy does.
//! - Who signs what runs, as rules? [`suggest`] finds it out.
//! - And policies of other tools, and the manifest that is applied to a cluster? Both are written by the package
//!   `signed-images-convert`.

pub mod answer;
mod attest;
pub mod capabilities;
pub mod check;
pub mod cluster;
pub mod command;
pub mod credentials;
pub mod demo;
pub mod evaluation;
pub mod explain;
pub mod fetch;
pub mod host;
pub mod legible;
mod manifest;
pub mod metadata;
pub mod module;
pub mod push;
pub mod registry;
pub mod request;
mod roots;
pub mod settings;
pub mod sources;
pub mod suggest;
pub mod suite;
pub mod text;
pub mod transport;
