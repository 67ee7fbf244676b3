//! Whom a certificate names: its subject, and the issuers who vouch for it.
//!
//! *Is that trusted?* No. Whoever may push to the repository chooses the certificate. What is read here chooses
//! what the host is asked about, and nothing else; the host verifies.
//!
//! *What is read as what?* As Kubewarden's host reads it: the subject is the first e-mail address or URI of the
//! alternative names, and a certificate that is malformed is none.
//!
//! *Why walk the DER?* A reader of all of X.509 (`x509-cert`) makes the module a fifth larger. The tests compare
//! with it.
//!
//! Sources: RFC 5280 §4.1, §4.2.1.6 (extensions, alternative names),
//! <https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md> (issuers).

use super::der::{contents, element, elements, sequence};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Tag, Tagged};

/// The longest certificate, in bytes of PEM: Fulcio's have about 1,000.
pub(crate) const MAX_CERTIFICATE: usize = 16 * 1024;

const ALTERNATIVE_NAMES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
/// The issuer as raw bytes of a string, which hosts read.
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
/// The issuer as a `UTF8String`, which is to replace it.
const ISSUER_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");

/// Whom one certificate names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateIdentity {
    /// Whose it is.
    pub subject: String,
    /// Who said so, in one way or the other.
    issuers: Vec<String>,
}

impl CertificateIdentity {
    /// Reads a certificate, PEM.
    #[must_use]
    pub fn read(pem: &str) -> Option<Self> {
        if pem.len() > MAX_CERTIFICATE {
            return None;
        }
        let block = pem::parse(pem).ok().filter(|block| block.tag() == "CERTIFICATE")?;
        let identity = read(block.contents()).ok()?;
        (!identity.subject.is_empty()).then_some(identity)
    }

    /// Whether that issuer is named.
    #[must_use]
    pub fn is_of(&self, issuer: &str) -> bool {
        self.issuers.iter().any(|named| named == issuer)
    }
}

fn read(certificate: &[u8]) -> der::Result<CertificateIdentity> {
    let parts = sequence(certificate)?;
    let tbs = parts.first().ok_or_else(malformed)?;
    let mut identity = CertificateIdentity::default();
    for extension in extensions(*tbs)? {
        let parts = elements(extension)?;
        let (Some(id), Some(value)) = (parts.first(), parts.last()) else {
            return Err(malformed());
        };
        let value = contents(*value, Tag::OctetString)?;
        match contents(*id, Tag::ObjectIdentifier)? {
            id if id == ALTERNATIVE_NAMES.as_bytes() && identity.subject.is_empty() => {
                identity.subject = subject(value)?;
            }
            id if id == ISSUER.as_bytes() => identity.issuers.extend(text(value)),
            id if id == ISSUER_V2.as_bytes() => {
                identity.issuers.extend(text(contents(element(value)?, Tag::Utf8String)?));
            }
            _ => {}
        }
    }
    Ok(identity)
}

