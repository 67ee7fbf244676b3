//! Suggested rules as settings, with what is to be confirmed and what was left out.
//!
//! - May a registry write here? Its words stand in quotes, or in comments on one line.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::rules::{Found, Rule, Seen, Signers};
use super::signers::{Signer, Subject};
use crate::legible;

/// How many images of a rule are named.
const NAMED: usize = 3;

/// A key that was given.
#[derive(Debug, Clone)]
pub struct Key {
    /// What messages are to call it.
    pub owner: String,
    /// The PEM.
    pub pem: String,
}

/// The settings, and comments.
#[must_use]
pub fn settings(rules: &[Rule], seen: &[Seen], keys: &[Key]) -> String {
    let mut text = String::from(
        "# Suggested from the signatures that exist today. A signature says who signed, not whether to trust the signer:\n\
         # confirm every signer below with the publisher of the images.\n\
         # Images that match no rule are accepted, unless you add `unmatchedImages: reject`.\n",
    );
    text.push_str("rules:\n");
    for rule in rules {
        text.push_str(&rule_text(rule, keys));
    }
    text.push_str(&left_out(seen));
    text
}

/// What makes no rule, for each reason; as comments.
#[must_use]
pub fn left_out(seen: &[Seen]) -> String {
    type Of = fn(&Found) -> Option<String>;
    let kinds: [(&str, Of); 4] = [
        ("not signed", |found| matches!(found, Found::Unsigned).then(String::new)),
        ("signed only with bundles, which policy servers up to 1.36 cannot read", |found| {
            matches!(found, Found::Bundles(_)).then(String::new)
        }),
        (
            "signed with an unknown key (pass it with --key), or by an authority that is not trusted",
            |found| matches!(found, Found::Unknown).then(String::new),
        ),
        ("could not be read", |found| match found {
            Found::Unread(reason) => Some(format!(": {}", legible::line(first_line(reason)))),
            Found::Signed(_) | Found::Unknown | Found::Bundles(_) | Found::Unsigned => None,
        }),
    ];
    let mut text = String::new();
    for (why, of) in kinds {
        let mut images: Vec<String> = seen
            .iter()
            .filter_map(|image| {
                Some(format!("#   {}{}\n", legible::line(&image.image), of(&image.found)?))
            })
            .collect();
        images.sort();
        if !images.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# {why} ({}):\n{}", images.len(), images.concat().trim_end());
        }
    }
    text
}

fn first_line(reason: &str) -> &str {
    reason.lines().next().unwrap_or_default().trim_end()
}

fn rule_text(rule: &Rule, keys: &[Key]) -> String {
    let mut text = String::new();
    for image in rule.seen.iter().take(NAMED) {
        let _ = writeln!(text, "  # {}", legible::line(image));
    }
    if rule.seen.len() > NAMED {
        let _ = writeln!(text, "  # and {} more", rule.seen.len() - NAMED);
    }
    text.push_str(&who_signed(rule, keys));
    let first = rule.images.first().map_or("", String::as_str);
    let _ = writeln!(text, "  - name: {}", quoted(first.trim_end_matches("/**")));
    let _ = writeln!(text, "    images:");
    for pattern in &rule.images {
        let _ = writeln!(text, "      - {}", quoted(pattern));
    }
    match &rule.signers {
        Signers::AllOf(signers) => {
            let _ = writeln!(text, "    allOf:");
            text.push_str(&signer_texts(signers, keys, "      "));
        }
        Signers::AnyOf(signers) => {
            let _ = writeln!(text, "    # no single signer has signed every image");
            let _ = writeln!(text, "    anyOf:\n      signatures:");
            text.push_str(&signer_texts(signers, keys, "        "));
        }
    }
    text
}

