//! Where a policy's module is, and its bytes.
//!
//! - Where may it be? Where `kwctl` looks: in a file (a path, with or without `file://`), in a registry
//!   (`registry://`), on a web server (`https://`, and `http://` when the sources list its host as insecure); and
//!   within this command ([`Location::embedded`]).
//! - What is a module in a registry? The first layer, when all layers are WebAssembly ([`crate::registry`]).
//! - What is checked? A manifest asked for by digest, and every layer, have that digest. What a web server sends
//!   is taken as it comes.
//! - How much is read? [`MAX_MODULE`] at the most; a file is read whole.
//! - How is a location shown? Without the password and the query that a URL may have ([`without_secrets`]).

use std::fmt;
use std::io::Cursor;
use std::path::PathBuf;
use std::str::FromStr;

use oci_client::errors::OciDistributionError;
use oci_client::manifest::{OciDescriptor, OciImageManifest};
use oci_client::{ParseError, Reference};
use reqwest::StatusCode;
use url::Url;

use crate::host::ANONYMOUS;
use crate::host::Registries;
use crate::registry::{RegistryError, WASM_LAYER_MEDIA_TYPE, in_time};
use crate::transport::{Cause, Failure};

/// In bytes. Far more than a policy server would care to compile; a wrong address must not fill the memory.
pub const MAX_MODULE: usize = 64 << 20;

/// Where a module is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    written: String,
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Registry(Reference),
    Web(Url),
    Embedded(&'static [u8]),
}

/// What `build.rs` was told to put in; nothing where it was told nothing.
const EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/embedded.wasm"));

/// Why a module could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A URL of another kind.
    #[error(
        "`{0}://` is not supported: use a file, or a URL that starts with `registry://`, `https://` or `file://`"
    )]
    Scheme(String),
    /// No reference to an image.
    #[error("after `registry://`, write `host/repository:tag` or `host/repository@sha256:…`: {0}")]
    Reference(#[from] ParseError),
    /// No URL.
    #[error("not a URL: {0}")]
    Url(#[from] url::ParseError),
    /// The file could not be read.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The registry did not give it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Something else lies there.
    #[error(
        "not a policy, but an artifact of media type `{found}`: the layers of a policy have `{WASM_LAYER_MEDIA_TYPE}`"
    )]
    MediaType {
        /// Of its layer.
        found: String,
    },
    /// Something else lies there, with nothing in it.
    #[error("not a policy, but an artifact without layers")]
    Empty,
    /// It is too large.
    #[error("the module has more than {MAX_MODULE} bytes")]
    TooLarge,
    /// Its length is not what the manifest says.
    #[error("the module does not have the size that its manifest says")]
    Length,
    /// Plain HTTP, and nobody allowed it.
    #[error(
        "with plain HTTP, others can change the module on its way: use `https://`, or list `{host}` under \
         `insecure_sources` in the file of --sources-path"
    )]
    Insecure {
        /// Of the URL.
        host: String,
    },
    /// The web server did not answer.
    #[error(transparent)]
    Web(Failure),
    /// The web server did not give it.
    #[error("web server `{host}` answered with the status {status}")]
    Status {
        /// Of the URL.
        host: String,
        /// What it said.
        status: StatusCode,
    },
}

impl Location {
    /// The module within this command, if there is one.
    #[must_use]
    pub fn embedded() -> Option<Self> {
        let place = Place::Embedded(EMBEDDED);
        let written = "built into this command".to_owned();
        (!EMBEDDED.is_empty()).then_some(Self { written, place })
    }

    /// The file of a module, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&PathBuf> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Registry(_) | Place::Web(_) | Place::Embedded(_) => None,
        }
    }

    /// The module.
    ///
    /// # Errors
    /// When it is not there, is not a module of a policy, or is too large.
    pub async fn fetch(&self, registries: &Registries) -> Result<Vec<u8>, FetchError> {
        match &self.place {
            Place::File(path) => Ok(std::fs::read(path)?),
            Place::Registry(reference) => from_registry(reference, registries).await,
            Place::Web(url) => from_web(url, registries).await,
            Place::Embedded(module) => Ok(module.to_vec()),
        }
    }
}

impl FromStr for Location {
    type Err = FetchError;

