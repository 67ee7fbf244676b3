//! `check --pin`: the digests that were verified go into the files that hold the images, those of standard input
//! onto stdout.

use std::path::Path;
use std::process::ExitCode;

use super::exit;
use super::print::{print, tell};
use crate::check::conclusion::Conclusion;
use crate::check::pin::{Pinned, pin};
use crate::check::report::Report;
use crate::check::source::{Origin, Source};
use crate::check::write;
use crate::legible;

/// Pins the images of the sources.
///
/// # Errors
/// When a text cannot be written.
pub(super) fn pin_all(sources: &[Source], report: &Report) -> anyhow::Result<ExitCode> {
    let pinned: Vec<(&Source, Pinned)> = sources
        .iter()
        .enumerate()
        .map(|(index, source)| (source, pin(source, index, report)))
        .collect();
    let mut files: Vec<(&Path, &str)> = Vec::new();
    for (source, Pinned { text, images, .. }) in &pinned {
        match &source.origin {
            Origin::File(path) if *images > 0 => files.push((path, text)),
            Origin::Stdin => print(text)?,
            Origin::File(_) | Origin::Argument | Origin::Cluster => {}
        }
    }
    write::replace(&files)?;
    let mut is_complete = true;
    for (source, pinned) in pinned.iter().filter(|(_, pinned)| pinned.images > 0) {
        if source.origin == Origin::Argument {
            tell(&format!("not pinned, because it is in no file: {}\n", pinned.text));
            is_complete = false;
        } else {
            tell(&format!("pinned in {}: {}\n", source.name, pinned.images));
        }
    }
    let refused: Vec<_> = pinned.iter().flat_map(|(_, pinned)| &pinned.refused).collect();
    for refusal in &refused {
        tell(&format!("{}\n", legible::line(&refusal.to_string())));
    }
    is_complete &= refused.is_empty();
    Ok(if is_complete { ExitCode::SUCCESS } else { exit::of_check(Conclusion::Unchecked) })
}