/// Who has signed how many of a rule's images, unless each of them has signed all: who signs along may be a stranger, and
/// who signs some the publisher.
fn who_signed(rule: &Rule, keys: &[Key]) -> String {
    let all = rule.seen.len();
    if rule.signed.values().all(|count| *count == all) {
        return String::new();
    }
    let mut text = format!("  # confirm who of them publishes these {all} images:\n");
    for (signer, count) in &rule.signed {
        let name = match signer {
            Signer::Key(index) => keys.get(*index).map_or("", |key| &key.owner).to_owned(),
            Signer::Identity { subject, .. } => subject.text().to_owned(),
            Signer::Workflow { owner, repo } => format!("{owner}/{repo}"),
        };
        let _ = writeln!(text, "  #   {} has signed {count}", legible::line(&name));
    }
    text
}

fn signer_texts(signers: &BTreeSet<Signer>, keys: &[Key], indent: &str) -> String {
    signers.iter().map(|signer| signer_text(signer, keys, indent)).collect()
}

fn signer_text(signer: &Signer, keys: &[Key], indent: &str) -> String {
    let fields = match signer {
        Signer::Key(index) => {
            let Some(key) = keys.get(*index) else { return String::new() };
            let pem = key.pem.trim().lines().map(|line| format!("{indent}    {line}\n"));
            return format!(
                "{indent}- kind: pubKey\n{indent}  owner: {}\n{indent}  key: |\n{}",
                quoted(&key.owner),
                pem.collect::<String>()
            );
        }
        Signer::Identity { issuer, subject } => {
            let kind = match subject {
                Subject::Equal(_) => "equal",
                Subject::Pattern(_) => "pattern",
            };
            format!(
                "genericIssuer\n{indent}  issuer: {}\n{indent}  subject: {{{kind}: {}}}",
                quoted(issuer),
                quoted(subject.text())
            )
        }
        Signer::Workflow { owner, repo } => format!(
            "githubAction\n{indent}  owner: {}\n{indent}  repo: {}",
            quoted(owner),
            quoted(repo)
        ),
    };
    format!("{indent}- kind: {fields}\n")
}

/// A JSON string is a string of YAML; what is not printed is written as its number.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        if legible::line(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            quoted.push(c);
        } else {
            let _ = write!(quoted, "\\U{:08x}", u32::from(c));
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use signed_images_policy::image::reference::Reference;

    use super::*;
    use crate::suggest::rules::suggest;

    #[test]
    fn what_a_registry_says_stays_in_quotes_and_comments() {
        let seen = |image: &str, found| Seen {
            image: image.to_owned(),
            reference: Reference::parse(image).unwrap(),
            found,
        };
        let identity = |issuer: &str, subject: Subject| {
            Found::Signed(BTreeSet::from([Signer::Identity { issuer: issuer.to_owned(), subject }]))
        };
        let odd = Subject::Equal("jo\"\n- x: {y}\u{202e}@acme.io".to_owned());
        let workflow = Subject::Pattern(
            "https://github.com/acme/app/.github/workflows/r.yml@refs/tags/*".to_owned(),
        );
        let both = BTreeSet::from([
            Signer::Key(0),
            Signer::Workflow { owner: "acme".to_owned(), repo: "app".to_owned() },
        ]);
        let seen = [
            seen(
                "ghcr.io/acme/app:1",
                identity("https://token.actions.githubusercontent.com", workflow.clone()),
            ),
            seen(
                "ghcr.io/acme/app:2",
                identity("https://token.actions.githubusercontent.com", workflow),
            ),
            seen("ghcr.io/odd/app:1", identity("https://i\n", odd)),
            seen("quay.io/acme/web:1", Found::Signed(both)),
            seen("quay.io/acme/web:2", Found::Signed(BTreeSet::from([Signer::Key(0)]))),
            seen("nginx", Found::Unsigned),
            seen("alpine:3", Found::Unsigned),
            seen("redis:7", Found::Unread("unreachable\nforged: line".to_owned())),
            seen("a/bundle", Found::Bundles(BTreeSet::from([Signer::Key(0)]))),
            seen("a/unknown", Found::Unknown),
        ];
        let key = Key {
            owner: "cosign".to_owned(),
            pem: "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n".to_owned(),
        };
        insta::assert_snapshot!(settings(&suggest(&seen), &seen, &[key]));
    }
}
