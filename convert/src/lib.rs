//! Policies of other tools → policies of this module.
//!
//! - What comes out? Manifests, with a comment at every point that could not be carried over one to one.
//! - What must never happen? That a converted policy verifies less than its source and does not say so. What
//!   is selected is selected at least as widely ([`pattern`]), demands are carried over whole ([`trust`]), and
//!   of what cannot be carried over it is said, on top and in place, whether less is verified ([`remark`]).
//! - What of fields that are not known? They are named, and count as something that is not verified.
//! - Which sources? [`kyverno`], [`ivp`], [`policy_controller`], [`kubewarden`].
//! - Who else writes manifests? `signed-images policy` does, so [`manifest`] and its [`yaml`] are public: the
//!   command depends on this package, and this package only on the policy.

mod check;
mod draft;
mod identity;
mod ivp;
mod key;
mod kubewarden;
mod kyverno;
pub mod manifest;
mod node;
mod pattern;
mod policy_controller;
mod remark;
mod signer;
mod source;
mod subject;
mod trust;
pub mod yaml;

pub use node::Fault;
pub use remark::{Remark, Weight};
pub use source::{Source, SourceError};

use node::{Node, Object};

/// A converted policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Its manifest, with comments.
    pub text: String,
    /// All that there is to say of it.
    pub remarks: Vec<Remark>,
}

impl Converted {
    /// The heaviest of its remarks.
    #[must_use]
    pub fn weight(&self) -> Option<Weight> {
        self.remarks.iter().map(|remark| remark.weight).min()
    }
}

/// Why a document cannot be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// Something in it is not what it must be.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It is of a kind that is not converted.
    #[error("{0}")]
    Unknown(String),
    /// The metadata that this package was built with is not a policy's.
    #[error(transparent)]
    Metadata(#[from] yaml_serde::Error),
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Kyverno,
    ImageValidatingPolicy,
    ClusterImagePolicy,
    VerificationConfig,
    AdmissionPolicy,
    Settings,
}

/// Converts documents.
///
/// # Errors
/// With the document that cannot be converted, and why.
pub fn convert(sources: &[Source]) -> Result<Vec<Converted>, (String, ConvertError)> {
    let mut converted = Vec::new();
    let mut image_policies = Vec::new();
    for source in sources {
        let failed = |error: ConvertError| (source.place(), error);
        let root = Node::root(source.value()).any_object().map_err(|fault| failed(fault.into()))?;
        let kind = kind(&root).map_err(failed)?;
        let name = name(&root).map_err(|fault| failed(fault.into()))?;
        let origin = source.origin(&name);
        match kind {
            Kind::ClusterImagePolicy => image_policies.push((source, root, name)),
            kind => converted.extend(one(kind, &root, &name, &origin).map_err(failed)?),
        }
    }
    if let Some((first, ..)) = image_policies.first() {
        let place = first.place();
        let origins: Vec<String> =
            image_policies.iter().map(|(source, _, name)| source.origin(name)).collect();
        let documents: Vec<(Object<'_>, String)> =
            image_policies.iter().map(|(_, root, name)| (root.clone(), name.clone())).collect();
        let policy = policy_controller::convert(&documents)
            .map_err(ConvertError::from)
            .and_then(|draft| draft.finish(&origins.join(", ")));
        converted.push(policy.map_err(|error| (place, error))?);
    }
    Ok(converted)
}

fn one(
    kind: Kind,
    root: &Object<'_>,
    name: &str,
    origin: &str,
) -> Result<Vec<Converted>, ConvertError> {
    Ok(match kind {
        Kind::Kyverno => {
            let drafts = kyverno::convert(root, name)?;
            drafts.into_iter().map(|draft| draft.finish(origin)).collect::<Result<_, _>>()?
        }
        Kind::ImageValidatingPolicy => vec![ivp::convert(root, name)?.finish(origin)?],
        Kind::VerificationConfig => vec![kubewarden::verification_config(root, origin)?],
        Kind::AdmissionPolicy => vec![kubewarden::policy(root, origin)?],
        Kind::Settings => vec![kubewarden::settings(root, origin)?],
        Kind::ClusterImagePolicy => Vec::new(),
    })
}

fn kind(root: &Object<'_>) -> Result<Kind, ConvertError> {
    let version = root.text("apiVersion")?.unwrap_or_default();
    let kind = root.text("kind")?.unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    Ok(match (group, kind) {
        ("kyverno.io", "ClusterPolicy" | "Policy") => Kind::Kyverno,
        ("policies.kyverno.io", "ImageValidatingPolicy" | "NamespacedImageValidatingPolicy") => {
            Kind::ImageValidatingPolicy
        }
        ("policy.sigstore.dev", "ClusterImagePolicy") => Kind::ClusterImagePolicy,
        ("policies.kubewarden.io", "ClusterAdmissionPolicy" | "AdmissionPolicy") => {
            Kind::AdmissionPolicy
        }
        ("", "") if root.get("allOf").is_some() || root.get("anyOf").is_some() => {
            Kind::VerificationConfig
        }
        ("", "") if root.get("signatures").is_some() => Kind::Settings,
        _ => {
            let what = if kind.is_empty() {
                "this document".to_owned()
            } else {
                format!("`{version}` `{kind}`")
            };
            return Err(ConvertError::Unknown(format!(
                "{what} is not converted; known are ClusterPolicy, Policy and ImageValidatingPolicy of \
                 Kyverno, ClusterImagePolicy of policy-controller, and Kubewarden's verification configs \
                 and verify-image-signatures"
            )));
        }
    })
}

fn name(root: &Object<'_>) -> Result<String, Fault> {
    let metadata = root.get("metadata").map(|node| node.any_object()).transpose()?;
    let name = metadata.map(|metadata| metadata.text("name")).transpose()?.flatten();
    Ok(name.unwrap_or("verified-images").to_owned())
}
