//! The parts of an image pattern: registry, path components, tag and digest, each a glob of its own; and what is wrong
//! with a text that has none that an image could match.

use crate::image::error::ReferenceError;
use crate::image::glob;
use crate::image::reference::{
    DOCKER_HUB, Digest, OFFICIAL, is_path_component, is_tag, normalise_registry,
};
use std::fmt;

/// The longest pattern, in bytes: no reference is longer.
pub const MAX_PATTERN: usize = 1024;

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// Nothing is there.
    Empty,
    /// Longer than [`MAX_PATTERN`].
    TooLong,
    /// A registry alone, which would be read as a repository of Docker Hub.
    RegistryAlone(String),
    /// A name and a number: a registry with its port, or an image of Docker Hub with its tag.
    RegistryOrTag(String),
    /// `**` beside other characters.
    DoubleStar,
    /// Upper case in a repository, which no image has.
    UpperCase,
    /// What no reference may have either.
    AsReference(ReferenceError),
    /// A `/` at the end, and the pattern of every image below it.
    Folder(String),
    /// A part that no reference can match.
    Malformed(&'static str),
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the pattern is empty"),
            Self::TooLong => write!(f, "the pattern is longer than {MAX_PATTERN} bytes"),
            Self::RegistryAlone(registry) => write!(
                f,
                "`{registry}` alone is a repository on Docker Hub; for every image of that registry, write \
                 `{registry}/**`"
            ),
            Self::RegistryOrTag(text) => write!(
                f,
                "`{text}` can be an image or a registry: write `docker.io/library/{text}` for the image with that \
                 tag, or `{text}/**` for every image of the registry at that port"
            ),
            Self::DoubleStar => f.write_str("`**` must be a whole path component"),
            Self::UpperCase => f.write_str("repositories must be in lower case"),
            Self::AsReference(error) => error.fmt(f),
            Self::Folder(below) => {
                write!(f, "it ends with `/`; for every image below it, write `{below}`")
            }
            Self::Malformed(part) => write!(f, "the {part} cannot match any image"),
        }
    }
}

impl std::error::Error for PatternError {}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// `**`
    Any,
    One(Glob),
}

impl Segment {
    /// Whether it is that component.
    pub(super) fn is(&self, component: &str) -> bool {
        matches!(self, Self::One(glob) if glob.matches(component))
    }
}

/// A `*`/`?` wildcard within one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob(String);

impl Glob {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        glob::matches_text(&self.0, text)
    }
}

pub(super) fn name_segments(name: &str) -> Result<Vec<Segment>, PatternError> {
    let Some((first, rest)) = name.split_once('/') else {
        return match name {
            "*" | "**" => Ok(vec![Segment::Any]),
            _ if name.contains('.') || name == "localhost" => {
                Err(PatternError::RegistryAlone(name.to_owned()))
            }
            _ => hub_segments(name),
        };
    };
    let registry = match first {
        "**" => Segment::Any,
        _ if is_registry_pattern(first) => Segment::One(registry_glob(first)?),
        _ => return hub_segments(name),
    };
    if registry == Segment::One(Glob(DOCKER_HUB.to_owned())) {
        return hub_segments(rest);
    }
    let mut segments = vec![registry];
    for component in rest.split('/') {
        segments.push(path_segment(component)?);
    }
    Ok(segments)
}

/// Whether a number is a registry's port rather than an image's tag, which are versions (`redis:7`) and years
/// (`amazonlinux:2023`).
pub(super) fn is_port_rather_than_tag(text: &str) -> bool {
    let number = text.parse::<u16>().unwrap_or_default();
    !text.starts_with(['0', '+'])
        && (number == 443 || number >= 1024 && !(2000..2100).contains(&number))
}

fn is_registry_pattern(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first == "*"
}

/// `nginx` is `docker.io/library/nginx`.
fn hub_segments(path: &str) -> Result<Vec<Segment>, PatternError> {
    let mut segments = vec![Segment::One(Glob(DOCKER_HUB.to_owned()))];
    if !path.contains('/') && path != "**" {
        segments.push(Segment::One(Glob(OFFICIAL.to_owned())));
    }
    for component in path.split('/') {
        segments.push(path_segment(component)?);
    }
    Ok(segments)
}

fn registry_glob(text: &str) -> Result<Glob, PatternError> {
    if text.contains(['*', '?']) {
        let lower = text.to_ascii_lowercase();
        let wild = |c: char| matches!(c, '*' | '?' | '.' | ':' | '-') || c.is_ascii_alphanumeric();
        if lower.contains("**") {
            return Err(PatternError::DoubleStar);
        }
        if lower.chars().all(wild) {
            return Ok(Glob(lower.strip_suffix(":443").unwrap_or(&lower).to_owned()));
        }
    } else if let Ok(registry) = normalise_registry(text) {
        return Ok(Glob(registry));
    }
    Err(PatternError::Malformed("registry"))
}

fn path_segment(component: &str) -> Result<Segment, PatternError> {
    if component == "**" {
        return Ok(Segment::Any);
    }
    if component.contains("**") {
        return Err(PatternError::DoubleStar);
    }
    if component.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(PatternError::UpperCase);
    }
    // A component of the same shape in which every wildcard stands for one character.
    if !is_path_component(&component.replace(['*', '?'], "a")) {
        return Err(PatternError::Malformed("repository"));
    }
    Ok(Segment::One(Glob(component.to_owned())))
}

pub(super) fn tag_glob(tag: &str) -> Result<Glob, PatternError> {
    // A tag of the same shape in which every wildcard stands for one character.
    if is_tag(&tag.replace(['*', '?'], "a")) {
        Ok(Glob(tag.to_owned()))
    } else {
        Err(PatternError::Malformed("tag"))
    }
}

pub(super) fn digest_glob(digest: &str) -> Result<Glob, PatternError> {
    let allowed = |c: char| matches!(c, '*' | '?' | 'a'..='f' | '0'..='9');
    let (algorithm, hex) = digest.split_once(':').unwrap_or((digest, ""));
    let is_known = Digest::ALGORITHMS.iter().any(|(known, _)| *known == algorithm);
    let known = is_known.then_some(hex);
    match known {
        Some(hex) if hex.contains(['*', '?']) && hex.chars().all(allowed) => {
            Ok(Glob(digest.to_owned()))
        }
        Some(_) if Digest::parse(digest).is_ok() => Ok(Glob(digest.to_owned())),
        _ => Err(PatternError::Malformed("digest")),
    }
}
