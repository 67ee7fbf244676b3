//! `docs/src/troubleshooting.md` explains everything that the policy says.
//!
//! An entry is a heading of the third level, or the first cell of a row in a table: the message, in which
//! `…` stands for any text. All that the policy says in `cases/` must be explained by an entry, and each
//! entry must explain something.

use std::time::Duration;

use pulldown_cmark::HeadingLevel;
use serde::Deserialize;
use signed_images_policy::attestation::ReportProblem;
use signed_images_policy::verify::outcome::{Reason, Requirement, Shortfall, Unmet};
use signed_images_testing::cases;

use crate::pages::{Page, root};

const PAGE: &str = "docs/src/troubleshooting.md";

/// The time at which the cases play: in 2027.
const NOW: Duration = Duration::from_hours(57 * 8_766);

/// What the policy answers, as far as it speaks.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    message: String,
    warnings: Vec<String>,
}

/// What is said in the cases: the message's lines and the warnings.
fn said() -> Vec<(String, String)> {
    let mut said = Vec::new();
    for case in cases::all(root()).into_iter().filter(|case| case.name.starts_with("cases/")) {
        let answer = std::cell::RefCell::new(Answer::default());
        let run = |operation: &'static str, payload: &[u8], script: &cases::Script| {
            let host = &mut |namespace: &'static str, operation: &'static str, asked: &[u8]| {
                script.answer(namespace, operation, asked)
            };
            let bytes = match operation {
                "validate" => {
                    signed_images_policy::validate(payload, host, &mut |line| script.log(line), NOW)
                }
                _ => signed_images_policy::validate_settings(payload, host, NOW),
            };
            *answer.borrow_mut() = serde_json::from_slice(&bytes).unwrap();
            Ok(bytes)
        };
        cases::check(&case, &run).unwrap();
        let answer = answer.into_inner();
        let lines = answer.message.lines().chain(answer.warnings.iter().map(String::as_str));
        said.extend(lines.map(|line| (case.name.clone(), line.to_owned())));
    }
    assert!(said.len() > 1000, "{}", said.len());
    said
}

fn entries() -> Vec<String> {
    let page = Page::read(&root().join(PAGE));
    let headings = page.headings().into_iter();
    let entries = headings.filter(|heading| heading.level == HeadingLevel::H3);
    entries.map(|heading| heading.text).chain(page.first_cells()).collect()
}

