//! The two pattern languages that select images. Both see nothing but the canonical reference, so every
//! spelling of one image is selected alike.
//!
//! [`ImagePattern`], of `rules` and `exempt`: `[registry/]repository[:tag][@digest]`, normalised the way
//! references are. Registry, each path component, tag and digest are globbed apart (`*`, `?`, never
//! across a `/`); `**` stands for any number of path components. The first component is a registry when
//! it contains `.` or `:`, is `localhost`, or is `*` or `**`; otherwise the pattern is on Docker Hub.
//! `*` or `**` alone is every image. Without a tag part, any tag.
//!
//! [`ClassicPattern`], of `signatures`: one `*`/`?` wildcard over the whole text, in which `*` crosses
//! `/`, as in Kubewarden's `verify-image-signatures`. It selects an image when it matches any spelling
//! of it.
//!
//! *What if the tag is not known?* A reference given by digest alone may carry any tag, so a tag pattern
//! of its repository selects it for verification ([`Match::Perhaps`]) and never spares it one. Nor does a
//! tag written beside a digest spare it: the digest, not the tag, decides what runs.

use crate::reference::{
    DOCKER_HUB, DOCKER_HUB_ALIASES, OFFICIAL, Reference, is_tag, normalise_registry, split_tag,
};
use std::fmt;
use wildmatch::WildMatch;

/// The longest pattern, in bytes: no reference is longer.
pub const MAX_PATTERN: usize = 1024;

/// How a pattern stands to a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It is another image.
    No,
    /// It may be the image: the pattern names a tag, and the tag does not decide what runs.
    Perhaps,
    /// It is the image.
    Yes,
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// Nothing is there.
    Empty,
    /// Longer than [`MAX_PATTERN`].
    TooLong,
    /// A registry alone, which would be read as a repository of Docker Hub.
    RegistryAlone(String),
    /// `**` beside other characters.
    DoubleStar,
    /// Upper case in a repository, which no image has.
    UpperCase,
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
                "`{registry}` alone is a repository of Docker Hub; write `{registry}/**` for every \
                 image of that registry"
            ),
            Self::DoubleStar => f.write_str("`**` must be a whole path component"),
            Self::UpperCase => f.write_str("repositories are in lower case"),
            Self::Malformed(part) => write!(f, "the {part} can match no image"),
        }
    }
}

impl std::error::Error for PatternError {}

