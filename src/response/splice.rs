//! The object with its images rewritten: the request's own bytes, with the image strings replaced at their
//! positions. It is there only when one was.

use super::outcome::Outcome;
use crate::workload::found::Found;

/// An object's JSON with images rewritten: what stands before each, what each is now, and the rest.
#[derive(Debug)]
pub(super) struct Mutated<'r> {
    images: Vec<(&'r str, String)>,
    rest: &'r str,
}

impl Mutated<'_> {
    pub(super) fn size(&self) -> usize {
        let images = self.images.iter().map(|(before, image)| before.len() + image.len());
        images.sum::<usize>() + self.rest.len()
    }

    /// Adds the object to an answer, as its last key. Through serde it would have to be a `RawValue`: one string, made
    /// of these parts, and parsed again.
    pub(super) fn append_to(&self, answer: &mut Vec<u8>) -> serde_json::Result<()> {
        let closing = answer.pop();
        answer.extend_from_slice(b",\"mutated_object\":");
        for (before, image) in &self.images {
            answer.extend_from_slice(before.as_bytes());
            serde_json::to_writer(&mut *answer, image)?;
        }
        answer.extend_from_slice(self.rest.as_bytes());
        answer.extend(closing);
        Ok(())
    }
}

/// The positions of the images are not in the order of the object's JSON, or not in it. An object that is not
/// changed as it should be is not let in.
pub(super) struct Misplaced;

/// The object with its images rewritten; none when nothing changes.
pub(super) fn splice<'r>(
    found: &Found<'r>,
    outcomes: &[Outcome],
) -> Result<Option<Mutated<'r>>, Misplaced> {
    let mut images = Vec::new();
    let mut copied = 0;
    for (image, outcome) in found.images.iter().zip(outcomes) {
        let rewritten = image.text().ok().and_then(|text| outcome.rewritten(&text));
        let Some(rewritten) = rewritten else { continue };
        images.push((found.object.get(copied..image.position.start).ok_or(Misplaced)?, rewritten));
        copied = image.position.end;
    }
    let rest = found.object.get(copied..).ok_or(Misplaced)?;
    Ok((!images.is_empty()).then_some(Mutated { images, rest }))
}
