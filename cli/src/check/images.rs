//! Where a subject holds images: the places that the policy looks at, found by the policy's own library.
//!
//! - What decides about an image? The module. This only says where images stand, so that its answers can be
//!   shown beside them.

use std::borrow::Cow;
use std::ops::Range;

use signed_images_policy::request::GroupKind;
use signed_images_policy::workload::extract::extract;
use signed_images_policy::workload::found::ImageError;
use signed_images_policy::workload::kinds::{Workload, workload_of};

use super::subject::Subject;

/// A place that holds an image.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// `spec.containers[0].image`
    pub(super) path: String,
    /// `/spec/containers/0/image`
    pub(super) pointer: String,
    pub(super) image: Result<String, ImageError>,
    /// Where it stands in the source.
    pub(super) source: Option<Range<usize>>,
}

/// The places of a subject. None when the policy does not know the kind or cannot read the object, which it
/// says itself.
pub(super) fn find(subject: &Subject, extra: &[(GroupKind, Workload)]) -> Vec<Place> {
    let object = &subject.object;
    let kind = GroupKind { group: object.group.clone(), kind: object.kind.clone() };
    let Some(workload) = workload_of(&kind, extra) else { return Vec::new() };
    let object = subject.request.object.as_deref();
    let Ok(found) = extract(object, &workload) else { return Vec::new() };
    found
        .images
        .iter()
        .map(|image| Place {
            path: image.path(),
            pointer: image.pointer(),
            image: image.text().map(Cow::into_owned),
            source: subject.origins.find(image.position.start).filter(|_| image.text().is_ok()),
        })
        .collect()
}
