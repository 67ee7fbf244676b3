//! Where a subject holds images: the places that the policy looks at, found by the policy's own library.
//!
//! - What decides about an image? The module. This only says where images stand, so that its answers can be
//!   shown beside them.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;
use signed_images_policy::json::Document;
use signed_images_policy::request::{AdmissionRequest, GroupKind, Operation};
use signed_images_policy::workload::kinds::Workload;
use signed_images_policy::workload::stored::{self, ImageError};

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
    let Some(workload) = signed_images_policy::workload_of(&kind, extra) else { return Vec::new() };
    let text = subject.request.object.as_deref().map_or("", RawValue::get);
    let Ok(document) = Document::read(text) else { return Vec::new() };
    let review = AdmissionRequest {
        kind,
        operation: Operation::Create,
        object: Some(document.root()),
        old_object: None,
    };
    let Ok(found) = stored::find(&review, &workload) else { return Vec::new() };
    found
        .images
        .iter()
        .map(|image| Place {
            path: image.path(),
            pointer: image.pointer(),
            image: image.text().map(Cow::into_owned),
            source: subject.json.origin(image.position.start).filter(|_| image.text().is_ok()),
        })
        .collect()
}
