//! The `extraWorkloads` list: JSON pointers (RFC 6901) in which `*` is every element of a list.

use super::SettingsIssue;
use super::limits::MAX_POINTERS;
use super::list::List;
use super::signer_parts::required;
use crate::request::GroupKind;
use crate::workload::kinds::{self, Form, Workload};
use crate::workload::path::{ImagePath, Presence, Step};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// No schema nests its pod specs deeper.
const MAX_STEPS: usize = 32;

/// A custom resource that contains images.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["podSpecs", "images"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawWorkload {
    /// its API group
    api_group: Option<String>,
    /// its kind
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    kind: Option<String>,
    /// JSON pointers to pod specs; `*` matches every element of a list
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_POINTERS>>"))]
    pod_specs: Option<List<Pointer, MAX_POINTERS>>,
    /// JSON pointers to images; `*` matches every element of a list
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_POINTERS>>"))]
    images: Option<List<Pointer, MAX_POINTERS>>,
}

/// Compiles all entries.
pub(super) fn compile_all(
    entries: Vec<RawWorkload>,
) -> Result<Vec<(GroupKind, Workload)>, SettingsIssue> {
    let mut workloads: Vec<(GroupKind, Workload)> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let compiled = compile(entry).and_then(|(kind, workload)| {
            if workloads.iter().any(|(known, _)| *known == kind) {
                let twice = format!("`{kind}` already has an entry; write all paths there");
                return Err(SettingsIssue::new(twice));
            }
            Ok((kind, workload))
        });
        workloads.push(compiled.map_err(|issue| issue.at(index).under("extraWorkloads"))?);
    }
    Ok(workloads)
}

fn compile(entry: RawWorkload) -> Result<(GroupKind, Workload), SettingsIssue> {
    let kind = GroupKind {
        group: entry.api_group.unwrap_or_default(),
        kind: required(entry.kind, "kind")?,
    };
    if kind.group.contains('/') {
        let issue = SettingsIssue::new("write only the group, without a version");
        return Err(issue.under("apiGroup"));
    }
    let images = List::or_empty(entry.images);
    let mut images: Vec<ImagePath> =
        images.into_iter().map(|Pointer(steps)| ImagePath::from(steps)).collect();
    for Pointer(place) in List::or_empty(entry.pod_specs) {
        images.extend(kinds::pod_spec_images(place));
    }
    if images.is_empty() {
        return Err(SettingsIssue::new("where are its images? set `podSpecs` or `images`"));
    }
    let known = kinds::built_in(&kind);
    let mut workload = known.unwrap_or_else(|| Workload::new(Vec::new(), Form::Template));
    for path in images {
        if let Some([path, other]) = workload.insert(path) {
            return Err(SettingsIssue::new(format_args!("`{path}` and `{other}` overlap")));
        }
    }
    Ok((kind, workload))
}

struct Pointer(Vec<Step>);

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_position = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if let Some(position) = text.split('/').find(|part| is_position(part)) {
            return Err(D::Error::custom(format_args!(
                "`{text}` contains the position `{position}`; write `*`, which matches every element of a list"
            )));
        }
        let what = "is not a JSON pointer to a part of the object outside its metadata";
        parse(&text).map(Self).ok_or_else(|| {
            D::Error::custom(format_args!("`{text}` {what}, such as `/spec/template/spec`"))
        })
    }
}

fn parse(text: &str) -> Option<Vec<Step>> {
    let steps: Vec<Step> = text.strip_prefix('/')?.split('/').map(step).collect::<Option<_>>()?;
    let starts_well = match steps.first()? {
        Step::Key { name, .. } => name != "metadata",
        Step::Each => false,
    };
    (starts_well && steps.len() <= MAX_STEPS).then_some(steps)
}

fn step(part: &str) -> Option<Step> {
    match part {
        "" => None,
        "*" => Some(Step::Each),
        // RFC 6901 §3: a tilde starts `~0` or `~1`.
        _ if part.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) => None,
        _ => {
            let name = part.replace("~1", "/").replace("~0", "~");
            Some(Step::Key { name: name.into(), presence: Presence::Optional })
        }
    }
}

/// Checks a pointer into a report, which may be a list.
pub(super) fn check_pointer(text: &str) -> Result<(), SettingsIssue> {
    let parts = || text.split('/').skip(1);
    let is_position = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_pointer = text.starts_with('/')
        && parts().count() <= MAX_STEPS
        && parts().all(|part| step(part).is_some() && !is_position(part));
    if is_pointer {
        return Ok(());
    }
    Err(SettingsIssue::new(format_args!(
        "`{text}` is not a JSON pointer, such as `/approvers/*/team`; `*` matches each element of a list"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6901 §5, and the star that is ours.
    #[test]
    fn pointers_are_read_and_written() {
        for text in
            ["/foo", "/spec/a~1b", "/c%d", "/e^f", "/m~0n", "/m~01n", "/ ", "/a/*/b", "/a/*"]
        {
            assert_eq!(ImagePath::from(parse(text).unwrap()).to_string(), text);
        }
        for text in ["", "/", "foo", "/a/", "//a", "/*", "/*/a", "/~", "/a~2", "/a~", "/metadata/a"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse(&"/a".repeat(MAX_STEPS)).is_some());
        assert!(parse(&"/a".repeat(MAX_STEPS + 1)).is_none());
    }

    #[test]
    fn places_that_overlap() {
        let rows = [
            ("/a", "/a", true),
            ("/a", "/a/b", true),
            ("/a", "/b", false),
            ("/a/b", "/a/c", false),
            ("/a/*", "/a/*/b", true),
            ("/a/*/b", "/a/*/c", false),
            ("/a/*", "/a/b", true),
            ("/a/*/c", "/a/b/d", true),
            ("/a/ab", "/a/abc", false),
        ];
        for (a, b, overlaps) in rows {
            let [one, other] = [a, b].map(|text| ImagePath::from(parse(text).unwrap()));
            assert_eq!(one.overlaps(&other), overlaps, "{a} {b}");
            assert_eq!(other.overlaps(&one), overlaps, "{b} {a}");
        }
    }
}
