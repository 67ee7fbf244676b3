//! How long the policy takes for a request, and how many instructions, beside what a module takes that only
//! reads the request.
//!
//! - How is it run? As the policy server runs it: a fresh instance for each request, on wasmtime under waPC.
//!   Host calls are answered at once, always with the same digest, so that the policy alone is measured. (A
//!   policy server also has epoch interruption on, for its timeouts; both modules are measured without.)
//! - On what? The payloads in [`scenario`], which are made here, the same on every machine.
//! - Which measure is which? [`time`] is what a user waits, and differs by machine and by hour. [`fuel`] is
//!   what wasmtime counts of instructions: the same every time, so that a [`budget`] can hold it.

pub mod budget;
pub mod check;
pub mod fuel;
mod imports;
mod manifest;
pub mod scenario;
mod settings;
pub mod time;
