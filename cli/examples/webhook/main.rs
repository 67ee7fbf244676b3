//! A webhook for admission requests: the module, run by this package's host, behind TLS on a loopback port. It is
//! what an API server calls in `e2e-cluster.bats`.
//!
//! - Which policies? A file of settings each: `NAME.json` is asked at `/validate/NAME`, the path of a policy server.
//! - What is left out of a policy server? Its cache of verified images, its limit of time, its audit scanner.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Response, StatusCode, server::conn::http1};
use hyper_util::rt::TokioIo;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use signed_images::credentials::Credentials;
use signed_images::evaluation::Evaluation;
use signed_images::host::{AT_ONCE, Answers, Cluster, Host, Live, Registries, Trust};
use signed_images::module::Module;
use signed_images::request::Request;
use signed_images::settings::Settings;
use signed_images::sources::Sources;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// Answers the admission requests of an API server.
#[derive(Debug, Parser)]
struct Options {
    /// The policy's module.
    #[arg(long)]
    module: PathBuf,
    /// A folder of settings, a policy each: `NAME.json`.
    #[arg(long)]
    policies: PathBuf,
    /// How registries are reached.
    #[arg(long)]
    sources_path: PathBuf,
    /// The trust root of identities.
    #[arg(long)]
    sigstore_trust_config: PathBuf,
    /// The certificate to answer with, as PEM.
    #[arg(long)]
    certificate: PathBuf,
    /// Its private key, as PEM.
    #[arg(long)]
    key: PathBuf,
}

/// The policies, which are one module with settings by name.
struct Policies {
    options: Options,
    module: Module,
    settings: BTreeMap<String, Settings>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    // Its calls to the host wait for the network, which no thread of the runtime may do.
    let tls = options.tls()?;
    let policies = tokio::task::block_in_place(|| Policies::read(options))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    announce(listener.local_addr()?);
    let policies = Arc::new(policies);
    loop {
        let (connection, _client) = listener.accept().await?;
        tokio::spawn(serve(connection, tls.clone(), Arc::clone(&policies)));
    }
}

#[expect(clippy::print_stdout, reason = "the tests read the port from it")]
fn announce(address: SocketAddr) {
    println!("listens on https://{address}");
}

impl Policies {
    fn read(options: Options) -> anyhow::Result<Self> {
        let module = Module::load(&options.module)?;
        let mut settings = BTreeMap::new();
        for file in fs::read_dir(&options.policies)? {
            let path = file?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            settings.insert(name, Settings::read(&path)?);
        }
        let policies = Self { options, module, settings };
        for name in policies.settings.keys() {
            let invalid = |reason| anyhow!("{name}: {reason}");
            policies.evaluation(name)?.validate_settings().map_err(invalid)?;
        }
        Ok(policies)
    }

    /// A host remembers what registries said, so that each request gets one of its own.
    fn evaluation(&self, name: &str) -> anyhow::Result<Evaluation> {
        let settings = self.settings.get(name).cloned();
        let settings = settings.with_context(|| format!("no policy is called `{name}`"))?;
        let host = Arc::new(self.options.host()?);
        Ok(Evaluation { module: self.module.clone(), settings, host, deadline: None })
    }
}

impl Options {
    fn host(&self) -> anyhow::Result<Host> {
        let sources = Sources::read(&self.sources_path)?;
        let registries = Registries::new(sources, Credentials::default(), AT_ONCE);
        let trust = Trust::read(&self.sigstore_trust_config)?;
        let live = Live::new(Handle::current(), registries, trust, Cluster::Unknown);
        Ok(Host { answers: Answers::Live(live), readable: BTreeSet::new() })
    }

    fn tls(&self) -> anyhow::Result<TlsAcceptor> {
        let certificate = read(&self.certificate, CertificateDer::from_pem_file)?;
        let key = read(&self.key, PrivateKeyDer::from_pem_file)?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn read<T>(
    path: &Path,
    read: impl Fn(PathBuf) -> Result<T, rustls_pki_types::pem::Error>,
) -> anyhow::Result<T> {
    read(path.to_owned()).with_context(|| path.display().to_string())
}

async fn serve(connection: TcpStream, tls: TlsAcceptor, policies: Arc<Policies>) {
    let Ok(connection) = tls.accept(connection).await else { return };
    let service = service_fn(|request| {
        let policies = Arc::clone(&policies);
        async { Ok::<_, Infallible>(respond(request, policies).await) }
    });
    // Clients may hang up at any time.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(connection), service).await;
}

async fn respond(
    request: hyper::Request<Incoming>,
    policies: Arc<Policies>,
) -> Response<Full<Bytes>> {
    let name = request.uri().path().trim_start_matches("/validate/").to_owned();
    let Ok(body) = request.into_body().collect().await else {
        return plain(StatusCode::BAD_REQUEST, "the body did not arrive".to_owned());
    };
    let review =
        tokio::task::spawn_blocking(move || review(&policies, &name, &body.to_bytes())).await;
    match review {
        Ok(Ok(review)) => {
            let mut response = Response::new(Full::from(review));
            let json = hyper::header::HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
        Ok(Err(error)) => plain(StatusCode::BAD_REQUEST, format!("{error:#}")),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// Puts the request of an `AdmissionReview` to the policy of this name; the answer is in a review as well.
fn review(policies: &Policies, name: &str, body: &[u8]) -> anyhow::Result<String> {
    let request = Request::parse(std::str::from_utf8(body)?)?;
    let response = policies.evaluation(name)?.validate(&request);
    let review = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": response,
    });
    Ok(review.to_string())
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}
