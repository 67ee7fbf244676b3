//! The content of a report, from a file.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;
use signed_images_policy::attestation::reduce;
use signed_images_policy::policy::predicate_type::{Format, PredicateType};

use super::scanner::{self, ScanError};

/// Why a file is no predicate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PredicateError {
    #[error("cannot read predicate `{}`: {source}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("predicate `{}` is not JSON: {source}", .path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("predicate `{}` is not a JSON object", .path.display())]
    NotAnObject { path: PathBuf },
    #[error("predicate `{}`: {source}", .path.display())]
    Scan { path: PathBuf, source: ScanError },
}

/// Reads the file `path`; `-` is stdin. `scan_finished` is when was scanned what does not say so itself.
pub(crate) fn read(
    path: &Path,
    predicate_type: &PredicateType,
    scan_finished: Option<&str>,
) -> Result<Box<RawValue>, PredicateError> {
    let text =
        text(path).map_err(|source| PredicateError::Read { path: path.to_owned(), source })?;
    let raw: Box<RawValue> = serde_json::from_str(&text)
        .map_err(|source| PredicateError::Json { path: path.to_owned(), source })?;
    if !raw.get().starts_with('{') {
        return Err(PredicateError::NotAnObject { path: path.to_owned() });
    }
    if predicate_type.format() != Format::Vulnerabilities {
        return Ok(raw);
    }
    scanner::predicate(raw, scan_finished)
        .map_err(|source| PredicateError::Scan { path: path.to_owned(), source })
}

/// What conditions read of a predicate, and what is at these pointers.
pub(crate) fn reduced(
    predicate: &RawValue,
    predicate_type: &PredicateType,
    keep: &[String],
) -> serde_json::Result<Box<RawValue>> {
    let keep: Vec<&str> = keep.iter().map(String::as_str).collect();
    serde_json::from_slice(&reduce(predicate_type, predicate.get().as_bytes(), &keep)?)
}

fn text(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return crate::text::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    crate::text::decode(bytes).map_err(std::io::Error::other)
}
