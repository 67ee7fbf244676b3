//! What stands behind the `signed-images` command: the policy's module runs here as the policy server runs
//! it, and its host calls are answered for real.
//!
//! - How is the module run? [`module`]: waPC on wasmtime, a fresh instance for every call, each host call
//!   handed to one function. Tests hand in a script instead of a network.
//! - What goes in and comes out? [`request`] and [`settings`] read the user's files, [`answer`] turns the
//!   policy's answer into the `AdmissionResponse` that the API server would get.
//! - Who answers the host calls? [`host`]: registries, signatures, certificates, Kubernetes objects.
//! - Can a run be repeated offline? [`session`] records the host calls and replays them, in the file format
//!   of `kwctl`.
//! - What does a module carry with it? [`metadata`] is what `annotate` writes into it.

pub mod module;
