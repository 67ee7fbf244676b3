//! `rekor` and `ctlog` of Kyverno.
//!
//! Source: `pkg/engine/internal/imageverifier.go` of kyverno/kyverno: without `rekor`, the log of Sigstore's public
//! instance is asked; without `ctlog`, certificates must be in a log of theirs.

use super::types::{CtLog, Rekor};
use crate::log::{log_all_the_same, no_log_for_keys, no_sct, no_timestamps, other_log};
use crate::remark::Remarks;
use crate::signer::Log;
use crate::yaml::join;

/// What is vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Key,
    /// Whether it comes with its chain.
    Certificate {
        has_chain: bool,
    },
    Keyless,
}

/// Whether the transparency log is asked; `path` is that of the attestor.
pub(super) fn read(
    rekor: Option<&Rekor>,
    ctlog: Option<&CtLog>,
    kind: Kind,
    path: &str,
    remarks: &mut Remarks,
) -> Log {
    let log = transparency(rekor, kind, &join(path, "rekor"), remarks);
    certificates(ctlog, kind, &join(path, "ctlog"), remarks);
    log
}

fn transparency(rekor: Option<&Rekor>, kind: Kind, path: &str, remarks: &mut Remarks) -> Log {
    let ignores = rekor.and_then(|rekor| rekor.ignore_tlog) == Some(true);
    match (kind, ignores) {
        (Kind::Key, false) => no_log_for_keys(path, remarks),
        (Kind::Keyless, true) => log_all_the_same(path, remarks),
        (Kind::Certificate { .. } | Kind::Keyless, false) => {
            if let Some(rekor) = rekor {
                other_log(rekor.url.as_deref(), rekor.pubkey.as_deref(), path, remarks);
            }
        }
        (Kind::Key | Kind::Certificate { .. }, true) => {}
    }
    if ignores { Log::Ignored } else { Log::Required }
}

fn certificates(ctlog: Option<&CtLog>, kind: Kind, path: &str, remarks: &mut Remarks) {
    let has_certificate = match kind {
        Kind::Key => false,
        Kind::Certificate { has_chain } => has_chain,
        Kind::Keyless => true,
    };
    let ignores = ctlog.and_then(|ctlog| ctlog.ignore_sct) == Some(true);
    let has_key = ctlog.is_some_and(|ctlog| ctlog.pubkey.is_some());
    if has_certificate && !ignores {
        let key = join(path, "pubkey");
        no_sct(if has_key { &key } else { path }, remarks);
    }
    if ctlog.is_some_and(|ctlog| ctlog.tsa_cert_chain.is_some()) {
        no_timestamps(&join(path, "tsaCertChain"), remarks);
    }
}
