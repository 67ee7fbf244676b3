//! Whether some patterns together match every image that another one matches: whether `exempt` spares everything, and
//! `exclude` all of `images`.
//!
//! *How is that decided?* By looking for an image that they do not match. A pattern is read as an automaton, whose state
//! is how much of it is matched; all patterns together have a set of such states. The search goes through the
//! spellings of images character by character ([`Spot`]), each pair of a spot and a set once. Characters that no pattern
//! tells apart there are tried once.
//!
//! *Does it end?* At [`MAX_STEPS`]. Where it has found nothing until then, it says that an image is left: settings that
//! are fine are never refused. Not told, therefore, is what takes very many patterns to say, such as one for each digit
//! that a digest may begin with. Most are told by one image ([`ImagePattern::example`]) that the others do not match.

use super::pattern::{ImagePattern, Match};
use super::pattern_parts::Segment;
use super::spelling::{Given, Spot};
use std::rc::Rc;

/// How many states of patterns are looked at, at most: a few milliseconds.
const MAX_STEPS: usize = 4_000;

/// How many patterns are looked at together. More would use up the steps at once.
const MAX_COMPARED: usize = 200;

/// How images are matched, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All.
    Every,
    /// All that are given by a tag alone.
    EveryTag,
    /// All that are given by a digest.
    EveryDigest,
}

/// Whether the patterns surely match, together, whatever those of `images` may match.
#[must_use]
pub fn coverage(images: &[ImagePattern], patterns: &[ImagePattern]) -> Option<Coverage> {
    if images.is_empty() || patterns.is_empty() {
        return None;
    }
    let all = |given| images.iter().all(|image| is_covered(image, patterns, given));
    let by_tag = all(Given::ByTag);
    let are_names = |patterns: &[ImagePattern]| {
        patterns.iter().all(|pattern| pattern.tag.is_none() && pattern.digest.is_none())
    };
    let by_digest =
        if are_names(images) && are_names(patterns) { by_tag } else { all(Given::ByDigest) };
    match (by_tag, by_digest) {
        (true, true) => Some(Coverage::Every),
        (true, false) => Some(Coverage::EveryTag),
        (false, true) => Some(Coverage::EveryDigest),
        (false, false) => None,
    }
}

fn is_covered(image: &ImagePattern, patterns: &[ImagePattern], given: Given) -> bool {
    // A tag is not known of what is given by a digest, nor a digest of what is given by a tag: no pattern of one is sure.
    let sure: Vec<&ImagePattern> = patterns
        .iter()
        .filter(|pattern| match given {
            Given::ByTag => pattern.digest.is_none(),
            Given::ByDigest => pattern.tag.is_none(),
        })
        .collect();
    let example = image.example(given);
    let matches_example = |pattern: &&&ImagePattern| {
        example.as_ref().is_none_or(|image| pattern.matches(image) == Match::Yes)
    };
    let mut likely = sure.iter().filter(matches_example).peekable();
    if likely.peek().is_none() {
        return false;
    }
    let mut left = MAX_STEPS;
    let mut is_covered_by =
        |by: &[&ImagePattern]| Search::new(image, by, given).end(&mut left) == SearchEnd::NoneLeft;
    likely.any(|pattern| is_covered_by(&[pattern]))
        || (2..MAX_COMPARED).contains(&sure.len()) && is_covered_by(&sure)
}

/// What is before a component of `**`, and inside of one. Other characters of a pattern, its wildcards included, stand for
/// themselves.
const COMPONENTS: u8 = 1;
const IN_COMPONENT: u8 = 2;
/// What ends a pattern.
const END: u8 = 0;

/// How a search ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SearchEnd {
    /// There is an image that the others do not match.
    ImageLeft,
    /// There is none.
    NoneLeft,
    /// It is not known: there are no steps left.
    OutOfSteps,
}

/// Where the search can be: a spot, a place in the pattern of the images, and the places in the others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    spot: Spot,
    image: usize,
    others: Rc<[usize]>,
}

struct Search {
    given: Given,
    /// All patterns, one after the other.
    text: Vec<u8>,
    seen: Vec<State>,
    /// The characters that are still to be tried after a state, the next one last.
    pending: Vec<(State, Vec<u8>)>,
    found: bool,
}

