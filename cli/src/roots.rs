//! Whether this machine knows any certificate authority. A client of TLS cannot be made without one, not even for plain
//! HTTP, and a static binary also runs where nothing else is installed.

use std::sync::LazyLock;

use anyhow::bail;

/// Read once, as several parts of one run ask.
static HAS_NONE: LazyLock<bool> = LazyLock::new(|| {
    cfg!(target_os = "linux") && rustls_native_certs::load_native_certs().certs.is_empty()
});

/// # Errors
/// When this is a Linux without CA certificates. Elsewhere the system answers for them.
pub(crate) fn check() -> anyhow::Result<()> {
    if *HAS_NONE {
        bail!(
            "this machine has no CA certificates, and no registry can be reached without them: install the package \
             `ca-certificates`, or set `SSL_CERT_FILE` to a file that contains them"
        );
    }
    Ok(())
}
