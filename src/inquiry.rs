//! The questions about one image, and what the host's answers mean.
//!
//! *Why keep the answers?* Several rules may ask for the same signer. *Why read the host's words?* A
//! refusal is an error with a text; only what is said to people depends on that text, never the verdict.
//!
//! *Who matches a pattern?* Those whom the certificates of the signatures name: read once an image, from
//! where cosign keeps its classic signatures. They are hints; the host is asked about each, exactly.

use crate::beside::{self, Layout};
use crate::claim::Claim;
use crate::host::{self, Denial, Host};
use crate::keys::PublicKey;
use crate::reference::{Digest, Reference};
use crate::signer::{Check, Identity, KeySource, Signer, SignerError};
use crate::subject::SubjectPattern;
use std::rc::Rc;

/// Subjects that match one pattern and are asked about, for one image. Each is a question, and a webhook
/// answers within 30 seconds at most; most images have one.
pub(crate) const MAX_CANDIDATES: usize = 8;

/// The questions about one image.
pub(crate) struct Inquiry<'i> {
    image: &'i Reference,
    /// What the answers so far speak of.
    digest: Option<Digest>,
    /// What the registry said that the image is, which vouches for nothing.
    seen: Option<Digest>,
    answers: Vec<(Check, Result<(), Miss>)>,
    /// What the certificates of its signatures claim, once that was looked at.
    claims: Option<Result<Rc<[Claim]>, Miss>>,
}

/// Why one check failed.
#[derive(Clone, Debug)]
pub(crate) enum Miss {
    /// The host found no signature, or could not look: it says the same for both.
    NoSignatures,
    /// Signatures were found, and not those asked for; the host's words.
    NotAmongThem(String),
    /// Signatures were found, and none has a certificate, which a pattern is compared with.
    NoCertificates,
    /// The host could not look, or its answer could not be read.
    Unchecked(String),
    /// A key or certificate of the signer of that label cannot be used.
    Signer(String, SignerError),
    /// An answer spoke of another digest.
    Moved { expected: Digest, answered: Digest },
    /// The host withholds the capability.
    Withheld(String),
}

impl Miss {
    fn of(denial: Denial) -> Self {
        match denial {
            Denial::NotTrusted => Self::NotAmongThem(String::new()),
            Denial::Malformed(_) => Self::Unchecked(denial.to_string()),
            Denial::Error(words) if is_withheld(&words) => Self::Withheld(words),
            Denial::Error(words) if words.contains("no signatures found") => Self::NoSignatures,
            Denial::Error(words)
                if words.contains("missing signatures")
                    || words.contains("verification failed") =>
            {
                Self::NotAmongThem(words)
            }
            Denial::Error(words) => Self::Unchecked(words),
        }
    }

    /// Which of several is worth telling.
    pub(crate) fn gravity(&self) -> u8 {
        match self {
            Self::NoSignatures => 0,
            Self::NotAmongThem(_) | Self::NoCertificates => 1,
            Self::Unchecked(_) => 2,
            Self::Signer(..) => 3,
            Self::Moved { .. } => 4,
            Self::Withheld(_) => 5,
        }
    }

    /// Whether the host's words name this signer as missing. The host writes the constraints that were
    /// not met as YAML, a key with its line breaks and indentation changed.
    pub(crate) fn names(&self, signer: &Signer) -> bool {
        let Self::NotAmongThem(words) = self else { return false };
        let dense = |text: &str| -> String { text.split_ascii_whitespace().collect() };
        let words = dense(words);
        match &signer.identity {
            Identity::PublicKey(KeySource::Inline(pem)) => PublicKey::parse_all(pem)
                .is_ok_and(|keys| keys.iter().any(|key| words.contains(&dense(&key.to_pem())))),
            Identity::Keyless { issuer, subject: text }
            | Identity::KeylessPrefix { issuer, url_prefix: text } => {
                words.contains(&dense(issuer)) && words.contains(&dense(text))
            }
            Identity::PublicKey(KeySource::Object { .. })
            | Identity::KeylessPattern { .. }
            | Identity::GithubActions { .. }
            | Identity::Certificate { .. } => true,
        }
    }
}

pub(crate) fn is_withheld(words: &str) -> bool {
    words.contains("has not been granted access")
}

