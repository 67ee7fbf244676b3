//! `suggest`: from images, whoever signed them; from those, the fewest rules that say so.
//!
//! - What is believed? What is *verified*: a certificate by Sigstore's authority and its log, or a key that was
//!   given. What a registry merely says becomes no signer.
//! - Who finds it? [`observed`] asks registries, as the command's host does for the policy.
//! - What becomes of it? [`signers`] are what the settings can name of a certificate; [`rules`] puts
//!   repositories with the same signers together; [`text`] writes settings.
//! - What is never written? `exempt`, `enforcement: warn` and `unmatchedImages: accept`: who trusts nobody in
//!   particular says so himself.

pub mod observed;
pub mod rules;
pub mod signers;
pub mod text;
