//! The patterns of `signatures`: one `*`/`?` wildcard over the whole text, in which `*` crosses `/`, matched by
//! the crate that Kubewarden's `verify-image-signatures` matches with. A pattern matches an image when it
//! matches any spelling of it.
//!
//! *What if the tag is not known?* A reference given by digest alone is matched by every tag pattern of
//! its repository.
//!
//! *And if it has both?* It is matched with its tag and without, with its digest and without.

use crate::image::grams::{GramSet, Grams, add_grams};
use crate::image::pattern::{MAX_PATTERN, PatternError};
use crate::image::reference::{
    DOCKER_HUB, DOCKER_HUB_ALIASES, Digest, LATEST, OFFICIAL, Reference, is_tag,
};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::fmt;
use wildmatch::WildMatch;

/// A pattern of `signatures`.
///
/// ```
/// use signed_images_policy::image::legacy_pattern::{LegacyPattern, Spellings};
/// use signed_images_policy::image::reference::Reference;
///
/// let matches = |pattern: &str, image: &str| {
///     let image = Spellings::of(&Reference::parse(image).unwrap());
///     LegacyPattern::parse(pattern).unwrap().matches(&image)
/// };
/// // Here a star crosses slashes, and any spelling of the image will do.
/// assert!(matches("ghcr.io/*", "ghcr.io/acme/team/app:1"));
/// assert!(matches("nginx:1.*", "docker.io/library/nginx:1.25"));
/// // Nobody knows the tag of a digest.
/// assert!(matches("nginx:1.*", &format!("nginx@sha256:{}", "a".repeat(64))));
/// assert!(!matches("nginx:1.*", "nginx:2.0"));
/// ```
#[derive(Clone, Debug)]
pub struct LegacyPattern {
    text: String,
    wildcard: WildMatch,
    grams: Grams,
    /// Of what stands in the name, whatever the tag.
    grams_of_name: Grams,
}

impl LegacyPattern {
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
        // Registries are compared in lower case; nothing after the first slash is touched. Without a
        // slash, a star may stand for it, and a colon may start a tag.
        let end = text.find('/').or_else(|| text.find('*').and(text.find(['*', ':'])));
        let (registry, rest) = text.split_at(end.unwrap_or(0));
        let text = [&registry.to_ascii_lowercase(), rest].concat();
        let (mut grams, mut grams_of_name) = (Grams::new(), Grams::new());
        add_grams(&mut grams, &text);
        for piece in text.rsplit(['*', '?']) {
            add_grams(&mut grams_of_name, in_name(piece));
        }
        Ok(Self { wildcard: WildMatch::new(&text), text, grams, grams_of_name })
    }

    /// Whether it could match an image for its digest, which it does not match by its tag: it names one, or a wildcard
    /// may stand for a part of one.
    pub(crate) fn reads_digest(&self) -> bool {
        let of_digest = |byte: &u8| matches!(byte, b's' | b'h' | b':' | b'a'..=b'f' | b'0'..=b'9');
        let is_wild = |byte: &u8| matches!(byte, b'*' | b'?');
        let tail = self.text.bytes().rev().take_while(|byte| of_digest(byte) || is_wild(byte));
        self.text.contains('@') || tail.skip_while(|byte| *byte == b'*').any(|byte| is_wild(&byte))
    }

    /// Whether the image, in one of its spellings, matches.
    #[must_use]
    pub fn matches(&self, image: &Spellings) -> bool {
        if image.grams.has_all(&self.grams)
            && image.texts.iter().any(|text| matches(&self.wildcard, text))
        {
            return true;
        }
        let Some(digest) = &image.untagged else { return false };
        if !image.grams.has_all(&self.grams_of_name) {
            return false;
        }
        let (tagged, of_digest) = match self.text.split_once('@') {
            Some((tagged, of_digest)) => (tagged, of_digest),
            None => (self.text.as_str(), "*"),
        };
        if !matches(&WildMatch::new(of_digest), digest.as_str()) {
            return false;
        }
        let wildcard = WildMatch::new(tagged);
        spelled_tags(tagged)
            .iter()
            .any(|tag| image.names.iter().any(|name| matches(&wildcard, &format!("{name}:{tag}"))))
    }
}

/// Whether the text matches. No wildcard here ignores the case of letters; the compiler, which is told so, leaves out
/// Unicode's table of lower-case letters, which is twelve kilobytes.
fn matches(wildcard: &WildMatch, text: &str) -> bool {
    !wildcard.is_case_insensitive() && wildcard.matches(text)
}

