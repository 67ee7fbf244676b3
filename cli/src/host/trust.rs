//! The Sigstore trust root: whose certificates and transparency logs are believed.
//!
//! - Where does it come from? From the file given with `--sigstore-trust-config`; without one, from Sigstore's
//!   public instance.
//! - When is the network asked for it? Only when a check needs it: an identity, a GitHub workflow, or a
//!   certificate that must be in the transparency log. A key needs no trust root.
//! - What is the file? A [`ClientTrustConfig`](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto)
//!   of version 0.1, as JSON.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use sigstore::trust::sigstore::SigstoreTrustRoot;
use tokio::sync::OnceCell;
use url::Url;

use super::error::HostError;
use crate::credentials::Credentials;
use crate::sources::Sources;
use crate::transport::{Answer, Cause, Failure, Transport};

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";
/// Where the public instance has it (`SIGSTORE_METADATA_BASE`, src/trust/sigstore/constants.rs of `sigstore` 0.15).
const PUBLIC_INSTANCE: &str = "tuf-repo-cdn.sigstore.dev";
/// In bytes: it is one signed JSON object.
const MAX_TIMESTAMP: usize = 1 << 20;
/// Some seven small files are fetched one after the other.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Whether a check needs certificates and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A key is all it takes.
    Nothing,
    /// Signatures are believed for their certificates or log entries.
    TrustRoot,
}

/// Where the trust root comes from.
#[derive(Debug, Default)]
pub struct Trust {
    /// What was got, or why not: a run asks once.
    root: OnceCell<Result<Arc<SigstoreTrustRoot>, String>>,
}

/// Why a trust configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file could not be read.
    #[error("cannot read sigstore trust configuration `{}`: {source}", .path.display())]
    Read {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("sigstore trust configuration `{}`: {reason}", .path.display())]
    Malformed {
        /// The file that was asked for.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a JSON object with mediaType and trustedRoot")]
struct TrustConfig {
    media_type: String,
    #[serde(alias = "trusted_root")]
    trusted_root: Option<Box<RawValue>>,
}

impl Trust {
    /// Reads the file `path`.
    ///
    /// # Errors
    /// When the file cannot be read or is not a trust configuration.
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        let malformed = |reason: String| TrustError::Malformed { path: path.to_owned(), reason };
        let text = crate::text::read(path)
            .map_err(|source| TrustError::Read { path: path.to_owned(), source })?;
        let config: TrustConfig =
            serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        if config.media_type != MEDIA_TYPE {
            return Err(malformed(format!(
                "its mediaType is `{}`, but must be `{MEDIA_TYPE}`",
                config.media_type
            )));
        }
        let root = config
            .trusted_root
            .ok_or_else(|| malformed("trusted_root field is missing".to_owned()))?;
        let root = SigstoreTrustRoot::from_trusted_root_json_unchecked(root.get().as_bytes())
            .map_err(|error| malformed(error.to_string()))?;
        Ok(Self { root: OnceCell::new_with(Some(Ok(Arc::new(root)))) })
    }

    /// The trust root, which is needed.
    pub(crate) async fn certain(&self) -> Result<&SigstoreTrustRoot, HostError> {
        match self.root.get_or_init(fetch).await {
            Ok(root) => Ok(root.as_ref()),
            Err(reason) => Err(HostError::TrustRoot { reason: reason.clone() }),
        }
    }

    /// The trust root, if there is one or it is needed.
    pub(crate) async fn root(&self, need: Need) -> Result<Option<&SigstoreTrustRoot>, HostError> {
        match need {
            Need::Nothing => {
                Ok(self.root.get().and_then(|root| root.as_ref().ok()).map(Arc::as_ref))
            }
            Need::TrustRoot => self.certain().await.map(Some),
        }
    }
}

async fn fetch() -> Result<Arc<SigstoreTrustRoot>, String> {
    let root = tokio::time::timeout(TIMEOUT, SigstoreTrustRoot::new(None)).await;
    let cause = match root {
        Ok(Ok(root)) => return Ok(Arc::new(root)),
        Ok(Err(error)) => Cause::of(&error),
        Err(_elapsed) => Cause::TimedOut,
    };
    let reason = match ask_for_it().await {
        Err(failure) => failure.to_string(),
        Ok(_answer) => format!("`{PUBLIC_INSTANCE}`: {cause}"),
    };
    Err(format!(
        "no trust root of Sigstore's public instance: {reason}; you can pass one with --sigstore-trust-config"
    ))
}

/// Whether it can be reached at all. Who updates a trust root takes a host that does not answer for one that has
/// nothing newer, and then finds its own to be too old.
async fn ask_for_it() -> Result<Answer, Failure> {
    let transport = Transport::new(Sources::from_env(), Credentials::default(), 1);
    let url = Url::parse(&format!("https://{PUBLIC_INSTANCE}/timestamp.json"));
    let url = url.map_err(|error| Failure::new(PUBLIC_INSTANCE, Cause::of(&error)))?;
    transport.fetch(url, MAX_TIMESTAMP).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let rows = [
            ("{", "EOF while parsing"),
            ("{}", "missing field `mediaType`"),
            (r#"{"mediaType": "text/plain"}"#, "its mediaType is `text/plain`"),
            (
                r#"{"mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"}"#,
                "trusted_root field is missing",
            ),
        ];
        for (text, expected) in rows {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            let message = Trust::read(file.path()).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
