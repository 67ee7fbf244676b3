//! Patterns of both languages. An input is a pattern, and on the next line an image.

use super::text;
use signed_images_policy::image::legacy_pattern::{LegacyPattern, Spellings};
use signed_images_policy::image::pattern::{ImagePattern, Match};
use signed_images_policy::image::reference::{Digest, Reference};

pub(super) fn law(input: &[u8]) {
    let (pattern, image) = text::first_line(input);
    let (Some(pattern), Some(text)) = (text::of(pattern), text::of(image)) else { return };
    let Ok(image) = Reference::parse(text) else {
        let _ = (ImagePattern::parse(pattern), LegacyPattern::parse(pattern));
        return;
    };
    an_image_is_its_own_pattern(&image, text);
    if let Ok(parsed) = ImagePattern::parse(pattern) {
        a_digest_escapes_nothing(&parsed, pattern, &image);
        a_wider_pattern_matches_more(&parsed, pattern, &image);
    }
    if let Ok(parsed) = LegacyPattern::parse(pattern) {
        a_digest_escapes_no_wildcard(&parsed, pattern, &image);
    }
}

fn matches(pattern: &str, image: &Reference) -> Match {
    let parsed = ImagePattern::parse(pattern);
    parsed.unwrap_or_else(|error| panic!("`{pattern}`: {error}")).matches(image)
}

fn matches_legacy(pattern: &str, image: &Reference) -> bool {
    let parsed = LegacyPattern::parse(pattern);
    parsed.unwrap_or_else(|error| panic!("`{pattern}`: {error}")).matches(&Spellings::of(image))
}

/// An image matches its canonical spelling, its repository, and everything above that.
fn an_image_is_its_own_pattern(image: &Reference, text: &str) {
    let canonical = image.to_string();
    let is_sure = image.digest().is_none() || image.tag().is_none();
    assert_eq!(matches(&canonical, image), if is_sure { Match::Yes } else { Match::Claimed });
    for spelling in [&canonical, text] {
        assert!(matches_legacy(spelling, image), "`{spelling}`");
    }
    let (registry, repository) = (image.registry(), image.repository());
    let mut above = format!("{registry}/{repository}");
    assert_eq!(matches(&above, image), Match::Yes, "`{above}`");
    while let Some((parent, _)) = above.rsplit_once('/') {
        assert_eq!(matches(&format!("{parent}/**"), image), Match::Yes, "`{parent}/**`");
        assert!(matches_legacy(&format!("{parent}/*"), image), "`{parent}/*`");
        above.truncate(parent.len());
    }
    assert!(matches("**", image) == Match::Yes && matches_legacy("*", image));
}

/// The image, had it been given by a digest: with its tag, and without.
fn with_digests(image: &Reference) -> Option<[Reference; 2]> {
    if image.digest().is_some() {
        return None;
    }
    let digest = Digest::parse(&format!("sha256:{}", "a".repeat(64))).unwrap();
    let read = |text: String| Reference::parse(&text).ok();
    Some([read(format!("{image}@{digest}"))?, read(image.at(&digest))?])
}

/// Whoever gives an image by its digest escapes no pattern of its tag, and is spared nothing by one.
fn a_digest_escapes_nothing(parsed: &ImagePattern, pattern: &str, image: &Reference) {
    let Some(digested) = with_digests(image) else { return };
    if pattern.contains('@') {
        // Where the digest is not known, nothing that names one is sure.
        assert!(parsed.matches(image) < Match::Yes, "`{pattern}`");
        return;
    }
    let has_tag = matches(&without_tag(pattern), image) != Match::No
        && without_tag(pattern).len() < pattern.len();
    for other in digested {
        if parsed.matches(image) >= Match::Perhaps {
            assert!(parsed.matches(&other) >= Match::Perhaps, "`{pattern}` and {other}");
        }
        if has_tag {
            assert!(parsed.matches(&other) < Match::Yes, "`{pattern}` and {other}");
        }
    }
}

fn a_digest_escapes_no_wildcard(parsed: &LegacyPattern, pattern: &str, image: &Reference) {
    if pattern.contains('@') || !parsed.matches(&Spellings::of(image)) {
        return;
    }
    for other in with_digests(image).into_iter().flatten() {
        assert!(parsed.matches(&Spellings::of(&other)), "`{pattern}` and {other}");
    }
}

/// Without its tag and digest, and under a registry that is a star, a pattern matches no less.
fn a_wider_pattern_matches_more(parsed: &ImagePattern, pattern: &str, image: &Reference) {
    let found = parsed.matches(image);
    if found == Match::No {
        return;
    }
    let wider = without_tag(pattern.split('@').next().unwrap_or(pattern));
    assert_eq!(matches(&wider, image), Match::Yes, "`{wider}`");
    if let Some((_, path)) = wider.split_once('/') {
        // A path of Docker Hub stands without its registry, and may lack `library/`.
        assert_eq!(matches(&format!("**/{path}"), image), Match::Yes, "`**/{path}`");
    }
}

fn without_tag(pattern: &str) -> String {
    let (before, last) = pattern.rsplit_once('/').map_or(("", pattern), |(a, b)| (a, b));
    let name = last.split(':').next().unwrap_or(last);
    if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") }
}
