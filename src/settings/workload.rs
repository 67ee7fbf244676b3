//! The `extraWorkloads` list: JSON pointers (RFC 6901) in which `*` is every element of a list.

use super::SettingsIssue;
use super::reader::{Node, Object};
use super::schema::EXTRA_WORKLOAD;
use crate::request::GroupKind;
use crate::workload::kinds::{self, Form, ImagePath, Presence, Step, Workload};

/// No schema nests its pod specs deeper.
const MAX_STEPS: usize = 32;

pub(super) fn compile(node: &Node<'_>) -> Result<(GroupKind, Workload), SettingsIssue> {
    let extra = node.object(&EXTRA_WORKLOAD)?;
    let kind = GroupKind {
        group: extra.text("apiGroup")?.unwrap_or_default(),
        kind: extra.required_text("kind")?,
    };
    if let Some(node) = extra.get("apiGroup").filter(|_| kind.group.contains('/')) {
        return Err(node.issue("write the group alone, without a version"));
    }
    let mut images: Vec<ImagePath> =
        pointers(&extra, "images")?.into_iter().map(ImagePath::from).collect();
    for prefix in pointers(&extra, "podSpecs")? {
        images.extend(kinds::pod_spec_images(prefix));
    }
    if images.is_empty() {
        return Err(extra.issue("where are its images? give `podSpecs` or `images`"));
    }
    let known = kinds::built_in(&kind);
    let form = known.as_ref().map_or(Form::Template, |known| known.form);
    let mut paths = known.map_or(Vec::new(), |known| known.images().to_vec());
    for path in images {
        if let Some(other) = paths.iter().find(|other| path.overlaps(other)) {
            let (path, other) = (kinds::render(&path), kinds::render(other));
            return Err(extra.issue(&format!("`{path}` and `{other}` overlap")));
        }
        paths.push(path);
    }
    Ok((kind, Workload::new(paths, form)))
}

fn pointers(extra: &Object<'_>, key: &str) -> Result<Vec<Vec<Step>>, SettingsIssue> {
    let mut pointers = Vec::new();
    for node in extra.list(key)? {
        let text = node.text()?;
        let steps = parse(&text).ok_or_else(|| {
            let what = "is not a JSON pointer to a part of the object beside its metadata";
            node.issue(&format!("`{text}` {what}, such as `/spec/template/spec`"))
        })?;
        pointers.push(steps);
    }
    Ok(pointers)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6901 §5, and the star that is ours.
    #[test]
    fn pointers_are_read_and_written() {
        for text in
            ["/foo", "/spec/a~1b", "/c%d", "/e^f", "/m~0n", "/m~01n", "/ ", "/a/*/b", "/a/*"]
        {
            assert_eq!(kinds::render(&parse(text).unwrap().into()), text);
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
