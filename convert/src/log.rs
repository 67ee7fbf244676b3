//! What vouches for a signature or certificate besides its key: logs, timestamps, roots.
//!
//! - What does a host check? For keyless identities and for certificates, an entry in the transparency log of
//!   the trust root that the policy server is given; for plain keys none; a certificate's own log entry (SCT)
//!   and timestamps of authorities never.

use super::remark::{Remarks, Unchecked};

/// Where the log of Sigstore's public instance is.
const REKOR: &str = "https://rekor.sigstore.dev";

/// Roots of trust are the policy server's.
pub(super) fn other_roots(path: &str, remarks: &mut Remarks) {
    remarks.less(
        path,
        "certificates are trusted that the policy server's trust root vouches for; give it these roots \
         (`sigstoreTrustConfig` of the PolicyServer) before you rely on this",
    );
}

pub(super) fn other_log(url: Option<&str>, key: Option<&str>, path: &str, remarks: &mut Remarks) {
    let is_other = url.is_some_and(|url| url.trim_end_matches('/') != REKOR);
    if is_other || key.is_some() {
        remarks.less(
            path,
            "entries are looked for in the log of the policy server's trust root; give it this log \
             (`sigstoreTrustConfig` of the PolicyServer) before you rely on this",
        );
    }
}

pub(super) fn no_log_for_keys(path: &str, remarks: &mut Remarks) {
    let text = "the transparency log is not asked for a signature by a key";
    remarks.unchecked(Unchecked::Tlog, path, text);
}

pub(super) fn log_all_the_same(path: &str, remarks: &mut Remarks) {
    remarks.stricter(path, "a signature must be in the transparency log all the same");
}

pub(super) fn no_sct(path: &str, remarks: &mut Remarks) {
    let text =
        "policy servers do not check that a certificate is in the log of certificates (its SCT)";
    remarks.unchecked(Unchecked::Sct, path, text);
}

pub(super) fn no_timestamps(path: &str, remarks: &mut Remarks) {
    remarks.unchecked(Unchecked::Timestamps, path, "timestamps of an authority are not checked");
}

pub(super) fn no_extensions(path: &str, remarks: &mut Remarks) {
    remarks.less(path, "are not checked: of a certificate, issuer and subject are");
}

/// The hash of a signature: hosts take the key's own.
pub(super) fn own_hash(hash: Option<&str>, path: &str, remarks: &mut Remarks) {
    if let Some(hash) = hash.filter(|hash| *hash != "sha256") {
        let text =
            format!("`{hash}` cannot be chosen here: signatures are read with the key's own hash");
        remarks.stricter(path, text);
    }
}

pub(super) fn no_bundles(path: &str, remarks: &mut Remarks) {
    remarks.stricter(
        path,
        "Sigstore bundles are read by policy servers from 1.37 on, and only with a certificate",
    );
}

/// Signatures that are kept elsewhere.
pub(super) fn other_repository(repository: &str, path: &str, remarks: &mut Remarks) {
    remarks.stricter(
        path,
        format!(
            "signatures in `{repository}` are not found: they are looked for in the image's own \
             repository (`cosign copy` takes them along)"
        ),
    );
}
