//! The patterns of `rules` and `exempt`: `[registry/]repository[:tag][@digest]`, normalised the way
//! references are. Registry, each path component, tag and digest are globbed apart (`*`, `?`, never
//! across a `/`); `**` stands for any number of path components. The first component is a registry when
//! it contains `.` or `:`, is `localhost`, or is `*` or `**`; otherwise the pattern is on Docker Hub.
//! `*` or `**` alone is every image. Without a tag part, any tag. (Those of `signatures` are another
//! language: [`crate::image::legacy_pattern`].)
//!
//! *Which spelling counts?* The canonical one, so every spelling of one image matches alike.
//!
//! *What if the tag is not known?* A reference given by digest alone may carry any tag, so a tag pattern
//! of its repository matches it for verification ([`Match::Perhaps`]), and never spares it. A tag written beside a
//! digest is what its writer claims ([`Match::Claimed`]): the digest, not the tag, decides what runs.

use crate::image::error::ReferenceError;
use crate::image::glob;
use crate::image::grams::{Grams, add_grams};
use crate::image::pattern_parts::{
    Glob, Segment, digest_glob, is_port_rather_than_tag, name_segments, tag_glob,
};
pub use crate::image::pattern_parts::{MAX_PATTERN, PatternError};
use crate::image::reference::{Reference, split_tag};
use crate::image::spelling::Given;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::fmt;

/// How a pattern stands to a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It is another image.
    No,
    /// It may be the image: the pattern names a tag or a digest, which is not known of the image.
    Perhaps,
    /// It is the image by the tag that is claimed beside a digest.
    Claimed,
    /// It is the image.
    Yes,
}

/// A pattern of `rules` and `exempt`.
///
/// ```
/// use signed_images_policy::image::pattern::{ImagePattern, Match};
/// use signed_images_policy::image::reference::Reference;
///
/// let stands = |pattern: &str, image: &str| {
///     ImagePattern::parse(pattern).unwrap().matches(&Reference::parse(image).unwrap())
/// };
/// assert_eq!(stands("ghcr.io/acme/*", "ghcr.io/acme/app:1.2"), Match::Yes);
/// assert_eq!(stands("ghcr.io/acme/*", "ghcr.io/acme/team/app"), Match::No);
/// assert_eq!(stands("ghcr.io/acme/**:1.*", "ghcr.io/acme/team/app:1.2"), Match::Yes);
/// // A digest alone may carry any tag.
/// let by_digest = format!("ghcr.io/acme/app@sha256:{}", "a".repeat(64));
/// assert_eq!(stands("ghcr.io/acme/*:1.*", &by_digest), Match::Perhaps);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePattern {
    /// Registry first, then the path's components.
    pub(super) segments: Vec<Segment>,
    pub(super) tag: Option<Glob>,
    pub(super) digest: Option<Glob>,
    /// Of the segments.
    grams: Grams,
}