impl<'de> Deserialize<'de> for LegacyPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl fmt::Display for LegacyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An image in all its spellings.
#[derive(Clone, Debug)]
pub struct Spellings {
    names: Vec<String>,
    /// Names with what can follow them.
    texts: Vec<String>,
    /// The digest of an image whose tag is not known.
    untagged: Option<Digest>,
    /// Of the texts.
    grams: GramSet,
}

impl Spellings {
    /// The spellings of that image.
    #[must_use]
    pub fn of(image: &Reference) -> Self {
        let names = names(image);
        let mut texts = Vec::new();
        for suffix in suffixes(image) {
            texts.extend(names.iter().map(|name| [name.as_str(), &suffix].concat()));
        }
        let untagged = image.digest().filter(|_| image.tag().is_none()).cloned();
        let mut grams = GramSet::default();
        for text in &texts {
            grams.add(text);
        }
        Self { names, texts, untagged, grams }
    }

    /// The spellings; of an image whose tag is not known, those without a tag.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// What of a piece of a pattern stands in the name of each image that it matches. What has a slash is in the name, up
/// to the colon of the tag.
fn in_name(piece: &str) -> &str {
    let Some(last) = piece.rfind('/') else { return "" };
    let end = piece.bytes().skip(last).take_while(|byte| !matches!(byte, b':' | b'@')).count();
    piece.get(..last + end).unwrap_or_default()
}

/// Tags of which one matches if any does: those that the pattern's ends spell, their stars empty, their
/// question marks any character.
fn spelled_tags(pattern: &str) -> Vec<String> {
    let tail = pattern.rsplit(['/', ':']).next().unwrap_or(pattern);
    let ends = tail.char_indices().filter_map(|(start, _)| tail.get(start..));
    ends.flat_map(|end| {
        let spelled = end.replace('*', "").replace('?', "a");
        // A tag starts with a letter, a digit or `_`: in `*-rc`, the star stands for one at least.
        let longer = format!("a{spelled}");
        [spelled, longer]
    })
    .filter(|tag| is_tag(tag))
    .collect()
}

/// Every spelling of the image's name.
pub(crate) fn names(image: &Reference) -> Vec<String> {
    let (registry, repository) = (image.registry(), image.repository());
    if registry != DOCKER_HUB {
        let mut names = vec![[registry, "/", repository].concat()];
        if !registry.contains(':') {
            names.push([registry, ":443/", repository].concat());
        }
        return names;
    }
    let official = repository
        .strip_prefix(OFFICIAL)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|short| !short.contains('/'));
    let mut names = Vec::new();
    for path in std::iter::once(repository).chain(official) {
        for host in std::iter::once(DOCKER_HUB).chain(DOCKER_HUB_ALIASES) {
            names.push([host, "/", path].concat());
            names.push([host, ":443/", path].concat());
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
        suffixes.push([":", tag].concat());
    }
    if matches!(image.tag(), None | Some(LATEST)) {
        suffixes.push(String::new());
    }
    if let Some(digest) = image.digest() {
        suffixes.push(["@", digest.as_str()].concat());
        if let Some(tag) = image.tag() {
            suffixes.push([":", tag, "@", digest.as_str()].concat());
        }
    }
    suffixes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn image(text: &str) -> Reference {
        Reference::parse(&text.replace("@A", &format!("@{A}"))).unwrap()
    }

    fn check_classic(rows: &[(&str, &str, bool)]) {
        for (pattern, text, expected) in rows {
            let parsed = LegacyPattern::parse(&pattern.replace("@A", &format!("@{A}"))).unwrap();
            assert_eq!(
                parsed.matches(&Spellings::of(&image(text))),
                *expected,
                "`{pattern}` and `{text}`"
            );
        }
    }

    #[test]
    fn classic_patterns() {
        check_classic(&[
            ("*", "nginx", true),
            ("*", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/*", "ghcr.io/acme/app:1", true),
            // The star crosses slashes, colons and the at sign.
            ("ghcr.io/acme/*", "ghcr.io/acme/team/app:1@A", true),
            ("ghcr.io/*app", "ghcr.io/acme/app", true),
            ("ghcr.io/acme/*", "ghcr.io/acme-evil/app", false),
            ("ghcr.io/acme/*", "GHCR.IO:443/acme/app", true),
            ("GHCR.io/acme/*", "ghcr.io/acme/app", true),
            ("ghcr.io:443/acme/*", "ghcr.io/acme/app", true),
            ("ghcr.io/acme/app", "ghcr.io/acme/app", true),
            ("ghcr.io/acme/app", "ghcr.io/acme/app:latest", true),
            ("ghcr.io/acme/app", "ghcr.io/acme/app:1", false),
            ("ghcr.io/acme/app:latest", "ghcr.io/acme/app", true),
            ("ghcr.io/acme/app:?", "ghcr.io/acme/app:1", true),
            ("ghcr.io/acme/app:?", "ghcr.io/acme/app:12", false),
            ("ghcr.io/acme/app:1", "ghcr.io/acme/app:1@A", true),
            ("ghcr.io/acme/app@A", "ghcr.io/acme/app:1@A", true),
            ("ghcr.io/acme/app:1@A", "ghcr.io/acme/app:1@A", true),
            ("ghcr.io/acme/app:2@A", "ghcr.io/acme/app:1@A", false),
            ("ghcr.io/acme/app@sha256:b*", "ghcr.io/acme/app:1@A", false),
            ("ghcr.io/acme/app", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/APP", "ghcr.io/acme/app", false),
            ("reg:5000/app:1", "reg:5000/app:1", true),
            ("reg/app:1", "reg:5000/app:1", false),
        ]);
    }

    #[test]
    fn classic_patterns_on_docker_hub() {
        for image in ["nginx:1", "library/nginx:1", "docker.io/nginx:1", "index.docker.io/nginx:1"]
        {
            check_classic(&[
                ("nginx:1", image, true),
                ("nginx*", image, true),
                ("library/nginx:*", image, true),
                ("docker.io/nginx:1", image, true),
                ("docker.io/library/*", image, true),
                ("docker.io/*", image, true),
                ("index.docker.io/*", image, true),
                ("registry-1.docker.io/library/nginx:1", image, true),
                ("docker.io:443/nginx:1", image, true),
                ("ghcr.io/*", image, false),
                ("acme/*", image, false),
                ("docker.io/acme/*", image, false),
            ]);
        }
        check_classic(&[
            ("acme/app:*", "docker.io/acme/app:1", true),
            ("docker.io/acme/*", "acme/app:1", true),
            // `foo.bar/baz` is the registry `foo.bar`, not a repository of Docker Hub.
            ("foo.bar/baz", "docker.io/foo.bar/baz", false),
            ("docker.io/foo.bar/baz", "docker.io/foo.bar/baz", true),
            ("localhost/app", "docker.io/localhost/app", false),
        ]);
    }

    /// The tag of a digest is not known: every pattern of one of its repository's tags matches it.
    #[test]
    fn classic_tag_patterns_select_digests() {
        check_classic(&[
            ("ghcr.io/acme/app:1.2", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/app:1.*", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/*:1.*", "ghcr.io/acme/app@A", true),
            ("*:latest", "ghcr.io/acme/app@A", true),
            ("*-rc", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/*.1", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/a*-??", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/app?1", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/app:1@A", "ghcr.io/acme/app@A", true),
            ("ghcr.io/acme/app:1@sha256:b*", "ghcr.io/acme/app@A", false),
            ("ghcr.io/acme/other:1.2", "ghcr.io/acme/app@A", false),
            ("ghcr.io/acme/other*", "ghcr.io/acme/app@A", false),
        ]);
    }

    /// Where it is not told that a pattern looks at digests, one that matches `name:tag@digest` matches `name:tag`.
    #[test]
    fn patterns_that_look_at_digests() {
        for (pattern, expected) in [
            ("*", false),
            ("ghcr.io/acme/*", false),
            ("ghcr.io/acme/app:1.*", false),
            ("*:latest", false),
            ("*-rc", false),
            ("ghcr.io/acme/*/app", false),
            ("ghcr.io/acme/app:1?*", true),
            ("*@sha256:*", true),
            ("*1*", true),
            ("*cafe", true),
        ] {
            assert_eq!(
                LegacyPattern::parse(pattern).unwrap().reads_digest(),
                expected,
                "{pattern}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_looks_at_no_digest_matches_by_the_tag(pattern in "(gh|[a1*?./:-]){1,8}", digit in "[0-9a-f]") {
            let pattern = LegacyPattern::parse(&pattern).unwrap();
            let of = |text: &str| pattern.matches(&Spellings::of(&Reference::parse(text).unwrap()));
            let digest = digit.repeat(64);
            for name in ["gh.a/a:1", "gh.a/a1:a-1", "a/1:a.a"] {
                let pinned = of(&format!("{name}@sha256:{digest}"));
                prop_assert!(pattern.reads_digest() || !pinned || of(name), "{} {}", pattern, name);
            }
        }
    }

    /// What `signed-images explain` shows of them.
    #[test]
    fn patterns_and_spellings_are_told_as_text() {
        let pattern = "ghcr.io/*/app:?";
        assert_eq!(LegacyPattern::parse(pattern).unwrap().to_string(), pattern);
        assert_eq!(
            Spellings::of(&image("quay.io/acme/app:1")).texts(),
            ["quay.io/acme/app:1", "quay.io:443/acme/app:1"]
        );
    }
}
