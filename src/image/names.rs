//! An image and the names that it goes by. The names are made at the first comparison, and kept.

use crate::image::grams::GramSet;
use crate::image::legacy_pattern::{self, Spellings};
use crate::image::pattern::{ImagePattern, Match};
use crate::image::reference::Reference;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::ops::Bound;

/// So many patterns are sooner compared with an image than looked at.
const FEW: u8 = 16;

/// So many names are sooner compared with patterns than sorted.
const MANY: usize = 4096;

/// An image that rules are asked about.
#[derive(Clone, Debug)]
pub struct ImageNames {
    reference: Reference,
    spellings: OnceCell<Spellings>,
    /// How many patterns it was compared with, up to [`FEW`].
    compared: Cell<u8>,
    grams: OnceCell<GramSet>,
}

impl ImageNames {
    /// That image.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        Self {
            reference,
            spellings: OnceCell::new(),
            compared: Cell::new(0),
            grams: OnceCell::new(),
        }
    }

    /// The image.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The image by its digest alone, where a tag stands beside that.
    #[must_use]
    pub fn without_tag(&self) -> Option<Self> {
        self.reference.without_tag().map(Self::new)
    }

    /// All its spellings.
    pub fn spellings(&self) -> &Spellings {
        self.spellings.get_or_init(|| Spellings::of(&self.reference))
    }

    /// How a pattern stands to the image.
    pub(crate) fn matched_by(&self, pattern: &ImagePattern) -> Match {
        let compared = self.compared.get();
        if compared < FEW {
            self.compared.set(compared + 1);
            return pattern.matches(&self.reference);
        }
        let grams = self.grams.get_or_init(|| {
            let (registry, repository) = (self.reference.registry(), self.reference.repository());
            let mut grams = GramSet::default();
            grams.add(&["/", registry, "/", repository, "/"].concat());
            grams
        });
        if grams.has_all(pattern.grams()) { pattern.matches(&self.reference) } else { Match::No }
    }
}

/// The images that rules are asked about.
#[derive(Debug)]
pub struct NamedImages<'i> {
    images: Vec<Cow<'i, ImageNames>>,
    /// All names that they go by.
    names: OnceCell<Vec<String>>,
    /// How many of them patterns were compared with, up to [`MANY`].
    compared: Cell<usize>,
    /// The names, sorted, without values: a set would be code that the module does not have yet.
    sorted: OnceCell<BTreeMap<String, String>>,
}

impl<'i> NamedImages<'i> {
    /// Those images.
    #[must_use]
    pub fn new(images: Vec<Cow<'i, ImageNames>>) -> Self {
        Self { images, names: OnceCell::new(), compared: Cell::new(0), sorted: OnceCell::new() }
    }

    /// Whether one of them is so.
    pub(crate) fn any(&self, mut is_so: impl FnMut(&ImageNames) -> bool) -> bool {
        self.images.iter().any(|image| is_so(image))
    }

    /// Whether a pattern could match one of them, by what its text says before any wildcard, tag or digest: of
    /// many patterns, few need to be parsed. (Not one of `signatures`, whose `*` may stand for a registry.)
    pub(crate) fn may_match(&self, pattern: &str) -> bool {
        let is_name = |byte: &u8| !matches!(byte, b'*' | b'?' | b':' | b'@');
        let name = pattern.get(..pattern.bytes().take_while(is_name).count()).unwrap_or_default();
        let mut start = Cow::Borrowed(name.strip_suffix('/').unwrap_or(name));
        if start.bytes().any(|byte| byte.is_ascii_uppercase()) {
            start.to_mut().make_ascii_lowercase();
        }
        let names = self.names.get_or_init(|| {
            let names_of = |image: &Cow<'_, ImageNames>| legacy_pattern::names(image.reference());
            self.images.iter().flat_map(names_of).collect()
        });
        let compared = self.compared.get();
        if compared < MANY {
            self.compared.set(compared + names.len());
            return names.iter().any(|name| name.starts_with(&*start));
        }
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted = BTreeMap::new();
            for name in names {
                sorted.insert(name.clone(), String::new());
            }
            sorted
        });
        // Those that begin so stand together, and the first of them is the first that is not less.
        let mut from = sorted.range::<str, _>((Bound::Included(&*start), Bound::Unbounded));
        from.next().is_some_and(|(name, _)| name.starts_with(&*start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATTERN: &str = "((docker|index\\.docker|registry-1\\.docker|DOCKER|quay|g*r)\\.io(:443|:5000)?/|localhost/|localhost:5000/|\\*/|\\*\\*/)?\
        ((library|acme|a*e|\\*\\*|[ab?*]{1,2})/){0,2}(nginx|n?inx|app|\\*|\\*\\*|[ab*]{1,2})(:latest|:1\\.\\*)?(@sha256:\\*)?";
    const IMAGE: &str = "((docker|index\\.docker|quay|gcr)\\.io(:443|:5000)?/|localhost/|localhost:5000/)?\
        ((library|acme|[ab]{1,2})/){0,2}(nginx|app|[ab]{1,2})(:latest|:1\\.2)?(@sha256:a{64})?";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        /// The quick looks pass over no pattern that matches.
        #[test]
        fn what_matches_could_be(pattern in PATTERN, image in IMAGE) {
            let image = Reference::parse(&image).unwrap();
            let Ok(parsed) = ImagePattern::parse(&pattern) else { return Ok(()) };
            let stands = parsed.matches(&image);
            let image = ImageNames::new(image);
            for _ in 0..=FEW {
                prop_assert_eq!(image.matched_by(&parsed), stands, "{}", pattern);
            }
            let images = NamedImages::new(vec![Cow::Owned(image)]);
            prop_assert!(stands == Match::No || images.may_match(&pattern), "{}", pattern);
        }
    }

    /// And passes over what it can: else it would be worth nothing.
    #[test]
    fn what_cannot_be() {
        for (pattern, image, could_be) in [
            ("ghcr.io/acme/**", "ghcr.io/acme/app", true),
            ("ghcr.io/acme/**", "ghcr.io/acme", true),
            ("ghcr.io/acme/**", "ghcr.io/other/app", false),
            ("quay.io/acme/**", "ghcr.io/acme/app", false),
            ("nginx", "docker.io/library/nginx", true),
            ("nginx", "ghcr.io/nginx/nginx", false),
            ("**", "ghcr.io/acme/app", true),
        ] {
            let other = Cow::Owned(ImageNames::new(Reference::parse("localhost/z").unwrap()));
            let image = Cow::Owned(ImageNames::new(Reference::parse(image).unwrap()));
            assert_eq!(
                NamedImages::new(vec![image, other]).may_match(pattern),
                could_be,
                "{pattern}"
            );
        }
    }
}
