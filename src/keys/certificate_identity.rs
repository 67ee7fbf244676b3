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

use super::der::{
    Element, OBJECT_IDENTIFIER, OCTET_STRING, UTF8_STRING, contents, element, elements, sequence,
};

/// The longest certificate, in bytes of PEM: Fulcio's have about 1,000.
pub(crate) const MAX_CERTIFICATE: usize = 16 * 1024;

/// 2.5.29.17
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
/// 1.3.6.1.4.1.57264.1.1: the issuer as raw bytes of a string, which hosts read.
const ISSUER: &[u8] = &[0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1, 1];
/// 1.3.6.1.4.1.57264.1.8: the issuer as a `UTF8String`, which is to replace it.
const ISSUER_V2: &[u8] = &[0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1, 8];

/// Context-specific tags: an e-mail address and a URI among names, and what holds extensions.
const EMAIL: u8 = 0x81;
const URI: u8 = 0x86;
const EXTENSIONS: u8 = 0xa3;

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
        let identity = read(block.contents())?;
        (!identity.subject.is_empty()).then_some(identity)
    }

    /// Whether that issuer is named.
    #[must_use]
    pub fn is_of(&self, issuer: &str) -> bool {
        self.issuers.iter().any(|named| named == issuer)
    }
}

fn read(certificate: &[u8]) -> Option<CertificateIdentity> {
    let tbs = *sequence(certificate)?.first()?;
    let mut identity = CertificateIdentity::default();
    for extension in extensions(tbs)? {
        let parts = elements(extension)?;
        let value = contents(*parts.last()?, OCTET_STRING)?;
        match contents(*parts.first()?, OBJECT_IDENTIFIER)? {
            ALTERNATIVE_NAMES if identity.subject.is_empty() => identity.subject = subject(value)?,
            ISSUER => identity.issuers.extend(text(value)),
            ISSUER_V2 => identity.issuers.extend(text(contents(element(value)?, UTF8_STRING)?)),
            _ => {}
        }
    }
    Some(identity)
}

/// The extensions, which stand last.
fn extensions(tbs: Element<'_>) -> Option<Vec<Element<'_>>> {
    match elements(tbs)?.last() {
        Some(last) if last.tag == EXTENSIONS => sequence(last.contents),
        _ => Some(Vec::new()),
    }
}

/// The first e-mail address or URI.
fn subject(names: &[u8]) -> Option<String> {
    let names = sequence(names)?;
    let name = names.iter().find(|name| matches!(name.tag, EMAIL | URI));
    Some(name.and_then(|name| text(name.contents)).unwrap_or_default())
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            extensions(tbs).unwrap().iter().map(|part| part.encoded.to_vec()).collect();
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
