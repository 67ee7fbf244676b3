//! X.509 certificates: PEM → period of validity and what the host is asked to verify with.
//!
//! *Who checks the chain?* The host (`crypto/v1/is_certificate_trusted`, and again at every
//! verification). Here the certificate is read so that a malformed or an expired one is an error with
//! its place.

use crate::asn1;
use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Encode, Tag, Tagged};
use std::fmt;
use std::time::Duration;

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
        let ([not_before, not_after], public_key) =
            read(block.contents()).map_err(|_| CertificateError::Malformed)?;
        Ok(Self { der: block.contents().to_vec(), not_before, not_after, public_key })
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

/// The period of validity and the public key (RFC 5280 §4.1).
fn read(certificate: &[u8]) -> der::Result<([Duration; 2], Vec<u8>)> {
    let malformed = || der::ErrorKind::Failed.to_error();
    let [tbs, _signature_algorithm, _signature] = asn1::sequence(certificate)?[..] else {
        return Err(malformed());
    };
    let mut fields = asn1::elements(tbs)?;
    // The version, which comes first, may be left out.
    if fields.first().is_some_and(|first| first.tag() != Tag::Integer) {
        fields.remove(0);
    }
    let [_serial_number, _signature, _issuer, validity, _subject, public_key, ..] = fields[..]
    else {
        return Err(malformed());
    };
    let [not_before, not_after] = asn1::elements(validity)?[..] else { return Err(malformed()) };
    Ok(([time(not_before)?, time(not_after)?], public_key.to_der()?))
}

/// RFC 5280 §4.1.2.5: `UTCTime` through the year 2049, `GeneralizedTime` from 2050.
fn time(value: AnyRef<'_>) -> der::Result<Duration> {
    match value.tag() {
        Tag::UtcTime => Ok(value.decode_as::<UtcTime>()?.to_unix_duration()),
        _ => Ok(value.decode_as::<GeneralizedTime>()?.to_unix_duration()),
    }
}
