//! A report without what no condition reads: what is published, as policy servers keep in memory what they have read.
//!
//! *In which format?* In its own: the same paths of it are read, so the same reader reads both, and reducing changes no
//! verdict. *Of which types?* Of scans and bills of materials, which are large; others stay as they are.

use super::findings;
use super::package_url::PackageUrl;
use super::paths::{Paths, ROOT, Shape};
use super::report::time_at;
use super::sbom;
use crate::policy::predicate_type::{Format, PredicateType};
use serde_json::{Map, Value};

/// A predicate of that type with what conditions read of it, and with what is at these pointers, for `fields`.
///
/// # Errors
/// When it is no JSON.
pub fn reduce(
    predicate_type: &PredicateType,
    predicate: &[u8],
    keep: &[&str],
) -> serde_json::Result<Vec<u8>> {
    let mut predicate: Value = serde_json::from_slice(predicate)?;
    let format = predicate_type.format();
    if format == Format::Spdx {
        keep_package_urls(&mut predicate);
    }
    let mut paths = Paths::new();
    match format {
        Format::Vulnerabilities => findings::add_paths(&mut paths, ROOT),
        Format::CycloneDx | Format::Spdx => sbom::add_paths(&mut paths, ROOT, format),
        Format::Provenance02 | Format::Provenance1 | Format::Other => {
            return serde_json::to_vec(&predicate);
        }
    }
    for pointer in keep.iter().copied().chain(time_at(format)) {
        paths.add(ROOT, pointer, Shape::Any);
    }
    serde_json::to_vec(&on_paths(predicate, &paths, ROOT))
}

/// Leaves out what else a package of SPDX is referred to by: most are many, and none is read.
fn keep_package_urls(predicate: &mut Value) {
    let packages = predicate.get_mut("packages").and_then(Value::as_array_mut);
    for package in packages.into_iter().flatten() {
        if let Some(Value::Array(references)) = package.get_mut("externalRefs") {
            references.retain(|reference| {
                let text = reference.get("referenceLocator").map(Value::as_str);
                text.flatten().is_none_or(|text| PackageUrl::parse(text).is_some())
            });
        }
    }
}

/// The value at that place without what no path leads to.
fn on_paths(value: Value, paths: &Paths, at: usize) -> Value {
    let Some(place) = paths.place(at) else { return Value::Null };
    match value {
        // The end of a path: whatever is there is read.
        value if !place.has_keys() && place.each().is_none() => value,
        Value::Object(members) => {
            let kept = |(name, value): (String, Value)| {
                let (_, at) = place.key(&name)?;
                Some((name, on_paths(value, paths, at)))
            };
            Value::Object(members.into_iter().filter_map(kept).collect::<Map<_, _>>())
        }
        Value::Array(elements) => {
            let each = |at| elements.into_iter().map(|value| on_paths(value, paths, at)).collect();
            Value::Array(place.each().map_or_else(Vec::new, each))
        }
        value => value,
    }
}
