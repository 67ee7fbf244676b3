//! `rekor`, `ctlog`, `roots`: what vouches for a signature or certificate besides its key.
//!
//! - What does a host check? For keyless identities and for certificates, an entry in the transparency log of
//!   the trust root that the policy server is given; for plain keys none; a certificate's own log entry (SCT)
//!   and timestamps of authorities never.

use crate::node::{Fault, Object};
use crate::remark::Remarks;
use crate::signer::Log;

/// Where the log of Sigstore's public instance is.
pub(crate) const REKOR: &str = "https://rekor.sigstore.dev";

/// What is vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Key,
    Certificate,
    Keyless,
}

pub(super) fn read(fields: &Object<'_>, kind: Kind, remarks: &mut Remarks) -> Result<Log, Fault> {
    let mut log = Log::Required;
    if let Some(node) = fields.get("rekor") {
        let rekor = node.object(&["url", "pubkey", "ignoreTlog"], remarks)?;
        if rekor.flag("ignoreTlog")? == Some(true) {
            log = Log::Ignored;
        } else if kind != Kind::Key {
            other_log(rekor.text("url")?, rekor.text("pubkey")?, rekor.path(), remarks);
        }
    }
    if kind == Kind::Key && log == Log::Required {
        no_log_for_keys(&fields.path_of("rekor"), remarks);
    }
    if let Some(node) = fields.get("ctlog") {
        let ctlog = node.object(&["ignoreSCT", "pubkey", "tsaCertChain"], remarks)?;
        if ctlog.text("tsaCertChain")?.is_some() {
            no_timestamps(&ctlog.path_of("tsaCertChain"), remarks);
        }
        if ctlog.flag("ignoreSCT")? == Some(true) {
            return Ok(log);
        }
    }
    if kind == Kind::Keyless {
        no_sct(&fields.path_of("ctlog"), remarks);
    }
    Ok(log)
}

pub(crate) fn extensions_and_roots(
    fields: &Object<'_>,
    remarks: &mut Remarks,
) -> Result<(), Fault> {
    if !fields.pairs("additionalExtensions")?.is_empty() {
        remarks.less(
            &fields.path_of("additionalExtensions"),
            "are not checked: of a certificate, issuer and subject are",
        );
    }
    if fields.get("roots").is_some() {
        other_roots(&fields.path_of("roots"), remarks);
    }
    Ok(())
}

/// Roots of trust are the policy server's.
pub(crate) fn other_roots(path: &str, remarks: &mut Remarks) {
    remarks.less(
        path,
        "certificates are trusted that the policy server's trust root vouches for; give it these roots \
         (`sigstoreTrustConfig` of the PolicyServer) before you rely on this",
    );
}

pub(crate) fn other_log(url: Option<&str>, key: Option<&str>, path: &str, remarks: &mut Remarks) {
    let is_other = url.is_some_and(|url| url.trim_end_matches('/') != REKOR);
    if is_other || key.is_some() {
        remarks.less(
            path,
            "entries are looked for in the log of the policy server's trust root; give it this log \
             (`sigstoreTrustConfig` of the PolicyServer) before you rely on this",
        );
    }
}

pub(crate) fn no_log_for_keys(path: &str, remarks: &mut Remarks) {
    remarks.less(
        path,
        "the transparency log is not asked for a signature by a key (where `ignoreTlog: true` says that \
         it need not be, nothing is lost)",
    );
}

pub(crate) fn no_sct(path: &str, remarks: &mut Remarks) {
    remarks.less(
        path,
        "the host does not check that a certificate is in the log of certificates (its SCT)",
    );
}

pub(crate) fn no_timestamps(path: &str, remarks: &mut Remarks) {
    remarks.less(path, "timestamps of an authority are not checked");
}
