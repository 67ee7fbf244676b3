//! Policies of other tools → policies of this module.
//!
//! - What comes out? Manifests, with a comment at every point that could not be carried over one to one.
//! - What must never happen? That a converted policy verifies less than its source and does not say so. What
//!   is selected is selected at least as widely ([`pattern`]), demands are carried over whole ([`trust`]), and
//!   of what cannot be carried over it is said, on top and in place, how much that matters ([`remark`]).
//! - What of fields that are not known? What no struct reads counts as something that is not verified ([`read`]).
//! - Which sources? [`kyverno`], [`ivp`], [`policy_controller`], [`kubewarden`].
//! - And what is none of them? It is skipped, and told; what is wrong is refused, and told; neither stops the rest.
//! - Who else writes manifests? `signed-images policy` does, so [`manifest`] and its [`yaml`] are public: the
//!   command depends on this package, and this package only on the policy.

// A field of a source that is read and not used would be lost in silence.
#![deny(dead_code)]

mod asked;
mod attestation;
mod check;
mod draft;
mod expression;
mod head;
mod identity;
mod images;
mod ivp;
mod key;
mod kubewarden;
mod kyverno;
mod log;
pub mod manifest;
mod pattern;
mod policy_controller;
mod read;
mod remark;
mod signer;
mod source;
mod subject;
mod trust;
mod workload;
pub mod yaml;

pub use manifest::Options;
pub use read::Fault;
pub use remark::{Remark, Unchecked, Weight};
pub use source::{Source, SourceError};

use manifest::OptionsError;

/// A converted policy.
///
/// What its source verifies and it does not is said by a remark, and on top of its text:
///
/// ```
/// use signed_images_convert::{Options, Source, Weight, convert};
///
/// let policy = "
/// apiVersion: policy.sigstore.dev/v1beta1
/// kind: ClusterImagePolicy
/// metadata: {name: acme}
/// spec:
///   images: [{glob: ghcr.io/acme/**}]
///   authorities: [{static: {action: fail}}]
///   newInTheNextVersion: {of: anything}
/// ";
/// let conversion = convert(&Source::parse("policy.yml", policy).0, &Options::default());
/// let [converted] = conversion.policies.as_slice() else { panic!("{conversion:?}") };
/// assert_eq!(converted.weight(), Some(Weight::Less));
/// // No struct reads this field, so nobody verifies what it demands.
/// assert_eq!(converted.remarks[0].path, "spec.newInTheNextVersion");
/// assert!(converted.text.contains("THIS POLICY VERIFIES LESS THAN ITS SOURCE"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Its name in the cluster.
    pub name: String,
    /// Its manifest, with comments.
    pub text: String,
    /// All that there is to say of it, the heaviest first.
    pub remarks: Vec<Remark>,
}

impl Converted {
    /// The heaviest of its remarks.
    #[must_use]
    pub fn weight(&self) -> Option<Weight> {
        draft::heaviest(&self.remarks)
    }
}

/// What became of documents.
#[derive(Debug, Default)]
pub struct Conversion {
    /// Policies, in the order of their sources.
    pub policies: Vec<Converted>,
    /// Documents that verify no images, or are of a kind that is not converted: which, and why.
    pub skipped: Vec<(String, String)>,
    /// Documents in which something is wrong: which, and what.
    pub refused: Vec<(String, ConvertError)>,
}

