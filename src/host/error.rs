//! What hosts say when they refuse, and what it means. Only this file reads a host's words.
//!
//! *What depends on it?* What is said to people, never a verdict: whatever the words, a refusal is a refusal.
//!
//! *Where do the words come from?* From three vocabularies, one for each kind of call, below. Those of Kubewarden
//! are cited from `kubewarden/kubewarden-controller` and are the same in releases 1.35.0 and 1.36.0-beta.1.

use crate::keys::public_key::PublicKey;
use crate::policy::signer::{Identity, KeySource};
use crate::text::clip;
use HostErrorKind::{
    Absent, Forbidden, MissingSignatures, NoSignatures, Withheld, WithheldKubernetes,
};
use Spelling::{AnyCase, Exactly};
use std::fmt;

/// Why the host did not give what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// It refused.
    Refused {
        /// What its words mean.
        kind: HostErrorKind,
        /// Its own words.
        words: String,
    },
    /// It answered that the image is not trusted.
    NotTrusted,
    /// It answered something else than the protocol says.
    Malformed(String),
}

/// What the words of a host mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostErrorKind {
    /// The policy may not make this call.
    Withheld,
    /// The policy may not read objects of this kind.
    WithheldKubernetes,
    /// The image has no signatures, or they could not be read: the host says the same for both.
    NoSignatures,
    /// There are signatures, and not those asked for.
    MissingSignatures,
    /// There is no such thing.
    Absent,
    /// The host itself may not read it.
    Forbidden,
    /// Anything else: a registry or an API server that cannot be reached, say.
    Other,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { words, .. } => f.write_str(words),
            Self::NotTrusted => f.write_str("the host does not trust the image"),
            Self::Malformed(why) => write!(f, "the host's answer cannot be read: {why}"),
        }
    }
}

/// Words, and what they mean. Of several the first counts.
pub(super) struct Phrase(Spelling, HostErrorKind);

