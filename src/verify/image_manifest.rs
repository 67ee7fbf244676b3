//! A manifest or an index, as a registry has it, by its digest.

use crate::host::{self, Host, HostError, HostErrorKind};
use crate::image::reference::Digest;
use crate::json::{elements, member, pick, string};
use crate::policy::platform::Platform;
use crate::policy::predicate_type::NAME;
use crate::verify::outcome::Shortfall;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What is read of a manifest.
pub(super) enum ImageManifest {
    /// Of an image or a report.
    Image(Config),
    /// An index: the images that it lists, and the platforms of those that name one.
    Index(Vec<(Option<Platform>, Digest)>),
}

/// What a manifest says of its config.
pub(super) struct Config {
    /// In bytes.
    pub(super) size: u64,
    /// What a report is called that has a name.
    pub(super) name: Option<String>,
}

impl ImageManifest {
    /// Asks for the manifest of that reference.
    pub(super) fn fetch(host: &mut Host<'_>, reference: &str) -> Result<Self, Shortfall> {
        let answer = host::oci_manifest(host, reference).map_err(unreadable)?;
        let manifest = host::read(&answer).map_err(unreadable)?;
        let no_manifest =
            || Shortfall::Unchecked(format!("`{reference}` is neither a manifest nor an index"));
        let [config, listed, annotations] =
            pick(manifest, ["config", "manifests", "annotations"]).map_err(|_| no_manifest())?;
        if let Some(listed) = listed.and_then(elements) {
            let images = listed.into_iter().filter(|image| !is_unknown(image));
            return images
                .map(image)
                .collect::<Option<_>>()
                .map(Self::Index)
                .ok_or_else(no_manifest);
        }
        let size = config.and_then(|config| member(config, "size"));
        let size = size.and_then(|size| size.get().parse().ok()).ok_or_else(no_manifest)?;
        let name = annotations.and_then(|all| member(all, NAME)).and_then(string);
        Ok(Self::Image(Config { size, name: name.map(Cow::into_owned) }))
    }
}

/// What a host's refusal means, where it was asked about a digest.
pub(super) fn unreadable(error: HostError) -> Shortfall {
    match error {
        HostError::Refused { kind: HostErrorKind::Withheld, words } => Shortfall::Withheld(words),
        error => Shortfall::Unchecked(error.to_string()),
    }
}

/// What buildx stores its provenance with: no image.
fn is_unknown(image: &RawValue) -> bool {
    platform(image).is_some_and(|platform| platform.to_string() == "unknown/unknown")
}

fn image(image: &RawValue) -> Option<(Option<Platform>, Digest)> {
    let digest = member(image, "digest")?;
    Some((platform(image), Digest::parse(&string(digest)?).ok()?))
}

/// None where a runtime could take it for any: what is not named is not told either.
fn platform(image: &RawValue) -> Option<Platform> {
    let platform = member(image, "platform")?;
    let [os, architecture, variant] = pick(platform, ["os", "architecture", "variant"]).ok()?;
    let [os, architecture] = [string(os?)?, string(architecture?)?];
    let variant = variant.map_or(Some("".into()), string)?;
    let between = if variant.is_empty() { "" } else { "/" };
    Platform::parse(&[&os, "/", &architecture, between, &variant].concat())
}
