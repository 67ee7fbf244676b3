//! Which texts are canonical spellings of images, character by character: what a search over images walks along.
//!
//! Each component of the name ends in a `/`, and the tag or the digest follows: `docker.io/library/nginx/:1.25`. So no
//! part of a pattern reaches into the next one.
//!
//! *Is that exactly what [`Reference::parse`] makes?* Nearly: lengths are not counted but for a digest's, and a port may
//! be larger than there are. To call more an image than there is hides no image from the search.
//!
//! [`Reference::parse`]: super::reference::Reference::parse

const LOCALHOST: &[u8] = b"localhost";
const DOCKER_HUB: &[u8] = super::reference::DOCKER_HUB.as_bytes();
const ALGORITHM: &[u8] = b"sha256:";
/// The algorithm, and 64 digits.
const DIGEST: u8 = 71;

/// How an image is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    ByTag,
    ByDigest,
}

/// Where in a spelling one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    /// In the registry's host name. How much of each name is read that needs no dot, or a longer path.
    Host { localhost: Option<u8>, hub: Option<u8>, has_dot: bool, last: Last },
    /// In its port, so many digits long.
    Port(u8),
    /// In the path, which needs so many components more.
    Path { needed: u8, last: Last },
    /// In the tag or the digest, so long.
    End(u8),
}

/// What the character before was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Last {
    Nothing,
    Alphanumeric,
    Hyphen,
    Dot,
    Underscore,
    Underscores,
}

impl Spot {
    pub(super) const START: Self =
        Self::Host { localhost: Some(0), hub: Some(0), has_dot: false, last: Last::Nothing };

    /// Whether an image may end here.
    pub(super) fn is_end(self, given: Given) -> bool {
        match (self, given) {
            (Self::End(length), Given::ByTag) => length > 0,
            (Self::End(length), Given::ByDigest) => length == DIGEST,
            (Self::Host { .. } | Self::Port(_) | Self::Path { .. }, _) => false,
        }
    }

    /// The characters that are read here and treated apart: the next of a name, or of the digest's algorithm.
    pub(super) fn expected(self) -> impl Iterator<Item = u8> {
        let next = |name: &[u8], read: Option<u8>| name.get(usize::from(read?)).copied();
        let expected = match self {
            Self::Host { localhost, hub, .. } => {
                [next(LOCALHOST, localhost), next(DOCKER_HUB, hub)]
            }
            Self::End(length) => [next(ALGORITHM, Some(length)), None],
            Self::Port(_) | Self::Path { .. } => [None, None],
        };
        expected.into_iter().flatten()
    }

    /// Where one is after that character, if it may stand here.
    pub(super) fn after(self, byte: u8, given: Given) -> Option<Self> {
        match self {
            Self::Host { localhost, hub, has_dot, last } => {
                let read = |name: &[u8], read: Option<u8>| {
                    read.filter(|read| name.get(usize::from(*read)) == Some(&byte))
                        .map(|read| read + 1)
                };
                let is = |name: &[u8], read: Option<u8>| {
                    read.is_some_and(|read| usize::from(read) == name.len())
                };
                match byte {
                    b'/' if last == Last::Alphanumeric && (has_dot || is(LOCALHOST, localhost)) => {
                        let needed = if is(DOCKER_HUB, hub) { 2 } else { 1 };
                        Some(Self::Path { needed, last: Last::Nothing })
                    }
                    b':' if last == Last::Alphanumeric => Some(Self::Port(0)),
                    b'_' => None,
                    _ => Some(Self::Host {
                        localhost: read(LOCALHOST, localhost),
                        hub: read(DOCKER_HUB, hub),
                        has_dot: has_dot || byte == b'.',
                        last: match last.then(byte)? {
                            Last::Dot => Last::Nothing,
                            last => last,
                        },
                    }),
                }
            }
            Self::Port(digits) => match byte {
                b'/' if digits > 0 => Some(Self::Path { needed: 1, last: Last::Nothing }),
                b'1'..=b'9' if digits < 5 => Some(Self::Port(digits + 1)),
                b'0' if (1..5).contains(&digits) => Some(Self::Port(digits + 1)),
                _ => None,
            },
            Self::Path { needed: 0, last: Last::Nothing } if byte == given.separator() => {
                Some(Self::End(0))
            }
            Self::Path { needed, last: Last::Alphanumeric } if byte == b'/' => {
                Some(Self::Path { needed: needed.saturating_sub(1), last: Last::Nothing })
            }
            Self::Path { needed, last } => Some(Self::Path { needed, last: last.then(byte)? }),
            Self::End(length) => given.takes(byte, length).map(Self::End),
        }
    }
}

impl Given {
    pub(super) fn separator(self) -> u8 {
        match self {
            Self::ByTag => b':',
            Self::ByDigest => b'@',
        }
    }

    /// How long the tag or digest is with that character. Of a tag's length, only that there is one is told.
    fn takes(self, byte: u8, length: u8) -> Option<u8> {
        match self {
            Self::ByTag => {
                let may_start = byte.is_ascii_alphanumeric() || byte == b'_';
                (may_start || length > 0 && matches!(byte, b'.' | b'-')).then_some(1)
            }
            Self::ByDigest => {
                let fits = match ALGORITHM.get(usize::from(length)) {
                    Some(letter) => byte == *letter,
                    None => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
                };
                (fits && length < DIGEST).then(|| length + 1)
            }
        }
    }
}

impl Last {
    /// What it is after that character, within a component of a path. Separators stand between letters and digits.
    fn then(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (_, b'a'..=b'z' | b'0'..=b'9') => Some(Self::Alphanumeric),
            (Self::Alphanumeric, b'.') => Some(Self::Dot),
            (Self::Alphanumeric, b'_') => Some(Self::Underscore),
            (Self::Underscore, b'_') => Some(Self::Underscores),
            (Self::Alphanumeric | Self::Hyphen, b'-') => Some(Self::Hyphen),
            _ => None,
        }
    }
}
