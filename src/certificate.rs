//! X.509 certificates: PEM → period of validity and what the host is asked to verify with.
//!
//! *Who checks the chain?* The host (`crypto/v1/is_certificate_trusted`, and again at every
//! verification). Here the certificate is read so that a malformed or an expired one is an error with
//! its place.

use std::fmt;
use std::time::Duration;
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::{self, Decode, Reader, SliceReader, Tag};
use x509_cert::time::Validity;

/// A certificate that names a signer, or one of its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    not_before: Duration,
    not_after: Duration,
    public_key: Vec<u8>,
}

/// Why a text is not a certificate to verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// Not exactly one PEM block.
    NotPem,
    /// Another PEM block, by its label.
    OtherBlock(String),
    /// The bytes are not a certificate.
    Malformed,
    /// Its period of validity has not begun.
    NotYetValid,
    /// Its period of validity is over.
    Expired,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPem => f.write_str(
                "not one PEM certificate; it starts with `-----BEGIN CERTIFICATE-----`, and each \
                 certificate is an entry of its own",
            ),
            Self::OtherBlock(label) => {
                write!(f, "a PEM block `{label}` instead of `CERTIFICATE`")
            }
            Self::Malformed => f.write_str("the certificate inside the PEM block is malformed"),
            Self::NotYetValid => f.write_str("the certificate is not valid yet"),
            Self::Expired => f.write_str("the certificate has expired"),
        }
    }
}

impl std::error::Error for CertificateError {}

impl Certificate {
    /// Reads one PEM certificate.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        let blocks = pem::parse_many(text).map_err(|_| CertificateError::NotPem)?;
        let [block] = blocks.as_slice() else { return Err(CertificateError::NotPem) };
        if block.tag() != "CERTIFICATE" {
            return Err(CertificateError::OtherBlock(block.tag().to_owned()));
        }
        let (validity, public_key) =
            read(block.contents()).map_err(|_| CertificateError::Malformed)?;
        Ok(Self {
            not_before: validity.not_before.to_unix_duration(),
            not_after: validity.not_after.to_unix_duration(),
            public_key,
            der: block.contents().to_vec(),
        })
    }

    /// Whether it may be used at that time (since the Unix epoch).
    ///
    /// # Errors
    /// When the time is outside the period of validity.
    pub fn check_validity(&self, now: Duration) -> Result<(), CertificateError> {
        if now < self.not_before {
            Err(CertificateError::NotYetValid)
        } else if now > self.not_after {
            Err(CertificateError::Expired)
        } else {
            Ok(())
        }
    }

    /// How long it is still valid at that time.
    #[must_use]
    pub fn remaining(&self, now: Duration) -> Duration {
        self.not_after.saturating_sub(now)
    }

    /// The DER of its public key (`SubjectPublicKeyInfo`).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The certificate as PEM, in one spelling.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("CERTIFICATE", self.der.clone()), config)
    }
}

/// Walks to the validity and the public key (RFC 5280 §4.1). Whole certificates are for the host to
/// read.
fn read(certificate: &[u8]) -> der::Result<(Validity, Vec<u8>)> {
    let mut reader = SliceReader::new(certificate)?;
    let parts = reader.sequence(|certificate| {
        let parts = certificate.sequence(read_tbs)?;
        skip_rest(certificate)?;
        der::Result::Ok(parts)
    })?;
    reader.finish()?;
    Ok(parts)
}

fn read_tbs(tbs: &mut SliceReader<'_>) -> der::Result<(Validity, Vec<u8>)> {
    if Tag::peek(tbs)? != Tag::Integer {
        AnyRef::decode(tbs)?; // version
    }
    for _field in ["serialNumber", "signature", "issuer"] {
        AnyRef::decode(tbs)?;
    }
    let validity = Validity::decode(tbs)?;
    AnyRef::decode(tbs)?; // subject
    let public_key = tbs.tlv_bytes()?.to_vec();
    skip_rest(tbs)?;
    Ok((validity, public_key))
}

fn skip_rest<'r>(reader: &mut impl Reader<'r>) -> der::Result<()> {
    while !reader.is_finished() {
        AnyRef::decode(reader)?;
    }
    Ok(())
}