/// The extensions, which stand last, under the tag 3.
fn extensions(tbs: AnyRef<'_>) -> der::Result<Vec<AnyRef<'_>>> {
    match elements(tbs)?.last() {
        Some(last) if number(*last) == Some((true, 3)) => sequence(last.value()),
        _ => Ok(Vec::new()),
    }
}

/// The first e-mail address (1) or URI (6).
fn subject(names: &[u8]) -> der::Result<String> {
    let names = sequence(names)?;
    let is_subject = |name: &&AnyRef<'_>| matches!(number(**name), Some((false, 1 | 6)));
    let name = names.iter().find(is_subject);
    Ok(name.and_then(|name| text(name.value())).unwrap_or_default())
}

/// Of a context-specific tag, whether it is constructed, and its number.
fn number(value: AnyRef<'_>) -> Option<(bool, u32)> {
    match value.tag() {
        Tag::ContextSpecific { constructed, number } => Some((constructed, number.value())),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

fn malformed() -> der::Error {
    der::ErrorKind::Failed.to_error()
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode;

    const WORKFLOW: &str = include_str!("../../tests/fixtures/certificates/workflow.pem");
    const NEW_WORKFLOW: &str = include_str!("../../tests/fixtures/certificates/new-workflow.pem");
    const PERSON: &str = include_str!("../../tests/fixtures/certificates/person.pem");
    const NOBODY: &str = include_str!("../../tests/fixtures/certificates/nobody.pem");
    const SIGNER: &str = include_str!("../../tests/fixtures/certificates/signer.pem");
    const VERSION1: &str = include_str!("../../tests/fixtures/certificates/version1.pem");
    const KEY: &str = include_str!("../../tests/fixtures/keys/p256.pem");

    const GITHUB: &str = "https://token.actions.githubusercontent.com";
    const ACME: &str = "https://accounts.acme.com";
    const RELEASE: &str =
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2";

    #[test]
    fn identities() {
        let new = "https://github.com/acme/web/.github/workflows/release.yml@refs/tags/v2";
        let rows = [
            (WORKFLOW, RELEASE, GITHUB, ACME),
            (NEW_WORKFLOW, new, GITHUB, ACME),
            (PERSON, "ann@acme.com", ACME, GITHUB),
        ];
        for (pem, subject, issuer, other) in rows {
            let identity = CertificateIdentity::read(pem).unwrap();
            assert_eq!(identity.subject, subject);
            assert!(identity.is_of(issuer) && !identity.is_of(other), "{identity:?}");
            assert!(!identity.is_of("") && !identity.is_of(&format!("{issuer}/")), "{identity:?}");
        }
    }

    #[test]
    fn extensions_in_any_order() {
        let whole = pem::parse(WORKFLOW).unwrap().into_contents();
        let tbs = *sequence(&whole).unwrap().first().unwrap();
        let mut parts: Vec<Vec<u8>> =
            extensions(tbs).unwrap().iter().map(|part| part.to_der().unwrap()).collect();
        let written = parts.concat();
        let at = whole.windows(written.len()).position(|bytes| bytes == written).unwrap();
        assert!(parts.len() > 2);
        for _ in 0..parts.len() {
            parts.rotate_left(1);
            let mut rotated = whole.clone();
            rotated[at..at + written.len()].copy_from_slice(&parts.concat());
            let rotated = pem::encode(&pem::Pem::new("CERTIFICATE", rotated));
            assert_eq!(CertificateIdentity::read(&rotated), CertificateIdentity::read(WORKFLOW));
        }
    }

    #[test]
    fn a_certificate_that_names_nobody_is_none() {
        for pem in [NOBODY, SIGNER, VERSION1, KEY, "", "nobody"] {
            assert_eq!(CertificateIdentity::read(pem), None, "{pem}");
        }
    }

    /// Under another tag, the same bytes are no extensions (2 is a name of the subject that nobody uses).
    #[test]
    fn extensions_are_known_by_their_tag() {
        let mut der = pem::parse(WORKFLOW).unwrap().into_contents();
        let tag =
            der.windows(5).position(|bytes| matches!(bytes, [0xa3, 0x82, _, _, 0x30])).unwrap();
        der[tag] = 0xa2;
        assert_eq!(
            CertificateIdentity::read(&pem::encode(&pem::Pem::new("CERTIFICATE", der))),
            None
        );
    }

    #[test]
    fn the_longest_certificate() {
        let padded = |length: usize| "\n".repeat(length - WORKFLOW.len()) + WORKFLOW;
        let (longest, longer) = (padded(16 * 1024), padded(16 * 1024 + 1));
        assert!(CertificateIdentity::read(&longest).is_some());
        assert_eq!(CertificateIdentity::read(&longer), None);
    }

    #[test]
    fn damaged_certificates() {
        let der = pem::parse(WORKFLOW).unwrap().into_contents();
        let block = |der: &[u8]| pem::encode(&pem::Pem::new("CERTIFICATE", der));
        for length in 0..der.len() {
            assert_eq!(CertificateIdentity::read(&block(&der[..length])), None, "{length}");
        }
        for index in 0..der.len() {
            let mut changed = der.clone();
            changed[index] ^= 0xff;
            let _ = CertificateIdentity::read(&block(&changed));
        }
    }
}
