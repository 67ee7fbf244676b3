//! A certificate that must have signed, and the annotations asked for beside it. Two signatures may satisfy them, as at
//! Kubewarden's host.

use sigstore::cosign::verification_constraint::{
    AnnotationVerifier, CertificateVerifier, VerificationConstraintVec,
};
use sigstore::errors::SigstoreError;
use sigstore::registry::{Certificate, CertificateEncoding};

use super::question::Annotations;

/// A certificate that must have signed.
#[derive(Debug)]
pub(crate) struct CertificateSigner<'a> {
    pub(crate) certificate: &'a [u8],
    pub(crate) chain: Option<&'a [Vec<u8>]>,
    pub(crate) require_rekor_bundle: bool,
    pub(crate) annotations: &'a Annotations,
}

impl CertificateSigner<'_> {
    pub(super) fn constraints(&self) -> Result<VerificationConstraintVec, SigstoreError> {
        let chain: Option<Vec<Certificate>> = self.chain.map(|chain| {
            chain
                .iter()
                .map(|certificate| Certificate {
                    encoding: CertificateEncoding::Pem,
                    data: certificate.clone(),
                })
                .collect()
        });
        let certificate = CertificateVerifier::from_pem(
            self.certificate,
            self.require_rekor_bundle,
            chain.as_deref(),
        )?;
        let mut constraints: VerificationConstraintVec = vec![Box::new(certificate)];
        if let Some(annotations) = self.annotations.clone() {
            constraints.push(Box::new(AnnotationVerifier { annotations }));
        }
        Ok(constraints)
    }
}
