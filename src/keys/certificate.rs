//! X.509 certificates: PEM → period of validity and what the host is asked to verify with. (Whom a certificate
//! names: `certificate_identity.rs`.)
//!
//! *Who checks the chain?* The host (`crypto/v1/is_certificate_trusted`, and again at every
//! verification). Here the certificate is read so that a malformed or an expired one is an error with
//! its place.

use super::block::block;
use super::certificate_identity::MAX_CERTIFICATE;
use super::der::{Element, GENERALIZED_TIME, INTEGER, UTC_TIME, elements, sequence};
use crate::time::{Day, Time};
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
    /// Longer than [`MAX_CERTIFICATE`].
    TooLong,
    /// Another PEM block, by its label.
    OtherBlock(String),
    /// The bytes are not a certificate.
    Malformed,
    /// Its period of validity has not begun.
    NotYetValid,
    /// Its period of validity is over, since this time (since the Unix epoch).
    Expired(Duration),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPem => f.write_str(
                "not a single PEM certificate, which starts with `-----BEGIN CERTIFICATE-----`; write each \
                 certificate as a separate entry",
            ),
            Self::TooLong => {
                write!(f, "the certificate is longer than {MAX_CERTIFICATE} bytes")
            }
            Self::OtherBlock(label) => {
                write!(f, "the PEM block is `{label}`, not `CERTIFICATE`")
            }
            Self::Malformed => f.write_str("the certificate inside the PEM block is malformed"),
            Self::NotYetValid => f.write_str("the certificate is not valid yet"),
            Self::Expired(since) => {
                write!(f, "the certificate expired on {}", Day::of(Time::since_epoch(*since)))
            }
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
        if text.len() > MAX_CERTIFICATE {
            return Err(CertificateError::TooLong);
        }
        let blocks = pem::parse_many(text).map_err(|_| CertificateError::NotPem)?;
        let [block] = blocks.as_slice() else { return Err(CertificateError::NotPem) };
        // Text that merely looks like a block is skipped by the parser: every `BEGIN` must be read.
        if text.matches("-----BEGIN ").count() != 1 {
            return Err(CertificateError::NotPem);
        }
        if block.tag() != "CERTIFICATE" {
            return Err(CertificateError::OtherBlock(block.tag().to_owned()));
        }
        let ([not_before, not_after], public_key) =
            read(block.contents()).ok_or(CertificateError::Malformed)?;
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
            Err(CertificateError::Expired(self.not_after))
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
        block("CERTIFICATE", &self.der)
    }
}

/// The period of validity and the public key (RFC 5280 §4.1).
fn read(certificate: &[u8]) -> Option<([Duration; 2], Vec<u8>)> {
    let [tbs, _signature_algorithm, _signature] = sequence(certificate)?[..] else { return None };
    let mut fields = elements(tbs)?;
    // The version, which comes first, may be left out.
    if fields.first().is_some_and(|first| first.tag != INTEGER) {
        fields.remove(0);
    }
    let [_serial_number, _signature, _issuer, validity, _subject, public_key, ..] = fields[..]
    else {
        return None;
    };
    let [not_before, not_after] = elements(validity)?[..] else { return None };
    Some(([time(not_before)?, time(not_after)?], public_key.encoded.to_vec()))
}

