//! Digests put into the text of a manifest, and nothing else touched.
//!
//! - How? What the policy writes in an image's place is the image with its digest behind it, so the digest is
//!   inserted where the image's text ends. Comments, order, quotes and line endings stay as they are.
//! - Which images? Those that the policy itself would pin: verified, in an object that it lets in.
//! - And an anchor? It is pinned once, at the anchor, when every use of it is an image that is to be pinned
//!   to the same digest; otherwise it is refused.
//! - How is it known that nothing else changed? The text is read again: it must say the same as before but for
//!   the pinned images.

use std::collections::BTreeMap;
use std::ops::Range;

use super::listed::listed_images;
use super::report::{ImageReport, Report};
use super::source::Source;
use crate::manifest::{self, position::position};
use crate::text::Encoding;

/// A text with its images pinned.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pinned {
    /// The text.
    pub text: String,
    /// How many images were pinned in it, each place once.
    pub images: usize,
    /// What could not be pinned.
    pub refused: Vec<Refusal>,
}

/// An image that cannot be pinned in the text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: `{image}` is not pinned: {reason}")]
pub struct Refusal {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// As it is written.
    pub image: String,
    /// Why not.
    pub reason: &'static str,
}

const ESCAPED: &str =
    "it is written with escapes or over several lines: write it as one plain word";
const SHARED: &str = "its YAML anchor is also used where no digest belongs: write the image out";
const REWRITTEN: &str = "the policy replaces it by another image";
const UTF16: &str = "its file is UTF-16: save it as UTF-8";
const ELSEWHERE: &str = "a digest there would also change something else";

/// The uses of one text as an image.
struct Uses<'r> {
    range: Range<usize>,
    images: Vec<&'r ImageReport>,
}

/// Pins the images of the source with this number.
#[must_use]
pub fn pin(source: &Source, index: usize, report: &Report) -> Pinned {
    let mut pinned = Pinned::default();
    let mut edits = BTreeMap::new();
    for (start, uses) in uses(index, report) {
        let Some(first) = uses.images.iter().find(|image| image.pinned.is_some()) else { continue };
        match edit(&source.text, &uses, first) {
            Ok((at, digest)) => {
                edits.insert(start, (at, digest, first.image.clone()));
            }
            Err(reason) => pinned.refused.push(refusal(source, start, first, reason)),
        }
    }
    if source.encoding == Encoding::Utf16 && !edits.is_empty() {
        return unpinned(source, report, UTF16);
    }
    let text = splice(&source.text, edits.values().map(|(at, digest, _)| (*at, digest.as_str())));
    let changed =
        edits.iter().map(|(start, (_, digest, image))| (*start, format!("{image}{digest}")));
    if listed_images(source).is_some() || says_the_same(&source.text, &text, &changed.collect()) {
        let text = format!("{}{text}", source.encoding.mark());
        return Pinned { images: edits.len(), text, ..pinned };
    }
    unpinned(source, report, ELSEWHERE)
}

/// The source as it is, as none of its images can be pinned.
fn unpinned(source: &Source, report: &Report, reason: &'static str) -> Pinned {
    let first = report.images().find(|(_, image)| image.pinned.is_some());
    let refused = first.map(|(_, image)| refusal(source, 0, image, reason));
    let text = format!("{}{}", source.encoding.mark(), source.text);
    Pinned { text, images: 0, refused: refused.into_iter().collect() }
}

fn uses(index: usize, report: &Report) -> BTreeMap<usize, Uses<'_>> {
    let mut all = BTreeMap::new();
    // Objects stand in the order of their sources.
    let first = report.objects.partition_point(|object| object.source < index);
    let objects = report.objects.iter().skip(first).take_while(|object| object.source == index);
    for image in objects.flat_map(|object| &object.images) {
        if let Some(range) = &image.source {
            let uses = all.entry(range.start);
            let uses = uses.or_insert_with(|| Uses { range: range.clone(), images: Vec::new() });
            uses.images.push(image);
        }
    }
    all
}

/// Where a digest goes, and the text of it.
fn edit(text: &str, uses: &Uses<'_>, first: &ImageReport) -> Result<(usize, String), &'static str> {
    let agree = uses.images.iter().all(|image| image.pinned == first.pinned);
    if !agree || uses.images.len() != first.uses {
        return Err(SHARED);
    }
    let pinned = first.pinned.as_deref().unwrap_or_default();
    let digest = pinned.strip_prefix(&first.image).ok_or(REWRITTEN)?;
    let content = content(text, &uses.range, &first.image).ok_or(ESCAPED)?;
    Ok((content.end, digest.to_owned()))
}

/// Where the text of a scalar stands: after its anchor, tag, indicator and opening quote. None when it is
/// not written there letter by letter.
pub(super) fn content(text: &str, range: &Range<usize>, value: &str) -> Option<Range<usize>> {
    let mut rest = text.get(range.clone())?;
    while rest.starts_with(['&', '!']) {
        rest = rest.get(rest.find(char::is_whitespace)?..)?.trim_start();
    }
    if rest.starts_with(['|', '>']) {
        rest = rest.get(rest.find('\n')?..)?.trim_start();
    }
    rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let start = rest.as_ptr() as usize - text.as_ptr() as usize;
    (!value.is_empty() && rest.starts_with(value)).then(|| start..start + value.len())
}

fn splice<'e>(text: &str, edits: impl Iterator<Item = (usize, &'e str)>) -> String {
    let mut spliced = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, inserted) in edits {
        spliced.push_str(text.get(copied..at).unwrap_or_default());
        spliced.push_str(inserted);
        copied = at;
    }
    spliced.push_str(text.get(copied..).unwrap_or_default());
    spliced
}

/// Whether the documents of both texts are the same but for the texts that begin at these places.
fn says_the_same(before: &str, after: &str, changed: &BTreeMap<usize, String>) -> bool {
    let mut after = manifest::read(after);
    manifest::read(before).all(|before| {
        let (Ok(before), Some(Ok(after))) = (before, after.next()) else { return false };
        let (Ok(before), Ok(after)) = (before.json(), after.json()) else { return false };
        before.with(changed) == after.text
    }) && after.next().is_none()
}

fn refusal(source: &Source, start: usize, image: &ImageReport, reason: &'static str) -> Refusal {
    let line =
        image.position.map_or_else(|| position(&source.text, start).line, |position| position.line);
    Refusal { file: source.name.clone(), line, image: image.image.clone(), reason }
}