/// Whether the entry's parts stand in the line, in their order.
fn explains(entry: &str, line: &str) -> bool {
    let mut rest = line;
    for part in entry.split('…').map(str::trim).filter(|part| !part.is_empty()) {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// Entries that leave the rest of the line to others.
const BEGINNINGS: [&str; 2] = ["… cannot be used: …", "… invalid image reference: …"];

/// Lines that were cut to their length, or that only count others, need no entry.
fn is_cut(line: &str) -> bool {
    line.ends_with('…') || line.starts_with("… and ") || line.ends_with("…`)")
}

#[test]
fn every_message_has_an_entry() {
    let (entries, said) = (entries(), said());
    let whole: Vec<&String> =
        entries.iter().filter(|entry| !BEGINNINGS.contains(&entry.as_str())).collect();
    assert_eq!(whole.len() + BEGINNINGS.len(), entries.len(), "{PAGE}: a beginning is missing");
    let unexplained: Vec<String> = said
        .iter()
        .filter(|(_, line)| !is_cut(line) && !whole.iter().any(|entry| explains(entry, line)))
        .map(|(case, line)| format!("{case}: {line}"))
        .collect();
    assert!(unexplained.is_empty(), "{PAGE} does not explain\n{}", unexplained.join("\n"));
    for entry in &entries {
        let words = entry.split('…').map(str::trim).collect::<String>();
        assert!(words.len() > 8, "{PAGE}: `{entry}` explains too much");
        let is_said = said.iter().any(|(_, line)| explains(entry, line));
        assert!(is_said, "{PAGE}: `{entry}` is never said");
    }
}

/// Who sees a message finds it by its own words at the top of the page.
#[test]
fn the_index_leads_to_every_message() {
    let page = Page::read(&root().join(PAGE));
    let index = page.section("By the words that you see").unwrap();
    for heading in page.headings() {
        let is_message = heading.level == HeadingLevel::H3;
        let is_listed = index.contains(&format!("(#{})", heading.anchor()));
        assert!(!is_message || is_listed, "{PAGE}: the index lacks `{}`", heading.text);
    }
}

/// The README's picture shows what the policy says, in the lines of a case.
#[test]
fn the_picture_shows_what_is_said() {
    const PICTURE: &str = "docs/src/images/refusal.svg";
    const CASE: &str = "cases/examples/one-team/rejected.yml";
    let picture = std::fs::read_to_string(root().join(PICTURE)).unwrap();
    let text = |line: &str| {
        let (_, text) = line.strip_suffix("</text>")?.rsplit_once('>')?;
        Some(text.to_owned())
    };
    let lines: Vec<String> = picture.lines().filter_map(text).collect();
    let shown = lines.join(" ");
    let said = said();
    let of_case = said.iter().filter(|(case, _)| case == CASE).collect::<Vec<_>>();
    assert!(!of_case.is_empty(), "{CASE} says nothing");
    for (_, line) in of_case {
        assert!(shown.contains(line.as_str()), "{PICTURE} does not show {line}");
    }
}

/// The part of an entry that tells this reason. A new reason stops here until it has an entry.
fn entry_of(reason: &Reason) -> &'static str {
    match reason {
        Reason::NotSigned { has_referrers: false } => "not signed",
        Reason::NotSigned { has_referrers: true } => {
            "not signed in a format that can be verified here"
        }
        Reason::InvalidSignatures => "there are signatures, but none is valid",
        Reason::TooFewSigners { .. } => "signed, but not by enough of the signers",
        Reason::Unchecked(_) => "could not be checked: ",
        Reason::Withheld(_) => {
            "could not be checked, the policy server does not grant a host capability"
        }
        Reason::Moved { .. } => "the tag moved while it was verified",
        Reason::Signer(..) => " cannot be used: ",
        // Each has a message of its own, which cases say.
        Reason::Unmet(_) => "report is about another image",
    }
}

#[test]
fn every_reason_has_an_entry() {
    let digest = |letter: &str| {
        let text = format!("sha256:{}", letter.repeat(64));
        signed_images_policy::image::reference::Digest::parse(&text).unwrap()
    };
    let key = signed_images_policy::verify::signer_checks::SignerError::Source(
        "it is not there".to_owned(),
    );
    let missing = vec!["release team".to_owned()];
    let unmet = Unmet {
        what: Requirement::Report { name: "vuln".to_owned(), predicate_type: String::new() },
        platform: None,
        why: Shortfall::Report(ReportProblem::OtherImage),
    };
    let reasons = [
        Reason::NotSigned { has_referrers: false },
        Reason::NotSigned { has_referrers: true },
        Reason::InvalidSignatures,
        Reason::TooFewSigners {
            agreed: 0,
            needed: 1,
            missing,
            annotated: false,
            uncertified: false,
        },
        Reason::Unchecked("connection refused".to_owned()),
        Reason::Withheld("Policy has not been granted access".to_owned()),
        Reason::Moved { expected: digest("a"), answered: digest("b") },
        Reason::Signer("release team".to_owned(), key),
        Reason::Unmet(Box::new(unmet)),
    ];
    let entries = entries();
    for reason in &reasons {
        let (part, said) = (entry_of(reason), reason.to_string());
        assert!(said.contains(part.trim_start()), "{said}");
        assert!(entries.iter().any(|entry| entry.contains(part)), "{PAGE} has no `{part}`");
    }
}

#[test]
fn entries_are_read() {
    assert!(explains("… is not …", "it is not here"));
    assert!(explains("a … b", "x a b"));
    assert!(!explains("b … a", "x a b"));
}
