//! The questions about one image, and what the host's answers mean.
//!
//! *Why keep the answers?* Several rules may ask for the same signer. *Why read the host's words?* A
//! refusal is an error with a text; only what is said to people depends on that text, never the verdict.
//!
//! *Who matches a pattern?* Those whom the certificates of the signatures name: read once an image, from
//! where cosign keeps its classic signatures. They are hints; the host is asked about each, exactly.

use crate::host::{self, Host, HostError};
use crate::image::reference::{Digest, Reference};
use crate::keys::identity::CertificateIdentity;
use crate::keys::public_key::PublicKey;
use crate::policy::signer::{Check, Identity, KeySource, Signer, SignerError};
use crate::policy::subject_pattern::SubjectPattern;
use crate::verify::signatures::{self, SignatureFormat};
use std::rc::Rc;

/// Subjects that match one pattern and are asked about, for one image. Each is a question, and a webhook
/// answers within 30 seconds at most; most images have one.
pub(crate) const MAX_CANDIDATES: usize = 8;

/// The questions about one image.
pub(crate) struct ImageSession<'i> {
    image: &'i Reference,
    /// What the answers so far speak of.
    digest: Option<Digest>,
    /// What the registry said that the image is, which vouches for nothing.
    seen: Option<Digest>,
    answers: Vec<(Check, Result<(), CheckFailure>)>,
    /// What the certificates of its signatures claim, once that was looked at.
    identities: Option<Result<Rc<[CertificateIdentity]>, CheckFailure>>,
}

/// Why one check failed.
#[derive(Clone, Debug)]
pub(crate) enum CheckFailure {
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

impl CheckFailure {
    fn of(error: HostError) -> Self {
        match error {
            HostError::NotTrusted => Self::NotAmongThem(String::new()),
            HostError::Malformed(_) => Self::Unchecked(error.to_string()),
            HostError::Error(words) if is_withheld(&words) => Self::Withheld(words),
            HostError::Error(words) if words.contains("no signatures found") => Self::NoSignatures,
            HostError::Error(words)
                if words.contains("missing signatures")
                    || words.contains("verification failed") =>
            {
                Self::NotAmongThem(words)
            }
            HostError::Error(words) => Self::Unchecked(words),
        }
    }

    /// Which of several is worth telling.
    pub(crate) fn severity(&self) -> u8 {
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

impl<'i> ImageSession<'i> {
    pub(crate) fn new(image: &'i Reference) -> Self {
        Self { image, digest: None, seen: None, answers: Vec::new(), identities: None }
    }

    /// The digest that every answer spoke of.
    pub(crate) fn into_digest(self) -> Option<Digest> {
        self.digest
    }

    /// Asks whether a check is met.
    pub(crate) fn ask(&mut self, host: &mut Host<'_>, check: &Check) -> Result<(), CheckFailure> {
        if let Some((_, answer)) = self.answers.iter().find(|(known, _)| known == check) {
            return answer.clone();
        }
        let question = self.question();
        let answer = host::verify(host, &question, check)
            .map_err(CheckFailure::of)
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
    fn agree(&mut self, answered: Digest) -> Result<(), CheckFailure> {
        match self.known_digest() {
            Some(expected) if *expected != answered => {
                Err(CheckFailure::Moved { expected: expected.clone(), answered })
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
            Err(HostError::Error(words)) if is_withheld(&words) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The subjects of that issuer that match and are to be asked about, one more when there are too many:
    /// in the order of the signatures, each once. There is at least one.
    pub(crate) fn candidates(
        &mut self,
        host: &mut Host<'_>,
        issuer: &str,
        pattern: &SubjectPattern,
    ) -> Result<Vec<String>, CheckFailure> {
        let identities = if let Some(identities) = &self.identities {
            identities.clone()
        } else {
            let identities = self.read_claims(host);
            self.identities.insert(identities).clone()
        }?;
        if identities.is_empty() {
            return Err(CheckFailure::NoCertificates);
        }
        let mut subjects: Vec<String> = Vec::new();
        for CertificateIdentity { subject, .. } in
            identities.iter().filter(|identity| identity.is_of(issuer))
        {
            if subjects.len() <= MAX_CANDIDATES
                && !subjects.contains(subject)
                && pattern.matches(subject)
            {
                subjects.push(subject.clone());
            }
        }
        if subjects.is_empty() {
            Err(CheckFailure::NotAmongThem(String::new()))
        } else {
            Ok(subjects)
        }
    }

    fn read_claims(
        &mut self,
        host: &mut Host<'_>,
    ) -> Result<Rc<[CertificateIdentity]>, CheckFailure> {
        let digest = self.resolve(host)?;
        signatures::identities(host, &self.image.signature_tag(&digest))
    }

    /// The digest that all is about from now on, asked for when no answer has told it yet.
    fn resolve(&mut self, host: &mut Host<'_>) -> Result<Digest, CheckFailure> {
        if let Some(digest) = self.known_digest() {
            return Ok(digest.clone());
        }
        let digest =
            host::manifest_digest(host, &self.question()).map_err(|error| match error {
                HostError::Error(words) if is_withheld(&words) => CheckFailure::Withheld(words),
                error => CheckFailure::Unchecked(error.to_string()),
            })?;
        self.agree(digest.clone())?;
        Ok(digest)
    }

    /// In what form an image is signed that has no signature to verify, where the registry can tell.
    pub(crate) fn signature_format(&self, host: &mut Host<'_>) -> SignatureFormat {
        match self.digest.as_ref().or(self.seen.as_ref()) {
            Some(digest) => signatures::signature_format(host, &self.image.referrers_tag(digest)),
            None => SignatureFormat::Unknown,
        }
    }
}
