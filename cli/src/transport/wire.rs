//! One request on its way: redirects, retries, and how many there are at once.
//!
//! - Where do redirects lead? Over HTTPS anywhere, over plain HTTP to hosts of `insecure_sources` alone. What
//!   authorises a request stays with the host that it is for (CVE-2020-15157).
//! - How much is read? [`MAX_ANSWER`] at the most: an answer stays in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use hyper::{Method, StatusCode};
use tokio::sync::Semaphore;
use tracing::debug;
use url::Url;

use super::failure::{Cause, Failure};
use super::{Heard, Request, request, retry};
use crate::sources::Sources;

/// In bytes: the largest module (`crate::fetch::MAX_MODULE`), and some more.
pub(super) const MAX_ANSWER: usize = 65 << 20;
/// As many as browsers follow, and more than any registry needs.
const MAX_REDIRECTS: usize = 10;
const DIGEST: &str = "docker-content-digest";

/// What was answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The wire.
#[derive(Debug)]
pub(super) struct Wire {
    sources: Sources,
    /// One for all hosts, and one for each that has authorities of its own.
    clients: Mutex<HashMap<String, reqwest::Client>>,
    turns: Semaphore,
}

/// What is sent to where.
struct Parcel<'a> {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: &'a Bytes,
    limit: usize,
}

impl Answer {
    /// The digest that the registry says a manifest has.
    pub(super) fn digest(&self) -> Option<&str> {
        self.headers.get(DIGEST)?.to_str().ok()
    }
}

impl Wire {
    pub(super) fn new(sources: Sources, at_once: usize) -> Self {
        Self { sources, clients: Mutex::default(), turns: Semaphore::new(at_once.max(1)) }
    }

    /// Asks a registry.
    pub(super) async fn send(
        &self,
        request: &Request,
        authorization: Option<&HeaderValue>,
    ) -> Heard {
        let host = &request.host;
        let url = Url::parse(&format!("{}://{host}{}", self.scheme(host), request.path));
        let url = url.map_err(|error| Failure::new(host, Cause::Other(error.to_string())))?;
        let mut headers = request.headers.clone();
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let method = request.method.clone();
        self.deliver(Parcel { method, url, headers, body: &request.body, limit: MAX_ANSWER }).await
    }

    /// Gets what a web server has, of `limit` bytes at the most.
    pub(super) async fn fetch(&self, url: Url, limit: usize) -> Heard {
        self.get(url, HeaderMap::new(), limit).await
    }

    /// Asks for a token.
    pub(super) async fn token(&self, url: Url, login: Option<HeaderValue>) -> Heard {
        let headers = login.map(|login| (AUTHORIZATION, login)).into_iter().collect();
        self.get(url, headers, MAX_ANSWER).await
    }

    /// The scheme that a host is spoken to by.
    pub(super) fn scheme(&self, host: &str) -> &'static str {
        if self.is_insecure(host) { "http" } else { "https" }
    }

    /// Whether plain HTTP is meant.
    pub(super) fn is_insecure(&self, host: &str) -> bool {
        self.sources.is_insecure(request::registry_of(host))
    }

    async fn get(&self, url: Url, headers: HeaderMap, limit: usize) -> Heard {
        self.deliver(Parcel { method: Method::GET, url, headers, body: &Bytes::new(), limit }).await
    }

    async fn deliver(&self, parcel: Parcel<'_>) -> Heard {
        let mut failed = 0;
        loop {
            let answer = {
                // Turns are never taken away, so that waiting for one cannot fail.
                let _turn = self.turns.acquire().await;
                self.follow(&parcel).await?
            };
            match retry::wait(answer.status, &answer.headers, failed) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Ok(answer),
            }
            failed += 1;
        }
    }

    async fn follow(&self, parcel: &Parcel<'_>) -> Heard {
        let (mut url, mut headers) = (parcel.url.clone(), parcel.headers.clone());
        for _ in 0..=MAX_REDIRECTS {
            let sent = self.once(parcel, &url, &headers).await;
            let answer = sent.map_err(|cause| self.failure(&url, cause))?;
            let Some(next) = redirect(&parcel.method, &url, &answer) else { return Ok(answer) };
            let to = host(&next);
            if next.scheme() != "https" && !self.is_insecure(&to) {
                return Err(self.failure(&url, Cause::PlainRedirect { to }));
            }
            if next.origin() != url.origin() {
                headers.remove(AUTHORIZATION);
            }
            url = next;
        }
        Err(self.failure(&url, Cause::Redirects))
    }

    async fn once(
        &self,
        parcel: &Parcel<'_>,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<Answer, Cause> {
        debug!("{} {}://{}{}", parcel.method, url.scheme(), host(url), url.path());
        let client = self.client(&host(url)).map_err(|error| Cause::of(&error))?;
        let request = client
            .request(parcel.method.clone(), url.clone())
            .headers(headers.clone())
            .body(parcel.body.clone());
        let mut response = request.send().await.map_err(|error| Cause::of(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Cause::of(&error))? {
            if body.len() + chunk.len() > parcel.limit {
                return Err(Cause::TooLarge(parcel.limit));
            }
            body.extend_from_slice(&chunk);
        }
        if status == StatusCode::BAD_REQUEST && url.scheme() == "http" && is_for_tls(&body) {
            return Err(Cause::Tls);
        }
        Ok(Answer { status, headers, body: body.into() })
    }

    fn client(&self, host: &str) -> reqwest::Result<reqwest::Client> {
        let name = request::registry_of(host);
        let key = if self.sources.is_private(name) { name } else { "" };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(key) {
            return Ok(client.clone());
        }
        let client = self.sources.client(key)?;
        clients.insert(key.to_owned(), client.clone());
        Ok(client)
    }

    fn failure(&self, url: &Url, cause: Cause) -> Failure {
        let proxy = self.sources.proxy_of(url.as_str());
        Failure { proxy, ..Failure::new(&host(url), cause) }
    }
}

/// The host of a URL, with its port unless it is the scheme's.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Where an answer sends us on to.
fn redirect(method: &Method, from: &Url, answer: &Answer) -> Option<Url> {
    if !matches!(*method, Method::GET | Method::HEAD) || !answer.status.is_redirection() {
        return None;
    }
    let next = from.join(answer.headers.get(LOCATION)?.to_str().ok()?).ok()?;
    matches!(next.scheme(), "http" | "https").then_some(next)
}

/// What Go's servers and nginx say to who speaks plain HTTP to a port for TLS.
fn is_for_tls(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    ["HTTP request to an HTTPS server", "HTTP request was sent to HTTPS port"]
        .iter()
        .any(|said| body.contains(said))
}
