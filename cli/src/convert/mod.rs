//! stub
mod node;
mod pattern;
mod remark;
mod signer;
mod trust;
