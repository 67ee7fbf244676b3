//! Why a pattern of `rules` or `exempt` is of another image.
//!
//! - Who decides that it is? The policy's own matcher. Here its pattern, in the one spelling that images are
//!   compared with, is laid beside the image to name the first difference.
//! - In which order? Registry, components from the left (and from the right, after a `**`), their number,
//!   digest, tag.

use std::fmt;

use signed_images_policy::image::glob::matches_text;
use signed_images_policy::image::pattern::{ImagePattern, Match};
use signed_images_policy::image::reference::{Digest, Reference};

/// The first difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// A part differs: what is called so, the image's, the pattern's.
    Part(Part, String, String),
    /// The repository has another number of components.
    Number {
        /// How many the image has.
        image: usize,
        /// How many the pattern takes.
        takes: Takes,
    },
    /// Whatever its `**` stand for, the path differs.
    Path,
}

/// A part of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Registry,
    /// Of the repository, from 1.
    Component(usize),
    Tag,
    Digest,
}

/// How many components a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Exactly(usize),
    AtLeast(usize),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry => f.write_str("the registry"),
            Self::Component(number) => write!(f, "component {number} of the repository"),
            Self::Tag => f.write_str("the tag"),
            Self::Digest => f.write_str("the digest"),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part, image, pattern) if pattern.contains(['*', '?']) => {
                write!(f, "{part} differs: `{image}` does not match `{pattern}`")
            }
            Self::Part(part, image, pattern) => {
                write!(f, "{part} differs: `{image}` is not `{pattern}`")
            }
            Self::Number { image, takes } => {
                let components = if *image == 1 { "component" } else { "components" };
                write!(f, "the repository has {image} {components}, ")?;
                match takes {
                    Takes::AtLeast(takes) => write!(f, "the pattern needs {takes} or more"),
                    Takes::Exactly(takes) => {
                        let than = if image > takes { "more" } else { "fewer" };
                        let stars = "(`*` matches one, `**` any number)";
                        write!(f, "{than} than the pattern's {takes} {stars}")
                    }
                }
            }
            Self::Path => f.write_str("the path differs, whatever `**` matches"),
        }
    }
}

/// Why the pattern is of another image; none when it is not.
pub(super) fn mismatch(pattern: &ImagePattern, image: &Reference) -> Option<Mismatch> {
    if pattern.matches(image) != Match::No {
        return None;
    }
    let pattern = pattern.to_string();
    let (rest, digest) = match pattern.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (pattern.as_str(), None),
    };
    let (name, tag) = split_tag(rest);
    let path: Vec<&str> =
        std::iter::once(image.registry()).chain(image.repository().split('/')).collect();
    let segments: Vec<&str> = name.split('/').collect();
    let differs = |part, image: Option<&str>, pattern: Option<&str>| match (image, pattern) {
        (Some(image), Some(pattern)) if !matches_text(pattern, image) => {
            Some(Mismatch::Part(part, image.to_owned(), pattern.to_owned()))
        }
        _ => None,
    };
    in_path(&segments, &path)
        .or_else(|| differs(Part::Digest, image.digest().map(Digest::as_str), digest))
        .or_else(|| differs(Part::Tag, image.tag(), tag))
        .or(Some(Mismatch::Path))
}

/// A colon before the last slash belongs to the registry's port.
fn split_tag(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (text, None),
    }
}

fn in_path(segments: &[&str], path: &[&str]) -> Option<Mismatch> {
    let is_star = |segment: &&str| *segment == "**";
    let fixed = segments.iter().filter(|segment| !is_star(segment)).count();
    let has_star = fixed < segments.len();
    let from_left = segments.iter().take_while(|segment| !is_star(segment));
    if let Some(different) = first_difference(from_left.zip(path.iter().enumerate())) {
        return Some(different);
    }
    // The registry is not a component of the repository.
    let takes = fixed - usize::from(!segments.first().is_some_and(is_star));
    let image = path.len() - 1;
    if !has_star {
        return (path.len() != fixed)
            .then_some(Mismatch::Number { image, takes: Takes::Exactly(takes) });
    }
    if image < takes {
        return Some(Mismatch::Number { image, takes: Takes::AtLeast(takes) });
    }
    let from_right = segments.iter().rev().take_while(|segment| !is_star(segment));
    first_difference(from_right.zip(path.iter().enumerate().rev()))
}

