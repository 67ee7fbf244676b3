//! Whether one signature could satisfy two signers.
//!
//! *Why does it matter?* `minimumMatches: 2` asks for two parties. Two spellings of one party would let it
//! pass with one.

use crate::certificate::Certificate;
use crate::keys::{PublicKey, essence};
use crate::signer::{AllOf, Identity, KeySource};

/// The issuer of GitHub's workflow identities.
const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Whether one signature could satisfy both. Keys in the cluster are compared by where they are; what
/// they hold is compared when it is read.
pub(crate) fn one_signature_satisfies_both(a: &Identity, b: &Identity) -> bool {
    match (a, b) {
        (Identity::PublicKey(a), Identity::PublicKey(b)) if a == b => true,
        _ => {
            share(&keys_of_identity(a), &keys_of_identity(b))
                || subjects(a).zip(subjects(b)).is_some_and(|(a, b)| a.meets(&b))
        }
    }
}

/// Whether one signature could meet both, now that the keys are known.
pub(crate) fn one_signature_meets_both(a: &AllOf, b: &AllOf) -> bool {
    a == b || share(&keys_asked_for(a), &keys_asked_for(b))
}

fn share(a: &[Vec<u8>], b: &[Vec<u8>]) -> bool {
    a.iter().any(|key| b.contains(key))
}

fn keys_of_identity(identity: &Identity) -> Vec<Vec<u8>> {
    match identity {
        Identity::PublicKey(KeySource::Inline(pem)) => public_keys(pem),
        Identity::Certificate { certificate, .. } => certified_key(certificate),
        _ => Vec::new(),
    }
}

fn keys_asked_for(all_of: &AllOf) -> Vec<Vec<u8>> {
    match all_of {
        AllOf::PublicKeys(pems) => pems.iter().flat_map(|pem| public_keys(pem)).collect(),
        AllOf::Certificate(certificate, ..) => certified_key(certificate),
        _ => Vec::new(),
    }
}

fn public_keys(pem: &str) -> Vec<Vec<u8>> {
    let keys = PublicKey::parse_all(pem).unwrap_or_default();
    keys.iter().map(|key| key.essence().to_vec()).collect()
}

fn certified_key(pem: &str) -> Vec<Vec<u8>> {
    let certificate = Certificate::parse(pem).ok();
    certificate.iter().map(|certificate| essence(certificate.public_key()).to_vec()).collect()
}

/// The identities of an issuer that satisfy a signer.
struct Subjects<'i> {
    issuer: &'i str,
    subject: Subject,
}

enum Subject {
    Exactly(String),
    Below(String),
}

fn subjects(identity: &Identity) -> Option<Subjects<'_>> {
    match identity {
        Identity::Keyless { issuer, subject } => {
            Some(Subjects { issuer, subject: Subject::Exactly(subject.clone()) })
        }
        Identity::KeylessPrefix { issuer, url_prefix } => {
            Some(Subjects { issuer, subject: Subject::Below(url_prefix.clone()) })
        }
        Identity::GithubActions { owner, repo } => {
            let mut url = format!("https://github.com/{owner}/");
            if let Some(repo) = repo {
                url.push_str(repo);
                url.push('/');
            }
            Some(Subjects { issuer: GITHUB_ISSUER, subject: Subject::Below(url) })
        }
        Identity::PublicKey(_) | Identity::Certificate { .. } => None,
    }
}

impl Subjects<'_> {
    fn meets(&self, other: &Self) -> bool {
        self.issuer == other.issuer
            && match (&self.subject, &other.subject) {
                (Subject::Exactly(a), Subject::Exactly(b)) => a == b,
                (Subject::Below(a), Subject::Below(b)) => a.starts_with(b) || b.starts_with(a),
                (Subject::Exactly(exact), Subject::Below(url))
                | (Subject::Below(url), Subject::Exactly(exact)) => exact.starts_with(url),
            }
    }
}
