//! An image and the names that it goes by. The names are made at the first comparison, and kept.

use crate::image::legacy_pattern::{self, Spellings};
use crate::image::reference::Reference;
use std::cell::OnceCell;

/// An image that rules are asked about.
#[derive(Clone, Debug)]
pub struct ImageNames {
    reference: Reference,
    names: OnceCell<Vec<String>>,
    spellings: OnceCell<Spellings>,
}

impl ImageNames {
    /// That image.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        Self { reference, names: OnceCell::new(), spellings: OnceCell::new() }
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

    /// Whether a pattern could select the image, by what its text says before any wildcard, tag or digest: of
    /// many patterns, few need to be parsed. (Not one of `signatures`, whose `*` may stand for a registry.)
    pub(crate) fn may_match(&self, pattern: &str) -> bool {
        let is_name = |byte: &u8| !matches!(byte, b'*' | b'?' | b':' | b'@');
        let name = pattern.get(..pattern.bytes().take_while(is_name).count()).unwrap_or_default();
        let name = name.strip_suffix('/').unwrap_or(name);
        self.names.get_or_init(|| legacy_pattern::names(&self.reference)).iter().any(|spelling| {
            spelling.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::pattern::{ImagePattern, Match};
    use proptest::prelude::*;

    const PATTERN: &str = "((docker|index\\.docker|registry-1\\.docker|DOCKER|quay|g*r)\\.io(:443|:5000)?/|localhost/|localhost:5000/|\\*/|\\*\\*/)?\
        ((library|acme|a*e|\\*\\*|[ab?*]{1,2})/){0,2}(nginx|n?inx|app|\\*|\\*\\*|[ab*]{1,2})(:latest|:1\\.\\*)?(@sha256:\\*)?";
    const IMAGE: &str = "((docker|index\\.docker|quay|gcr)\\.io(:443|:5000)?/|localhost/|localhost:5000/)?\
        ((library|acme|[ab]{1,2})/){0,2}(nginx|app|[ab]{1,2})(:latest|:1\\.2)?";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        /// The quick look passes over no pattern that matches.
        #[test]
        fn what_matches_could_be(pattern in PATTERN, image in IMAGE) {
            let image = Reference::parse(&image).unwrap();
            let matches = ImagePattern::parse(&pattern)
                .is_ok_and(|pattern| pattern.matches(&image) != Match::No);
            if matches {
                prop_assert!(ImageNames::new(image).may_match(&pattern), "{}", pattern);
            }
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
            let image = ImageNames::new(Reference::parse(image).unwrap());
            assert_eq!(image.may_match(pattern), could_be, "{pattern}");
        }
    }
}