impl ImagePattern {
    /// Parses and normalises.
    ///
    /// # Errors
    /// When no image can match, or when the pattern does not say what its writer must mean.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > MAX_PATTERN {
            return Err(PatternError::TooLong);
        }
        Self::of_parts(text).map_err(|error| as_meant(text).unwrap_or(error))
    }

    fn of_parts(text: &str) -> Result<Self, PatternError> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest_glob(digest)?)),
            None => (text, None),
        };
        let (name, tag) = split_tag(rest);
        let could_be_registry = digest.is_none() && !name.contains(['/', '.', '*', '?']);
        if could_be_registry && tag.is_some_and(is_port_rather_than_tag) {
            return Err(PatternError::RegistryOrTag(text.to_owned()));
        }
        let segments = name_segments(name)?;
        let grams = grams_of(&segments);
        Ok(Self { segments, tag: tag.map(tag_glob).transpose()?, digest, grams })
    }

    /// The pattern of every image.
    #[must_use]
    pub fn every_image() -> Self {
        Self { segments: vec![Segment::Any], tag: None, digest: None, grams: Grams::new() }
    }

    /// An image that it matches, by a name that hardly anything else matches.
    pub(super) fn example(&self, given: Given) -> Option<Reference> {
        let fill = |glob: &str| glob.replace('*', "q0z").replace('?', "q");
        let mut text = String::new();
        for (index, segment) in self.segments.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { "/" });
            match segment {
                Segment::One(glob) if index > 0 || glob.as_str() != "*" => {
                    text.push_str(&fill(glob.as_str()));
                }
                Segment::Any | Segment::One(_) if index > 0 => text.push_str("q0z"),
                Segment::Any | Segment::One(_) => text.push_str("q0z.q0z"),
            }
        }
        if self.segments.len() == 1 {
            text.push_str("/q0z");
        }
        match given {
            Given::ByTag => {
                let tag =
                    self.tag.as_ref().map_or_else(|| "q0z".to_owned(), |tag| fill(tag.as_str()));
                text.extend([":", &tag]);
            }
            Given::ByDigest => {
                text.extend(["@sha256:", &"0b9".repeat(21), "7"]);
            }
        }
        Reference::parse(&text).ok().filter(|image| self.matches(image) != Match::No)
    }

    /// Whether it names a digest.
    pub(crate) fn reads_digest(&self) -> bool {
        self.digest.is_some()
    }

    /// What is in the name of every image that it matches.
    pub(super) fn grams(&self) -> &Grams {
        &self.grams
    }

    /// How this pattern stands to that image.
    #[must_use]
    pub fn matches(&self, image: &Reference) -> Match {
        let digest_matches = match (&self.digest, image.digest()) {
            (None, _) => true,
            (Some(glob), Some(digest)) => glob.matches(digest.as_str()),
            // The tag may point at that very digest.
            (Some(_), None) => return self.with_unknown_digest(image),
        };
        if !digest_matches || !self.names(image) {
            return Match::No;
        }
        match (&self.tag, image.tag()) {
            (Some(glob), Some(tag)) if !glob.matches(tag) => Match::No,
            (Some(_), Some(_)) if image.digest().is_some() => Match::Claimed,
            (Some(_), None) => Match::Perhaps,
            (Some(_), Some(_)) | (None, _) => Match::Yes,
        }
    }

    fn with_unknown_digest(&self, image: &Reference) -> Match {
        if self.names(image) { Match::Perhaps } else { Match::No }
    }

    /// Whether registry and repository match, component by component; `**` takes any number of them. Up to the first
    /// `**` and from the last, each component has its place.
    fn names(&self, image: &Reference) -> bool {
        let mut components = std::iter::once(image.registry()).chain(image.repository().split('/'));
        let mut segments = self.segments.as_slice();
        loop {
            segments = match segments {
                [] => return components.next().is_none(),
                [Segment::Any, ..] => break,
                [first, rest @ ..] if components.next().is_some_and(|own| first.is(own)) => rest,
                _ => return false,
            };
        }
        loop {
            segments = match segments {
                [Segment::Any] => return true,
                [] | [.., Segment::Any] => break,
                [rest @ .., last] if components.next_back().is_some_and(|own| last.is(own)) => rest,
                _ => return false,
            };
        }
        glob::matches(
            segments.iter(),
            components,
            |segment| **segment == Segment::Any,
            |segment, component| segment.is(component),
        )
    }
}

impl<'de> Deserialize<'de> for ImagePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// In the one spelling that images are compared with.
impl fmt::Display for ImagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "/" })?;
            match segment {
                Segment::Any => f.write_str("**")?,
                Segment::One(glob) => f.write_str(glob.as_str())?,
            }
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{}", tag.as_str())?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{}", digest.as_str())?;
        }
        Ok(())
    }
}

fn grams_of(segments: &[Segment]) -> Grams {
    let mut grams = Grams::new();
    for segment in segments.iter().rev() {
        match segment {
            Segment::Any => {}
            Segment::One(glob) => add_grams(&mut grams, &["/", glob.as_str(), "/"].concat()),
        }
    }
    grams
}

