//! The last component of a source pattern: where its name ends and its tag begins.
//!
//! - Where can a tag begin? At a `:`, or in any star, which may stand for `app:1` as well as for `app`.
//! - What of digests? A rule that names a tag selects every image of its repository that is given by digest
//!   alone. With a tag beside the digest, a star of the source may reach into the digest; then what follows
//!   it is left out of the tag.

use super::Purpose;
use super::Reach;
use super::text::Token::{self, Any, Char, One, Within};
use super::text::{glob, is_every_text};

/// More stars than this are not looked into.
const MAX_STARS: usize = 3;

/// A name with a tag.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: Vec<Token>,
    pub(super) tag: Option<String>,
    pub(super) reach: Reach,
}

pub(super) fn tag_patterns(last: &[Token], is_path: bool, purpose: Purpose) -> Option<Vec<Part>> {
    if let Some(at) = last.iter().position(|token| *token == Char('@')) {
        let (named, _) = last.split_at(at);
        let end = named.iter().position(|token| *token == Char(':')).unwrap_or(at);
        let (name, _) = named.split_at(end);
        return Some(vec![Part { name: name.to_vec(), tag: None, reach: Reach::More }]);
    }
    match last.iter().position(|token| *token == Char(':')) {
        Some(at) => {
            let (name, rest) = last.split_at(at);
            let (_, tag) = rest.split_first()?;
            written_tag(name, tag, is_path, purpose).map(|part| vec![part])
        }
        None => Some(implied_tags(last, purpose)),
    }
}

fn written_tag(name: &[Token], tag: &[Token], is_path: bool, purpose: Purpose) -> Option<Part> {
    let is_wild = name.iter().copied().any(is_wildcard);
    if tag.contains(&Char(':')) || is_wild && !is_path {
        return None;
    }
    let part = |tag: Option<String>, reach| Some(Part { name: name.to_vec(), tag, reach });
    let ends_wild = matches!(name.last(), Some(Any | Within));
    // The colon may be that of a digest: `@sha256` is then what the end of the name stands for.
    if is_wild && tag.iter().copied().any(is_wildcard) && tag.iter().copied().all(is_hex) {
        let (name, cut) = without_digest(name);
        let is_star = matches!(tag, [Any | Within]);
        if cut == Reach::More || ends_wild && !is_star {
            return Some(Part { name, tag: None, reach: Reach::More });
        }
    }
    if matches!(tag, [Any | Within]) {
        return match (ends_wild, purpose) {
            (true, _) => part(None, Reach::Same),
            (false, Purpose::Select) => part(None, Reach::Digests),
            (false, Purpose::Spare) => part(Some("*".to_owned()), Reach::Same),
        };
    }
    let (tag, cut) = without_digest(tag);
    let digests = match purpose {
        Purpose::Select => Reach::Digests,
        Purpose::Spare => Reach::Same,
    };
    part(Some(glob(&tag)), cut.max(digests))
}

/// Without a `:`, every star may hold it.
fn implied_tags(last: &[Token], purpose: Purpose) -> Vec<Part> {
    let stars: Vec<usize> =
        (0..last.len()).filter(|index| matches!(last.get(*index), Some(Any | Within))).collect();
    if last.contains(&One) || stars.len() > MAX_STARS {
        let first = last.iter().copied().position(is_wildcard).unwrap_or_default();
        let (head, _) = last.split_at(first);
        let name = [head, &[Any]].concat();
        return vec![Part { name, tag: None, reach: Reach::More }];
    }
    if stars.is_empty() {
        return vec![Part { name: last.to_vec(), tag: None, reach: Reach::More }];
    }
    let part = |star: usize| {
        let (name, rest) = last.split_at(star + 1);
        let (tag, cut) = without_digest(&[&[Any], rest].concat());
        let tag = (!is_every_text(&tag)).then(|| glob(&tag));
        let digests = match (purpose, &tag) {
            (Purpose::Select, Some(_)) => Reach::Digests,
            (Purpose::Select, None) | (Purpose::Spare, _) => Reach::Same,
        };
        Part { name: name.to_vec(), tag, reach: cut.max(digests) }
    };
    stars.into_iter().map(part).collect()
}

/// The tag up to the first star that, with all that follows it, could be found in a digest.
fn without_digest(tag: &[Token]) -> (Vec<Token>, Reach) {
    let stars = tag.iter().enumerate().filter(|(_, token)| matches!(token, Any | Within));
    for (star, _) in stars {
        let (head, tail) = tag.split_at(star + 1);
        if tail.iter().copied().all(is_hex) {
            let reach = if tail.is_empty() { Reach::Same } else { Reach::More };
            return (head.to_vec(), reach);
        }
    }
    (tag.to_vec(), Reach::Same)
}

fn is_wildcard(token: Token) -> bool {
    !matches!(token, Char(_))
}

/// What a digest could be matched by: `sha256:`, or hexadecimal digits.
fn is_hex(token: Token) -> bool {
    match token {
        Char(c) => c.is_ascii_hexdigit() || matches!(c, 's' | 'h'),
        _ => true,
    }
}
