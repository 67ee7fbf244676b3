//! A proxy in this process, for the crates that bring an HTTP client of their own: `oci-client` and `sigstore`.
//!
//! - How do they get here? They are told to speak plain HTTP by way of this proxy; what they ask is asked over the
//!   [`Transport`], over HTTPS unless `insecure_sources` says otherwise, with credentials that they never see.
//! - Who else could? It listens on a loopback port, and answers only to a password that is made anew every time:
//!   nobody else on this machine may ask in the name of the user.
//! - What does it answer by itself? `GET /v2/`, the question whether one must log in: no.
//! - What if a registry cannot be reached? The status [`UNREACHABLE`], with the reason; no registry says that.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HeaderValue, LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
    WWW_AUTHENTICATE,
};
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::TokioIo;
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OCI_IMAGE_INDEX_MEDIA_TYPE;
use tokio::net::{TcpListener, TcpStream};

use super::wire::MAX_ANSWER;
use super::{Answer, Failure, Heard, Request, Transport};

/// The status of what could not be asked: outside of what HTTP assigns (RFC 9110, section 15).
const UNREACHABLE: u16 = 599;

/// Why there was no answer, if the gateway says so.
pub(crate) fn unreachable(error: &OciDistributionError) -> Option<&str> {
    match error {
        OciDistributionError::ServerError { code: UNREACHABLE, message, .. } => Some(message),
        _ => None,
    }
}

/// Whether referrers are asked for: Sigstore bundles, which nobody believes without a trust root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Referrers {
    /// They are.
    Asked,
    /// There are none, whatever the registry holds.
    None,
}

/// A running gateway. It stops with the runtime that it was started on.
#[derive(Debug)]
pub(crate) struct Gateway {
    url: String,
}

struct Desk {
    transport: Arc<Transport>,
    referrers: Referrers,
    password: String,
}

impl Gateway {
    /// Starts one.
    ///
    /// # Errors
    /// When no loopback port can be listened on.
    pub(crate) async fn start(
        transport: Arc<Transport>,
        referrers: Referrers,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(std::io::Error::from)?;
        let password = format!("{:032x}", u128::from_ne_bytes(random));
        let url = format!("http://gateway:{password}@{}", listener.local_addr()?);
        let desk = Desk { transport, referrers, password };
        tokio::spawn(listen(listener, Arc::new(desk)));
        Ok(Self { url })
    }

    /// What clients are to use as their proxy.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

async fn listen(listener: TcpListener, desk: Arc<Desk>) {
    // A connection that cannot be accepted is the client's loss; the next one may do.
    loop {
        if let Ok((connection, _client)) = listener.accept().await {
            tokio::spawn(serve(connection, Arc::clone(&desk)));
        }
    }
}

async fn serve(connection: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(|request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(request).await) }
    });
    // Clients may hang up at any time.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}

impl Desk {
    async fn answer(&self, request: hyper::Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.admits(&request) {
            return status(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        }
        let is_head = request.method() == Method::HEAD;
        let Some(request) = read(request).await else { return status(StatusCode::BAD_REQUEST) };
        if matches!(request.path.as_str(), "/v2/" | "/v2") {
            return status(StatusCode::OK);
        }
        if self.referrers == Referrers::None && request.path.contains("/referrers/") {
            return no_referrers();
        }
        let body = |body: Bytes| Full::new(if is_head { Bytes::new() } else { body });
        reply(&request, self.transport.ask(&request).await).map(body)
    }

    fn admits(&self, request: &hyper::Request<Incoming>) -> bool {
        let expected = STANDARD.encode(format!("gateway:{}", self.password));
        let said = request.headers().get(PROXY_AUTHORIZATION).and_then(|said| said.to_str().ok());
        said.and_then(|said| said.strip_prefix("Basic ")) == Some(expected.as_str())
    }
}

/// The request to the registry.
async fn read(request: hyper::Request<Incoming>) -> Option<Request> {
    let (mut parts, body) = request.into_parts();
    for header in
        [PROXY_AUTHORIZATION, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, hyper::header::HOST]
    {
        parts.headers.remove(header);
    }
    Some(Request {
        method: parts.method,
        host: parts.uri.authority()?.to_string(),
        path: parts.uri.path_and_query()?.to_string(),
        headers: parts.headers,
        body: Limited::new(body, MAX_ANSWER).collect().await.ok()?.to_bytes(),
    })
}

fn reply(request: &Request, heard: Heard) -> Response<Bytes> {
    match heard {
        Ok(answer) => forward(request, answer),
        Err(failure) => told(&failure),
    }
}

fn forward(request: &Request, answer: Answer) -> Response<Bytes> {
    let Answer { status, mut headers, body } = answer;
    for header in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, WWW_AUTHENTICATE] {
        headers.remove(header);
    }
    // An upload goes on here, and nowhere else.
    let here = format!("https://{}/", request.host);
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    if let Some(path) = location.and_then(|location| location.strip_prefix(&here))
        && let Ok(location) = HeaderValue::from_str(&format!("/{path}"))
    {
        headers.insert(LOCATION, location);
    }
    // Amazon's registry leaves it out, and `oci-client` 0.18 then panics when the manifest was put by its digest.
    if request.method == Method::PUT
        && status == StatusCode::CREATED
        && !headers.contains_key(LOCATION)
        && let Ok(location) = HeaderValue::from_str(&request.path)
    {
        headers.insert(LOCATION, location);
    }
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn told(failure: &Failure) -> Response<Bytes> {
    let mut response = Response::new(failure.to_string().into());
    *response.status_mut() = StatusCode::from_u16(UNREACHABLE).unwrap_or(StatusCode::BAD_GATEWAY);
    response
}

fn no_referrers() -> Response<Full<Bytes>> {
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_IMAGE_INDEX_MEDIA_TYPE}","manifests":[]}}"#
    );
    Response::new(Full::new(index.into()))
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
