//! Whether a package's version is one that a pattern refuses.
//!
//! *By which ordering?* By that of its ecosystem, which its package URL tells (<https://github.com/package-url/purl-spec>).
//! A version is runs of digits, which are numbers, and runs of letters, which are texts; what stands between them only parts
//! them. A run that the other version lacks makes it later, unless it is a zero, but for `~` and for letters that announce a
//! release (`rc`, `beta`, `a1`, …), which make it earlier. That is the order of Debian, RPM, Alpine, Maven and Python for what
//! they commonly write. Go, npm, Cargo and others have that of Semantic Versioning, where what follows a hyphen makes a
//! version earlier, whatever it is (<https://semver.org/#spec-item-11>; <https://go.dev/ref/mod#pseudo-versions>), `RubyGems`
//! one where letters do.
//!
//! *And what is not known?* Then the version is refused if any reading refuses it: that of an ecosystem which is not told
//! has both orders; one with an epoch (`1:…`) is compared without where the pattern has none; one in which there is no
//! number, or a character that no version has, as in a range, may be any.

use crate::policy::report::Comparison;
use std::cmp::Ordering;

/// Letters that announce a release.
const BEFORE: [&str; 9] =
    ["alpha", "beta", "cr", "dev", "milestone", "pre", "preview", "rc", "snapshot"];

/// The same before a number: alone, they are a release's own letter, as OpenSSL's.
const BEFORE_A_NUMBER: [&str; 4] = ["a", "b", "c", "m"];

/// Letters that say that it is the release: Maven's.
const RELEASE: [&str; 3] = ["final", "ga", "release"];

/// How an ecosystem orders its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// What follows a hyphen is a revision.
    Revisions,
    /// It announces a release.
    Semantic,
    /// So do letters.
    Gems,
    Unknown,
}

impl Scheme {
    /// That of a type of package URLs.
    pub(super) fn of(purl_type: &str) -> Self {
        match purl_type {
            "alpm" | "apk" | "deb" | "maven" | "pypi" | "rpm" => Self::Revisions,
            "cargo" | "golang" | "hex" | "npm" | "nuget" | "pub" | "swift" => Self::Semantic,
            "cocoapods" | "gem" => Self::Gems,
            _ => Self::Unknown,
        }
    }
}

/// Whether a version may be what is refused.
pub(super) fn may_be(
    version: &str,
    (comparison, than): (Comparison, &str),
    scheme: Scheme,
) -> bool {
    let is_hash = || version.len() >= 7 && version.bytes().all(|b| b.is_ascii_hexdigit());
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"!+-.:^_~".contains(&b);
    let has = |is: fn(&u8) -> bool| version.as_bytes().iter().any(is);
    let orders = comparison != Comparison::Equal;
    if !has(u8::is_ascii_digit)
        || !version.bytes().all(is_plain)
        || orders && is_hash() && has(u8::is_ascii_alphabetic)
    {
        return true;
    }
    let is = |ordering| match comparison {
        Comparison::Equal => ordering == Ordering::Equal,
        Comparison::Less => ordering == Ordering::Less,
        Comparison::LessOrEqual => ordering != Ordering::Greater,
    };
    let ((epoch, version), (other_epoch, than)) = (parts(version), parts(than));
    match (epoch, other_epoch) {
        (None, Some(_)) if orders => return true,
        (Some(one), Some(other)) if by_number(one, other) != Ordering::Equal => {
            return is(by_number(one, other));
        }
        _ => {}
    }
    let hyphen = |c: char| c == '-';
    let (revisions, semantic) = match scheme {
        Scheme::Revisions => (true, None),
        Scheme::Semantic => (false, Some(semantic(version, than, hyphen))),
        Scheme::Gems => {
            (false, Some(semantic(version, than, |c| c == '-' || c.is_ascii_alphabetic())))
        }
        Scheme::Unknown => (true, Some(semantic(version, than, hyphen))),
    };
    semantic.is_some_and(is) || revisions && is(by_runs(version, than))
}

/// The order of Semantic Versioning, where that begins what announces a release.
fn semantic(one: &str, other: &str, begins: fn(char) -> bool) -> Ordering {
    let [(one, before), (other, other_before)] = [one, other].map(|version| {
        let version = version.split_once('+').map_or(version, |(version, _)| version);
        let at = version.find(begins).unwrap_or(version.len());
        version.split_at_checked(at).unwrap_or((version, ""))
    });
    by_runs(one, other).then_with(|| match (before.is_empty(), other_before.is_empty()) {
        (false, false) => by_identifiers(before, other_before),
        (is_release, other_is) => is_release.cmp(&other_is),
    })
}

