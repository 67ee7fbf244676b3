//! Which of two versions is earlier.
//!
//! *By which ordering?* By one for all ecosystems: a version is its epoch (`1:…`), then runs of digits, which are numbers,
//! and runs of letters, which are texts; what stands between them only parts them. A run that the other version lacks
//! makes it later, unless it is a zero, but for `~` and for letters that announce a release (`rc`, `beta`, `a1`, …), which
//! make it earlier. That is the order of Semantic Versioning, Maven, Python, Debian and RPM for what they commonly write,
//! and not for all that they allow: what follows a `+` counts, as Debian has it, and not as Semantic Versioning has it.

use std::cmp::Ordering;

/// Letters that announce a release.
const BEFORE: [&str; 9] =
    ["alpha", "beta", "cr", "dev", "milestone", "pre", "preview", "rc", "snapshot"];

/// The same before a number: alone, they are a release's own letter, as OpenSSL's.
const BEFORE_A_NUMBER: [&str; 4] = ["a", "b", "c", "m"];

/// How the versions stand to each other; none where one of them is not told.
pub(super) fn compare(one: &str, other: &str) -> Option<Ordering> {
    let ((epoch, mut runs), (other_epoch, mut others)) = (parts(one)?, parts(other)?);
    let mut ordering = by_number(epoch, other_epoch);
    while ordering == Ordering::Equal {
        let (run, other) = (runs.next(), others.next());
        if matches!((run, other), (Run::Nothing, Run::Nothing)) {
            break;
        }
        ordering = run.against(other);
    }
    Some(ordering)
}

/// The epoch and the runs.
fn parts(version: &str) -> Option<(&str, Runs<'_>)> {
    let version = version.trim();
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    if !version.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
            (epoch, Runs(rest))
        }
        _ => ("", Runs(version)),
    })
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
    Letters(&'v str),
    Digits(&'v str),
}

impl<'v> Runs<'v> {
    fn next(&mut self) -> Run<'v> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '~';
        self.0 = self.0.trim_start_matches(|c| !is_part(c));
        let Some(first) = self.0.chars().next() else { return Run::Nothing };
        if let Some(rest) = self.0.strip_prefix('~') {
            self.0 = rest;
            return Run::Tilde;
        }
        let is_digit = first.is_ascii_digit();
        let goes_on = |c: char| if is_digit { c.is_ascii_digit() } else { c.is_ascii_alphabetic() };
        let end = self.0.find(|c| !goes_on(c)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at_checked(end).unwrap_or((self.0, ""));
        self.0 = rest;
        if is_digit {
            return Run::Digits(run);
        }
        let is = |known: &&str| known.eq_ignore_ascii_case(run);
        let is_numbered = rest.starts_with(|c: char| c.is_ascii_digit());
        if BEFORE.iter().any(is) || is_numbered && BEFORE_A_NUMBER.iter().any(is) {
            Run::Before(run)
        } else {
            Run::Letters(run)
        }
    }
}

impl Run<'_> {
    fn rank(self) -> u8 {
        match self {
            Self::Tilde => 0,
            Self::Before(_) => 1,
            Self::Digits(digits) if digits.bytes().all(|digit| digit == b'0') => 2,
            Self::Nothing => 2,
            Self::Letters(_) => 3,
            Self::Digits(_) => 4,
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

    #[test]
    fn versions_in_order() {
        let rows: [&[&str]; 8] = [
            // Semantic Versioning §11
            &[
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
            ],
            &["2.9.1", "2.14.1", "2.17.0", "2.17.1-SNAPSHOT", "2.17.1", "2.17.1.1", "2.17.2"],
            &["1.0.2", "1.0.2a", "1.0.2k", "1.1.0", "1.1.1a", "1.1.1w"],
            &["1.0.dev1", "1.0", "1.1a1", "1.1b2", "1.1c1", "1.1rc1", "1.1", "1.1.post1"],
            &["1.0~rc1-1", "1.0-1", "1.0-1+deb12u1", "1.0-2", "1:0.5-1"],
            &["3.0.7-24.el9", "3.0.7-25.el9_3", "3.0.10-1.el9"],
            &["99999999999999999999998", "99999999999999999999999", "100000000000000000000000"],
            &["v0.9", "v1.0.0", "1.0.1"],
        ];
        for versions in rows {
            for pair in versions.windows(2) {
                assert_eq!(compare(pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
                assert_eq!(compare(pair[1], pair[0]), Some(Ordering::Greater), "{pair:?}");
            }
        }
        for (one, other) in
            [("1.0", "1"), ("v1.2.0", "1.2"), ("01.2", "1.02"), ("0:1", "1"), ("1_2", "1.2")]
        {
            assert_eq!(compare(one, other), Some(Ordering::Equal), "{one} {other}");
        }
        for none in ["", "latest", "v", "ä"] {
            assert_eq!(compare(none, "1"), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_agree(one in "[0-3a-c.~:+-]{0,8}", other in "[0-3a-c.~:+-]{0,8}") {
            prop_assert_eq!(compare(&one, &other), compare(&other, &one).map(Ordering::reverse));
        }

        #[test]
        fn no_text_is_too_much(one in "\\PC{0,20}", other in "\\PC{0,20}") {
            let _ = compare(&one, &other);
        }
    }
}
