//! Reports about images, published in the form that the policy reads (`docs/src/attestations.md`).
//!
//! - What is a report? An in-toto [`statement`] about one image, kept as the config of a small manifest ([`report`]).
//! - Where does its content come from? From a file ([`predicate`]), or from what `cosign attest` put beside the
//!   image ([`cosign`]).
//! - Is it what the policy reads? That is asked of the policy's own library, before anything is pushed ([`summary`]).
//! - Where does it go? To a tag of the image's digest ([`place`]), by way of a [`store`].
//! - Who must have signed it? [`signer`], or those whom the settings name ([`entries`]).
//! - Who signs it? Another program: no key is held here. Whether its signature is there is asked of
//!   the host that `check` asks too.
//! - When is the tag moved? When the host has verified what it is moved to ([`publish`]).
//! - Is it about this image, by its own words? [`about`].
//! - And when an image is copied? [`copy`] takes its reports along.

pub(crate) mod about;
pub(crate) mod copy;
pub(crate) mod cosign;
pub(crate) mod entries;
mod envelope;
pub(crate) mod place;
pub(crate) mod predicate;
pub(crate) mod publish;
mod report;
mod scanner;
pub(crate) mod signer;
mod statement;
mod store;
pub(crate) mod summary;