    fn from_str(written: &str) -> Result<Self, FetchError> {
        let place = match written.split_once("://") {
            None => Place::File(written.into()),
            Some(("file", path)) => Place::File(path.into()),
            Some(("registry", reference)) => Place::Registry(reference.parse()?),
            Some(("http" | "https", _)) => Place::Web(written.parse()?),
            Some((scheme, _)) => return Err(FetchError::Scheme(scheme.to_owned())),
        };
        Ok(Self { written: written.to_owned(), place })
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self { written: path.display().to_string(), place: Place::File(path) }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.written))
    }
}

/// A location as it may be shown, whether or not it can be understood. A signed URL has its secret in the query.
#[must_use]
pub fn without_secrets(location: &str) -> String {
    let Some((scheme, rest)) = location.split_once("://") else { return location.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let authority = match authority.rsplit_once('@') {
        Some((_login, host)) => format!("***@{host}"),
        None => authority.to_owned(),
    };
    let path = path.split_once('?').map_or(path.to_owned(), |(path, _query)| format!("{path}?***"));
    format!("{scheme}://{authority}{path}")
}

async fn from_registry(
    reference: &Reference,
    registries: &Registries,
) -> Result<Vec<u8>, FetchError> {
    let host = reference.registry();
    let client = registries.client().await.map_err(|error| RegistryError::new(host, error))?;
    let manifest = in_time(host, client.pull_image_manifest(reference, &ANONYMOUS));
    let (manifest, _digest) = manifest.await?;
    let layer = layer(&manifest)?;
    let size = usize::try_from(layer.size).map_err(|_| FetchError::Length)?;
    if size > MAX_MODULE {
        return Err(FetchError::TooLarge);
    }
    let mut module = vec![0; size];
    let mut room = Cursor::new(module.as_mut_slice());
    match in_time(host, client.pull_blob(reference, layer, &mut room)).await {
        // There was no room for the rest of it.
        Err(RegistryError::Other { source: OciDistributionError::IoError(_), .. }) => {
            Err(FetchError::Length)
        }
        Err(error) => Err(error.into()),
        Ok(()) if room.position() != layer.size.unsigned_abs() => Err(FetchError::Length),
        Ok(()) => Ok(module),
    }
}

/// The layer that is the module.
fn layer(manifest: &OciImageManifest) -> Result<&OciDescriptor, FetchError> {
    let other = manifest.layers.iter().find(|layer| layer.media_type != WASM_LAYER_MEDIA_TYPE);
    match (other, manifest.layers.first()) {
        (Some(other), _) => Err(FetchError::MediaType { found: other.media_type.clone() }),
        (None, None) => Err(FetchError::Empty),
        (None, Some(layer)) => Ok(layer),
    }
}

async fn from_web(url: &Url, registries: &Registries) -> Result<Vec<u8>, FetchError> {
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    if url.scheme() == "http" && !registries.transport.is_insecure(&host) {
        return Err(FetchError::Insecure { host });
    }
    match registries.transport.fetch(url.clone(), MAX_MODULE).await {
        Ok(answer) if answer.status.is_success() => Ok(answer.body.to_vec()),
        Ok(answer) => Err(FetchError::Status { host, status: answer.status }),
        Err(Failure { cause: Cause::TooLarge(_), .. }) => Err(FetchError::TooLarge),
        Err(failure) => Err(FetchError::Web(failure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let rows = [
            ("https://jo:secret@r.local:5000/a.wasm", "https://***@r.local:5000/a.wasm"),
            ("https://secret@r.local", "https://***@r.local"),
            ("https://jo:se/cret@r.local", "https://jo:se/cret@r.local"),
            ("https://jo:p@ss@r.local/a", "https://***@r.local/a"),
            ("ftp://jo:secret@r.local/", "ftp://***@r.local/"),
            ("registry://jo:secret@r.local/a:1", "registry://***@r.local/a:1"),
            ("registry://r.local/a@sha256:aa", "registry://r.local/a@sha256:aa"),
            ("https://r.local/a.wasm?X-Signature=secret", "https://r.local/a.wasm?***"),
            ("https://r.local?secret", "https://r.local?***"),
            ("policy.wasm", "policy.wasm"),
        ];
        for (location, expected) in rows {
            assert_eq!(without_secrets(location), expected);
        }
    }
}
