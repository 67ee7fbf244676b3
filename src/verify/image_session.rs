//! The questions about one image. All are about one digest: when an answer speaks of another, the tag moved.
//!
//! *Two digests?* The one that is bound is that of all questions, and the image is pinned to it. Where no answer has
//! bound one, what the registry says that the tag has is a hint: it chooses where to look for what a message tells.
//!
//! *Why keep the answers?* Several rules may ask for the same signer.
//!
//! *Who matches a pattern?* Those whom the certificates of the signatures name: read once an image, from
//! cosign's `.sig` manifest. They are hints; the host is asked about each, exactly.

use crate::host::verification::Check;
use crate::host::{self, Host, HostError, HostErrorKind};
use crate::image::reference::{Digest, Reference};
use crate::keys::certificate_identity::CertificateIdentity;
use crate::policy::steps::Steps;
use crate::policy::subject_pattern::SubjectPattern;
use crate::verify::failure::CheckFailure;
use crate::verify::{log_entry, signature_manifest};
use std::borrow::Cow;
use std::rc::Rc;

/// Subjects that match one pattern and are asked about, for one image. Each is a question, and a webhook
/// answers within 30 seconds at most; most images have one.
pub(crate) const MAX_CANDIDATES: usize = 8;

/// How many steps it may take to read certificates and to compare their subjects with patterns, for all images of a
/// request. A thousand of two kilobytes, with subjects of a hundred characters, and ten patterns take less.
pub(super) const MAX_STEPS: usize = 6_000_000;

/// The questions about one image.
pub(crate) struct ImageSession<'i> {
    image: Cow<'i, Reference>,
    /// What the answers so far speak of.
    digest: Option<Digest>,
    /// What the registry said that the image is, which vouches for nothing.
    hinted: Option<Digest>,
    /// Each after the number of its check, by which it is found sooner.
    answers: Vec<(u32, Check, Result<(), CheckFailure>)>,
    /// The manifest of its signatures, once that was read.
    signatures: Option<Result<Rc<[u8]>, CheckFailure>>,
    /// Whether its certificates are their own, once that was looked at.
    log: Option<Result<(), CheckFailure>>,
    /// How many steps it may still take to read certificates, and to compare their subjects with patterns.
    steps: Rc<Steps>,
    /// Whom the certificates of its signatures name, once that was looked at.
    identities: Option<Result<Rc<[CertificateIdentity]>, CheckFailure>>,
    /// Why the host found no signature, once that was looked into.
    none_found: Option<CheckFailure>,
}

impl ImageSession<'static> {
    /// The questions about that image, which it keeps.
    pub(crate) fn of(image: Reference, steps: &Rc<Steps>) -> Self {
        Self::about(Cow::Owned(image), steps)
    }
}

impl<'i> ImageSession<'i> {
    pub(crate) fn new(image: &'i Reference, steps: &Rc<Steps>) -> Self {
        Self::about(Cow::Borrowed(image), steps)
    }

    fn about(image: Cow<'i, Reference>, steps: &Rc<Steps>) -> Self {
        Self {
            image,
            digest: None,
            hinted: None,
            answers: Vec::new(),
            signatures: None,
            log: None,
            steps: Rc::clone(steps),
            identities: None,
            none_found: None,
        }
    }

    /// How many steps comparisons may still take.
    pub(super) fn steps(&self) -> &Steps {
        &self.steps
    }

    /// The digest that every answer spoke of.
    pub(crate) fn into_digest(self) -> Option<Digest> {
        self.digest
    }

    /// Asks whether a check is met.
    pub(crate) fn ask(&mut self, host: &mut Host<'_>, check: &Check) -> Result<(), CheckFailure> {
        let number = check.number();
        let is_known = |(of, known, _): &&(u32, Check, _)| *of == number && known == check;
        if let Some((.., answer)) = self.answers.iter().find(is_known) {
            return answer.clone();
        }
        let question = self.question();
        let answer = host::verify(host, &question, check)
            .map_err(CheckFailure::from)
            .and_then(|digest| self.agree(digest))
            .and_then(|()| self.hold_to_the_log(host, check));
        self.answers.push((number, check.clone(), answer.clone()));
        answer
    }

