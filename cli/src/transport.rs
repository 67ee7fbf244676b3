//! How registries are spoken to: each thing is asked once a run, and everybody waits for that one answer.
//!
//! - Why not by the crates that Kubewarden uses? They judge here too, but neither takes a transport, a token or an
//!   answer that is there already: verifying an image with a key is 17 requests of theirs, 9 of them `GET /v2/`. So
//!   they are pointed at a [`gateway`] in this process, which asks here.
//! - What is sent? [`wire`]: a request with its redirects, retries and limits. With which credentials?
//!   [`authorization`].
//! - Are failures kept? Yes, like all answers: a run says one thing of an image.
//! - Why was there no answer? [`failure`].

mod authorization;
mod failure;
pub(crate) mod gateway;
mod request;
mod retry;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::{Method, StatusCode};
use tokio::sync::OnceCell;
use url::Url;

use crate::credentials::Credentials;
use crate::sources::Sources;
use authorization::Authorizations;
use wire::Wire;

pub use failure::{Cause, Failure};
pub(crate) use request::Request;
pub(crate) use wire::Answer;

/// What came of a request.
pub(crate) type Heard = Result<Answer, Failure>;

/// The way to all registries.
#[derive(Debug)]
pub(crate) struct Transport {
    wire: Wire,
    authorizations: Authorizations,
    known: Mutex<HashMap<String, Arc<Known>>>,
}

/// What was heard of a URL.
#[derive(Debug, Default)]
struct Known {
    head: OnceCell<Heard>,
    get: OnceCell<Heard>,
}

impl Transport {
    /// At most `at_once` requests are under way.
    pub(crate) fn new(sources: Sources, credentials: Credentials, at_once: usize) -> Self {
        Self {
            wire: Wire::new(sources, at_once),
            authorizations: Authorizations::new(credentials),
            known: Mutex::default(),
        }
    }

    /// What the registry says.
    pub(crate) async fn ask(&self, request: &Request) -> Heard {
        match request.method {
            Method::GET => self.get(request).await,
            Method::HEAD => self.head(request).await,
            _ => self.send(request).await,
        }
    }

    /// What a web server says: at most `limit` bytes, asked for anew.
    pub(crate) async fn fetch(&self, url: Url, limit: usize) -> Heard {
        self.wire.fetch(url, limit).await
    }

    /// Whether a host may be spoken to over plain HTTP.
    pub(crate) fn is_insecure(&self, host: &str) -> bool {
        self.wire.is_insecure(host)
    }

    /// The URL that is asked for one that the gateway was given.
    pub(crate) fn asked(&self, url: &str) -> String {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let host = rest.split('/').next().unwrap_or_default();
        format!("{}://{rest}", self.wire.scheme(host))
    }

    async fn get(&self, request: &Request) -> Heard {
        let known = self.known(request);
        if let Some(Err(failure)) = known.head.get() {
            return Err(failure.clone());
        }
        known.get.get_or_init(|| self.send(request)).await.clone()
    }

    async fn head(&self, request: &Request) -> Heard {
        let known = self.known(request);
        // Whoever asks for both gets both from one.
        if let Some(heard) = known.get.get() {
            return heard.clone();
        }
        let heard = known.head.get_or_init(|| self.send(request)).await.clone();
        if let Ok(answer) = &heard
            && answer.status == StatusCode::OK
            && let Some(by_digest) = answer.digest().and_then(|digest| request.by_digest(digest))
        {
            // Already there, if somebody asked by digest.
            let _ = self.known(&by_digest).head.set(heard.clone());
        }
        heard
    }

    async fn send(&self, request: &Request) -> Heard {
        let authorization = self.authorizations.of(&self.wire, request).await?;
        let answer = self.wire.send(request, authorization.as_ref()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let refused = authorization.as_ref();
        match self.authorizations.after(&self.wire, request, &answer, refused).await? {
            Some(authorization) => self.wire.send(request, Some(&authorization)).await,
            None => Ok(answer),
        }
    }

    fn known(&self, request: &Request) -> Arc<Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(request.key()).or_default())
    }
}
