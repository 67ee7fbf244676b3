//! Signers: of every kind, those of one group mostly apart from each other.

use super::credentials;
use crate::generate::choices::Choices;
use crate::generate::fixtures::{ACME, GITHUB};
use crate::generate::json::Json;
use crate::generate::names::name;
use std::time::Duration;

/// Who can sign. No two of them could make one signature; each can be told in several ways.
#[derive(Clone, Copy, Debug)]
enum Party {
    /// Who holds a key that the settings hold.
    Key(usize),
    /// Who holds a key that is kept in such an object.
    Object(&'static str),
    /// The same, as cosign names it.
    CosignSecret,
    /// The workflows of a repository.
    Workflow(&'static str),
    /// Somebody with an e-mail address.
    Person,
    /// All below a URL.
    Site,
    /// Who holds the key of a certificate.
    Certificate(usize),
}

const PARTIES: [Party; 15] = [
    Party::Key(0),
    Party::Key(1),
    Party::Key(2),
    Party::Key(3),
    Party::Key(4),
    Party::Key(5),
    Party::Object("configMap"),
    Party::Object("secret"),
    Party::CosignSecret,
    Party::Workflow("app"),
    Party::Workflow("web"),
    Party::Person,
    Party::Site,
    Party::Certificate(0),
    Party::Certificate(1),
];

/// The signers of a group, seldom one of them twice.
pub(super) fn group(choices: &mut Choices, now: Duration) -> Vec<Json> {
    let count = choices.weighted(&[(8, 1), (5, 2), (3, 3), (1, 5)]);
    let mut parties = choices.sample(&PARTIES, count);
    if choices.chance(1, 16) {
        parties.push(parties[0]);
    }
    parties.into_iter().map(|party| signer(party, choices, now)).collect()
}

fn signer(party: Party, choices: &mut Choices, now: Duration) -> Json {
    let mut signer = match party {
        Party::Key(party) => key(credentials::key(party, choices), choices),
        Party::Object(kind) => in_object(kind, choices),
        Party::CosignSecret => {
            let secret = choices.one(&["one", "two", "three"]);
            let slash = if choices.chance(1, 60) { "" } else { "/" };
            key(format!("k8s://trust{slash}{secret}"), choices)
        }
        Party::Workflow(repo) => workflow(repo, choices),
        Party::Person if choices.chance(1, 2) => identity(ACME, "equal", "ann@acme.com", choices),
        Party::Person => identity(ACME, "pattern", "*@acme.com", choices),
        Party::Site => {
            let url = choices.one(&["https://acme.com/a", "https://acme.com/a/"]);
            identity(ACME, "urlPrefix", url, choices)
        }
        Party::Certificate(party) => {
            let pem = credentials::certificate(party, choices, now);
            let mut signer =
                Json::from([("kind", "certificate".into()), ("certificate", pem.into())]);
            credentials::add_chain(&mut signer, choices);
            signer
        }
    };
    super::maybe(&mut signer, "annotations", (1, 4), choices, &mut super::annotations);
    if choices.chance(1, 300) {
        signer.set(choices.one(&["repo", "subject", "key", "certificateChain"]), "app");
    }
    signer
}

fn key(text: String, choices: &mut Choices) -> Json {
    let mut signer = Json::from([("kind", "pubKey".into()), ("key", text.into())]);
    super::maybe(&mut signer, "owner", (1, 3), choices, &mut |choices| name(choices).into());
    signer
}

fn in_object(kind: &str, choices: &mut Choices) -> Json {
    let name = choices.one(&["one", "two", "three"]);
    let mut object = Json::from([("namespace", "trust".into()), ("name", name.into())]);
    super::maybe(&mut object, "key", (1, 4), choices, &mut |choices| {
        choices.one(&["keys.pem", "cosign.pub", "missing"]).into()
    });
    Json::from([("kind", "pubKey".into()), ("keyFrom", Json::from([(kind, object)]))])
}

fn workflow(repo: &str, choices: &mut Choices) -> Json {
    let url = format!("https://github.com/acme/{repo}");
    match choices.below(8) {
        0..=2 => {
            let repo = match choices.below(200) {
                0 => "acme/app",
                1 => "*",
                _ => repo,
            };
            let mut signer =
                Json::from([("kind", "githubAction".into()), ("owner", "acme".into())]);
            super::maybe(&mut signer, "repo", (5, 6), choices, &mut |_| repo.into());
            signer
        }
        3 => identity(GITHUB, "urlPrefix", &url, choices),
        4 => {
            let subject = [&url, "/.github/workflows/release.yml@refs/tags/v1.2"].concat();
            identity(GITHUB, "equal", &subject, choices)
        }
        5 => {
            let of_all = choices.one(&[
                "https://github.com/acme/**",
                "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*",
            ]);
            identity(GITHUB, "pattern", of_all, choices)
        }
        _ => {
            let which = choices.one(&[
                "/**",
                "/.github/workflows/release.yml@refs/tags/v*",
                "/*/*/*.yml@refs/**",
            ]);
            identity(GITHUB, "pattern", &[&url, which].concat(), choices)
        }
    }
}

/// An identity, told in that way.
fn identity(issuer: &str, way: &str, subject: &str, choices: &mut Choices) -> Json {
    let (issuer, subject) = match choices.below(600) {
        0 => ("https://*.acme.com", subject),
        1..=4 => (issuer, choices.one(&WRONG)),
        _ => (issuer, subject),
    };
    Json::from([
        ("kind", "genericIssuer".into()),
        ("issuer", issuer.into()),
        ("subject", Json::from([(way, subject.into())])),
    ])
}

/// Subjects that name nobody, or too many, in one way or the other.
const WRONG: [&str; 14] = [
    "",
    "*",
    "https://github.com/**",
    "https://github.com/acme/***",
    "https://github.com/acme/?pp/**",
    "https://*.acme.com/a*",
    "https://Acme.com/a*",
    "https://acme.com:443/a",
    "https://acme.com/../a",
    "https://1.2.3.4/a",
    "file:///a b",
    "mailto:*@acme.com",
    "*@*.com",
    "ann",
];