fn first_difference<'t>(
    mut pairs: impl Iterator<Item = (&'t &'t str, (usize, &'t &'t str))>,
) -> Option<Mismatch> {
    let (pattern, (index, given)) =
        pairs.find(|(pattern, (_, given))| !matches_text(pattern, given))?;
    let part = if index == 0 { Part::Registry } else { Part::Component(index) };
    Some(Mismatch::Part(part, (*given).to_owned(), (*pattern).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn why(pattern: &str, image: &str) -> Option<String> {
        let pattern = ImagePattern::parse(&pattern.replace("@A", &format!("@{A}"))).unwrap();
        let image = Reference::parse(&image.replace("@A", &format!("@{A}"))).unwrap();
        mismatch(&pattern, &image).map(|mismatch| mismatch.to_string())
    }

    #[test]
    fn the_first_difference_is_named() {
        let rows = [
            ("ghcr.io/**", "nginx", "the registry differs: `docker.io` is not `ghcr.io`"),
            (
                "*.acme.com/app",
                "ghcr.io/app",
                "the registry differs: `ghcr.io` does not match `*.acme.com`",
            ),
            ("reg:5000/app", "reg:5001/app", "the registry differs: `reg:5001` is not `reg:5000`"),
            (
                "ghcr.io/acme/*",
                "ghcr.io/other/a/b",
                "component 1 of the repository differs: `other` is not `acme`",
            ),
            (
                "ghcr.io/acme/a?p",
                "ghcr.io/acme/tool",
                "component 2 of the repository differs: `tool` does not match `a?p`",
            ),
            (
                "ghcr.io/acme/*",
                "ghcr.io/acme/a/b",
                "the repository has 3 components, more than the pattern's 2 (`*` matches one, `**` any number)",
            ),
            (
                "ghcr.io/acme/*/x",
                "ghcr.io/acme/a",
                "the repository has 2 components, fewer than the pattern's 3 (`*` matches one, `**` any number)",
            ),
            (
                "ghcr.io/acme/**/x/y",
                "ghcr.io/acme/y",
                "the repository has 2 components, the pattern needs 3 or more",
            ),
            (
                "ghcr.io/**/x/y",
                "ghcr.io/a/z/y",
                "component 2 of the repository differs: `z` is not `x`",
            ),
            (
                "**/app",
                "ghcr.io/acme/tool",
                "component 2 of the repository differs: `tool` is not `app`",
            ),
            (
                "**/a/app",
                "ghcr.io/app",
                "the repository has 1 component, the pattern needs 2 or more",
            ),
            ("ghcr.io/**/x/**", "ghcr.io/a/b", "the path differs, whatever `**` matches"),
            ("ghcr.io/app:1.*", "ghcr.io/app:2.0", "the tag differs: `2.0` does not match `1.*`"),
            ("*:1.0", "ghcr.io/app", "the tag differs: `latest` is not `1.0`"),
            (
                "ghcr.io/app@sha256:b*",
                "ghcr.io/app@A",
                &format!("the digest differs: `{A}` does not match `sha256:b*`"),
            ),
        ];
        for (pattern, image, expected) in rows {
            assert_eq!(why(pattern, image).as_deref(), Some(expected), "`{pattern}` `{image}`");
        }
        for (pattern, image) in
            [("nginx", "nginx"), ("app:1", "app@A"), ("app@A", "app:2"), ("**", "a")]
        {
            assert_eq!(why(pattern, image), None, "`{pattern}` `{image}`");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// A difference is named exactly when the policy says no, and it is one: a part named is not matched.
        #[test]
        fn what_is_named_differs(
            pattern in "(\\*|g\\.io|d\\.io)(/(\\*|a|b|\\*\\*)){1,4}(:(1|\\*))?",
            image in "(g|d)\\.io(/[ab]){1,4}(:[12])?",
        ) {
            let pattern = ImagePattern::parse(&pattern).unwrap();
            let image = Reference::parse(&image).unwrap();
            let named = mismatch(&pattern, &image);
            prop_assert_eq!(named.is_none(), pattern.matches(&image) != Match::No);
            match named {
                Some(Mismatch::Part(_, image, pattern)) => prop_assert!(!matches_text(&pattern, &image)),
                // One `**` or none: there is always a better word.
                Some(Mismatch::Path) => prop_assert!(pattern.to_string().matches("**").count() > 1),
                _ => {}
            }
        }
    }
}