enum Spelling {
    /// As Kubewarden writes it.
    Exactly(&'static str),
    /// As one registry or another writes it; here in lower case.
    AnyCase(&'static str),
}

/// "Policy has not been granted access to the '…' host capability": `host_capability_denied`,
/// `crates/policy-evaluator/src/runtimes/callback.rs`.
const WITHHELD: Phrase = Phrase(Exactly("has not been granted access"), Withheld);

/// What `oci/v2/verify` is refused with.
pub(super) const VERIFY: &[Phrase] = &[
    WITHHELD,
    // `fetch_sigstore_remote_data`, crates/policy-fetcher/src/verify/mod.rs, for any manifest that cannot be pulled
    Phrase(Exactly("no signatures found"), NoSignatures),
    // "Image verification failed: missing signatures": `verify_signatures_against_config`, the same file
    Phrase(Exactly("missing signatures"), MissingSignatures),
    // by a certificate: crates/policy-evaluator/src/callback_handler/sigstore_verification.rs
    Phrase(Exactly("verification failed"), MissingSignatures),
];

/// What the other calls of `oci` are refused with, and those of `crypto`, which has no words of its own.
pub(super) const REGISTRY: &[Phrase] = &[
    WITHHELD,
    // "Image manifest not found": `OciDistributionError`, oci-client, src/errors.rs
    Phrase(AnyCase("not found"), Absent),
    // The registry's own words, which `OciError` of the same file repeats:
    // <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes>
    Phrase(AnyCase("manifest unknown"), Absent),
    Phrase(AnyCase("name unknown"), Absent),
];

/// What `kubernetes` is refused with.
pub(super) const KUBERNETES: &[Phrase] = &[
    // "… access to Kubernetes v1/Secret resources": `host_callback`, crates/policy-evaluator/src/runtimes/callback.rs
    Phrase(Exactly("has not been granted access to Kubernetes"), WithheldKubernetes),
    WITHHELD,
    // The API server's own words and reason, which `Status` of kube-core, src/response.rs, repeats.
    Phrase(Exactly("forbidden"), Forbidden),
    Phrase(Exactly("Forbidden"), Forbidden),
    // `Client::get_resource`, crates/policy-evaluator/src/callback_handler/kubernetes/client.rs
    Phrase(Exactly("Cannot find"), Absent),
    Phrase(Exactly("not found"), Absent),
];

impl HostError {
    /// A refusal, read by the vocabulary of its call.
    pub(super) fn refused(words: String, vocabulary: &[Phrase]) -> Self {
        let lower_case = words.to_ascii_lowercase();
        let is_said = |Phrase(spelling, _): &&Phrase| match spelling {
            Exactly(phrase) => words.contains(phrase),
            AnyCase(phrase) => lower_case.contains(phrase),
        };
        let said = vocabulary.iter().find(is_said);
        let kind = said.map_or(HostErrorKind::Other, |Phrase(_, kind)| *kind);
        Self::Refused { kind, words }
    }
}

/// Whether time ran out. Who says so (the host, a client of HTTP, a registry) is not known, nor in what words.
pub(crate) fn is_timeout(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["timeout", "timed out", "deadline"].iter().any(|said| words.contains(said))
}

/// What the host said, without what waPC's guest puts before it (`Error`, `src/errors.rs` of `wapc-guest` 1.2).
#[cfg(target_arch = "wasm32")]
pub(crate) fn words(error: &str) -> String {
    error.strip_prefix("Host error: ").unwrap_or(error).to_owned()
}

/// The line that tells. The host writes a prefix ("Callback evaluation failure: …",
/// `crates/policy-evaluator/src/runtimes/callback.rs`), and a stack trace after it.
pub(crate) fn first_line(words: &str) -> String {
    let line =
        words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    let line = line.strip_prefix("Callback evaluation failure: ").unwrap_or(line);
    clip(line, 512)
}

/// Which of these identities the words name as those whose signatures are missing. The host writes the constraints that
/// were not met as YAML, a key with its line breaks and indentation changed.
pub(crate) fn named<'i>(words: &str, identities: impl Iterator<Item = &'i Identity>) -> Vec<bool> {
    let words = dense(words);
    identities.map(|identity| names(&words, identity)).collect()
}

fn dense(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

fn names(words: &str, identity: &Identity) -> bool {
    match identity {
        Identity::PublicKey(KeySource::Inline(pem)) => PublicKey::parse_all(pem)
            .is_ok_and(|keys| keys.iter().any(|key| words.contains(&dense(&key.to_pem())))),
        Identity::Keyless { issuer, subject }
        | Identity::KeylessPrefix { issuer, url_prefix: subject } => {
            words.contains(&dense(issuer)) && words.contains(&dense(subject))
        }
        Identity::PublicKey(KeySource::Object { .. })
        | Identity::KeylessPattern { .. }
        | Identity::GithubActions { .. }
        | Identity::Certificate { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HostErrorKind::Other;

    #[test]
    fn what_words_mean() {
        let capability =
            "Policy has not been granted access to the 'oci/v2/verify' host capability.";
        let secrets = "Policy has not been granted access to Kubernetes v1/Secret resources.";
        let rows = [
            (VERIFY, capability, Withheld),
            (
                VERIFY,
                "Callback evaluation failure: no signatures found for image: x ",
                NoSignatures,
            ),
            (
                VERIFY,
                "Image verification failed: missing signatures\nThe following",
                MissingSignatures,
            ),
            (VERIFY, "verification failed: Several Constraints failed", MissingSignatures),
            (VERIFY, "failed to get image trusted layers: manifest not found", Other),
            (VERIFY, "No Signatures Found", Other),
            (REGISTRY, capability, Withheld),
            (REGISTRY, "Image manifest not found: x", Absent),
            (REGISTRY, "OCI API error: Manifest Unknown", Absent),
            (REGISTRY, "NAME UNKNOWN", Absent),
            (REGISTRY, "forbidden: not found", Absent),
            (REGISTRY, "connection refused", Other),
            (KUBERNETES, capability, Withheld),
            (KUBERNETES, secrets, WithheldKubernetes),
            (KUBERNETES, "ApiError: secrets \"x\" is forbidden: not found: Forbidden", Forbidden),
            (KUBERNETES, "Cannot find v1/Secret named 'x'", Absent),
            (KUBERNETES, "secrets \"x\" not found: NotFound", Absent),
            (KUBERNETES, "NOT FOUND", Other),
            (KUBERNETES, "", Other),
        ];
        for (vocabulary, words, expected) in rows {
            let error = HostError::refused(words.to_owned(), vocabulary);
            assert_eq!(error, HostError::Refused { kind: expected, words: words.to_owned() });
        }
    }

    #[test]
    fn the_line_that_tells() {
        let rows = [
            ("", "no reason given"),
            (" \n\n", "no reason given"),
            ("\n  Callback evaluation failure: it failed \nstack\n", "it failed"),
            ("it failed\u{202e}\u{7}", "it failed"),
        ];
        for (words, expected) in rows {
            assert_eq!(first_line(words), expected);
        }
        assert_eq!(first_line(&"x".repeat(513)).len(), 512);
    }
}