fn by_identifiers(one: &str, other: &str) -> Ordering {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let [mut parts, mut others] = [one, other].map(|text| text.trim_start_matches('-').split('.'));
    loop {
        let ordering = match (parts.next(), others.next()) {
            (Some(one), Some(other)) => match (is_number(one), is_number(other)) {
                (true, true) => by_number(one, other),
                (false, false) => one.cmp(other),
                (one, other) => other.cmp(&one),
            },
            (None, None) => return Ordering::Equal,
            (one, other) => one.is_some().cmp(&other.is_some()),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// The order of runs.
fn by_runs(one: &str, other: &str) -> Ordering {
    let (mut runs, mut others) = (Runs(one), Runs(other));
    loop {
        let (run, other) = (runs.next(), others.next());
        let ordering = run.against(other);
        if ordering != Ordering::Equal || matches!((run, other), (Run::Nothing, Run::Nothing)) {
            return ordering;
        }
    }
}

/// The epoch, as Debian, RPM and Python have it, and the rest, without what stands before a number.
fn parts(version: &str) -> (Option<&str>, &str) {
    let version = version.strip_prefix("go").unwrap_or(version);
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    match version.split_once([':', '!']) {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
            (Some(epoch), rest)
        }
        _ => (None, version),
    }
}

/// Numbers of any length.
fn by_number(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// What is left of a version.
struct Runs<'v>(&'v str);

/// What a version goes on with, the earliest first.
#[derive(Clone, Copy)]
enum Run<'v> {
    Tilde,
    Before(&'v str),
    Nothing,
    /// What comes after a release, as RPM has it.
    Caret,
    Letters(&'v str),
    Digits(&'v str),
}

impl<'v> Runs<'v> {
    /// The next run that says something.
    fn next(&mut self) -> Run<'v> {
        loop {
            match self.run() {
                Run::Letters(letters) if is_one_of(&RELEASE, letters) => {}
                run => return run,
            }
        }
    }

    fn run(&mut self) -> Run<'v> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '~' | '^');
        self.0 = self.0.trim_start_matches(|c| !is_part(c));
        let Some(first) = self.0.chars().next() else { return Run::Nothing };
        if let Some(rest) = self.0.strip_prefix(['~', '^']) {
            self.0 = rest;
            return if first == '~' { Run::Tilde } else { Run::Caret };
        }
        let is_digit = first.is_ascii_digit();
        let goes_on = |c: char| if is_digit { c.is_ascii_digit() } else { c.is_ascii_alphabetic() };
        let end = self.0.find(|c| !goes_on(c)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at_checked(end).unwrap_or((self.0, ""));
        self.0 = rest;
        if is_digit {
            return Run::Digits(run);
        }
        let is_numbered = rest.starts_with(|c: char| c.is_ascii_digit());
        if is_one_of(&BEFORE, run) || is_numbered && is_one_of(&BEFORE_A_NUMBER, run) {
            Run::Before(run)
        } else {
            Run::Letters(run)
        }
    }
}

fn is_one_of(known: &[&str], letters: &str) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(letters))
}

impl Run<'_> {
    fn rank(self) -> u8 {
        match self {
            Self::Tilde => 0,
            Self::Before(_) => 1,
            Self::Digits(digits) if digits.bytes().all(|digit| digit == b'0') => 2,
            Self::Nothing => 2,
            Self::Caret => 3,
            Self::Letters(_) => 4,
            Self::Digits(_) => 5,
        }
    }

    fn against(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Digits(one), Self::Digits(other)) => by_number(one, other),
            (Self::Letters(one), Self::Letters(other))
            | (Self::Before(one), Self::Before(other)) => {
                one.to_ascii_lowercase().cmp(&other.to_ascii_lowercase())
            }
            (one, other) => one.rank().cmp(&other.rank()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_before(version: &str, than: &str, scheme: Scheme) -> bool {
        may_be(version, (Comparison::Less, than), scheme)
    }

    use Scheme::{Gems, Revisions, Semantic, Unknown};

    /// Versions in order, and by which orders they are.
    const ORDERS: [(&[Scheme], &[&str]); 13] = [
        // Semantic Versioning §11
        (
            &[Semantic, Unknown],
            &[
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
            ],
        ),
        (&[Semantic, Unknown], &["14.2.24", "14.2.25-canary.3", "14.2.25", "14.2.26-0.3.7"]),
        (&[Semantic, Unknown], &["2.17.1-1", "2.17.1-1.a", "2.17.1-a", "2.17.1+1"]),
        (
            &[Semantic, Unknown],
            &[
                "v0.0.0-20241101000000-0123456789ab",
                "v0.30.1-0.20241101000000-0123456789ab",
                "v0.31.0-0.20241101000000-0123456789ab",
                "v0.31.0-rc1.0.20241101000000-0123456789ab",
                "v0.31.0",
            ],
        ),
        (&[Gems], &["5.0.0.beta1", "5.0.0.racecar1", "5.0.0", "5.0.0.1"]),
        (
            &[Revisions, Semantic, Unknown],
            &["2.9.1", "2.14.1", "2.17.0", "2.17.1-SNAPSHOT", "2.17.1", "2.17.1.1", "2.17.2"],
        ),
        (
            &[Revisions, Semantic, Unknown],
            &["1.0.2", "1.0.2a", "1.0.2k", "1.1.0", "1.1.1a", "1.1.1w"],
        ),
        (
            &[Revisions],
            &["1.0.dev1", "1.0", "1.1a1", "1.1b2", "1.1c1", "1.1rc1", "1.1", "1.1.post1"],
        ),
        (&[Revisions], &["1.0~rc1-1", "1.0-1", "1.0-1+deb12u1", "1.0-2"]),
        (&[Revisions, Unknown], &["3.0.7-24.el9", "3.0.7-25.el9_3", "3.0.10-1.el9"]),
        (&[Revisions, Unknown], &["1:2.0-1", "2:1.0-1"]),
        (&[Revisions], &["1.0", "1.0^20240101git1", "1.0.1"]),
        (
            &[Revisions, Semantic, Gems, Unknown],
            &["v0.9", "go1.0.0", "1.0.1", "99999999999999999999998", "100000000000000000000000"],
        ),
    ];

    #[test]
    fn versions_in_order() {
        for (schemes, versions) in ORDERS {
            for (scheme, pair) in
                schemes.iter().flat_map(|s| versions.windows(2).map(move |p| (s, p)))
            {
                assert!(is_before(pair[0], pair[1], *scheme), "{pair:?} {scheme:?}");
                if *scheme != Unknown {
                    assert!(!is_before(pair[1], pair[0], *scheme), "{pair:?} {scheme:?}");
                }
            }
        }
    }

    #[test]
    fn versions_that_are_the_same() {
        for (one, other) in [
            ("1.0", "1"),
            ("v1.2.0", "1.2"),
            ("01.2", "1.02"),
            ("0:1", "1"),
            ("1_2", "1.2"),
            ("4.1.Final", "4.1"),
            ("1:2", "2"),
        ] {
            let is = |comparison| may_be(one, (comparison, other), Scheme::Revisions);
            assert!(is(Comparison::Equal) && is(Comparison::LessOrEqual), "{one} {other}");
            assert!(!is(Comparison::Less), "{one} {other}");
        }
        assert!(may_be("1.0+1", (Comparison::Equal, "1.0"), Scheme::Semantic));
    }

    #[test]
    fn what_is_not_known_may_be_any() {
        for version in ["", "latest", "v", "ä", "1.ä", "<=2.0", "1 || 2", "0a1b2c3"] {
            assert!(is_before(version, "1", Scheme::Semantic), "{version}");
        }
        // Without an epoch, as in a pattern; or one that is left out.
        for (version, than, expected) in [
            ("1:3.0.7-20.el9", "3.0.7-24", true),
            ("1:3.0.7-25.el9", "3.0.7-24", false),
            ("1!0.5", "1.0", true),
            ("3.0.7-25.el9", "1:3.0.7-24", true),
            ("2:0.1", "1:3.0.7-24", false),
            ("1:3.0.7-20.el9", "1:3.0.7-24", true),
        ] {
            assert_eq!(is_before(version, than, Scheme::Revisions), expected, "{version} {than}");
        }
        // A revision, or what announces a release.
        assert!(!is_before("2.17.1-1", "2.17.1", Scheme::Revisions));
        assert!(is_before("2.17.1-1", "2.17.1", Scheme::Unknown));
        assert!(is_before("2.17.1", "2.17.1-1", Scheme::Unknown));
    }

    proptest! {
        #[test]
        fn one_of_them_is_earlier_or_they_are_the_same(
            one in "[1-3a-c.~^:+-]{0,8}",
            other in "[1-3a-c.~^:+-]{0,8}",
            scheme in prop::sample::select(vec![Scheme::Revisions, Scheme::Semantic, Scheme::Gems, Scheme::Unknown]),
        ) {
            let is = |one: &str, comparison, other: &str| may_be(one, (comparison, other), scheme);
            prop_assert!(is(&one, Comparison::LessOrEqual, &other) || is(&other, Comparison::Less, &one));
        }

        #[test]
        fn no_text_is_too_much(one in "\\PC{0,20}", other in "\\PC{0,20}") {
            let _ = may_be(&one, (Comparison::Less, &other), Scheme::Unknown);
        }
    }
}