/// What is wrong with the whole of a text that is no pattern, where that says more than which part is wrong.
fn as_meant(text: &str) -> Option<PatternError> {
    if text.contains("://") {
        return Some(PatternError::AsReference(ReferenceError::Scheme));
    }
    if text.contains(char::is_whitespace) {
        return Some(PatternError::AsReference(ReferenceError::Blank));
    }
    let below = format!("{}/**", text.strip_suffix('/')?);
    ImagePattern::of_parts(&below).is_ok().then_some(PatternError::Folder(below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::legacy_pattern::{LegacyPattern, Spellings};
    use proptest::prelude::*;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn image(text: &str) -> Reference {
        Reference::parse(&text.replace("@A", &format!("@{A}"))).unwrap()
    }

    fn check(rows: &[(&str, &str, Match)]) {
        for (pattern, text, expected) in rows {
            let parsed = ImagePattern::parse(&pattern.replace("@A", &format!("@{A}"))).unwrap();
            assert_eq!(parsed.matches(&image(text)), *expected, "`{pattern}` and `{text}`");
        }
    }

    #[test]
    fn registry_and_path_boundaries() {
        use Match::{No, Yes};
        check(&[
            ("ghcr.io/acme/app", "ghcr.io/acme/app:1", Yes),
            ("ghcr.io/acme/app", "ghcr.io/acme/app2", No),
            ("ghcr.io/acme/app", "ghcr.io/acme/app/x", No),
            ("ghcr.io/acme/app", "ghcr.io/acme", No),
            ("ghcr.io/acme/app", "evil.io/ghcr.io/acme/app", No),
            // A host that only starts or ends like the one meant.
            ("ghcr.io/**", "ghcr.io.evil.com/acme/app", No),
            ("ghcr.io/**", "evilghcr.io/acme/app", No),
            ("ghcr.io/**", "ghcr.io:5000/acme/app", No),
            ("ghcr.io/**", "ghcr.io:443/acme/app", Yes),
            ("ghcr.io/**", "GHCR.io/acme/app", Yes),
            ("GHCR.io:443/acme/*", "ghcr.io/acme/app", Yes),
            // A star stays within its component.
            ("ghcr.io/acme/*", "ghcr.io/acme/app", Yes),
            ("ghcr.io/acme/*", "ghcr.io/acme/team/app", No),
            ("ghcr.io/acme/*", "ghcr.io/acme-evil/app", No),
            ("ghcr.io/acme*", "ghcr.io/acme/app", No),
            ("ghcr.io/acme*/app", "ghcr.io/acme-evil/app", Yes),
            ("ghcr.io/*/app", "ghcr.io/acme/app", Yes),
            ("ghcr.io/*/app", "ghcr.io/app", No),
            ("ghcr.io/acme/a??", "ghcr.io/acme/app", Yes),
            ("ghcr.io/acme/a??", "ghcr.io/acme/ap", No),
            ("ghcr.io/acme/a?p", "ghcr.io/acme/a/p", No),
            ("ghcr.io?acme/app", "ghcr.io/acme/app", No),
            ("*/acme/app", "ghcr.io/acme/app", Yes),
            ("*/acme/app", "acme/app", Yes),
            ("*/acme/app", "ghcr.io/x/acme/app", No),
            ("*.acme.com/app", "reg.acme.com/app", Yes),
            ("*.acme.com/app", "a.b.acme.com/app", Yes),
            ("*.acme.com/app", "acme.com/app", No),
            ("*.acme.com/app", "evilacme.com/app", No),
            ("*.acme.com/app", "reg.acme.com:5000/app", No),
            ("*.acme.com:*/app", "reg.acme.com:5000/app", Yes),
            ("*.ACME.com:443/app", "reg.acme.com/app", Yes),
            ("localhost/*", "localhost/app", Yes),
            ("localhost/*", "docker.io/localhost/app", No),
            ("localhost:5000/*", "localhost:5000/app", Yes),
            ("localhost:5000/*", "localhost:5001/app", No),
        ]);
    }

    #[test]
    fn double_star() {
        use Match::{No, Yes};
        check(&[
            ("*", "nginx", Yes),
            ("**", "ghcr.io/a/b/c/d:1@A", Yes),
            ("**/app", "ghcr.io/app", Yes),
            ("**/app", "ghcr.io/a/b/app", Yes),
            ("**/app", "ghcr.io/a/app/b", No),
            ("ghcr.io/**", "ghcr.io/app", Yes),
            ("ghcr.io/**", "ghcr.io/a/b/c", Yes),
            ("ghcr.io/acme/**", "ghcr.io/acme/app", Yes),
            // Any number of components, none as well: `acme` itself is a repository, too.
            ("ghcr.io/acme/**", "ghcr.io/acme", Yes),
            ("ghcr.io/acme/**", "ghcr.io/acme-evil/app", No),
            ("ghcr.io/**/app", "ghcr.io/app", Yes),
            ("ghcr.io/**/app", "ghcr.io/a/b/app", Yes),
            ("ghcr.io/**/app", "ghcr.io/a/b/app2", No),
            ("ghcr.io/a/**/b/**/c", "ghcr.io/a/b/c", Yes),
            ("ghcr.io/a/**/b/**/c", "ghcr.io/a/x/b/b/y/c", Yes),
            ("ghcr.io/a/**/b/**/c", "ghcr.io/a/c/b", No),
            ("ghcr.io/**/a*/**/z", "ghcr.io/b/ab/c/d/z", Yes),
            ("**/**", "nginx", Yes),
        ]);
    }

    #[test]
    fn docker_hub() {
        use Match::{No, Yes};
        for spelling in [
            "nginx",
            "library/nginx",
            "docker.io/nginx",
            "docker.io/library/nginx",
            "index.docker.io/nginx",
            "registry-1.docker.io/library/nginx",
            "Docker.io:443/nginx",
        ] {
            let twin = ImagePattern::parse("nginx").unwrap();
            assert_eq!(ImagePattern::parse(spelling), Ok(twin), "{spelling}");
            check(&[("nginx", spelling, Yes)]);
        }
        check(&[
            ("nginx", "acme/nginx", No),
            ("nginx", "ghcr.io/library/nginx", No),
            ("docker.io/*", "nginx", Yes),
            ("docker.io/*", "acme/nginx", No),
            ("docker.io/**", "acme/nginx", Yes),
            ("docker.io/**", "ghcr.io/acme/nginx", No),
            ("acme/*", "docker.io/acme/app", Yes),
            ("acme/*", "ghcr.io/acme/app", No),
            ("acme/**", "acme/a/b", Yes),
            ("library/*", "nginx", Yes),
            ("ngin*", "nginx", Yes),
            ("ngin?", "nginx", Yes),
            // An organisation of that name is not the official image.
            ("library", "library/nginx", No),
        ]);
    }

    #[test]
    fn tags_and_digests() {
        use Match::{Claimed, No, Perhaps, Yes};
        check(&[
            ("ghcr.io/acme/app", "ghcr.io/acme/app:2", Yes),
            ("ghcr.io/acme/app", "ghcr.io/acme/app@A", Yes),
            ("ghcr.io/acme/app:1.*", "ghcr.io/acme/app:1.2", Yes),
            ("ghcr.io/acme/app:1.*", "ghcr.io/acme/app:10", No),
            ("ghcr.io/acme/app:latest", "ghcr.io/acme/app", Yes),
            ("ghcr.io/acme/app:V1", "ghcr.io/acme/app:v1", No),
            // Its tag is not known, or a claim.
            ("ghcr.io/acme/app:1.*", "ghcr.io/acme/app@A", Perhaps),
            ("ghcr.io/acme/app:1.*", "ghcr.io/acme/app:1.2@A", Claimed),
            ("ghcr.io/acme/app:1.*@sha256:a*", "ghcr.io/acme/app:1.2@A", Claimed),
            ("ghcr.io/acme/app:1.*", "ghcr.io/acme/app:2@A", No),
            ("ghcr.io/acme/app:1.*", "ghcr.io/acme/app2@A", No),
            ("ghcr.io/acme/app@A", "ghcr.io/acme/app@A", Yes),
            ("ghcr.io/acme/app@A", "ghcr.io/acme/app:1@A", Yes),
            ("ghcr.io/acme/app@sha256:a*", "ghcr.io/acme/app@A", Yes),
            ("ghcr.io/acme/app@sha256:b*", "ghcr.io/acme/app@A", No),
            // The tag may point at that very digest.
            ("ghcr.io/acme/app@A", "ghcr.io/acme/app:1", Perhaps),
            ("ghcr.io/acme/app@A", "ghcr.io/acme/app2:1", No),
            ("reg:5000/app:1", "reg:5000/app:1", Yes),
            ("reg:5000/app", "reg:5000/app:1", Yes),
        ]);
    }

    #[test]
    fn written_in_one_spelling() {
        let rows = [
            ("nginx", "docker.io/library/nginx"),
            ("*", "**"),
            ("index.docker.io/acme/*:1.*", "docker.io/acme/*:1.*"),
            ("GHCR.io:443/**/app:V1@sha256:a*", "ghcr.io/**/app:V1@sha256:a*"),
        ];
        for (text, expected) in rows {
            let pattern = ImagePattern::parse(text).unwrap();
            assert_eq!(pattern.to_string(), expected);
            assert_eq!(ImagePattern::parse(expected), Ok(pattern));
        }
    }

    #[test]
    fn what_is_no_pattern() {
        let too_long = "a".repeat(MAX_PATTERN + 1);
        let rows = [
            ("", "the pattern is empty"),
            (&too_long, "the pattern is longer than 1024 bytes"),
            (
                "ghcr.io",
                "`ghcr.io` alone is a repository on Docker Hub; for every image of that registry, write `ghcr.io/**`",
            ),
            (
                "localhost",
                "`localhost` alone is a repository on Docker Hub; for every image of that registry, write \
                 `localhost/**`",
            ),
            ("ghcr.io/acme**", "`**` must be a whole path component"),
            ("ghcr.io/***", "`**` must be a whole path component"),
            ("**.io/acme", "`**` must be a whole path component"),
            ("ghcr.io/Acme/*", "repositories must be in lower case"),
            ("Acme/*", "repositories must be in lower case"),
            ("ghcr.io/", "it ends with `/`; for every image below it, write `ghcr.io/**`"),
            ("ghcr.io//app", "the repository cannot match any image"),
            ("/app", "the repository cannot match any image"),
            ("ghcr.io/a b", "it contains a space or a line break"),
            ("ghcr.io/** ", "it contains a space or a line break"),
            ("ghcr.io/app: 1.4", "it contains a space or a line break"),
            (
                "ghcr.io/acme/",
                "it ends with `/`; for every image below it, write `ghcr.io/acme/**`",
            ),
            ("ghcr.io//", "the repository cannot match any image"),
            ("oci://ghcr.io/acme/", "it starts with a scheme such as `https://`; remove it"),
            ("ghcr.io/[ab]", "the repository cannot match any image"),
            ("ghcr.io/{a,b}", "the repository cannot match any image"),
            ("!ghcr.io/acme", "the registry cannot match any image"),
            ("https://ghcr.io/acme", "it starts with a scheme such as `https://`; remove it"),
            ("ghcr.io:port/acme", "the registry cannot match any image"),
            ("ghcr_.io*/acme", "the registry cannot match any image"),
            ("[::1]/acme", "the registry cannot match any image"),
            ("ghcr.io/app:", "the tag cannot match any image"),
            ("ghcr.io/app:a:b", "the tag cannot match any image"),
            ("ghcr.io/app:-rc", "the tag cannot match any image"),
            ("ghcr.io/app@", "the digest cannot match any image"),
            ("ghcr.io/app@*", "the digest cannot match any image"),
            ("ghcr.io/app@sha256:", "the digest cannot match any image"),
            ("ghcr.io/app@sha256:XYZ", "the digest cannot match any image"),
        ];
        for (text, message) in rows {
            let error = ImagePattern::parse(text).map_err(|error| error.to_string());
            assert_eq!(error.unwrap_err(), message, "{text}");
        }
        assert!(ImagePattern::parse(&"a".repeat(MAX_PATTERN)).is_ok());
        assert_eq!(LegacyPattern::parse("").err(), Some(PatternError::Empty));
        assert_eq!(LegacyPattern::parse(&too_long).err(), Some(PatternError::TooLong));
        assert!(LegacyPattern::parse(&"a".repeat(MAX_PATTERN)).is_ok());
    }

    #[test]
    fn many_double_stars_take_no_time() {
        let pattern = format!("ghcr.io/{}x", "**/a*/".repeat(150));
        let text = format!("ghcr.io/{}y", "a/".repeat(120));
        check(&[(&pattern, &text, Match::No)]);
    }

    prop_compose! {
        /// The parts of an image: registry (none on Docker Hub), repository, tag, digest.
        fn parts()(
            registry in proptest::option::of("[a-z]{1,3}\\.[a-z]{2}|localhost|[a-z]{1,3}:5000"),
            repository in "([a-z]{1,2}/){0,2}[a-z]{1,2}([._-][a-z]{1,2})?",
            tag in proptest::option::of("[a-c0-2][a-c0-2.-]{0,3}|latest"),
            digest: bool,
        ) -> (Option<String>, String, Option<String>, bool) {
            (registry, repository, tag, digest)
        }
    }

    prop_compose! {
        /// An image, and one of the ways to write it.
        fn spelled()(
            (registry, repository, tag, digest) in parts(),
            port: bool, upper: bool, library: bool, implied: bool,
            hub in prop::sample::select(vec!["", "docker.io/", "index.docker.io/", "registry-1.docker.io/"]),
        ) -> (Reference, String) {
            let suffix = match (&tag, digest) {
                (None, false) if implied => ":latest".to_owned(),
                (Some(tag), false) if tag == "latest" && implied => String::new(),
                _ => tag.as_deref().map(|tag| format!(":{tag}")).unwrap_or_default(),
            } + &if digest { format!("@{A}") } else { String::new() };
            let is_official = registry.is_none() && !repository.contains('/');
            let host = registry.as_ref().map_or(hub.to_owned(), |registry| format!("{registry}/"));
            let host = match host.strip_suffix('/') {
                Some(host) if port && !host.contains(':') => format!("{host}:443/"),
                _ => host,
            };
            let host = if upper { host.to_ascii_uppercase() } else { host };
            let path = if is_official && library { "library/" } else { "" };
            let text = format!("{host}{path}{repository}{suffix}");
            (Reference::parse(&text).unwrap(), text)
        }
    }

    prop_compose! {
        /// An image by its tag, the same with a digest, and a wildcard made of the former's text.
        fn globbed()(
            (registry, repository, tag, _) in parts(),
            star in any::<(prop::sample::Index, prop::sample::Index)>(),
            question in proptest::option::of(any::<prop::sample::Index>()),
        ) -> ([Reference; 3], String) {
            let name = registry.map_or(repository.clone(), |registry| format!("{registry}/{repository}"));
            let tag = tag.unwrap_or_else(|| "latest".to_owned());
            let texts = [format!("{name}:{tag}"), format!("{name}@{A}"), format!("{name}:{tag}@{A}")];
            let mut glob: Vec<char> = texts[0].chars().collect();
            if let Some(question) = question {
                *question.get_mut(&mut glob) = '?';
            }
            let (a, b) = (star.0.index(glob.len()), star.1.index(glob.len()));
            glob.splice(a.min(b)..a.max(b), ['*']);
            (texts.map(|text| Reference::parse(&text).unwrap()), glob.into_iter().collect())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// However an image is written, the pattern of the same text matches it.
        #[test]
        fn every_spelling_is_selected_alike((image, text) in spelled()) {
            prop_assert!(LegacyPattern::parse(&text).unwrap().matches(&Spellings::of(&image)));
            prop_assert!(LegacyPattern::parse(&image.to_string()).unwrap().matches(&Spellings::of(&image)));
            match ImagePattern::parse(&text) {
                Ok(pattern) => prop_assert!(pattern.matches(&image) >= Match::Perhaps),
                Err(PatternError::RegistryAlone(_)) => prop_assert!(!text.contains('/')),
                // A registry in a reference, and a typing mistake in a pattern.
                Err(error) => prop_assert!(text.starts_with("LOCALHOST/"), "{} {}", text, error),
            }
        }

        /// Whoever gives an image by its digest escapes no pattern of its tag.
        #[test]
        fn a_digest_escapes_no_pattern(([tagged, digested, both], glob) in globbed()) {
            let legacy = LegacyPattern::parse(&glob).unwrap();
            prop_assert!(legacy.matches(&Spellings::of(&tagged)));
            prop_assert!(legacy.matches(&Spellings::of(&digested)));
            prop_assert!(legacy.matches(&Spellings::of(&both)));
            if let Ok(pattern) = ImagePattern::parse(&glob)
                && pattern.matches(&tagged) >= Match::Perhaps
            {
                prop_assert!(pattern.matches(&digested) >= Match::Perhaps);
                prop_assert!(pattern.matches(&both) >= Match::Perhaps);
            }
        }

        /// Nor is an image exempt by a tag that does not decide what runs.
        #[test]
        fn a_tag_beside_a_digest_spares_nothing(([_, digested, both], glob) in globbed()) {
            if let Ok(pattern) = ImagePattern::parse(&glob)
                && pattern.tag.is_some()
            {
                prop_assert!(pattern.matches(&digested) < Match::Yes);
                prop_assert!(pattern.matches(&both) < Match::Yes);
            }
        }
    }
}
