//! A world in one process, for a show without a network: a key, and a registry with images that is just enough
//! of the [distribution specification](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md)
//! to pull manifests and blobs.
//!
//! - Is anything faked? No. The registry speaks HTTP on a loopback port, the signature is made with the key
//!   and verified like any other; only nothing outlives the process.
//! - How do images get in? By function calls; nothing can be pushed over HTTP.
//! - Who can reach it? This machine: it listens on 127.0.0.1, on a port of the system's choice.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use oci_client::client::{Config, ImageLayer};
use oci_client::manifest::OciImageManifest;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

mod key;

pub use key::{Key, Signature};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const SIGNATURE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const BLOB: &str = "application/octet-stream";

/// Why the world could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No loopback port, or no task to listen on it.
    #[error("cannot start a registry on a loopback port: {0}")]
    Listen(#[from] std::io::Error),
    /// A key could not be made, or would not sign.
    #[error("cannot sign: {0}")]
    Sign(#[from] sigstore::errors::SigstoreError),
    /// A manifest has no JSON form.
    #[error("cannot write a manifest: {0}")]
    Manifest(#[from] serde_json::Error),
}

/// A running registry. It stops with the runtime that it was started on.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    content: Arc<Mutex<Content>>,
}

/// What it holds, by path: `shop/cart/manifests/1.0`, `shop/cart/blobs/sha256:…`.
type Content = BTreeMap<String, Entry>;

#[derive(Debug, Clone)]
struct Entry {
    media_type: &'static str,
    digest: String,
    data: Bytes,
}

impl Registry {
    /// Starts an empty registry.
    ///
    /// # Errors
    /// When no loopback port can be listened on.
    pub fn start(runtime: &Handle) -> Result<Self, DemoError> {
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let content = Arc::default();
        runtime.spawn(listen(listener, Arc::clone(&content)));
        Ok(Self { address, content })
    }

    /// The host of its image references.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Adds an image of one file and gives its digest.
    ///
    /// # Errors
    /// When its manifest cannot be written.
    pub fn add_image(&self, repository: &str, tag: &str, file: &str) -> Result<String, DemoError> {
        let layer = ImageLayer::oci_v1(file.to_owned(), None);
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [layer.sha256_digest()]},
        });
        self.add(repository, tag, layer, Config::oci_v1(config.to_string(), None))
    }

    /// Signs an image with `key`.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn sign(&self, repository: &str, digest: &str, key: &Key) -> Result<(), DemoError> {
        let signature = key.sign(&format!("{}/{repository}", self.host()), digest)?;
        self.add_signature(repository, digest, signature)
    }

    /// Puts a signature where cosign looks for it: under the tag `sha256-<hex>.sig`.
    ///
    /// # Errors
    /// When its manifest cannot be written.
    pub fn add_signature(
        &self,
        repository: &str,
        digest: &str,
        signature: Signature,
    ) -> Result<(), DemoError> {
        let Signature { payload, annotations } = signature;
        let layer = ImageLayer::new(payload, SIGNATURE.to_owned(), Some(annotations));
        let tag = format!("{}.sig", digest.replace(':', "-"));
        self.add(repository, &tag, layer, Config::oci_v1("{}", None)).map(drop)
    }

    fn add(
        &self,
        repository: &str,
        tag: &str,
        layer: ImageLayer,
        config: Config,
    ) -> Result<String, DemoError> {
        let mut manifest = OciImageManifest::build(std::slice::from_ref(&layer), &config, None);
        manifest.media_type = Some(MANIFEST.to_owned());
        let manifest = Entry::new(MANIFEST, serde_json::to_vec(&manifest)?);
        let digest = manifest.digest.clone();
        self.insert(repository, "manifests", tag, manifest.clone());
        self.insert(repository, "manifests", &digest, manifest);
        for blob in [layer.data, config.data] {
            let blob = Entry::new(BLOB, blob);
            let digest = blob.digest.clone();
            self.insert(repository, "blobs", &digest, blob);
        }
        Ok(digest)
    }

    fn insert(&self, repository: &str, of: &str, reference: &str, entry: Entry) {
        self.content
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(format!("{repository}/{of}/{reference}"), entry);
    }
}

impl Entry {
    fn new(media_type: &'static str, data: impl Into<Bytes>) -> Self {
        let blob = ImageLayer::oci_v1(data, None);
        Self { media_type, digest: blob.sha256_digest(), data: blob.data }
    }
}

async fn listen(listener: TcpListener, content: Arc<Mutex<Content>>) {
    // A connection that cannot be accepted is the client's loss; the next one may do.
    loop {
        if let Ok((connection, _client)) = listener.accept().await {
            tokio::spawn(serve(connection, Arc::clone(&content)));
        }
    }
}

async fn serve(connection: TcpStream, content: Arc<Mutex<Content>>) {
    let service = service_fn(|request: Request<Incoming>| {
        let answer = answer(request.method(), request.uri().path(), &content);
        async { Ok::<_, Infallible>(answer) }
    });
    // Clients may hang up at any time.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}

fn answer(method: &Method, path: &str, content: &Mutex<Content>) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    let path = path.strip_prefix("/v2/").unwrap_or(path);
    if path.is_empty() {
        return status(StatusCode::OK);
    }
    let content = content.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(Entry { media_type, digest, data }) = content.get(path) else {
        return status(StatusCode::NOT_FOUND);
    };
    let body = if *method == Method::HEAD { Bytes::new() } else { data.clone() };
    Response::builder()
        .header(CONTENT_TYPE, *media_type)
        .header(CONTENT_LENGTH, data.len())
        .header("docker-content-digest", digest)
        .body(Full::new(body))
        .unwrap_or_else(|_error| status(StatusCode::INTERNAL_SERVER_ERROR))
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