impl<'i> Inquiry<'i> {
    pub(crate) fn new(image: &'i Reference) -> Self {
        Self { image, digest: None, seen: None, answers: Vec::new(), claims: None }
    }

    /// The digest that every answer spoke of.
    pub(crate) fn into_digest(self) -> Option<Digest> {
        self.digest
    }

    /// Asks whether a check is met.
    pub(crate) fn ask(&mut self, host: &mut Host<'_>, check: &Check) -> Result<(), Miss> {
        if let Some((_, answer)) = self.answers.iter().find(|(known, _)| known == check) {
            return answer.clone();
        }
        let question = self.question();
        let answer = host::verify(host, &question, check)
            .map_err(Miss::of)
            .and_then(|digest| self.agree(digest));
        self.answers.push((check.clone(), answer.clone()));
        answer
    }

    fn question(&self) -> String {
        match &self.digest {
            Some(digest) => self.image.at(digest),
            None => self.image.question(),
        }
    }

    /// What the answers so far speak of, or the image is given by.
    fn known_digest(&self) -> Option<&Digest> {
        self.digest.as_ref().or(self.image.digest())
    }

    /// Takes an answer's digest only when it is the one that was asked about.
    fn agree(&mut self, answered: Digest) -> Result<(), Miss> {
        match self.known_digest() {
            Some(expected) if *expected != answered => {
                Err(Miss::Moved { expected: expected.clone(), answered })
            }
            _ => {
                self.digest = Some(answered);
                Ok(())
            }
        }
    }

    /// Whether the registry knows the image, to tell an image without signatures from a registry that
    /// could not be asked. Where the host withholds the answer, the host's first word stands.
    pub(crate) fn reach(&mut self, host: &mut Host<'_>) -> Result<(), String> {
        if self.digest.is_some() {
            return Ok(());
        }
        let question = self.question();
        match host::manifest_digest(host, &question) {
            Ok(digest) => {
                self.seen = Some(digest);
                Ok(())
            }
            Err(Denial::Error(words)) if is_withheld(&words) => Ok(()),
            Err(denial) => Err(denial.to_string()),
        }
    }

    /// The subjects of that issuer that match and are to be asked about, one more when there are too many:
    /// in the order of the signatures, each once. There is at least one.
    pub(crate) fn candidates(
        &mut self,
        host: &mut Host<'_>,
        issuer: &str,
        pattern: &SubjectPattern,
    ) -> Result<Vec<String>, Miss> {
        let claims = if let Some(claims) = &self.claims {
            claims.clone()
        } else {
            let claims = self.read_claims(host);
            self.claims.insert(claims).clone()
        }?;
        if claims.is_empty() {
            return Err(Miss::NoCertificates);
        }
        let mut subjects: Vec<String> = Vec::new();
        for Claim { subject, .. } in claims.iter().filter(|claim| claim.is_of(issuer)) {
            if subjects.len() <= MAX_CANDIDATES
                && !subjects.contains(subject)
                && pattern.matches(subject)
            {
                subjects.push(subject.clone());
            }
        }
        if subjects.is_empty() { Err(Miss::NotAmongThem(String::new())) } else { Ok(subjects) }
    }

    fn read_claims(&mut self, host: &mut Host<'_>) -> Result<Rc<[Claim]>, Miss> {
        let digest = self.resolve(host)?;
        beside::claims(host, &self.image.beside(&digest, ".sig"))
    }

    /// The digest that all is about from now on, asked for when no answer has told it yet.
    fn resolve(&mut self, host: &mut Host<'_>) -> Result<Digest, Miss> {
        if let Some(digest) = self.known_digest() {
            return Ok(digest.clone());
        }
        let digest =
            host::manifest_digest(host, &self.question()).map_err(|denial| match denial {
                Denial::Error(words) if is_withheld(&words) => Miss::Withheld(words),
                denial => Miss::Unchecked(denial.to_string()),
            })?;
        self.agree(digest.clone())?;
        Ok(digest)
    }

    /// In what form an image is signed that has no signature to verify, where the registry can tell.
    pub(crate) fn layout(&self, host: &mut Host<'_>) -> Layout {
        match self.digest.as_ref().or(self.seen.as_ref()) {
            Some(digest) => beside::layout(host, &self.image.beside(digest, "")),
            None => Layout::Unknown,
        }
    }
}
