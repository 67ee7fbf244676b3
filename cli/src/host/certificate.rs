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