    /// Takes an identity only where no certificate of its signatures was made for another one. Signatures that are no tag's
    /// are bundles, which the host holds to their log itself.
    fn hold_to_the_log(&mut self, host: &mut Host<'_>, check: &Check) -> Result<(), CheckFailure> {
        if !check.is_of_identities() {
            return Ok(());
        }
        if let Some(known) = &self.log {
            return known.clone();
        }
        let own = self.signatures(host).and_then(|(manifest, _)| {
            let is_own = log_entry::are_their_own(host::read(&manifest)?);
            is_own.then_some(()).ok_or(CheckFailure::InvalidSignatures)
        });
        self.log
            .insert(match own {
                Ok(()) | Err(CheckFailure::NoSignatures) => Ok(()),
                Err(
                    failure @ (CheckFailure::InvalidSignatures
                    | CheckFailure::NotAmongThem(_)
                    | CheckFailure::NoCertificates
                    | CheckFailure::Unchecked(_)
                    | CheckFailure::Signer(..)
                    | CheckFailure::Moved { .. }
                    | CheckFailure::Withheld(_)),
                ) => Err(failure),
            })
            .clone()
    }

    /// The manifest of its signatures, and the tag of that.
    fn signatures(&mut self, host: &mut Host<'_>) -> Result<(Rc<[u8]>, String), CheckFailure> {
        let digest = self.bind_digest(host)?;
        let tag = self.image.signature_tag(&digest);
        let manifest = if let Some(manifest) = &self.signatures {
            manifest.clone()
        } else {
            let manifest = signature_manifest::manifest(host, &tag);
            self.signatures.insert(manifest).clone()
        };
        Ok((manifest?, tag))
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

    /// Why the host found no signature. It says so of every manifest that it cannot pull, so the registry is asked, once
    /// an image: for the image, and for the tag of its signatures.
    pub(crate) fn why_none_found(&mut self, host: &mut Host<'_>) -> CheckFailure {
        if let Some(why) = &self.none_found {
            return why.clone();
        }
        let why = self.look_for_signatures(host).err().unwrap_or(CheckFailure::NoSignatures);
        self.none_found.insert(why).clone()
    }

    /// Whether the image is there, and no signature is.
    fn look_for_signatures(&mut self, host: &mut Host<'_>) -> Result<(), CheckFailure> {
        let Some(digest) = self.hint_digest(host)? else { return Ok(()) };
        let tag = self.image.signature_tag(&digest);
        match host::manifest_digest(host, &tag) {
            // Where the host withholds the answer, its first one stands.
            Err(HostError::Refused {
                kind: HostErrorKind::Absent | HostErrorKind::Withheld,
                ..
            }) => Ok(()),
            Err(error) => Err(signature_manifest::unreadable(&tag, &error)),
            Ok(_) => Err(CheckFailure::Unchecked(format!(
                "the policy server could not read the signatures at `{tag}`"
            ))),
        }
    }

    /// The digest of the image, which vouches for nothing; none where the host withholds it.
    fn hint_digest(&mut self, host: &mut Host<'_>) -> Result<Option<Digest>, CheckFailure> {
        if self.digest.is_none() {
            match host::manifest_digest(host, &self.question()) {
                Ok(digest) => self.hinted = Some(digest),
                Err(HostError::Refused { kind: HostErrorKind::Withheld, .. }) => {}
                Err(error) => return Err(CheckFailure::Unchecked(error.to_string())),
            }
        }
        Ok(self.known_digest().or(self.hinted.as_ref()).cloned())
    }

    /// The subjects of that issuer that match, in the order of the signatures, each once: at least one, and at most
    /// one more than are asked about.
    pub(crate) fn candidates(
        &mut self,
        host: &mut Host<'_>,
        issuer: &str,
        pattern: &SubjectPattern,
    ) -> Result<Vec<String>, CheckFailure> {
        self.steps.take(1)?;
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
                && pattern.matches_within(subject, &self.steps)?
            {
                subjects.push(subject.clone());
            }
        }
        if subjects.is_empty() { Err(CheckFailure::NotAmongThem(None)) } else { Ok(subjects) }
    }

    fn read_identities(
        &mut self,
        host: &mut Host<'_>,
    ) -> Result<Rc<[CertificateIdentity]>, CheckFailure> {
        let signatures = self.signatures(host);
        let identities = signatures.and_then(|(manifest, tag)| {
            signature_manifest::identities(&manifest, &tag, &self.steps)
        });
        if let Err(why @ CheckFailure::NoSignatures) = &identities {
            self.none_found = Some(why.clone());
        }
        identities
    }

    /// The digest that all is about from now on, asked for when no answer has told it yet.
    fn bind_digest(&mut self, host: &mut Host<'_>) -> Result<Digest, CheckFailure> {
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

    /// Whether something refers to an image for which the host found no signature, if its digest is known.
    pub(crate) fn has_referrers(&self, host: &mut Host<'_>) -> bool {
        self.known_digest()
            .or(self.hinted.as_ref())
            .is_some_and(|digest| signature_manifest::has_referrers(host, &self.image, digest))
    }
}
