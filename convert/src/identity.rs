//! Keyless identities of other tools → an issuer, and a subject or the URL that subjects are below.
//!
//! - What of regular expressions? A literal one is a text, one that ends in `/.*` a prefix; others may be a pattern,
//!   also those that just end, since they need not match the whole text. Of any other, the part before the first
//!   operator is kept, up to its last `/`; that takes in more subjects, and is said. Where nothing can be kept,
//!   the place is left to be filled in.
//! - What if they are read wrongly? What they become is put to themselves before it is written: it must match.
//! - What of a dot? Taken for itself, it stands for less than in the source.
//! - Why must a prefix end in `/`? `https://github.com/acme` would take in `https://github.com/acme-evil`.

use super::pattern;
use super::remark::Remarks;
use super::signer::{Identity, Subject};
use super::subject::{self, Fidelity};
use signed_images_policy::policy::signer::GITHUB_ISSUER;

const GITHUB: &str = "https://github.com/";

/// An issuer or a subject, as a source gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted<'s> {
    Nobody,
    Exactly(&'s str),
    /// `*` and `?`.
    Wildcard(&'s str),
    RegExp(&'s str),
}

/// What begins a text, and what is known of the rest.
#[derive(Debug, PartialEq, Eq)]
struct Beginning {
    literal: String,
    rest: Rest,
    /// Whether the source also means texts that do not begin so.
    loose: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    Anything,
    Something,
}

impl<'s> Wanted<'s> {
    /// Of a text and of a regular expression, which one is given.
    pub(super) fn of(text: Option<Self>, reg_exp: Option<&'s str>) -> Self {
        text.or(reg_exp.map(Self::RegExp)).unwrap_or(Self::Nobody)
    }

    fn beginning(self) -> Beginning {
        match self {
            Self::Nobody => {
                Beginning { literal: String::new(), rest: Rest::Anything, loose: false }
            }
            Self::Exactly(text) => {
                Beginning { literal: text.to_owned(), rest: Rest::Nothing, loose: false }
            }
            Self::Wildcard(text) => match text.find(['*', '?']) {
                None => Self::Exactly(text).beginning(),
                Some(at) => {
                    let (literal, rest) = text.split_at(at);
                    let rest = if rest == "*" { Rest::Anything } else { Rest::Something };
                    Beginning { literal: literal.to_owned(), rest, loose: false }
                }
            },
            Self::RegExp(text) => reg_exp(text),
        }
    }

    /// Whether the source takes this text.
    fn accepts(self, text: &str) -> bool {
        match self {
            Self::Nobody => !text.is_empty(),
            Self::Exactly(wanted) => wanted == text,
            Self::Wildcard(wanted) => pattern::matches(wanted, text),
            Self::RegExp(wanted) => {
                regex::Regex::new(wanted).is_ok_and(|wanted| wanted.is_match(text))
            }
        }
    }

    fn text(self) -> &'s str {
        match self {
            Self::Nobody => "",
            Self::Exactly(text) | Self::Wildcard(text) | Self::RegExp(text) => text,
        }
    }
}

/// The identity of that issuer and subject. `path` is where they stand.
pub(super) fn keyless(
    issuer: Wanted<'_>,
    subject: Wanted<'_>,
    path: &str,
    remarks: &mut Remarks,
) -> Identity {
    let subject = subject_of(subject, path, remarks);
    let issuer = issuer_of(issuer, &subject, path, remarks);
    Identity::Keyless { issuer, subject }
}

fn subject_of(wanted: Wanted<'_>, path: &str, remarks: &mut Remarks) -> Subject {
    let mut own = Remarks::default();
    let subject = said(wanted, path, &mut own);
    if samples(&subject).iter().all(|subject| wanted.accepts(subject)) {
        remarks.extend(own);
        return subject;
    }
    let beginning = wanted.beginning().literal;
    let below = beginning.rfind('/').and_then(|slash| beginning.get(..=slash)).unwrap_or_default();
    let text = wanted.text();
    if is_url(below) {
        remarks.less(
            path,
            format!("`{text}` is no prefix up to a `/`: any subject below `{below}` is taken"),
        );
        return Subject::UrlPrefix(below.to_owned());
    }
    let what = if text.is_empty() { "any subject".to_owned() } else { format!("`{text}`") };
    remarks.open(
        path,
        format!(
            "{what} cannot be converted: give the subject, or the URL it is below (`urlPrefix`)"
        ),
    );
    Subject::Unknown
}

/// The subject that takes in nothing that is not wanted.
fn said(wanted: Wanted<'_>, path: &str, remarks: &mut Remarks) -> Subject {
    let Beginning { literal, rest, loose } = wanted.beginning();
    let text = wanted.text();
    if loose && (rest == Rest::Nothing || is_url(&literal)) {
        remarks.note(path, format!("`{text}` is taken from its beginning, and its dots for dots"));
    }
    match rest {
        Rest::Nothing => return Subject::Equal(literal),
        Rest::Anything if is_url(&literal) && literal.ends_with('/') => {
            return Subject::UrlPrefix(literal);
        }
        Rest::Anything | Rest::Something => {}
    }
    if let Some(pattern) = pattern_of(wanted, path, remarks) {
        return pattern;
    }
    if rest == Rest::Anything && is_url(&literal) && !literal.contains('@') {
        remarks.stricter(path, format!("`{text}` is taken for what is below `{literal}/`"));
        return Subject::UrlPrefix(format!("{literal}/"));
    }
    Subject::Unknown
}

/// Some of the subjects that are taken; one that never is, where that is not known.
fn samples(subject: &Subject) -> Vec<String> {
    match subject {
        Subject::Equal(text) => vec![text.clone()],
        Subject::UrlPrefix(prefix) => ["app", "app/.github/workflows/x.yml@refs/tags/v1"]
            .map(|rest| format!("{prefix}{rest}"))
            .into(),
        Subject::Pattern(pattern) => [("x", "y"), ("a/b@c:d", "e.f")]
            .map(|(any, within)| pattern.replace("**", any).replace('*', within))
            .into(),
        Subject::Unknown => vec![String::new()],
    }
}

/// The pattern that says the same, or nearly so.
fn pattern_of(wanted: Wanted<'_>, path: &str, remarks: &mut Remarks) -> Option<Subject> {
    let pattern = match wanted {
        Wanted::Wildcard(text) => subject::of_wildcard(text),
        Wanted::RegExp(text) => subject::of_reg_exp(text)
            .or_else(|| subject::of_reg_exp(&format!("^{}", text.trim_start_matches('^')))),
        Wanted::Exactly(_) | Wanted::Nobody => None,
    }?;
    let text = wanted.text();
    match pattern.fidelity {
        Fidelity::Exact => {}
        Fidelity::Nearly => remarks.note(
            path,
            format!(
                "of `{text}`, dots are taken for dots, and a star of the pattern may be nothing"
            ),
        ),
        Fidelity::Wider => remarks.less(
            path,
            format!(
                "a `+` of `{text}` asks for one character at least; a star of `{}` may be nothing",
                pattern.text
            ),
        ),
    }
    remarks.note(
        path,
        format!("`{text}` is compared with the certificates of cosign's tag signatures alone"),
    );
    Some(Subject::Pattern(pattern.text))
}

fn issuer_of(
    wanted: Wanted<'_>,
    subject: &Subject,
    path: &str,
    remarks: &mut Remarks,
) -> Option<String> {
    let Beginning { literal, rest, loose } = wanted.beginning();
    let text = wanted.text();
    let is_whole = rest == Rest::Nothing || rest == Rest::Anything && literal.contains("://");
    if is_whole && !literal.is_empty() && !text.ends_with('*') && wanted.accepts(&literal) {
        if loose || rest != Rest::Nothing {
            remarks.note(path, format!("`{text}` is taken for the issuer `{literal}` alone"));
        }
        return Some(literal);
    }
    let is_github = match subject {
        Subject::Equal(subject) | Subject::UrlPrefix(subject) | Subject::Pattern(subject) => {
            subject.starts_with(GITHUB)
        }
        Subject::Unknown => false,
    };
    let what = if text.is_empty() { "any issuer".to_owned() } else { format!("`{text}`") };
    if is_github && wanted.accepts(GITHUB_ISSUER) {
        remarks.note(path, format!("{what} is narrowed to the issuer of GitHub's workflows"));
        return Some(GITHUB_ISSUER.to_owned());
    }
    remarks.open(path, format!("{what} cannot be converted: give the issuer"));
    None
}

/// `https://host/path…`: more than a host.
fn is_url(text: &str) -> bool {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    rest.split_once('/').is_some_and(|(host, path)| !host.is_empty() && !path.is_empty())
}

fn reg_exp(text: &str) -> Beginning {
    let (anchored, pattern) = match text.strip_prefix('^') {
        Some(pattern) => (true, pattern),
        None => (false, text),
    };
    let mut loose = !anchored;
    if pattern.contains('|') {
        return Beginning { literal: String::new(), rest: Rest::Something, loose: false };
    }
    let (mut literal, mut rest) = (String::new(), Rest::Anything);
    let mut left = pattern.chars().peekable();
    while let Some(c) = left.next() {
        let tail: String = left.clone().collect();
        let is_repeated = tail.starts_with(['*', '+', '?', '{']);
        match c {
            '.' if matches!(tail.as_str(), "*" | "+" | "*$" | "+$") => break,
            '$' if tail.is_empty() => rest = Rest::Nothing,
            '\\' if left.peek().is_some_and(|next| !next.is_ascii_alphanumeric()) => {
                literal.extend(left.next());
                if left.peek().is_some_and(|next| matches!(next, '*' | '+' | '?' | '{')) {
                    literal.pop();
                    rest = Rest::Something;
                    break;
                }
            }
            _ if is_repeated || "\\[](){}*+?^$".contains(c) => {
                rest = Rest::Something;
                break;
            }
            c => {
                loose |= c == '.';
                literal.push(c);
            }
        }
    }
    loose &= rest != Rest::Something;
    Beginning { literal, rest, loose }
}

#[cfg(test)]
mod tests {
    use super::super::remark::Weight;
    use super::*;
    use proptest::prelude::*;

    /// A regular expression, the subject that it becomes, and how much is said.
    #[test]
    fn subjects() {
        use super::super::remark::Weight::{Less, Note, Open, Stricter};
        let acme = "https://github.com/acme/";
        let rows = [
            (r"^https://github\.com/acme/.*$", Subject::UrlPrefix(acme.into()), None),
            (r"^https://github\.com/acme/.+", Subject::UrlPrefix(acme.into()), None),
            ("https://github.com/acme/.*", Subject::UrlPrefix(acme.into()), Some(Note)),
            (r"^https://github\.com/acme", Subject::UrlPrefix(acme.into()), Some(Stricter)),
            (
                r"^https://github\.com/acme/[^/]+/x",
                Subject::Pattern(format!("{acme}*/x**")),
                Some(Note),
            ),
            // It may begin anywhere; a URL begins where it begins.
            (
                r"https://github\.com/acme/app/x\.yml",
                Subject::Pattern(format!("{acme}app/x.yml**")),
                Some(Note),
            ),
            (
                r"^https://github\.com/acme/app",
                Subject::Pattern(format!("{acme}app**")),
                Some(Note),
            ),
            (r"^https://github\.com/acme/[^/]{2}/x", Subject::UrlPrefix(acme.into()), Some(Less)),
            (r"^https://github\.com/acme/a?", Subject::UrlPrefix(acme.into()), Some(Less)),
            (r"^https://github\.com/acme/a\.+", Subject::UrlPrefix(acme.into()), Some(Less)),
            (
                r"^https://github\.com/acme/app/x\.yml@.*",
                Subject::Pattern(format!("{acme}app/x.yml@**")),
                Some(Note),
            ),
            (
                r"^https://github\.com/acme/app/x\.yml@refs/tags/.*",
                Subject::UrlPrefix(format!("{acme}app/x.yml@refs/tags/")),
                None,
            ),
            (r"^me@acme\.com$", Subject::Equal("me@acme.com".into()), None),
            (r".*@acme\.com$", Subject::Pattern("*@acme.com".into()), Some(Note)),
            (r".*acme\.com$", Subject::Unknown, Some(Open)),
            (r"^https://github\.com/.*", Subject::Unknown, Some(Open)),
            (r"^https://github\.com/a/|^https://github\.com/b/", Subject::Unknown, Some(Open)),
            (r"^https://github\.com/(acme|other)/.*", Subject::Unknown, Some(Open)),
        ];
        for (text, expected, weight) in rows {
            let mut remarks = Remarks::default();
            let subject = subject_of(Wanted::RegExp(text), "x", &mut remarks);
            let said = remarks.iter().map(|remark| remark.weight).min();
            assert_eq!((subject, said), (expected, weight), "{text}");
        }
    }

    #[test]
    fn issuers() {
        let github = Subject::UrlPrefix("https://github.com/acme/".into());
        let other = Subject::Equal("me@acme.com".into());
        let rows = [
            (Wanted::Exactly("https://a.b"), &other, Some("https://a.b")),
            (Wanted::RegExp(r"^https://a\.b$"), &other, Some("https://a.b")),
            (Wanted::RegExp("https://a.b"), &other, Some("https://a.b")),
            (Wanted::RegExp("https://a.b/.*"), &other, None),
            (Wanted::RegExp(".*"), &other, None),
            (Wanted::RegExp(".*"), &github, Some(GITHUB_ISSUER)),
            (Wanted::Nobody, &github, Some(GITHUB_ISSUER)),
            (Wanted::RegExp(r"https://a\.b/.*"), &github, None),
            // What it becomes must match it.
            (Wanted::RegExp(r"https://a\.b/.+"), &other, None),
            (Wanted::RegExp(r"https://token\.actions\.githubusercontent\.com/.+"), &github, None),
            (Wanted::RegExp(r"https://token\..+"), &github, Some(GITHUB_ISSUER)),
            (Wanted::Wildcard("https://*.b"), &other, None),
            (Wanted::Wildcard("https://token.*"), &github, Some(GITHUB_ISSUER)),
            (Wanted::Nobody, &other, None),
        ];
        for (wanted, subject, expected) in rows {
            let issuer = issuer_of(wanted, subject, "x", &mut Remarks::default());
            assert_eq!(issuer.as_deref(), expected, "{wanted:?}");
        }
    }

    /// Expressions as people write them: parts of subjects, with what stands for others.
    fn reg_exp() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just(r"https://github\.com/acme/".to_owned()),
            Just("https://github.com/".to_owned()),
            "(app|web|x\\.yml|@refs/tags/|v1|/)",
            "(\\.\\*|\\.\\+|\\[\\^/\\]\\*|\\[\\^/\\]\\+|\\.|\\[a-z\\]\\+|a\\?|\\(a\\|b\\))",
        ];
        ("\\^?", proptest::collection::vec(part, 1..6), "\\$?")
            .prop_map(|(start, parts, end)| format!("{start}{}{end}", parts.concat()))
    }

    fn wildcard() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("https://github.com/acme/".to_owned()),
            "(app|x\\.yml|@refs/tags/|v1|/|\\*|\\?|\\*\\*)",
        ];
        proptest::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
    }

    /// Subjects that certificates could have.
    fn signed() -> impl Strategy<Value = String> {
        let part = "(app|web|x\\.yml|@refs/tags/|v1|/|a|b|xyz|\\.)";
        let head = prop_oneof![
            Just("https://github.com/acme/"),
            Just("https://github.com/acme"),
            Just("https://github.com/"),
            Just("")
        ];
        (head, proptest::collection::vec(part, 0..6))
            .prop_map(|(head, parts)| format!("{head}{}", parts.concat()))
    }

    fn takes(subject: &Subject, signed: &str) -> bool {
        match subject {
            Subject::Equal(text) => text == signed,
            Subject::UrlPrefix(prefix) => signed.starts_with(prefix) && prefix.ends_with('/'),
            Subject::Pattern(pattern) => {
                signed_images_policy::settings::subject_pattern(pattern).unwrap().matches(signed)
            }
            Subject::Unknown => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        /// What a subject becomes takes in none that the source does not, or says so. A star that is nothing where the
        /// source wants a letter is no subject of anybody's.
        #[test]
        fn no_stranger_is_taken(
            wanted in prop_oneof![reg_exp().prop_map(|text| (true, text)), wildcard().prop_map(|text| (false, text))],
            signed in proptest::collection::vec(signed(), 24),
        ) {
            let (is_reg_exp, text) = wanted;
            let wanted = if is_reg_exp { Wanted::RegExp(&text) } else { Wanted::Wildcard(&text) };
            let mut remarks = Remarks::default();
            let subject = subject_of(wanted, "x", &mut remarks);
            let is_wider = remarks.iter().any(|remark| remark.weight == Weight::Less);
            for signed in signed {
                let may_be_nothing = text.contains('+') && wanted_with_stars(&text).is_match(&signed);
                if takes(&subject, &signed) && !is_wider {
                    prop_assert!(wanted.accepts(&signed) || may_be_nothing, "{text}: {subject:?} takes {signed}");
                }
            }
        }
    }

    fn wanted_with_stars(text: &str) -> regex::Regex {
        regex::Regex::new(&text.replace('+', "*")).unwrap()
    }
}
