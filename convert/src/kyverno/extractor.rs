//! `imageExtractors`: where the images of custom resources are.
//!
//! Source: `pkg/utils/api/image.go` of kyverno/kyverno: `path` leads to what holds the image, `value` is its field
//! there; without one, the last part of the path is.

use super::reach::OtherKind;
use super::types::{Extractor, Rule};
use crate::read::nth;
use crate::remark::Remarks;
use crate::workload::Workload;
use crate::yaml::join;

/// The custom resources that a rule is about; `kinds` are those that it names.
pub(super) fn workloads(
    rule: &Rule,
    path: &str,
    kinds: &[OtherKind],
    remarks: &mut Remarks,
) -> Vec<Workload> {
    let at = join(path, "imageExtractors");
    let mut workloads = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for (kind, extractors) in rule.image_extractors.iter().flatten() {
        let path = join(&at, kind);
        told.push(kind);
        let group = kinds.iter().filter(|other| other.kind() == kind).find_map(OtherKind::group);
        match pointers(extractors, &path, remarks) {
            images if images.is_empty() => {}
            images => {
                let workload = workload(kind, group, images, &path, remarks);
                workloads.push(workload);
            }
        }
    }
    for other in kinds.iter().filter(|other| !told.contains(&other.kind())) {
        remarks.less(
            &other.path,
            format!(
                "names `{}`, which this policy's rules do not send to it: add it to `spec.rules`, \
                 and, where it is not built in, to `extraWorkloads`",
                other.text
            ),
        );
    }
    workloads
}

fn workload(
    kind: &str,
    group: Option<&str>,
    images: Vec<String>,
    path: &str,
    remarks: &mut Remarks,
) -> Workload {
    if group.is_none() {
        let text =
            format!("the API group of `{kind}` is not named: give it here and in `spec.rules`");
        remarks.open(path, text);
    }
    let group = group.unwrap_or("REPLACE/WITH/THE/API/GROUP").to_owned();
    let workload = Workload { group, kind: kind.to_owned(), images };
    remarks.open(
        path,
        format!(
            "`{}` is taken to be the resource of `{kind}`: see to it in `spec.rules`",
            workload.resource()
        ),
    );
    workload
}

fn pointers(extractors: &[Extractor], path: &str, remarks: &mut Remarks) -> Vec<String> {
    let mut pointers = Vec::new();
    for (index, extractor) in extractors.iter().enumerate() {
        let path = nth(path, index);
        let parts = extractor.path.as_deref().unwrap_or_default();
        let mut parts: Vec<&str> =
            parts.split('/').map(str::trim).filter(|part| !part.is_empty()).collect();
        parts.extend(extractor.value.as_deref());
        if extractor.jmes_path.is_some() || parts.is_empty() {
            remarks.less(&path, "cannot be converted: the images that it finds are not verified");
        } else {
            pointers.push(format!("/{}", parts.join("/")));
        }
    }
    pointers
}
