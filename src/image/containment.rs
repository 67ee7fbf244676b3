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

use super::pattern::{ImagePattern, Match, Segment};
use super::spelling::{Given, Spot};
use std::rc::Rc;

/// How many states of patterns are looked at, at most: a few milliseconds.
const MAX_STEPS: usize = 4_000;

/// How many patterns are looked at together. More would use up the steps at once.
const MAX_PATTERNS: usize = 200;

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
        |by: &[&ImagePattern]| Search::new(image, by, given).finds_nothing(&mut left);
    likely.any(|pattern| is_covered_by(&[pattern]))
        || (2..MAX_PATTERNS).contains(&sure.len()) && is_covered_by(&sure)
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Character(u8),
    /// Any within a component.
    Any,
    /// Any number of them.
    Star,
    /// Any number of components, before the first or after one,
    Components,
    /// and inside of one.
    InComponent,
    /// The image ends.
    End,
}

/// What is looked at next: after the spot, the place in the pattern of the images and the places in the others, this
/// character.
struct Step {
    spot: Spot,
    image: usize,
    others: Rc<[usize]>,
    byte: u8,
}

struct Search {
    given: Given,
    tokens: Vec<Token>,
    seen: Vec<(Spot, usize, Rc<[usize]>)>,
    pending: Vec<Step>,
    found: bool,
}

impl Search {
    fn new(image: &ImagePattern, others: &[&ImagePattern], given: Given) -> Self {
        let mut tokens = Vec::new();
        add_tokens(&mut tokens, image, given);
        let mut starts = Vec::new();
        for pattern in others {
            starts.push(tokens.len());
            add_tokens(&mut tokens, pattern, given);
        }
        let mut search =
            Self { given, tokens, seen: Vec::new(), pending: Vec::new(), found: false };
        let others = search.reached(starts);
        for image in search.reached(vec![0]).iter() {
            search.visit(Spot::START, *image, &others);
        }
        search
    }

    fn finds_nothing(mut self, left: &mut usize) -> bool {
        while let Some(Step { spot, image, others, byte }) = self.pending.pop() {
            if self.found {
                return false;
            }
            let Some(spot) = spot.after(byte, self.given) else { continue };
            let images = self.reached(self.after(image, byte).collect());
            if images.is_empty() {
                continue;
            }
            if *left <= others.len() {
                return false;
            }
            *left -= others.len() + 1;
            let others = self.reached(others.iter().flat_map(|at| self.after(*at, byte)).collect());
            for image in images.iter() {
                self.visit(spot, *image, &others);
            }
        }
        !self.found
    }

    /// Notes that one can come here, and what characters may follow: those last that patterns name, for the others lead
    /// to what they do not match; and those first that end something, for short images are found soonest.
    fn visit(&mut self, spot: Spot, image: usize, others: &Rc<[usize]>) {
        let state = (spot, image, Rc::clone(others));
        let Err(index) = self.seen.binary_search(&state) else { return };
        if others.iter().any(|at| self.matches_any_rest(*at)) {
            return;
        }
        self.seen.insert(index, state);
        let is_end = |at: &usize| self.tokens.get(*at) == Some(&Token::End);
        if others.is_empty()
            || spot.is_end(self.given) && is_end(&image) && !others.iter().any(is_end)
        {
            self.found = true;
            return;
        }
        let mut bytes: Vec<u8> = spot.expected().chain(*b"-_").collect();
        for at in others.iter().chain([&image]) {
            if let Some(Token::Character(named)) = self.tokens.get(*at)
                && !b"./:@".contains(named)
                && !bytes.contains(named)
            {
                bytes.push(*named);
            }
        }
        for mut alike in [b'A'..=b'Z', b'0'..=b'0', b'1'..=b'9', b'a'..=b'f', b'g'..=b'z'] {
            bytes.extend(alike.find(|byte| !bytes.contains(byte)));
        }
        bytes.extend(b"./:@");
        let step = |byte| Step { spot, image, others: Rc::clone(others), byte };
        self.pending.extend(bytes.into_iter().map(step));
    }

