//! What hosts say when they refuse, and what it means. Only this file reads a host's words.
//!
//! *What depends on it?* What is said to people, never a verdict: whatever the words, a refusal is a refusal.
//!
//! *Where do the words come from?* From three vocabularies, one for each kind of call, below. Those of Kubewarden
//! are cited from `kubewarden/kubewarden-controller` and are the same in releases 1.35.0 and 1.36.0-beta.1.

use crate::policy::overlap::PartySigner;
use crate::policy::signer::{Identity, KeySource};
use crate::text::clip;
use HostErrorKind::{
    Absent, Forbidden, InvalidSignatures, MissingSignatures, NoSignatures, Other, Withheld,
    WithheldKubernetes,
};
use std::fmt;
use std::rc::Rc;

/// Why the host did not give what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The host refused.
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
    /// There are signatures, and none of them holds.
    InvalidSignatures,
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
            Self::NotTrusted => f.write_str("the policy server does not trust the image"),
            Self::Malformed(why) => write!(f, "the policy server's answer cannot be read: {why}"),
        }
    }
}

/// Words, and what they mean. Of several the first counts.
pub(super) struct Phrase(&'static str, HostErrorKind);

/// How the words of a call are read.
#[derive(Clone, Copy)]
pub(super) enum Vocabulary {
    Phrases(&'static [Phrase]),
    /// By [`registry_says`].
    Registry,
}

/// "Policy has not been granted access to the '…' host capability": `host_capability_denied`,
/// `crates/policy-evaluator/src/runtimes/callback.rs`.
const WITHHELD: Phrase = Phrase("has not been granted access", Withheld);

/// What `oci/v2/verify` is refused with.
pub(super) const VERIFY: Vocabulary = Vocabulary::Phrases(&[
    WITHHELD,
    // `fetch_sigstore_remote_data`, crates/policy-fetcher/src/verify/mod.rs, for any manifest that cannot be pulled
    Phrase("no signatures found", NoSignatures),
    // `SigstoreNoVerifiedLayer`, sigstore-rs, src/errors.rs
    Phrase("No Signature Layer passed verification", InvalidSignatures),
    // `IncompatibleLayerMediaTypeError`, oci-client, src/errors.rs: an ordinary image at the tag of the signatures
    Phrase("Incompatible layer media type", InvalidSignatures),
    // "Image verification failed: missing signatures": `verify_signatures_against_config`, the same file
    Phrase("missing signatures", MissingSignatures),
    // by a certificate: crates/policy-evaluator/src/callback_handler/sigstore_verification.rs
    Phrase("verification failed", MissingSignatures),
]);

/// What the other calls of `oci` are refused with, and those of `crypto`, which has no words of its own.
pub(super) const REGISTRY: Vocabulary = Vocabulary::Registry;

/// What `kubernetes` is refused with.
pub(super) const KUBERNETES: Vocabulary = Vocabulary::Phrases(&[
    // "… access to Kubernetes v1/Secret resources": `host_callback`, crates/policy-evaluator/src/runtimes/callback.rs
    Phrase("has not been granted access to Kubernetes", WithheldKubernetes),
    WITHHELD,
    // The API server's own words and reason, which `Status` of kube-core, src/response.rs, repeats.
    Phrase("forbidden", Forbidden),
    Phrase("Forbidden", Forbidden),
    // `Client::get_resource`, crates/policy-evaluator/src/callback_handler/kubernetes/client.rs
    Phrase("Cannot find", Absent),
    Phrase("not found", Absent),
]);

/// How registries say that there is no such manifest or repository, in lower case. The host passes on what a
/// registry says, and not its code.
const ABSENT: [&str; 7] = [
    // The codes' own texts: <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes>
    "manifest unknown",
    "name unknown",
    // `errcode.ErrorCodeNameUnknown` of distribution, registry/api/errcode/register.go
    "not known to registry",
    // Artifactory
    "not known to the registry",
    // Harbor ("artifact … not found"), ECR ("Requested image not found"), Azure ("manifest tagged by … is not found")
    "not found",
    // ECR ("The repository with name … does not exist in the registry")
    "does not exist",
    // Artifact Registry: `Failed to fetch "…" from request "/v2/…"`
    "failed to fetch \"",
];

/// What a registry's refusal means, as the host tells it: `OciDistributionError`, oci-client, src/errors.rs. Absent is
/// what the registry says is absent. A page that speaks of something not found, a name that nobody knows, or a server
/// that failed is a fault.
fn registry_says(words: &str) -> HostErrorKind {
    if words.contains(WITHHELD.0) {
        return Withheld;
    }
    if words.contains("Image manifest not found") {
        return Absent;
    }
    // "Server error: url …, code: 404, message: …": an answer without the registry's own errors
    if let Some((_, said)) = words.split_once("Server error: url ") {
        let code = said.split_once(", code: ").and_then(|(_, code)| code.split_once(", message:"));
        return if code.is_some_and(|(code, _)| code == "404") { Absent } else { Other };
    }
    // "Registry error: url …, envelope: OCI API errors: [OCI API error: …]": of a request that was refused, 4xx
    let Some((_, said)) = words.split_once("OCI API error: ") else { return Other };
    let said = said.lines().next().unwrap_or_default().to_ascii_lowercase();
    if ABSENT.iter().any(|phrase| said.contains(phrase)) { Absent } else { Other }
}

impl HostError {
    /// A refusal, read by the vocabulary of its call.
    pub(super) fn refused(words: String, vocabulary: Vocabulary) -> Self {
        let kind = match vocabulary {
            Vocabulary::Registry => registry_says(&words),
            Vocabulary::Phrases(phrases) => {
                let said = phrases.iter().find(|Phrase(phrase, _)| words.contains(phrase));
                said.map_or(Other, |Phrase(_, kind)| *kind)
            }
        };
        Self::Refused { kind, words }
    }
}

/// Whether the registry says, as the host tells it, that there is no such image.
pub(crate) fn is_absent(words: &str) -> bool {
    registry_says(words) == Absent
}

/// Whether time ran out. Who says so (the host, a client of HTTP, a registry) is not known, nor in what words.
pub(crate) fn is_timeout(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["timeout", "timed out", "deadline"].iter().any(|said| words.contains(said))
}

/// What the host said, without what waPC's guest puts before it (`Error`, `src/errors.rs` of `wapc-guest` 1.2).
#[cfg(target_env = "p1")]
pub(crate) fn words(error: &str) -> String {
    error.strip_prefix("Host error: ").unwrap_or(error).to_owned()
}

/// The line that tells, without the queries of addresses, which may hold a secret: registries redirect to such. The host
/// writes a prefix ("Callback evaluation failure: …", `crates/policy-evaluator/src/runtimes/callback.rs`), and a stack
/// trace after it.
pub(crate) fn first_line(words: &str) -> String {
    let line =
        words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    let line = line.strip_prefix("Callback evaluation failure: ").unwrap_or(line);
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>');
    let without_query = |part: &str| {
        let address = part.split_once("://").and_then(|(_, rest)| rest.split_once('?'));
        match (address, part.split_once('?')) {
            (Some((_, query)), Some((before, _))) => {
                let end = query
                    .strip_suffix(ends)
                    .map_or("", |rest| query.get(rest.len()..).unwrap_or_default());
                [before, "?…", end].concat()
            }
            _ => part.to_owned(),
        }
    };
    let line: String = line.split_inclusive(ends).map(without_query).collect();
    clip(&line, 512)
}

/// Which of these signers the words name as those whose signatures are missing. The host writes the constraints that
/// were not met as YAML, a key with its line breaks and indentation changed.
pub(crate) fn named(words: &str, signers: &[Rc<PartySigner<'_>>]) -> Vec<bool> {
    let words = dense(words);
    signers.iter().map(|signer| names(&words, signer)).collect()
}

fn dense(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

fn names(words: &str, signer: &PartySigner<'_>) -> bool {
    match &signer.signer().identity {
        Identity::PublicKey(KeySource::Inline(_)) => {
            signer.pems().iter().any(|pem| words.contains(&dense(pem)))
        }
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

/// The words of a refusal whose kind the host tells by a code, as that of a component does: as they are where they are
/// read as that kind, else after a phrase that is, else the phrase alone.
#[cfg(not(target_env = "p1"))]
#[must_use]
pub fn told(operation: &str, kind: HostErrorKind, words: String) -> String {
    let (vocabulary, withheld) = match operation {
        "v2/verify" => (VERIFY, Withheld),
        "get_resource" => (KUBERNETES, WithheldKubernetes),
        _ => (REGISTRY, Withheld),
    };
    let is_withheld = |kind| kind == Withheld || kind == WithheldKubernetes;
    let phrase = match if is_withheld(kind) { withheld } else { kind } {
        Withheld => WITHHELD.0,
        WithheldKubernetes => "has not been granted access to Kubernetes",
        NoSignatures => "no signatures found",
        InvalidSignatures => "No Signature Layer passed verification",
        MissingSignatures => "missing signatures",
        Absent => "Image manifest not found",
        Forbidden => "forbidden",
        Other => "no answer",
    };
    let is_read = |words: &String| match HostError::refused(words.clone(), vocabulary) {
        HostError::Refused { kind: read, .. } => {
            read == kind || is_withheld(read) && is_withheld(kind)
        }
        HostError::NotTrusted | HostError::Malformed(_) => false,
    };
    let after = format!("{phrase}: {words}");
    [words.clone(), after, phrase.to_owned()].into_iter().find(is_read).unwrap_or(words)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (
                VERIFY,
                "failed to get image trusted layers: No Signature Layer passed verification",
                InvalidSignatures,
            ),
            (
                VERIFY,
                "failed to get image trusted layers: Cannot pull r.example/a:sha256-1.sig: Incompatible layer media \
                 type: application/vnd.oci.image.layer.v1.tar",
                InvalidSignatures,
            ),
            (VERIFY, "failed to get image trusted layers: manifest not found", Other),
            (VERIFY, "No Signatures Found", Other),
            (REGISTRY, capability, Withheld),
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

    /// An answer with the registry's own error.
    fn refused(message: &str) -> String {
        format!(
            "Callback evaluation failure: Fail to interact with OCI registry: Registry error: url \
             https://r.example/v2/not-found/manifests/1, envelope: OCI API errors: [OCI API error: {message}]"
        )
    }

    /// An answer without one.
    fn answered(code: u16, body: &str) -> String {
        format!(
            "Fail to interact with OCI registry: Server error: url https://r.example/v2/a/manifests/1, code: \
             {code}, message: {body}"
        )
    }

    #[test]
    fn what_registries_say() {
        let page =
            "<html><title>404 Not Found</title><body>manifest unknown, code: 404, message:</body>";
        let absent = [
            "Fail to interact with OCI registry: Image manifest not found: r.example/a:1"
                .to_owned(),
            refused("manifest unknown"),
            refused("Manifest unknown to registry"),
            refused("name unknown"),
            refused("repository name not known to registry"),
            refused("The named manifest is not known to the registry."),
            refused("artifact library/app:1 not found"),
            refused("Requested image not found"),
            refused("The repository with name 'app' does not exist in the registry with id '1'"),
            refused(r#"Failed to fetch "1" from request "/v2/a/manifests/1"."#),
            answered(404, ""),
            answered(404, page),
            answered(404, "503 Service Unavailable, code: 503, message: "),
        ];
        let faults = [
            String::new(),
            refused("toomanyrequests: You have reached your pull rate limit"),
            refused("requested access to the resource is denied"),
            refused("denied\nOCI API error: manifest unknown"),
            refused(""),
            answered(429, page),
            answered(500, page),
            answered(502, "not found"),
            answered(403, "manifest unknown"),
            answered(4040, ""),
            "Server error: url https://r.example/v2/a/manifests/1".to_owned(),
            "Not authorized: url https://r.example/v2/not-found/manifests/1".to_owned(),
            "error sending request for url (https://r.example/v2/): host not found".to_owned(),
            "operation timed out".to_owned(),
            "connection refused".to_owned(),
        ];
        for (rows, expected) in [(&absent[..], Absent), (&faults[..], Other)] {
            for words in rows {
                assert_eq!(registry_says(words), expected, "{words}");
            }
        }
    }

    /// Whatever a host says beside its code.
    #[test]
    fn words_beside_a_code_are_read_as_the_code() {
        let registry = [Withheld, Absent, Other];
        let verify = [Withheld, NoSignatures, InvalidSignatures, MissingSignatures, Other];
        let kubernetes = [WithheldKubernetes, Absent, Forbidden, Other];
        let calls = [
            ("v2/verify", VERIFY, verify.as_slice()),
            ("v1/manifest_digest", REGISTRY, &registry),
            ("get_resource", KUBERNETES, &kubernetes),
        ];
        let words = [
            "",
            "it says nothing",
            "Policy has not been granted access to Kubernetes v1/Secret resources.",
            "no signatures found; missing signatures",
            "Image manifest not found",
            "secrets \"x\" is forbidden",
        ];
        for (operation, vocabulary, kinds) in calls {
            for (kind, words) in kinds.iter().flat_map(|kind| words.map(|words| (*kind, words))) {
                let told = told(operation, kind, words.to_owned());
                let HostError::Refused { kind: read, .. } =
                    HostError::refused(told.clone(), vocabulary)
                else {
                    panic!("{told}");
                };
                let is_read = read == kind
                    || [read, kind].iter().all(|of| [Withheld, WithheldKubernetes].contains(of));
                assert!(is_read, "{operation} {kind:?} {words}: {told} is {read:?}");
            }
        }
        let rows = [
            ("no signatures found for image: x", NoSignatures, "no signatures found for image: x"),
            ("nothing there", NoSignatures, "no signatures found: nothing there"),
            ("no signatures found", MissingSignatures, "missing signatures"),
            ("nothing there", Forbidden, "nothing there"),
        ];
        for (words, kind, expected) in rows {
            assert_eq!(told("v2/verify", kind, words.to_owned()), expected);
        }
    }

    #[test]
    fn the_line_that_tells() {
        let rows = [
            ("", "no reason given"),
            (" \n\n", "no reason given"),
            ("\n  Callback evaluation failure: it failed \nstack\n", "it failed"),
            ("it failed\u{202e}\u{7}", "it failed"),
            (
                "error for (https://s3.example/a?X-Amz-Signature=secret&b): is it \"http://b/?c\"?",
                "error for (https://s3.example/a?…): is it \"http://b/?…\"?",
            ),
        ];
        for (words, expected) in rows {
            assert_eq!(first_line(words), expected);
        }
        assert_eq!(first_line(&"x".repeat(513)).len(), 512);
    }
}