/// RFC 5280 §4.1.2.5: `YYMMDDHHMMSSZ` through the year 2049, `YYYYMMDDHHMMSSZ` from 2050.
fn time(value: Element<'_>) -> Option<Duration> {
    let text = std::str::from_utf8(value.contents).ok()?;
    let century = match value.tag {
        UTC_TIME if text < "50" => "20",
        UTC_TIME => "19",
        GENERALIZED_TIME => "",
        _ => return None,
    };
    let text = [century, text].concat();
    let [year, month, day] = [text.get(..4)?, text.get(4..6)?, text.get(6..8)?];
    let [hour, minute, second] = [text.get(8..10)?, text.get(10..12)?, text.get(12..14)?];
    // No leap second, no fraction, no other zone.
    if text.get(14..) != Some("Z") || second == "60" {
        return None;
    }
    Time::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))?.as_duration()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNER: &str = include_str!("../../tests/fixtures/certificates/signer.pem");
    const ROOT: &str = include_str!("../../tests/fixtures/certificates/root.pem");
    const EXPIRED: &str = include_str!("../../tests/fixtures/certificates/expired.pem");
    const FUTURE: &str = include_str!("../../tests/fixtures/certificates/future.pem");
    const VERSION1: &str = include_str!("../../tests/fixtures/certificates/version1.pem");
    const SIGNER_KEY: &str = include_str!("../../tests/fixtures/keys/signer.pem");
    const KEY: &str = include_str!("../../tests/fixtures/keys/p256.pem");
    const PRIVATE: &str = include_str!("../../tests/fixtures/keys/private-pkcs8.pem");

    const DAY: Duration = Duration::from_hours(24);
    /// 2020-01-01, when the certificates begin to be valid.
    const BEGIN: Duration = Duration::from_hours(24 * 18_262);
    /// 2119-01-01, when they end.
    const END: Duration = Duration::from_hours(24 * 54_421);

    #[test]
    fn certificates() {
        for pem in [SIGNER, ROOT, EXPIRED, FUTURE, VERSION1] {
            assert_eq!(Certificate::parse(pem).unwrap().to_pem(), pem);
        }
        for text in [SIGNER.replace('\n', "\r\n"), format!("subject=CN=signer\n\n{SIGNER}\n# end")]
        {
            assert_eq!(Certificate::parse(&text).unwrap().to_pem(), SIGNER, "{text}");
        }
    }

    #[test]
    fn the_key_of_a_certificate() {
        let key = pem::parse(SIGNER_KEY).unwrap().into_contents();
        assert_eq!(Certificate::parse(SIGNER).unwrap().public_key(), key);
        assert_ne!(Certificate::parse(ROOT).unwrap().public_key(), key);
    }

    #[test]
    fn what_is_no_certificate() {
        let other = |label: &str| CertificateError::OtherBlock(label.to_owned());
        let rows = [
            ("", CertificateError::NotPem),
            ("signer.pem", CertificateError::NotPem),
            // Each certificate is an entry of its own.
            (&format!("{SIGNER}{ROOT}"), CertificateError::NotPem),
            (&SIGNER.replace("-----END CERTIFICATE-----", ""), CertificateError::NotPem),
            (&SIGNER.replace("END CERTIFICATE", "END"), CertificateError::NotPem),
            (KEY, other("PUBLIC KEY")),
            (PRIVATE, other("PRIVATE KEY")),
            (&SIGNER.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), other("TRUSTED CERTIFICATE")),
            (&KEY.replace("PUBLIC KEY", "CERTIFICATE"), CertificateError::Malformed),
            ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", CertificateError::Malformed),
        ];
        for (text, error) in rows {
            assert_eq!(Certificate::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_block_that_cannot_be_read_is_not_left_out() {
        let text = format!("{SIGNER}{}", ROOT.replace("END CERTIFICATE", "END"));
        assert_eq!(Certificate::parse(&text), Err(CertificateError::NotPem));
    }

    #[test]
    fn period_of_validity() {
        let signer = Certificate::parse(SIGNER).unwrap();
        let rows = [
            (Duration::ZERO, Err(CertificateError::NotYetValid)),
            (BEGIN.saturating_sub(Duration::from_secs(1)), Err(CertificateError::NotYetValid)),
            (BEGIN, Ok(())),
            (END, Ok(())),
            (END + Duration::from_secs(1), Err(CertificateError::Expired(END))),
        ];
        for (now, expected) in rows {
            assert_eq!(signer.check_validity(now), expected, "{now:?}");
        }
        assert_eq!(signer.remaining(END.saturating_sub(DAY)), DAY);
        assert_eq!(signer.remaining(END + DAY), Duration::ZERO);
        let today = BEGIN + 7 * 365 * DAY;
        let check = |pem| Certificate::parse(pem).unwrap().check_validity(today);
        let expired = check(EXPIRED).unwrap_err();
        assert_eq!(expired.to_string(), "the certificate expired on 2002-01-01");
        assert_eq!(check(FUTURE), Err(CertificateError::NotYetValid));
    }

    #[test]
    fn damaged_certificates() {
        let der = pem::parse(SIGNER).unwrap().into_contents();
        for length in 0..der.len() {
            let cut = pem::encode(&pem::Pem::new("CERTIFICATE", &der[..length]));
            assert_eq!(Certificate::parse(&cut), Err(CertificateError::Malformed));
        }
        let longer = pem::Pem::new("CERTIFICATE", [der.as_slice(), &[0]].concat());
        assert_eq!(Certificate::parse(&pem::encode(&longer)), Err(CertificateError::Malformed));
        for index in 0..der.len() {
            let mut changed = der.clone();
            changed[index] ^= 0xff;
            let _ = Certificate::parse(&pem::encode(&pem::Pem::new("CERTIFICATE", changed)));
        }
    }
}
