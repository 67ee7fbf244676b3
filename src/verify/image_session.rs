//! The questions about one image. All are about one digest: when an answer speaks of another, the tag moved.
//!
//! *Why keep the answers?* Several rules may ask for the same signer.
//!
//! *Who matches a pattern?* Those whom the certificates of the signatures name: read once an image, from
//! cosign's `.sig` manifest. They are hints; the host is asked about each, exactly.

use crate::host::verification::Check;
use crate::host::{self, Host, HostError, HostErrorKind};
use crate::image::reference::{Digest, Reference};
use crate::keys::certificate_identity::CertificateIdentity;
use crate::policy::subject_pattern::SubjectPattern;
use crate::verify::failure::CheckFailure;
use crate::verify::outcome::SignatureFormat;
use crate::verify::signatures;
use std::rc::Rc;

/// Subjects that match one pattern and are asked about, for one image. Each is a question, and a webhook
/// answers within 30 seconds at most; most images have one.
pub(crate) const MAX_CANDIDATES: usize = 8;

/// How many steps it may take to compare subjects with patterns, for one image. A thousand subjects of a hundred
/// characters and ten patterns take less.
const MAX_STEPS: usize = 6_000_000;

const TOO_LONG: &str = "its signatures name too many subjects to compare them with the patterns";

/// The questions about one image.
pub(crate) struct ImageSession<'i> {
    image: &'i Reference,
    /// What the answers so far speak of.
    digest: Option<Digest>,
    /// What the registry said that the image is, which vouches for nothing.
    resolved: Option<Digest>,
    answers: Vec<(Check, Result<(), CheckFailure>)>,
    /// How many more steps it may take to compare them with patterns.
    steps_left: usize,
    /// Whom the certificates of its signatures name, once that was looked at.
    identities: Option<Result<Rc<[CertificateIdentity]>, CheckFailure>>,
}

impl<'i> ImageSession<'i> {
    pub(crate) fn new(image: &'i Reference) -> Self {
        Self {
            image,
            digest: None,
            resolved: None,
            answers: Vec::new(),
            steps_left: MAX_STEPS,
            identities: None,
        }
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
            .map_err(CheckFailure::from)
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
    /// could not be asked. Where the host withholds the answer, the host's first answer stands.
    pub(crate) fn probe(&mut self, host: &mut Host<'_>) -> Result<(), String> {
        if self.digest.is_some() {
            return Ok(());
        }
        let question = self.question();
        match host::manifest_digest(host, &question) {
            Ok(digest) => {
                self.resolved = Some(digest);
                Ok(())
            }
            Err(HostError::Refused { kind: HostErrorKind::Withheld, .. }) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The subjects of that issuer that match, in the order of the signatures, each once: at least one, and at most
    /// one more than are asked about.
    pub(crate) fn candidates(
        &mut self,
        host: &mut Host<'_>,
        issuer: &str,
        pattern: &SubjectPattern,
    ) -> Result<Vec<String>, CheckFailure> {
        let identities = if let Some(identities) = &self.identities {
            identities.clone()
        } else {
            let identities = self.read_identities(host);
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
                && pattern
                    .matches_within(subject, &mut self.steps_left)
                    .ok_or_else(|| CheckFailure::Unchecked(TOO_LONG.to_owned()))?
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

    fn read_identities(
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
                HostError::Refused { kind: HostErrorKind::Withheld, words } => {
                    CheckFailure::Withheld(words)
                }
                error => CheckFailure::Unchecked(error.to_string()),
            })?;
        self.agree(digest.clone())?;
        Ok(digest)
    }

    /// In what format an image is signed for which the host found no signature, if the registry tells.
    pub(crate) fn signature_format(&self, host: &mut Host<'_>) -> SignatureFormat {
        match self.digest.as_ref().or(self.resolved.as_ref()) {
            Some(digest) => signatures::signature_format(host, &self.image.referrers_tag(digest)),
            None => SignatureFormat::Unknown,
        }
    }
}