/// A pattern of `rules` and `exempt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePattern {
    /// Registry first, then the path's components.
    segments: Vec<Segment>,
    tag: Option<Glob>,
    digest: Option<Glob>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`
    Any,
    One(Glob),
}

/// A `*`/`?` wildcard within one component.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Glob(String);

impl Glob {
    fn matches(&self, text: &str) -> bool {
        WildMatch::new(&self.0).matches(text)
    }
}

impl ImagePattern {
    /// Parses and normalises.
    ///
    /// # Errors
    /// When no image could be selected, or when the pattern does not say what its writer must mean.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > MAX_PATTERN {
            return Err(PatternError::TooLong);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest_glob(digest)?)),
            None => (text, None),
        };
        let (name, tag) = split_tag(rest);
        Ok(Self { segments: name_segments(name)?, tag: tag.map(tag_glob).transpose()?, digest })
    }

    /// How this pattern stands to that image.
    #[must_use]
    pub fn matches(&self, image: &Reference) -> Match {
        let path: Vec<&str> =
            std::iter::once(image.registry()).chain(image.repository().split('/')).collect();
        let digest_matches = match (&self.digest, image.digest()) {
            (None, _) => true,
            (Some(glob), Some(digest)) => glob.matches(digest.as_str()),
            // The tag may point at that very digest.
            (Some(_), None) => return self.with_unknown_digest(&path),
        };
        if !digest_matches || !path_matches(&self.segments, &path) {
            return Match::No;
        }
        match (&self.tag, image.tag()) {
            (Some(glob), Some(tag)) if !glob.matches(tag) => Match::No,
            (Some(_), _) if image.digest().is_some() => Match::Perhaps,
            _ => Match::Yes,
        }
    }

    fn with_unknown_digest(&self, path: &[&str]) -> Match {
        if path_matches(&self.segments, path) { Match::Perhaps } else { Match::No }
    }
}

fn name_segments(name: &str) -> Result<Vec<Segment>, PatternError> {
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
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '*' | '?');
    if component.is_empty() || !component.chars().all(allowed) {
        return Err(PatternError::Malformed("repository"));
    }
    Ok(Segment::One(Glob(component.to_owned())))
}

fn tag_glob(tag: &str) -> Result<Glob, PatternError> {
    // A tag of the same shape in which every wildcard stands for one character.
    if is_tag(&tag.replace(['*', '?'], "a")) {
        Ok(Glob(tag.to_owned()))
    } else {
        Err(PatternError::Malformed("tag"))
    }
}

fn digest_glob(digest: &str) -> Result<Glob, PatternError> {
    let allowed = |c: char| matches!(c, '*' | '?' | 'a'..='f' | '0'..='9');
    let known = ["sha256:", "sha384:", "sha512:"]
        .iter()
        .find_map(|algorithm| digest.strip_prefix(algorithm));
    match known {
        Some(hex) if !hex.is_empty() && hex.chars().all(allowed) => Ok(Glob(digest.to_owned())),
        _ => Err(PatternError::Malformed("digest")),
    }
}

/// Matches components one by one; `**` takes any number of them. Only the last `**` needs trying
/// again, as in every wildcard matcher with one kind of star, so the cost is the product of the lengths.
fn path_matches(pattern: &[Segment], path: &[&str]) -> bool {
    let (mut pattern_rest, mut path_rest) = (pattern, path);
    let mut retry: Option<(&[Segment], &[&str])> = None;
    loop {
        match (pattern_rest.split_first(), path_rest.split_first()) {
            (None, None) => return true,
            (Some((Segment::Any, after)), _) => {
                retry = Some((after, path_rest));
                pattern_rest = after;
                continue;
            }
            (Some((Segment::One(glob), after)), Some((component, path_after)))
                if glob.matches(component) =>
            {
                (pattern_rest, path_rest) = (after, path_after);
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after, [_, shorter @ ..])) => {
                retry = Some((after, shorter));
                (pattern_rest, path_rest) = (after, shorter);
            }
            _ => return false,
        }
    }
}

/// A pattern of `signatures`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicPattern(String);

impl ClassicPattern {
    /// Every text that is not empty is a pattern.
    ///
    /// # Errors
    /// When the text is empty or longer than [`MAX_PATTERN`].
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > MAX_PATTERN {
            return Err(PatternError::TooLong);
        }
        // Registries are compared in lower case; nothing after the first slash is touched.
        Ok(Self(match text.split_once('/') {
            Some((first, rest)) => format!("{}/{rest}", first.to_ascii_lowercase()),
            None => text.to_owned(),
        }))
    }

    /// Whether the image, in one of its spellings, matches.
    #[must_use]
    pub fn selects(&self, image: &Reference) -> bool {
        let wildcard = WildMatch::new(&self.0);
        let suffixes = suffixes(image);
        names(image).iter().any(|name| {
            suffixes.iter().any(|suffix| wildcard.matches(&format!("{name}{suffix}")))
                || (image.tag().is_none() && self.selects_some_tag(name, image))
        })
    }

    /// Whether `name:tag` matches for some tag. If any tag does, then the tag that one of the pattern's
    /// ends spells (its stars empty, its question marks any character) does as well.
    fn selects_some_tag(&self, name: &str, image: &Reference) -> bool {
        let pattern = match (self.0.split_once('@'), image.digest()) {
            (Some((pattern, digest_glob)), Some(digest)) => {
                if !WildMatch::new(digest_glob).matches(digest.as_str()) {
                    return false;
                }
                pattern
            }
            _ => &self.0,
        };
        let wildcard = WildMatch::new(pattern);
        pattern.char_indices().any(|(start, _)| {
            let end = pattern.get(start..).unwrap_or_default();
            let spelled = end.replace('*', "").replace('?', "a");
            let tag = if spelled.is_empty() { "a" } else { &spelled };
            is_tag(tag) && wildcard.matches(&format!("{name}:{tag}"))
        })
    }
}

/// Every spelling of the image's name.
fn names(image: &Reference) -> Vec<String> {
    let (registry, repository) = (image.registry(), image.repository());
    if registry != DOCKER_HUB {
        let mut names = vec![format!("{registry}/{repository}")];
        if !registry.contains(':') {
            names.push(format!("{registry}:443/{repository}"));
        }
        return names;
    }
    let official = repository.strip_prefix("library/").filter(|short| !short.contains('/'));
    let mut names = Vec::new();
    for path in std::iter::once(repository).chain(official) {
        for host in std::iter::once(DOCKER_HUB).chain(DOCKER_HUB_ALIASES) {
            names.push(format!("{host}/{path}"));
            names.push(format!("{host}:443/{path}"));
        }
        // `foo.bar/baz` would be a registry.
        let first = path.split_once('/').map_or("", |(first, _)| first);
        if !first.contains('.') && first != "localhost" {
            names.push(path.to_owned());
        }
    }
    names
}

/// What can follow the name, with and without the digest.
fn suffixes(image: &Reference) -> Vec<String> {
    let mut suffixes = Vec::new();
    if let Some(tag) = image.tag() {
        suffixes.push(format!(":{tag}"));
    }
    if matches!(image.tag(), None | Some("latest")) {
        suffixes.push(String::new());
    }
    if let Some(digest) = image.digest() {
        suffixes.push(format!("@{digest}"));
        if let Some(tag) = image.tag() {
            suffixes.push(format!(":{tag}@{digest}"));
        }
    }
    suffixes
}
