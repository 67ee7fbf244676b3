//! The images that sources name, where there is no policy yet.
//!
//! - Of which kinds? Those that the policy knows. What cannot be read is told, by its place.

use std::collections::HashSet;

use super::output::place;
use super::policy::Manifest;
use super::source::Source;
use super::writer::origination;
use super::{contents, images};
use crate::manifest::position::Lines;

/// What sources name.
#[derive(Debug, Default)]
pub struct Named {
    /// The images as they are written, each once, in the order in which they stand.
    pub images: Vec<String>,
    /// What was not read: where, and why.
    pub unread: Vec<String>,
}

/// The images that these sources name.
#[must_use]
pub fn images_of(sources: &[Source]) -> Named {
    let mut named = Named::default();
    let policy = Manifest::default();
    let mut seen = HashSet::new();
    for source in sources {
        let contents = contents::read(source, &[&policy]).pop().unwrap_or_default();
        let lines = Lines::of(&source.text);
        for fault in &contents.faults {
            let line = lines.position(fault.at).line;
            let place = place(&origination(source, Some(line)), None);
            named.unread.push(format!("{place}: {}", fault.reason));
        }
        for place in contents.subjects.iter().flat_map(|subject| images::find(subject, &[])) {
            match place.image {
                Ok(image) if seen.insert(image.clone()) => named.images.push(image),
                Ok(_) => {}
                Err(_) => {
                    named.unread.push(format!("{}: {} contains no image", source.name, place.path));
                }
            }
        }
    }
    named
}