impl Search {
    fn new(image: &ImagePattern, others: &[&ImagePattern], given: Given) -> Self {
        let (text, seen, pending) = (Vec::new(), Vec::new(), Vec::new());
        let mut search = Self { given, text, seen, pending, found: false };
        search.add_pattern(image);
        let mut starts = Vec::new();
        for pattern in others {
            starts.push(search.text.len());
            search.add_pattern(pattern);
        }
        let (mut images, mut others) = (Vec::new(), Vec::new());
        search.reach(&mut images, 0);
        for start in starts {
            search.reach(&mut others, start);
        }
        search.visit(Spot::START, &images, others);
        search
    }

    fn add_pattern(&mut self, pattern: &ImagePattern) {
        for segment in &pattern.segments {
            match segment {
                Segment::Any => self.text.extend_from_slice(&[COMPONENTS, IN_COMPONENT]),
                Segment::One(glob) => {
                    self.text.extend_from_slice(glob.as_str().as_bytes());
                    self.text.push(b'/');
                }
            }
        }
        let end = match self.given {
            Given::ByTag => &pattern.tag,
            Given::ByDigest => &pattern.digest,
        };
        self.text.push(self.given.separator());
        self.text.extend_from_slice(end.as_ref().map_or("*", |glob| glob.as_str()).as_bytes());
        self.text.push(END);
    }

    fn end(mut self, left: &mut usize) -> SearchEnd {
        while let Some((state, bytes)) = self.pending.last_mut() {
            if self.found {
                return SearchEnd::ImageLeft;
            }
            let Some(byte) = bytes.pop() else {
                self.pending.pop();
                continue;
            };
            let State { spot, image, others } = state.clone();
            let Some(spot) = spot.after(byte, self.given) else { continue };
            if *left <= others.len() {
                return SearchEnd::OutOfSteps;
            }
            *left -= others.len() + 1;
            let (mut images_after, mut others_after) = (Vec::new(), Vec::new());
            self.step(&mut images_after, image, byte);
            for other in others.iter() {
                self.step(&mut others_after, *other, byte);
            }
            self.visit(spot, &images_after, others_after);
        }
        if self.found { SearchEnd::ImageLeft } else { SearchEnd::NoneLeft }
    }

    /// Notes that one can come here, and what characters may follow: those first (the last of the list) that end
    /// something, for short images are found soonest; those last that patterns name, for the others lead to what they do
    /// not match.
    fn visit(&mut self, spot: Spot, images: &[usize], others: Vec<usize>) {
        if others.iter().any(|at| self.matches_any_rest(*at)) {
            return;
        }
        let others: Rc<[usize]> = others.into();
        for image in images {
            let state = State { spot, image: *image, others: Rc::clone(&others) };
            let Err(index) = self.seen.binary_search(&state) else { continue };
            self.seen.insert(index, state.clone());
            let ends = |at: &usize| self.text.get(*at) == Some(&END);
            self.found |= others.is_empty()
                || spot.is_end(self.given) && ends(image) && !others.iter().any(ends);
            let mut bytes: Vec<u8> = spot.expected().collect();
            let named = others.iter().chain([image]).filter_map(|at| self.text.get(*at));
            bytes.extend(named.filter(|byte| byte.is_ascii_alphanumeric()));
            for mut alike in [b'A'..=b'Z', b'0'..=b'0', b'1'..=b'9', b'a'..=b'f', b'g'..=b'z'] {
                bytes.extend(alike.find(|byte| !bytes.contains(byte)));
            }
            bytes.extend_from_slice(b"_-./:@");
            self.pending.push((state, bytes));
        }
    }

    /// Whether what is left of a pattern from that place matches whatever may follow.
    fn matches_any_rest(&self, at: usize) -> bool {
        matches!(
            self.text.get(at..),
            Some(
                [b'*', END, ..]
                    | [IN_COMPONENT, b':' | b'@', b'*', END, ..]
                    | [COMPONENTS, IN_COMPONENT, b':' | b'@', b'*', END, ..]
            )
        )
    }