/// Why a document cannot be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// Something in it is not what it must be.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The options cannot be followed.
    #[error(transparent)]
    Options(#[from] OptionsError),
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
/// ```
/// use signed_images_convert::{Options, Source, convert};
///
/// let policy = "
/// apiVersion: policy.sigstore.dev/v1beta1
/// kind: ClusterImagePolicy
/// metadata: {name: acme}
/// spec:
///   images: [{glob: ghcr.io/acme/**}]
///   authorities:
///     - keyless:
///         identities: [{issuer: https://accounts.example.com, subject: release@acme.example}]
/// ";
/// let (sources, error) = Source::parse("policy.yml", policy);
/// assert!(error.is_none());
/// let conversion = convert(&sources, &Options::default());
/// let [converted] = conversion.policies.as_slice() else { panic!("{conversion:?}") };
/// assert_eq!(converted.name, "acme");
/// assert!(converted.text.contains("equal: release@acme.example"), "{}", converted.text);
/// ```
#[must_use]
pub fn convert(sources: &[Source], options: &Options) -> Conversion {
    let mut conversion = Conversion::default();
    let mut image_policies = Vec::new();
    for source in sources {
        let Some(kind) = kind(source) else {
            conversion.skipped.push((source.place(), why_not(source)));
            continue;
        };
        let name = name(source);
        if kind == Kind::ClusterImagePolicy {
            match policy_controller::ImagePolicy::read(source, &name) {
                Ok(policy) => image_policies.push((source, policy)),
                Err(fault) => conversion.refused.push((source.place(), fault.into())),
            }
            continue;
        }
        match one(kind, source, &name, options) {
            Ok(policies) if policies.is_empty() => {
                conversion.skipped.push((source.place(), "it verifies no images".to_owned()));
            }
            Ok(policies) => conversion.policies.extend(policies),
            Err(error) => conversion.refused.push((source.place(), error)),
        }
    }
    together(image_policies, options, &mut conversion);
    conversion
}

const IMAGE_POLICY: &str = "ClusterImagePolicy";

/// The image policies of policy-controller, which hold together.
fn together(
    policies: Vec<(&Source, (policy_controller::ImagePolicy, policy_controller::Demand))>,
    options: &Options,
    conversion: &mut Conversion,
) {
    let Some((first, _)) = policies.first() else { return };
    let place = first.place();
    let places: Vec<String> = policies.iter().map(|(source, _)| source.origin()).collect();
    let titles: Vec<String> = policies.iter().map(|(source, _)| source.title()).collect();
    let policies = policies.into_iter().map(|(_, policy)| policy).collect();
    let Some(mut draft) = policy_controller::convert(policies) else {
        conversion.skipped.push((places.join(", "), "all images pass there".to_owned()));
        return;
    };
    for (place, _) in conversion.refused.iter().filter(|(place, _)| place.contains(IMAGE_POLICY)) {
        draft
            .remarks
            .less("", format!("{place} is not converted, and what it demands is not verified"));
    }
    let title = match titles.as_slice() {
        [only] => only.as_str(),
        _ => "All together",
    };
    match draft.finish(title, &places.join(", "), options) {
        Ok(policy) => conversion.policies.push(policy),
        Err(error) => conversion.refused.push((place, error)),
    }
}

fn one(
    kind: Kind,
    source: &Source,
    name: &str,
    options: &Options,
) -> Result<Vec<Converted>, ConvertError> {
    let (title, origin) = (source.title(), source.origin());
    Ok(match kind {
        Kind::Kyverno => {
            let drafts = kyverno::convert(source, name)?.into_iter();
            drafts.map(|draft| draft.finish(&title, &origin, options)).collect::<Result<_, _>>()?
        }
        Kind::ImageValidatingPolicy => {
            vec![ivp::convert(source, name)?.finish(&title, &origin, options)?]
        }
        Kind::VerificationConfig => vec![kubewarden::verification_config(source, options)?],
        Kind::AdmissionPolicy => vec![kubewarden::policy(source, name, options)?],
        Kind::Settings => vec![kubewarden::settings(source, options)?],
        Kind::ClusterImagePolicy => Vec::new(),
    })
}

fn kind(source: &Source) -> Option<Kind> {
    let version = source.text("apiVersion").unwrap_or_default();
    let kind = source.text("kind").unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let has = |key: &str| source.value().get(key).is_some();
    match (group, kind) {
        ("kyverno.io", "ClusterPolicy" | "Policy") => Some(Kind::Kyverno),
        ("policies.kyverno.io", "ImageValidatingPolicy" | "NamespacedImageValidatingPolicy") => {
            Some(Kind::ImageValidatingPolicy)
        }
        ("policy.sigstore.dev", IMAGE_POLICY) => Some(Kind::ClusterImagePolicy),
        ("policies.kubewarden.io", "ClusterAdmissionPolicy" | "AdmissionPolicy") => {
            kubewarden::is_converted(source).then_some(Kind::AdmissionPolicy)
        }
        ("", "") if has("allOf") || has("anyOf") => Some(Kind::VerificationConfig),
        ("", "") if has("signatures") => Some(Kind::Settings),
        _ => None,
    }
}

fn why_not(source: &Source) -> String {
    let version = source.text("apiVersion").unwrap_or_default();
    match source.text("kind") {
        Some("ClusterAdmissionPolicy" | "AdmissionPolicy") => {
            "only policies of `verify-image-signatures` are converted".to_owned()
        }
        Some(kind) => format!("`{version}` `{kind}` is not converted"),
        None => "it is no policy that is converted".to_owned(),
    }
}

/// The name of the source, if it is one.
fn name(source: &Source) -> String {
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
    };
    source.metadata("name").filter(is_name).unwrap_or("verified-images").to_owned()
}