    /// Whether what is left of a pattern from that place matches whatever may follow.
    fn matches_any_rest(&self, at: usize) -> bool {
        let left = self.tokens.get(at..).unwrap_or_default();
        matches!(
            left,
            [Token::Star, Token::End, ..]
                | [Token::InComponent, Token::Character(b':' | b'@'), Token::Star, Token::End, ..]
                | [
                    Token::Components,
                    Token::InComponent,
                    Token::Character(b':' | b'@'),
                    Token::Star,
                    Token::End,
                    ..
                ]
        )
    }

    /// The places after that one with that character.
    fn after(&self, at: usize, byte: u8) -> impl Iterator<Item = usize> + use<> {
        let in_component = byte != b'/';
        match self.tokens.get(at) {
            Some(Token::Character(own)) if *own == byte => Some(at + 1),
            Some(Token::Any) if in_component => Some(at + 1),
            Some(Token::Star) if in_component => Some(at),
            Some(Token::Components) if in_component => Some(at + 1),
            Some(Token::InComponent) => Some(if in_component { at } else { at - 1 }),
            _ => None,
        }
        .into_iter()
    }

    /// These places, and those that are reached from them by nothing.
    fn reached(&self, mut places: Vec<usize>) -> Rc<[usize]> {
        let mut next = 0;
        while let Some(at) = places.get(next) {
            match self.tokens.get(*at) {
                Some(Token::Star) => places.push(at + 1),
                Some(Token::Components) => places.push(at + 2),
                _ => {}
            }
            next += 1;
        }
        places.sort_unstable();
        places.dedup();
        places.into()
    }
}

fn add_tokens(tokens: &mut Vec<Token>, pattern: &ImagePattern, given: Given) {
    for segment in &pattern.segments {
        match segment {
            Segment::Any => tokens.extend([Token::Components, Token::InComponent]),
            Segment::One(glob) => {
                tokens.extend(glob.as_str().bytes().map(token));
                tokens.push(Token::Character(b'/'));
            }
        }
    }
    let end = match given {
        Given::ByTag => &pattern.tag,
        Given::ByDigest => &pattern.digest,
    };
    tokens.push(Token::Character(given.separator()));
    match end {
        Some(glob) => tokens.extend(glob.as_str().bytes().map(token)),
        None => tokens.push(Token::Star),
    }
    tokens.push(Token::End);
}

fn token(byte: u8) -> Token {
    match byte {
        b'*' => Token::Star,
        b'?' => Token::Any,
        character => Token::Character(character),
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

    /// However many patterns there are, and however hard to tell.
    #[test]
    fn takes_no_time() {
        let hard: Vec<String> = (0..1_000)
            .map(|index| {
                format!("**/{}*q0z*/{}**", "*a".repeat(index % 20), "*/".repeat(index % 5))
            })
            .collect();
        let hard: Vec<&str> = hard.iter().map(String::as_str).collect();
        let hard = patterns(&hard);
        assert_eq!(coverage(&patterns(&["**"]), &hard), None);
        for image in &hard {
            let _ = coverage(std::slice::from_ref(image), &hard);
        }
    }

    const PATTERN: &str = "(\\*\\*/|\\*/|a\\.b/|[a*]{1,2}\\.[b*]/|localhost/|docker\\.io/|\\*:[1*]/)\
        ((a|\\*|\\*\\*|[ab*?]{1,2})/){0,2}(a|\\*|\\*\\*|[ab?]{1,2})(:[1*?]{1,2})?";
    const IMAGE: &str = "(a\\.b|b\\.b|localhost|a:1|a\\.b:1|docker\\.io)/((a|b|aa)/){0,2}(a|b|ab|bb)\
        (:(1|2|11))?(@sha256:(a{64}|b{64}))?";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

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