    /// Adds the places after that one with that character.
    fn step(&self, places: &mut Vec<usize>, at: usize, byte: u8) {
        let after = match (self.text.get(at), byte) {
            (Some(&IN_COMPONENT), b'/') => at - 1,
            (Some(b'*' | &IN_COMPONENT), _) if byte != b'/' => at,
            (Some(b'?' | &COMPONENTS), _) if byte != b'/' => at + 1,
            (Some(own), _) if *own == byte => at + 1,
            _ => return,
        };
        self.reach(places, after);
    }

    /// Adds a place, and those that are reached from it by nothing.
    fn reach(&self, places: &mut Vec<usize>, mut at: usize) {
        while let Err(index) = places.binary_search(&at) {
            places.insert(index, at);
            match self.text.get(at) {
                Some(b'*') => at += 1,
                Some(&COMPONENTS) => at += 2,
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::reference::Reference;
    use proptest::prelude::*;

    fn patterns(texts: &[&str]) -> Vec<ImagePattern> {
        texts.iter().map(|text| ImagePattern::parse(text).unwrap()).collect()
    }

    #[test]
    fn what_is_everything() {
        use Coverage::{Every, EveryDigest, EveryTag};
        let rows: &[(&[&str], Option<Coverage>)] = &[
            (&["**"], Some(Every)),
            (&["*"], Some(Every)),
            (&["**/**"], Some(Every)),
            (&["*/**"], Some(Every)),
            (&["**/*"], Some(Every)),
            (&["**/**/**"], Some(Every)),
            (&["**/*/**"], Some(Every)),
            (&["*/*/**"], Some(Every)),
            (&["*:443/**"], Some(Every)),
            (&["**:*"], Some(EveryTag)),
            (&["*:*"], Some(EveryTag)),
            (&["*/**:*"], Some(EveryTag)),
            (&["**:?*"], Some(EveryTag)),
            (&["**@sha256:*"], Some(EveryDigest)),
            (&["**:*", "**@sha256:*"], Some(Every)),
            (&["docker.io/**", "*.*/**", "*:*/**", "localhost/**"], Some(Every)),
            (
                &["nginx", "docker.io/**", "ghcr.io/acme/**", "*.*/**", "*:*/**", "localhost/**"],
                Some(Every),
            ),
            (&["docker.io/*/**", "*.*/**", "*:*/**", "localhost/**:*"], Some(EveryTag)),
            (&["*/*", "*/*/**"], Some(Every)),
            (&["*/*", "**/*/*"], Some(Every)),
            (&["**/a*", "**/*a", "**/*", "ghcr.io/**"], Some(Every)),
            // An image is left.
            (&["*.*/**", "*:*/**"], None),
            (&["docker.io/**", "*.io/**", "*:*/**", "localhost/**"], None),
            (&["*/*"], None),
            (&["*/*/*", "*/*/*/**"], None),
            (&["**/?"], None),
            (&["**/??*"], None),
            (&["**:??*"], None),
            (&["**:latest"], None),
            (&["**/a*", "**/b*"], None),
            (&["ghcr.io/**", "**/pause"], None),
            (&["docker.io/**", "ghcr.io/**", "quay.io/**"], None),
            (&[], None),
        ];
        for (texts, expected) in rows {
            let every_image = patterns(&["**"]);
            assert_eq!(coverage(&every_image, &patterns(texts)), *expected, "{texts:?}");
        }
    }

    #[test]
    fn what_excludes_all() {
        use Coverage::{Every, EveryDigest, EveryTag};
        let rows: &[(&[&str], &[&str], Option<Coverage>)] = &[
            (&["ghcr.io/acme/app"], &["ghcr.io/acme/app"], Some(Every)),
            (&["ghcr.io/acme/app"], &["ghcr.io/acme/*"], Some(Every)),
            (&["ghcr.io/acme/app", "ghcr.io/acme/web"], &["ghcr.io/**"], Some(Every)),
            (&["ghcr.io/acme/app", "ghcr.io/acme/web"], &["**/app", "**/web"], Some(Every)),
            (&["nginx"], &["docker.io/**"], Some(Every)),
            (&["*/acme/**"], &["*/*/**"], Some(Every)),
            (&["ghcr.io/**/app"], &["**/app"], Some(Every)),
            (&["ghcr.io/acme/app:1.*"], &["ghcr.io/acme/app:1*"], Some(EveryTag)),
            (&["ghcr.io/acme/app"], &["ghcr.io/acme/app:*"], Some(EveryTag)),
            (&["ghcr.io/acme/app:?"], &["ghcr.io/acme/app"], Some(Every)),
            (&["ghcr.io/acme/app:1"], &["ghcr.io/acme/app@sha256:*"], Some(EveryDigest)),
            (&["ghcr.io/acme/app@sha256:aa*"], &["ghcr.io/acme/app@sha256:a*"], Some(EveryDigest)),
            (&["ghcr.io/acme/app"], &["ghcr.io/acme/app:1"], None),
            (&["ghcr.io/acme/**"], &["ghcr.io/acme/*"], None),
            (&["ghcr.io/acme/app", "ghcr.io/acme/web"], &["**/app"], None),
            (&["ghcr.io/acme/*"], &["ghcr.io/acme/a*", "ghcr.io/acme/b*"], None),
            (&["ghcr.io/acme/**"], &["ghcr.io/acme/sandbox/**"], None),
            (&["**/app"], &["ghcr.io/**/app"], None),
            (&["**"], &[], None),
        ];
        for (images, exclude, expected) in rows {
            assert_eq!(
                coverage(&patterns(images), &patterns(exclude)),
                *expected,
                "{images:?} {exclude:?}"
            );
        }
    }

    /// However many stars there are. (What takes all steps is not told.)
    #[test]
    fn the_search_ends() {
        let stars = |index: usize| {
            format!("**/{}*q0z*/{}**", "*a".repeat(index % 20), "*/".repeat(index % 5))
        };
        let hard: Vec<String> = (0..1_000).map(stars).collect();
        let hard = patterns(&hard.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(coverage(&patterns(&["**"]), &hard), None);
        for image in &hard[..50] {
            let mut left = MAX_STEPS;
            let others: Vec<&ImagePattern> = hard.iter().take(MAX_COMPARED).collect();
            let end = Search::new(image, &others, Given::ByTag).end(&mut left);
            // It is one of the others.
            assert_ne!(end, SearchEnd::ImageLeft);
        }
    }

    const PATTERN: &str = "(\\*\\*/|\\*/|a\\.b/|[a*]{1,2}\\.[b*]/|localhost/|docker\\.io/|\\*:[1*]/)\
        ((a|\\*|\\*\\*|[ab*?]{1,2})/){0,2}(a|\\*|\\*\\*|[ab?]{1,2})(:[1*?]{1,2})?";
    const IMAGE: &str = "(a\\.b|b\\.b|localhost|a:1|a\\.b:1|docker\\.io)/((a|b|aa)/){0,2}(a|b|ab|bb)\
        (:(1|2|11))?(@sha256:(a{64}|b{64}))?";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// What is said to be all is all.
        #[test]
        fn no_image_is_left(
            images in prop::collection::vec(PATTERN, 1..3),
            others in prop::collection::vec(PATTERN, 1..6),
            references in prop::collection::vec(IMAGE, 20),
        ) {
            let parse = |texts: &[String]| -> Vec<ImagePattern> {
                texts.iter().filter_map(|text| ImagePattern::parse(text).ok()).collect()
            };
            let (images, others) = (parse(&images), parse(&others));
            let found = coverage(&images, &others);
            let (by_tag, by_digest) = (
                matches!(found, Some(Coverage::Every | Coverage::EveryTag)),
                matches!(found, Some(Coverage::Every | Coverage::EveryDigest)),
            );
            for text in references {
                let reference = Reference::parse(&text).unwrap();
                let is_meant = match (reference.tag(), reference.digest()) {
                    (_, None) => by_tag,
                    (None, Some(_)) => by_digest,
                    (Some(_), Some(_)) => false,
                };
                let any = |all: &[ImagePattern], least| all.iter().any(|pattern| pattern.matches(&reference) >= least);
                if is_meant && any(&images, Match::Perhaps) {
                    prop_assert!(any(&others, Match::Yes), "{} {:?} {:?}", text, images, others);
                }
            }
        }
    }
}
