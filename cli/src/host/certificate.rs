//! Whether a certificate is trusted (`crypto/v1/is_certificate_trusted`).
//!
//! - By whom? By the last certificate of the chain that comes with the question, over the others; without a
//!   chain by the public web roots.
//! - When? At the time that the question names, else now.
//! - For what? Any use: the host accepts every extended key usage.

use std::time::Duration;

use chrono::DateTime;
use kubewarden_policy_sdk::host_capabilities::crypto::{Certificate, CertificateEncoding};
use kubewarden_policy_sdk::host_capabilities::crypto_v1::{
    CertificateVerificationRequest, CertificateVerificationResponse,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    anchor_from_trusted_cert,
};

use super::error::HostError;

const EXPIRED: &str = "Certificate is being used after its expiration date";
const NOT_YET_VALID: &str = "Certificate is being used before its validity date";
const UNTRUSTED: &str = "Certificate is not trusted by the provided cert chain";

/// Answers the question.
pub(crate) fn verify(
    request: &CertificateVerificationRequest,
) -> Result<CertificateVerificationResponse, HostError> {
    let leaf = der(&request.cert)?;
    let certificate = EndEntityCert::try_from(&leaf).map_err(HostError::EndEntity)?;
    let time = time(request.not_after.as_deref())?;
    let chain = request.cert_chain.iter().flatten().map(der).collect::<Result<Vec<_>, _>>()?;
    let (roots, intermediates) = match (&request.cert_chain, chain.split_last()) {
        (None, _) => (webpki_roots::TLS_SERVER_ROOTS.to_vec(), [].as_slice()),
        (Some(_), None) => (Vec::new(), [].as_slice()),
        (Some(_), Some((root, intermediates))) => (vec![anchor(root)?], intermediates),
    };
    let outcome = certificate.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &roots,
        intermediates,
        time,
        AnyUsage,
        None,
        None,
    );
    Ok(response(outcome.err()))
}

fn response(error: Option<Error>) -> CertificateVerificationResponse {
    let reason = match error {
        None => String::new(),
        Some(Error::InvalidSignatureForPublicKey | Error::UnknownIssuer) => UNTRUSTED.to_owned(),
        Some(Error::CertExpired { .. }) => EXPIRED.to_owned(),
        Some(Error::CertNotValidYet { .. }) => NOT_YET_VALID.to_owned(),
        Some(error) => format!("Certificate not trusted: {error}"),
    };
    CertificateVerificationResponse { trusted: reason.is_empty(), reason }
}

fn der(certificate: &Certificate) -> Result<CertificateDer<'_>, HostError> {
    match certificate.encoding {
        CertificateEncoding::Pem => Ok(CertificateDer::from_pem_slice(&certificate.data)?),
        CertificateEncoding::Der => Ok(CertificateDer::from_slice(&certificate.data)),
    }
}

fn anchor(certificate: &CertificateDer<'_>) -> Result<TrustAnchor<'static>, HostError> {
    anchor_from_trusted_cert(certificate).map(|anchor| anchor.to_owned()).map_err(HostError::Anchor)
}

fn time(not_after: Option<&str>) -> Result<UnixTime, HostError> {
    let Some(text) = not_after else {
        return Ok(UnixTime::now());
    };
    DateTime::parse_from_rfc3339(text)
        .ok()
        .and_then(|time| u64::try_from(time.timestamp()).ok())
        .map(|seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
        .ok_or(HostError::NotAfter)
}

struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _usages: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

    use super::*;

    /// A certificate that is valid in the years 2020 to 2024, under an authority valid until 2022.
    fn chain() -> (Certificate, Vec<Certificate>) {
        let ca = |until| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(until, 1, 1);
            params
        };
        let (root_key, between_key, leaf_key) = (
            KeyPair::generate().unwrap(),
            KeyPair::generate().unwrap(),
            KeyPair::generate().unwrap(),
        );
        let root = ca(2022).self_signed(&root_key).unwrap();
        let root_issuer = Issuer::new(ca(2022), root_key);
        let between = ca(2023).signed_by(&between_key, &root_issuer).unwrap();
        let between_issuer = Issuer::new(ca(2023), between_key);
        let mut leaf = CertificateParams::new(vec!["leaf.local".to_owned()]).unwrap();
        leaf.not_before = date_time_ymd(2020, 1, 1);
        leaf.not_after = date_time_ymd(2024, 1, 1);
        let leaf = leaf.signed_by(&leaf_key, &between_issuer).unwrap();
        (pem(&leaf), vec![pem(&between), pem(&root)])
    }

    fn pem(certificate: &rcgen::Certificate) -> Certificate {
        Certificate { encoding: CertificateEncoding::Pem, data: certificate.pem().into_bytes() }
    }

    fn ask(
        cert: &Certificate,
        chain: Option<&[Certificate]>,
        time: &str,
    ) -> Result<CertificateVerificationResponse, HostError> {
        verify(&CertificateVerificationRequest {
            cert: cert.clone(),
            cert_chain: chain.map(<[_]>::to_vec),
            not_after: Some(time.to_owned()),
        })
    }

    #[test]
    fn certificates_are_judged_by_their_chain_and_time() {
        let (leaf, chain) = chain();
        let (_, other) = self::chain();
        let der = CertificateDer::from_pem_slice(&leaf.data).unwrap().to_vec();
        let leaf_der = Certificate { encoding: CertificateEncoding::Der, data: der };
        let rows = [
            (&leaf, Some(chain.as_slice()), "2021-06-01T00:00:00Z", ""),
            (&leaf_der, Some(&chain), "2021-06-01T00:00:00+02:00", ""),
            // The root is trusted whatever its own dates are.
            (&leaf, Some(&chain), "2022-06-01T00:00:00Z", ""),
            (&leaf, Some(&chain), "2023-06-01T00:00:00Z", EXPIRED),
            (&leaf, Some(&chain), "2025-01-01T00:00:00Z", EXPIRED),
            (&leaf, Some(&chain), "2019-01-01T00:00:00Z", NOT_YET_VALID),
            (&leaf, Some(&other), "2021-06-01T00:00:00Z", UNTRUSTED),
            (&leaf, Some(&chain[1..]), "2021-06-01T00:00:00Z", UNTRUSTED),
            (&leaf, Some(&[]), "2021-06-01T00:00:00Z", UNTRUSTED),
            (&leaf, None, "2021-06-01T00:00:00Z", UNTRUSTED),
        ];
        for (cert, chain, time, expected) in rows {
            let answer = ask(cert, chain, time).unwrap();
            assert_eq!((answer.trusted, answer.reason.as_str()), (expected.is_empty(), expected));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let (leaf, chain) = chain();
        let text = |text: &str, encoding| Certificate { encoding, data: text.into() };
        let no_pem = text("no certificate", CertificateEncoding::Pem);
        let no_der = text("no certificate", CertificateEncoding::Der);
        let rows = [
            (&no_pem, "2021-06-01T00:00:00Z", "Certificate PEM data is not valid: "),
            (
                &no_der,
                "2021-06-01T00:00:00Z",
                "Certificate is not a valid end-entity certificate: ",
            ),
            (&leaf, "yesterday", "Timestamp not_after is not in RFC3339 format"),
            (&leaf, "1969-01-01T00:00:00Z", "Timestamp not_after is not in RFC3339 format"),
        ];
        for (cert, time, expected) in rows {
            let message = ask(cert, Some(&chain), time).err().unwrap().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
